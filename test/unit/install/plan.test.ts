import { describe, expect, it } from 'vitest'
import { CURRENT, TRIAL, UNIT, versionDirectory } from '../../../node/install/layout.ts'
import {
  type InstallWish,
  type MachineState,
  type Plan,
  planInstall,
  planUninstall,
  type Step
} from '../../../node/install/plan.ts'
import { errorCatalogue } from '../../../protocols/errors.ts'

const GB = 2 ** 30
const PROGRAM = { version: '0.2.0-bbbbbbbb', sizeBytes: 200e6 }
const OLD = '0.1.0-aaaaaaaa'
const OLDER = '0.0.9-99999999'

function machine(
  changes: Partial<MachineState> = {},
  installed: Partial<MachineState['installed']> = {}
): MachineState {
  return {
    platform: 'linux',
    architecture: 'arm64',
    isRoot: true,
    hasSystemd: true,
    hasGit: true,
    memoryBytes: 4 * GB,
    freeBytes: 10 * GB,
    listeners: new Map(),
    ...changes,
    installed: { versions: [], leftovers: [], unit: false, ...installed }
  }
}

function wish(changes: Partial<InstallWish> = {}): InstallWish {
  return { settings: {}, elsewhere: false, ...changes }
}

const at = (plan: Plan, what: (step: Step) => boolean): number => plan.steps.findIndex(what)
const writes = (path: string) => (step: Step) => step.do === 'write' && step.path === path
const removes = (path: string) => (step: Step) => step.do === 'remove' && step.path === path
const links = (step: Step): boolean => step.do === 'link' && step.path === CURRENT

