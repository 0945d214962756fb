/**
 * What happens to a device in its life, on real nodes in networks of their own: let in by a code, removed while it was off, stolen, copied,
 * emptied and taken out, damaged, stopped.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import type { Finding, LeaveResult, ListedFile, NodeStatus, StolenDevice } from '../../node/control/operations.ts'
import { META_KEY } from '../../node/journal/keys.ts'
import { rowBytes, rowOf } from '../../node/journal/rows.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { NOTES_SYNC_PATH } from '../../protocols/notes-sync.ts'
import { Child, type RunResult, runAnyway, until } from '../kit/child.ts'
import { type Device, NetworkLab } from '../kit/network-lab.ts'
import {
  JOINERY,
  joinery,
  joineryAnyway,
  joineryJson,
  type NodePlace,
  NodeProcess,
  operationsOf
} from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

const HTTP_PORT = 8080
const FIXED = ['--port', String(HTTP_PORT), '--mesh-port', '4417']
const NAMES = ['first', 'second', 'third', 'fourth', 'fifth'] as const
type Name = (typeof NAMES)[number]

let folder: TemporaryFolder
let lab: NetworkLab
const devices = {} as Record<Name, Device>
const addresses = {} as Record<Name, string>
const nodes: { [name in Name]?: NodeProcess } = {}

const place = (name: Name): NodePlace => ({ data: join(folder.path, name), device: devices[name] })

async function start(name: Name, ...words: string[]): Promise<NodeProcess> {
  const node = await NodeProcess.start(place(name), [...FIXED, '--name', name, ...words])
  nodes[name] = node
  return node
}

async function stop(name: Name): Promise<void> {
  await nodes[name]?.stop()
  delete nodes[name]
}

async function invite(uses = 1): Promise<string> {
  return (await joineryJson<{ text: string }>(place('first'), ['invite', '--uses', String(uses)])).text
}

/** Codes of what `joinery doctor` finds, other than that all is well. */
async function findings(name: Name): Promise<string[]> {
  const { stdout } = await joineryAnyway(place(name), ['doctor', '--json'])
  const found = stdout.trim().split('\n')
  return found.map((line) => JSON.parse(line) as Finding).flatMap(({ level, code }) => (level === 'ok' ? [] : [code]))
}

const doctorSays = (name: Name, code: string): Promise<unknown> =>
  until(`doctor of ${name} says ${code}`, async () => {
    const found = await findings(name)
    if (found.includes(code)) return true
    throw new Error(`it says ${found}`)
  })

const connected = ({ overview }: NodeStatus): string[] =>
  overview.devices.flatMap(({ connected, self, name }) => (connected && !self ? [name] : []))

const linkedTo = (name: Name, ...others: Name[]): Promise<NodeStatus> =>
  until(`${name} is linked to ${others}`, async () => {
    const status = await operationsOf(place(name)).status()
    if (others.every((other) => connected(status).includes(other))) return status
    throw new Error(`linked to ${connected(status)}`)
  })

const request = (from: Name, to: Name, path: string, ...words: string[]): Promise<RunResult> =>
  runAnyway(devices[from].inside(['curl', '--silent', ...words, `http://${addresses[to]}:${HTTP_PORT}${path}`]))

beforeAll(async () => {
  folder = temporaryFolder()
  lab = await NetworkLab.make()
  const hall = await lab.network()
  for (const name of NAMES) {
    devices[name] = await lab.device(name)
    addresses[name] = (await devices[name].plug(hall)).address
  }
})

