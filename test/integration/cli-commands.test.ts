import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Program } from '../../node/commands/program.ts'
import { type ControlServer, createControlServer } from '../../node/control/control-server.ts'
import type { Operations } from '../../node/control/operations.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { type FakeOperations, fakeOperations } from './cli-operations.ts'
import { type Ran, run } from './cli-run.ts'

let folder: string
let server: ControlServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'joinery-cli-'))
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  await rm(folder, { recursive: true })
})

/** A running device on the folder, as `joinery start` leaves it, with operations that stand still. */
async function runDevice(more: Partial<Operations> = {}): Promise<FakeOperations> {
  const fake = fakeOperations(more)
  server = createControlServer(
    { operations: fake.operations, disk: nodeDisk, clock: systemClock, log: { warn: () => undefined } },
    { socketPath: join(folder, 'control.sock'), version: '0.1.0' }
  )
  await server.start()
  return fake
}

const joinery = (...words: string[]): Promise<Ran> => run({ folder }, ...words)

describe('every command', () => {
  it.each([
    [['status'], /Library workshop[\s\S]*pi-back does not answer \(TIMED_OUT\)\n.*switched on/],
    [['status'], /pi-window +do not unplug[\s\S]*No device can reach pi-back\.\n/],
    [['top'], /Library workshop[\s\S]*pi-front[\s\S]*pi-spare waits to be let in: 402771/],
    [['top', '--json'], /^\{"whole":\{"room":\{/],
    [
      ['peers'],
      /NAME +ROLE[\s\S]*pi-front \(this device\)[\s\S]*3\.4 GB to copy[\s\S]*Nearby, another room: Room 2, statistics/
    ],
    [['invite', '--uses', '3'], /^JOIN-ABCDEF\n$/],
    [['join', 'JOIN-ABCDEF'], /Joined the room Library workshop/],
    [['join'], /^$/],
    [['approve'], /pi-spare +402771/],
    [['approve', 'pi-spare', '402 771'], /pi-spare is in the room/],
    [['remove', 'pi-back', '--yes'], /no longer in the room/],
    [['stolen', 'pi-back', '--yes'], /new keys[\s\S]*token1 {2}7 of 10/],
    [['leave', '--drain', '--yes'], /3 files moved \(4\.5 kB\)\. Nothing is missed/],
    [['ls'], /COLLECTION[\s\S]*lessons +3/],
    [['ls', 'lessons'], /a\n[\s\S]*b\n[\s\S]*c\n$/],
    [['wants'], /PACKAGE +FOR[\s\S]*torch \(pypi\) +Python 3\.12, macOS arm64 +2 +5 +192\.168\.1\.30 192\.168\.1\.31/],
    [
      ['wants', '--csv', '-'],
      /^collection,name,runs[\s\S]*\npypi,torch,Python,3\.12,macOS,arm64,2,5,192\.168\.1\.30 192\.168\.1\.31\n$/
    ],
    [['history', 'lessons'], /bafkqaaa1 +import[\s\S]*1970-01-01 00:00 +current/],
    [['rollback', 'lessons', 'bafkqaaa0', '--yes'], /lessons is as it was in bafkqaaa0/],
    [['delete', 'lessons', 'a', '--yes'], /1 file taken out/],
    [['policy'], /lessons +everywhere +\(standard\)/],
    [['policy', 'lessons', '2'], /^lessons: 2 copies\n$/],
    [['policy', 'instalers', '2'], /instalers: 2 copies\nNothing is in instalers yet/],
    [['cloud', 'invite', '--uses', '2'], /^JOINERY-CLOUD:ABC\n$/],
    [['cloud', 'link', 'JOINERY-CLOUD:ABC'], /Connected\./],
    [
      ['cloud', 'status'],
      /cloud-one[\s\S]*Connected\.\n[\s\S]*facts +all there\n +Commits +1 repository still to go\n +Files +3 of 5 files, 2\.5 MB of 13 MB \(20 %\), 125 kB\/s from this device, about 1 min 20 s left[\s\S]*at most 30 min\n/
    ],
    [['cloud', 'budget', '--bytes', '2 GB'], /cloud-one: 5\.0 MB of files in 2 min by this device, at most 2\.0 GB/],
    [['cloud', 'rooms'], /Library workshop +open +2 +3\.4 GB +3 \(4\.5 kB\)/],
    [['cloud', 'unlink'], /cloud-one gets nothing more/],
    [['gc', '--dry-run'], /1 file \(1\.5 kB\).*would go/],
    [['init', '--name', 'Library workshop'], /Made the room Library workshop/],
    [['version'], /^Joinery 0\.1\.0 \(Node\.js v/]
  ])('joinery %j', async (words, expected) => {
    await runDevice()
    const ran = await joinery(...words)
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.out).toMatch(expected)
  })

  it.each([
    ['status'],
    ['peers'],
    ['invite'],
    ['approve'],
    ['ls'],
    ['history', 'lessons'],
    ['wants'],
    ['policy'],
    ['unplug'],
    ['config'],
    ['version'],
    ['join', 'JOIN-ABCDEF']
  ])('joinery %s --json answers with one line of JSON', async (...words) => {
    await runDevice()
    const { out, err } = await joinery(...words, '--json')
    expect(out.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(out)).toBeTypeOf('object')
    expect(err).toBe('')
  })

  it.each([['import', 'workshop'], ['verify'], ['gc'], ['doctor'], ['leave', '--yes'], ['ls', 'lessons']])(
    'joinery %s --json answers with a line of JSON for each step',
    async (...words) => {
      await runDevice()
      const { out, err } = await joinery(...words, '--json')
      const lines = out.trim().split('\n')
      for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object')
      expect(err).toBe('')
    }
  )

  it('ready says what works and what does not, and ends with 4 when something does not', async () => {
    await runDevice()
    const ran = await joinery('ready')
    expect(ran.code).toBe(4)
    expect(ran.out).toMatch(
      /pi-front {2}http:\/\/192[\s\S]*pip +works {2}1\.2 s[\s\S]*R +nothing here to try[\s\S]*git +does not work {2}git push failed/
    )
  })

  it('has a help text with its arguments explained', async () => {
    const help = await joinery('help')
    expect(help.code).toBe(0)
    const verbs = [...help.out.matchAll(/^ {2}([a-z][a-z-]*)(?=\s)/gm)].map(([, verb]) => verb as string)
    for (const verb of [
      'start',
      'demo',
      'status',
      'peers',
      'init',
      'invite',
      'join',
      'approve',
      'remove',
      'stolen',
      'leave',
      'import',
      'export',
      'wants',
      'ls',
      'history',
      'rollback',
      'policy',
      'verify',
      'gc',
      'doctor',
      'config',
      'version'
    ])
      expect(verbs).toContain(verb)
    for (const verb of new Set(verbs)) {
      if (verb === 'joinery' || verb === 'help') continue
      const { out, code } = await joinery(verb, '--help')
      expect([verb, code]).toEqual([verb, 0])
      expect(out).toMatch(new RegExp(`^Usage: joinery ${verb} `))
    }
    expect(help.out).toContain('Exit codes:')
  })
})

describe('joinery join, without an invitation', () => {
  const room = (roomId: string, name: string) => ({
    roomId,
    name,
    devices: [{ id: 'x', name: 'pi', address: '10.0.0.5' }]
  })
  const nearby = {
    nearbyRooms: () => Promise.resolve([room('aaaa', 'Shelf'), room('bbbb', 'Library'), room('cccc', 'Shelf')])
  }

  it('asks the room that is named, by its name or the beginning of its id', async () => {
    for (const [named, asked] of [
      ['Library', 'bbbb'],
      ['cc', 'cccc']
    ] as const) {
      const { calls } = await runDevice(nearby)
      const { err } = await joinery('join', '--room', named)
      expect(calls).toContainEqual({ name: 'askToJoin', options: { roomId: asked } })
      await server?.stop()
      expect(err).toContain('to be let in')
    }
  })

  it('names the rooms when none is meant, or several are', async () => {
    const { calls } = await runDevice(nearby)
    for (const words of [[], ['--room', 'Shelf'], ['--room', 'Hall']]) {
      const { code, err } = await joinery('join', ...words)
      expect([code, calls.some(({ name }) => name === 'askToJoin')]).toEqual([2, false])
      expect(err).toMatch(/Shelf.*Shelf|Shelf, Library, Shelf/)
    }
    const both = await joinery('join', 'JOIN-ABCDEF', '--room', 'Shelf')
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('leave out --room') })
  })
})

describe('the exit code', () => {
  it('is 2 for what is not understood, with the nearest command', async () => {
    for (const [words, text] of [
      [['stauts'], /no command "stauts"; did you mean "status"/],
      [['xyzzyx'], /no command "xyzzyx" \(USAGE\)/],
      [['invite', '--uses', '0'], /1 to 100/],
      [['invite', '--uses', '101'], /1 to 100/],
      [['policy', 'cran', '61'], /number from 1 to 60/],
      [['ls', 'a', 'b', 'c'], /too many arguments/],
      [['approve', 'x', '12345'], /six digits/],
      [['init'], /--name/],
      [['remove', 'pi-back'], /NOT_CONFIRMED/],
      [['config', 'set', 'prot', '1'], /did you mean "port"/],
      [['start', '--port', 'x'], /CONFIG_BAD_VALUE/]
    ] as const) {
      const ran = await joinery(...words)
      expect([words, ran.code, ran.out]).toEqual([words, 2, ''])
      expect(ran.err).toMatch(text)
    }
    const bare = await joinery()
    expect(bare.code).toBe(2)
    expect(bare.out).toContain('First steps:')
  })

  it('is 3 when no device runs, and says how to start one', async () => {
    const ran = await joinery('status')
    expect(ran.code).toBe(3)
    expect(ran.err).toMatch(/no device runs on .*\(NOT_RUNNING\)\n.*joinery start/)
  })

  it('is 1 with code, text and next step for a failure; with --json as JSON', async () => {
    await runDevice()
    const ran = await joinery('join', 'JOIN-X')
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toMatch(/^Error: the invitation is mistyped \(MALFORMED\)\n\S/)
    const json = await joinery('join', 'JOIN-X', '--json')
    expect(JSON.parse(json.err)).toMatchObject({
      error: { code: 'MALFORMED', text: 'the invitation is mistyped', next: expect.any(String) }
    })
  })

  it('is 4 when something was left out, is rotten, not safe or a problem', async () => {
    await runDevice()
    const imported = await joinery('import', 'workshop')
    expect(imported.code).toBe(4)
    expect(imported.err).toContain('Problem: b.whl: is cut short (MALFORMED)\n  Download it again.')
    expect(imported.out).toMatch(/pypi: 2 new, 0 changed, 5 as before \(3\.0 kB added\)\n1 file was left out/)
    expect((await joinery('verify')).code).toBe(4)
    expect((await joinery('unplug')).code).toBe(4)
    expect((await joinery('doctor')).code).toBe(4)
  })

  it('is 130 after Ctrl-C, and the device is told to end the work', async () => {
    const abort = new AbortController()
    async function* slow(_options: unknown, signal?: AbortSignal): AsyncGenerator<never> {
      yield { kind: 'step', phase: 'reading', doneFiles: 0, doneBytes: 1 } as never
      abort.abort()
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    }
    await runDevice({ import: slow })
    expect((await run({ folder, signal: abort.signal }, 'import', 'x')).code).toBe(130)
  })
})

describe('paths, names and terminals', () => {
  it('imports relative to where the command runs', async () => {
    const { calls } = await runDevice()
    await joinery('import', '../workshop', '--as', 'lessons', '--under', 'a/b', '--dry-run')
    expect(calls[0]).toEqual({
      name: 'import',
      options: { source: '/media/workshop', collection: 'lessons', under: 'a/b', dryRun: true }
    })
  })

  it('shows no control characters that another device sent', async () => {
    const evil = '\u001b[2Jpi\u0007\u202e\u009b'
    await runDevice({ askers: () => Promise.resolve([{ id: `12D3KooW${evil}`, name: evil, code: '123456' }]) })
    const { out } = await joinery('approve')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(out.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  it('asks before it takes a device out', async () => {
    const { calls } = await runDevice()
    const kept = await run({ folder, answers: ['no'] }, 'remove', 'pi-back')
    expect([kept.code, calls]).toEqual([2, []])
    const removed = await run({ folder, answers: ['pi-back'] }, 'remove', 'pi-back')
    expect([removed.code, calls.length]).toEqual([0, 1])
  })

  it('draws a bar with rate and time left in a terminal, and plain lines elsewhere', async () => {
    let now = 0
    const clock = { ...systemClock, monotonicMs: () => now }
    async function* steps(): AsyncGenerator<never> {
      for (let i = 0; i <= 10; i++) {
        now += 1_000
        yield {
          kind: 'step',
          phase: 'copying',
          doneFiles: i,
          totalFiles: 10,
          doneBytes: i * 1e6,
          totalBytes: 10e6
        } as never
      }
      yield { kind: 'done', result: { collections: [], refused: 0 } } as never
    }
    const offline: Partial<Program> = {
      clock,
      openOffline: () =>
        Promise.resolve({ operations: fakeOperations({ import: steps }).operations, close: () => Promise.resolve() })
    }
    const watched = await run({ folder, program: offline, answers: [] }, 'import', 'x')
    expect(watched.err).toContain(
      '\r\u001b[Kcopying  ██████░░░░░░  50 %  5.0 MB of 10 MB  1.0 MB/s  5 s left  file 5 of 10\r'
    )
    // The line is taken away at the end.
    expect(watched.err.endsWith('\r\u001b[K')).toBe(true)
    const logged = await run({ folder, program: offline }, 'import', 'x')
    expect(logged.err).not.toContain('\u001b')
    expect(logged.err.trim().split('\n').length).toBeLessThan(4)
  })
})

describe('without a running device', () => {
  it.each([
    ['init', '--name', 'x'],
    ['import', 'x'],
    ['verify'],
    ['gc'],
    ['doctor'],
    ['ls'],
    ['wants'],
    ['policy'],
    ['invite'],
    ['join', 'JOIN-ABCDEF']
  ])('joinery %s works on the folder, and closes it', async (...words) => {
    let closed = 0
    const { operations, calls } = fakeOperations()
    const program: Partial<Program> = {
      openOffline: (config) => {
        expect(config.dataDirectory).toBe(folder)
        return Promise.resolve({ operations, close: () => Promise.resolve(void closed++) })
      }
    }
    const { code } = await run({ folder, program }, ...words)
    expect([0, 4]).toContain(code)
    expect([calls.length, closed]).toEqual([1, 1])
  })

  it('closes the folder after a failure too', async () => {
    let closed = 0
    const { operations } = fakeOperations()
    const program: Partial<Program> = {
      openOffline: () => Promise.resolve({ operations, close: () => Promise.resolve(void closed++) })
    }
    expect((await run({ folder, program }, 'join', 'JOIN-X')).code).toBe(1)
    expect(closed).toBe(1)
  })
})

describe('joinery config', () => {
  it('sets, gets, lists and takes out', async () => {
    expect((await joinery('config', 'set', 'port', '8090')).code).toBe(0)
    expect((await joinery('config', 'get', 'port')).out).toBe('8090\n')
    expect((await joinery('config')).out).toMatch(
      /port = 8090 {2}\(file\)\n {2}Port of the pages[\s\S]*JOINERY_PORT overrides it/
    )
    expect((await joinery('config', 'unset', 'port')).code).toBe(0)
    expect((await joinery('config', 'get', 'port')).out).toBe('(chosen by itself)\n')
    expect((await joinery('config', 'path')).out).toBe(`${join(folder, 'config.toml')}\n`)
    expect(await readFile(join(folder, 'config.toml'), 'utf8')).toBe('')
  })

  it('works on the folder that --data names', async () => {
    const other = join(folder, 'other')
    await mkdir(other)
    await joinery('config', 'set', 'name', 'pi-other', '--data', other)
    expect((await joinery('--data', other, 'config', 'get', 'name')).out).toBe('pi-other\n')
    expect((await joinery('config', 'get', 'name')).out).toBe('pi-front\n')
  })
})