describe('a plan to install', () => {
  it('says that git is missing, which only repositories need', () => {
    expect(planInstall(machine(), PROGRAM, wish()).notes).toEqual([])
    const [note] = planInstall(machine({ hasGit: false }), PROGRAM, wish()).notes
    expect(note).toContain('sudo apt-get install git')
  })

  it('has the whole program there before anything points to it, and asks for a room last', () => {
    const plan = planInstall(machine(), PROGRAM, wish({ invitation: 'JOIN-x', settings: { name: 'pi-1' } }))
    expect(plan.kind).toBe('install')
    const order = [
      at(plan, (step) => step.do === 'copy-program'),
      at(plan, (step) => step.do === 'account'),
      at(plan, (step) => step.do === 'data-folder'),
      at(plan, (step) => step.do === 'setting'),
      at(plan, writes(UNIT)),
      at(plan, links),
      at(plan, (step) => step.do === 'systemctl' && step.words.includes('restart')),
      at(plan, (step) => step.do === 'healthy'),
      at(plan, (step) => step.do === 'joinery' && step.words[0] === 'join')
    ]
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order[0]).toBeGreaterThanOrEqual(0)
    expect(at(plan, writes(TRIAL))).toBe(-1)
  })

  it('puts an update on trial before the link changes, keeps the version before it, and cleans up after it is healthy', () => {
    const plan = planInstall(machine({}, { current: OLD, versions: [OLDER, OLD], unit: true }), PROGRAM, wish())
    expect(plan.kind).toBe('update')
    const trial = plan.steps[at(plan, writes(TRIAL))]
    expect(trial).toMatchObject({ text: `${OLD}\n` })
    expect(at(plan, writes(TRIAL))).toBeLessThan(at(plan, links))
    expect(at(plan, removes(versionDirectory(OLDER)))).toBeGreaterThan(at(plan, (step) => step.do === 'healthy'))
    expect(at(plan, removes(versionDirectory(OLD)))).toBe(-1)
  })

  it('never goes back to a version that is on trial itself', () => {
    const broken = '0.1.5-cccccccc'
    const plan = planInstall(machine({}, { current: broken, trial: OLD, versions: [OLD, broken] }), PROGRAM, wish())
    expect(plan.steps[at(plan, writes(TRIAL))]).toMatchObject({ text: `${OLD}\n` })
    expect(at(plan, removes(versionDirectory(OLD)))).toBe(-1)
  })

  it('ends the trial when a person goes back by hand', () => {
    const plan = planInstall(
      machine({}, { current: '0.3.0-dddddddd', trial: PROGRAM.version, versions: [PROGRAM.version] }),
      PROGRAM,
      wish()
    )
    expect(at(plan, removes(TRIAL))).toBeGreaterThanOrEqual(0)
    expect(at(plan, removes(TRIAL))).toBeLessThan(at(plan, links))
    expect(at(plan, writes(TRIAL))).toBe(-1)
  })

  it('of what is there already repairs the files, copies nothing, and removes what an interrupted run left', () => {
    const left = `.incoming-${PROGRAM.version}`
    const plan = planInstall(
      machine({ freeBytes: 0 }, { current: PROGRAM.version, versions: [PROGRAM.version], leftovers: [left] }),
      PROGRAM,
      wish()
    )
    expect(plan.kind).toBe('repair')
    expect(at(plan, (step) => step.do === 'copy-program')).toBe(-1)
    expect(plan.steps[0]).toEqual({ do: 'remove', path: versionDirectory(left) })
    expect(at(plan, links)).toBe(-1)
  })

  it('remembers the data folder of the last run, and says so when another one is asked for', () => {
    const before = machine({}, { dataDirectory: '/srv/joinery', current: OLD, versions: [OLD] })
    expect(planInstall(before, PROGRAM, wish()).dataDirectory).toBe('/srv/joinery')
    const moved = planInstall(before, PROGRAM, wish({ dataDirectory: '/media/disk/joinery' }))
    expect(moved.dataDirectory).toBe('/media/disk/joinery')
    expect(moved.notes.join()).toContain('stay in /srv/joinery')
  })

  it('for an image starts nothing and enables the service by its link', () => {
    const plan = planInstall(machine({ hasSystemd: false }), PROGRAM, wish({ elsewhere: true }))
    expect(plan.steps.some((step) => step.do === 'systemctl' || step.do === 'healthy')).toBe(false)
    expect(plan.steps.some((step) => step.do === 'link' && step.path.includes('multi-user.target.wants'))).toBe(true)
  })

  it.each([
    ['NOT_ROOT', { isRoot: false }, {}],
    ['NOT_INSTALLABLE', { platform: 'darwin' }, {}],
    ['NOT_INSTALLABLE', { hasSystemd: false }, {}],
    ['NOT_INSTALLABLE', { architecture: 'arm' }, {}],
    ['INSTALL_NO_SPACE', { freeBytes: PROGRAM.sizeBytes + 200 * 2 ** 20 - 1 }, {}],
    ['INSTALL_PORT_TAKEN', { listeners: new Map([[8081, 'apache2']]) }, { settings: { port: '8081' } }],
    ['NOT_INSTALLABLE', {}, { dataDirectory: '/etc' }],
    ['NOT_INSTALLABLE', {}, { dataDirectory: '/var/lib/' }],
    ['NOT_INSTALLABLE', {}, { dataDirectory: '/opt/joinery/data' }],
    ['NOT_INSTALLABLE', {}, { dataDirectory: '/srv/a\nUser=root' }],
    ['NOT_INSTALLABLE', {}, { dataDirectory: '/srv/$(reboot)' }],
    ['NOT_INSTALLABLE', {}, { dataDirectory: '/srv/"; rm' }]
  ] as const)('says %s before it changes anything: %o %o', (code, changes, asked) => {
    expect(() => planInstall(machine(changes as Partial<MachineState>), PROGRAM, wish(asked))).toThrow(
      expect.objectContaining({ code })
    )
    expect(errorCatalogue().has(code)).toBe(true)
  })

  it('takes exactly as much room as it needs', () => {
    const enough = machine({ freeBytes: PROGRAM.sizeBytes + 200 * 2 ** 20 })
    expect(planInstall(enough, PROGRAM, wish()).kind).toBe('install')
  })

  it('names who has port 80 and goes on', () => {
    const { notes } = planInstall(machine({ listeners: new Map([[80, 'apache2']]) }), PROGRAM, wish())
    expect(notes.join()).toContain('Port 80 is used by apache2')
    expect(notes.join()).toContain('8080')
  })
})

describe('a plan to remove', () => {
  const there = machine({}, { current: OLD, versions: [OLD], unit: true, dataDirectory: '/srv/joinery' })

  it('stops the service first and leaves the data', () => {
    const plan = planUninstall(there, { elsewhere: false, deleteData: false })
    expect(plan.steps[0]).toMatchObject({ do: 'systemctl', words: ['disable', '--now', 'joinery'] })
    expect(at(plan, removes('/srv/joinery'))).toBe(-1)
    expect(at(plan, (step) => step.do === 'forget-account')).toBe(-1)
  })

  it('deletes the data when asked, and the note of where they are last of all', () => {
    const plan = planUninstall(there, { elsewhere: false, deleteData: true })
    expect(at(plan, removes('/srv/joinery'))).toBeGreaterThan(0)
    expect(plan.steps.at(-1)).toEqual({ do: 'remove', path: '/opt/joinery' })
  })
})