afterAll(async () => {
  for (const node of Object.values(nodes)) await node[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

/** One story told in steps: after one that failed the others would only repeat it. */
let failedStep: string | undefined
beforeEach(({ task }) => {
  if (failedStep !== undefined) throw new Error(`an earlier step failed: ${failedStep}`)
  onTestFailed(() => {
    failedStep ??= task.name
  })
})

describe('a device that asks to be let in', () => {
  /** Starts one without an invitation, and reads the code that it shows. */
  async function ask(name: Name): Promise<{ child: Child; code: string }> {
    const words = ['start', '--data', place(name).data, ...FIXED, '--name', name, '--ask']
    const child = new Child(devices[name].inside([...JOINERY, ...words]))
    const code = await until(`${name} shows a code`, () => /Code: (\d{3} \d{3})/.exec(child.stderr)?.[1])
    return { child, code }
  }

  test('is in the room after a person compared the codes, and is refused when they differ', async () => {
    await joinery(place('first'), ['init', '--name', 'Greenhouse'])
    await start('first')
    const [good, bad] = await Promise.all([ask('second'), ask('third')])
    await using _good = good.child
    await using _bad = bad.child
    const wrong = bad.code === '123 456' ? '654 321' : '123 456'
    const refused = await joineryAnyway(place('first'), ['approve', 'third', wrong])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('CODE_DIFFERS')])
    expect([await bad.child.ended, bad.child.stderr]).toEqual([1, expect.stringContaining('ASK_DECLINED')])
    await joinery(place('first'), ['approve', 'second', good.code])
    await good.child.line(/Joinery is ready/)
    await linkedTo('first', 'second')
    expect(await good.child.signal('SIGTERM')).toBe(0)
  })
})

describe('two devices of a room', () => {
  test('show each other the notes that were made on one of them', async () => {
    await start('second')
    await linkedTo('first', 'second')
    const page = ['--header', `Origin: http://${addresses.first}:${HTTP_PORT}`]
    const title = ['--header', 'Content-Type: application/json', '--data', '{"title":"Questions"}']
    const made = await request('second', 'first', '/api/notes', ...page, ...title)
    expect(JSON.parse(made.stdout)).toMatchObject({ title: 'Questions' })
    await until('the other one lists it', async () =>
      (await request('first', 'second', '/api/notes')).stdout.includes('Questions')
    )
  })

  test('let a page of the other one open its socket, also when that one is dead; a foreign page not', async () => {
    await nodes.second?.kill()
    delete nodes.second
    await until('it is missed', async () => {
      const status = await operationsOf(place('first')).status()
      return connected(status).length === 0
    })
    const upgrade = async (origin: string): Promise<string> => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        Origin: origin
      }
      const words = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`])
      // An open socket has no end: the first line is enough.
      const path = `${NOTES_SYNC_PATH}a-note`
      const url = `http://${addresses.first}:${HTTP_PORT}${path}`
      await using asking = devices.third.start(['curl', '--silent', '--include', '--no-buffer', ...words, url])
      return (await asking.line(/^HTTP.*/))[0]
    }
    const [dead, foreign] = await Promise.all([
      upgrade(`http://${addresses.second}:${HTTP_PORT}`),
      upgrade(`http://${addresses.fifth}:${HTTP_PORT}`)
    ])
    expect([dead, foreign]).toEqual(['HTTP/1.1 101 Switching Protocols', expect.stringMatching(/^HTTP\/1.1 403/)])
  })
})

describe('a device that was taken out of the room while it was off', () => {
  test('is told so when it comes back, and comes in again after it left, with a new invitation', async () => {
    await joinery(place('first'), ['remove', 'second', '--yes'])
    await start('second')
    await doctorSays('second', 'REMOVED_FROM_ROOM')
    await stop('second')
    // Also while it does not run: what it was told is on its disk.
    expect(await findings('second')).toContain('REMOVED_FROM_ROOM')
    await start('second')
    const invitation = await invite()
    const refused = await joineryAnyway(place('second'), ['join', invitation])
    expect(refused.stderr).toContain('REMOVED_FROM_ROOM')
    await joinery(place('second'), ['leave', '--yes'])
    await joinery(place('second'), ['join', invitation])
    await linkedTo('first', 'second')
    expect(await findings('second')).not.toContain('REMOVED_FROM_ROOM')
  })
})

describe('a stolen device', () => {
  test('takes its invitation with it; another device that came with that one is told, and takes a new one', async () => {
    const known = await invite(5)
    await start('third', '--join', known)
    await linkedTo('first', 'third')
    await stop('third')
    const stolen = await joineryJson<StolenDevice>(place('first'), ['stolen', 'third', '--yes'])
    expect(stolen).toMatchObject({ name: 'third', revokedInvitations: [{ uses: 5, usesLeft: 4 }] })
    await start('fourth', '--join', known)
    await doctorSays('fourth', 'INVITATION_USED_UP')
    await joinery(place('fourth'), ['join', await invite()])
    await linkedTo('first', 'fourth')
    expect(await findings('fourth')).not.toContain('INVITATION_USED_UP')
  })
})

describe('a device that leaves', () => {
  test('with --drain moves the only copies off before it goes', async () => {
    const files = 24
    const isAllButOne = (count: number): boolean => count >= files - 1
    const box = join(folder.path, 'box')
    mkdirSync(box)
    writeFileSync(join(box, '0.txt'), 'file 0')
    // Nobody else sees the first version: the others have to fetch its list too before the second device may go.
    await stop('first')
    await stop('fourth')
    await joinery(place('second'), ['import', box, '--as', 'box'])
    await joinery(place('second'), ['policy', 'box', '1'])
    for (let i = 1; i < files; i++) writeFileSync(join(box, `${i}.txt`), `file ${i}`)
    await joinery(place('second'), ['import', box, '--as', 'box'])
    const unplug = await joineryAnyway(place('second'), ['unplug', '--json'])
    expect(JSON.parse(unplug.stdout)).toMatchObject({ safe: false, onlyHereFiles: expect.toSatisfy(isAllButOne) })
    const leave = ['leave', '--drain', '--yes', '--data', place('second').data]
    await using changedMind = new Child(devices.second.inside([...JOINERY, ...leave]))
    await until('it says what it waits for', () => changedMind.stderr.includes('No other device is connected'))
    expect(await changedMind.signal('SIGINT')).not.toBe(0)
    await until('it stays in the room as it was', async () => {
      const { overview } = await operationsOf(place('second')).status()
      return overview.devices.some(({ self, leaving }) => self && !leaving)
    })
    const draining = joineryJson<LeaveResult>(place('second'), ['leave', '--drain', '--yes'])
    await start('first')
    await linkedTo('first', 'second')
    const left = await draining
    expect(left).toMatchObject({ drained: true })
    expect(isAllButOne(left.movedFiles)).toBe(true)
    const listed = (await joinery(place('first'), ['ls', 'box', '--json'])).stdout.trim().split('\n')
    expect(listed.map((line) => (JSON.parse(line) as ListedFile).here)).toEqual(new Array(files).fill(true))
    await until('it is gone from the room', async () => {
      const { overview } = await operationsOf(place('first')).status()
      return overview.devices.every(({ name }) => name !== 'second')
    })
  })

  test('as the last one cannot move anything off, and says so', async () => {
    await joinery(place('fifth'), ['init', '--name', 'Alone'])
    await start('fifth')
    const refused = await joineryAnyway(place('fifth'), ['leave', '--drain', '--yes'])
    expect(refused.stderr).toContain('NOBODY_TO_DRAIN_TO')
    await joinery(place('fifth'), ['leave', '--yes'])
    expect(await findings('fifth')).toContain('NO_ROOM')
    await stop('fifth')
  })
})

describe('a data folder', () => {
  test('that was copied and runs twice is refused, and doctor explains it', async () => {
    const copy: NodePlace = { ...place('fourth'), data: join(folder.path, 'copy') }
    cpSync(place('fourth').data, copy.data, { recursive: true })
    await start('fourth')
    await linkedTo('first', 'fourth')
    await using _copy = await NodeProcess.start(copy, ['--name', 'copy'])
    await doctorSays('first', 'CARD_COPIED')
    const status = await operationsOf(copy).status()
    expect(connected(status)).toEqual([])
  })

  test('serves one node at a time: a second start says so and harms nothing', async () => {
    const second = await joineryAnyway(place('first'), ['start', '--port', '0', '--mesh-port', '0'])
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('ALREADY_RUNNING')])
    await linkedTo('first', 'fourth')
  })

  test('is let go at SIGTERM: the program ends by itself and leaves no socket', async () => {
    const socket = join(place('first').data, 'control.sock')
    expect(existsSync(socket)).toBe(true)
    await stop('first')
    expect(existsSync(socket)).toBe(false)
  })

  test('whose device leaves while nobody is connected says that nobody heard it', async () => {
    const { stderr } = await joinery(place('fourth'), ['leave', '--yes'])
    expect(stderr).toContain('No other device heard')
  })

  test('of a newer program, or with a damaged file, says what it is', async () => {
    const path = join(place('first').data, 'room', 'room')
    const room = readFileSync(path)
    writeFileSync(path, room.subarray(0, room.length - 1))
    const damaged = await joineryAnyway(place('first'), ['start', ...FIXED])
    expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining('ROOM_FILE_DAMAGED')])
    writeFileSync(path, room)
    const store = await openLevel(join(place('first').data, 'journal'))
    const meta = rowOf((await store.get(META_KEY)) ?? new Uint8Array(), 4, 100_000)
    await store.write([{ type: 'put', key: META_KEY, value: rowBytes([99, ...meta.slice(1)]) }], { sync: true })
    await store.close()
    const newer = await joineryAnyway(place('first'), ['start', ...FIXED])
    expect([newer.code, newer.stderr]).toEqual([1, expect.stringContaining('JOURNAL_NEWER')])
  })
})
