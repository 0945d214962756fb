import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import * as limits from '../../node/notes/limits.ts'
import { type Clock, systemClock } from '../../node/platform/clock.ts'
import { encodeSyncMessage, MAX_SYNC_MESSAGE_BYTES } from '../../protocols/notes-sync.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { eventually, type NoteNode, startNoteNode } from '../unit/notes/note-node.ts'

const ADA = 'token-of-ada-lovelace'
const EVE = 'token-of-eve-dropper'
const clients: NoteClient[] = []
const sockets: Socket[] = []
let journal: MemoryJournal
let node: NoteNode

beforeEach(async () => {
  journal = new MemoryJournal('aa')
  node = await startNoteNode(journal)
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  for (const socket of sockets.splice(0)) socket.destroy()
  await node.stop()
})

function client(note: string, init: ConstructorParameters<typeof NoteClient>[2] = {}): NoteClient {
  const made = new NoteClient(node.port, note, init)
  clients.push(made)
  return made
}

/** Two honest people write and read, whatever else goes on. */
async function expectUndisturbed(note: string, localAddress?: string): Promise<void> {
  const from = localAddress === undefined ? {} : { localAddress }
  const ada = await client(note, { token: ADA, ...from }).synced()
  const bob = await client(note, { token: 'token-of-bob-builder', ...from }).synced()
  const word = `still here ${performance.now()} `
  ada.write((text) => text.insert(0, word))
  await bob.until(() => bob.text.startsWith(word))
  await ada.until(() => ada.saved.saved > 0)
}

/** A clock that runs as ever, whose long waits end when somebody says so. */
class SkippedClock implements Clock {
  #skippedMs = 0
  readonly #long = new Set<{ atMs: number; action: () => void; delayMs: number }>()

  /** Those that nobody has ended, in order. */
  get waits(): number[] {
    return [...this.#long].map(({ delayMs }) => delayMs)
  }

  monotonicMs(): number {
    return performance.now() + this.#skippedMs
  }

  wallMs(): number {
    return systemClock.wallMs()
  }

  after(delayMs: number, action: () => void): () => void {
    // The longest of the notes themselves is a minute.
    if (delayMs <= 90_000) return systemClock.after(delayMs, action)
    const wait = { atMs: this.monotonicMs() + delayMs, action, delayMs }
    this.#long.add(wait)
    return () => this.#long.delete(wait)
  }

  skip(ms: number): void {
    this.#skippedMs += ms
    for (const wait of this.#long) if (wait.atMs <= this.monotonicMs() && this.#long.delete(wait)) wait.action()
  }
}

/** How much text makes an update of so many bytes. */
function lengthFor({ doc }: NoteClient, bytes: number): number {
  let length = bytes
  for (;;) {
    const copy = new Y.Doc({ gc: false })
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    copy.clientID = doc.clientID
    const before = Y.encodeStateVector(copy)
    copy.getText('text').insert(0, 'x'.repeat(length))
    const more = Y.encodeStateAsUpdate(copy, before).length - bytes
    if (more === 0) return length
    length -= more
  }
}

/** The status of the answer to an upgrade with these headers. */
async function statusOf(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}${path}`, { headers })
  const status = await new Promise<number>((resolve) => {
    socket.once('upgrade', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
  socket.on('error', () => undefined)
  socket.terminate()
  return status
}

const broken: [name: string, frame: Uint8Array][] = [
  ['empty', new Uint8Array(0)],
  ['an unknown step', Uint8Array.of(0, 9, 0)],
  ['a vector that lies about its length', Uint8Array.of(0, 0, 200, 1)],
  ['a vector that claims a million clients', Uint8Array.of(0, 0, 3, 192, 132, 61)],
  ['an update that is none', encodeSyncMessage({ kind: 'update', update: Uint8Array.of(7, 7, 7, 7), answer: false })],
  [
    'an update that claims four billion items',
    encodeSyncMessage({ kind: 'update', update: Uint8Array.of(1, 255, 255, 255, 255, 15, 5, 0), answer: true })
  ],
  ['an update with a bottomless value', encodeSyncMessage({ kind: 'update', update: nested(100_000), answer: false })],
  ['cursors cut short', Uint8Array.of(1, 3, 2, 1, 1)],
  ['bytes after the message', Uint8Array.of(3, 0)]
]

/** A map entry whose value is a list in a list in a list … */
function nested(depth: number): Uint8Array {
  const list = new Uint8Array(depth * 2 + 1)
  for (let i = 0; i < depth; i++) list.set([117, 1], i * 2)
  list[depth * 2] = 126
  // one client, one item of kind "any" with a named parent, then the value, then no deletions
  return Buffer.concat([Uint8Array.of(1, 1, 5, 0, 40, 1, 1, 109, 1, 107, 1), list, Uint8Array.of(0)])
}

test.each(broken)(
  'a malformed frame (%s) ends its own connection with a code, and nobody else’s',
  async (_name, frame) => {
    const eve = await client('malformed', { token: EVE }).synced()
    eve.socket.send(frame)
    await eve.until(() => eve.closeCode !== undefined)
    expect(eve.closeCode).toBe(4400)
    expect(eve.refusals).toEqual(['MALFORMED'])
    await expectUndisturbed('malformed')
  }
)

test('what a client sends behind a frame that ended its connection is not taken', async () => {
  const eve = await client('behind', { token: EVE }).synced()
  eve.socket.send(Uint8Array.of(0, 9, 0))
  eve.write((text) => text.insert(0, 'too late'))
  await eve.until(() => eve.closeCode !== undefined)
  const ada = await client('behind', { token: ADA }).synced()
  expect(ada.text).toBe('')
  expect(journal.entries).toEqual([])
})

test('a text frame is no message of ours', async () => {
  const eve = await client('text-frame', { token: EVE }).synced()
  eve.socket.send('hello')
  await eve.until(() => eve.closeCode !== undefined)
  expect(eve.closeCode).toBe(4400)
})

test('an oversize message is refused before it is read', async () => {
  const eve = await client('oversize', { token: EVE }).synced()
  eve.socket.send(new Uint8Array(MAX_SYNC_MESSAGE_BYTES + 1))
  await eve.until(() => eve.closeCode !== undefined)
  expect(eve.closeCode).toBe(1009)
  await expectUndisturbed('oversize')
})

test('cursors: only a client’s own, only JSON objects, and no more tabs than people have', async () => {
  const ada = await client('cursors', { token: ADA }).synced()
  const eve = await client('cursors', { token: EVE }).synced()
  const state = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const seen = (): Map<number, string> => {
    const states = new Map<number, string>()
    for (const message of ada.messages) {
      if (message.kind !== 'awareness') continue
      for (const entry of message.entries) states.set(entry.clientId, new TextDecoder().decode(entry.state))
    }
    return states
  }
  ada.send({ kind: 'awareness', entries: [{ clientId: 1, clock: 1, state: state({ user: { name: 'Ada' } }) }] })
  await eve.until(() => eve.messages.some((message) => message.kind === 'awareness'))
  eve.send({ kind: 'awareness', entries: [{ clientId: 1, clock: 99, state: state({ user: { name: 'not Ada' } }) }] })
  eve.send({ kind: 'awareness', entries: [{ clientId: 1, clock: 100, state: state(null) }] })
  eve.send({ kind: 'awareness', entries: [{ clientId: 2, clock: 1, state: new TextEncoder().encode('{"broken') }] })
  eve.send({ kind: 'awareness', entries: [{ clientId: 3, clock: 1, state: state([1]) }] })
  eve.send({ kind: 'awareness', entries: [{ clientId: 4, clock: 1, state: state({ user: { name: 'Eve' } }) }] })
  await ada.until(() => seen().has(4))
  expect(seen().get(1)).toContain('"Ada"')
  expect(seen().has(2) || seen().has(3)).toBe(false)
  const tabs = Array.from({ length: limits.MAX_CURSORS_PER_OWNER + 5 }, (_, i) => ({
    clientId: 100 + i,
    clock: 1,
    state: state({ tab: i })
  }))
  eve.send({ kind: 'awareness', entries: tabs })
  await ada.until(() => seen().has(100 + tabs.length - 1))
  const shown = [...seen().values()].filter((text) => text !== 'null')
  expect(shown.length).toBeLessThanOrEqual(limits.MAX_CURSORS_PER_OWNER + 1)
})

test('a client that asks for everything again and again is answered at a bounded rate', async () => {
  const ada = await client('amplify', { token: ADA }).synced()
  ada.write((text) => text.insert(0, 'x'.repeat(100_000)))
  const eve = await client('amplify', { token: EVE }).synced()
  const before = eve.messages.length
  const startedMs = performance.now()
  for (let i = 0; i < 200; i++) eve.send({ kind: 'have', vector: Uint8Array.of(0) })
  const answers = (): number => eve.messages.slice(before).filter((message) => message.kind === 'update').length
  // All that may come at once (the first was the one on joining), and then no more than one a second, however many were asked for.
  await eve.until(() => answers() >= limits.ANSWERS_BURST - 1)
  await expectUndisturbed('amplify')
  const seconds = (performance.now() - startedMs) / 1_000
  expect(answers()).toBeLessThanOrEqual(limits.ANSWERS_BURST + Math.ceil(seconds * limits.ANSWERS_PER_SECOND))
})

test('a flood of messages is read at a bounded rate, and others go on', async () => {
  const eve = await client('flood', { token: EVE }).synced()
  for (let i = 0; i < 5_000; i++) eve.send({ kind: 'query-awareness' })
  await expectUndisturbed('flood')
})

test('a client that never reads: others are not held up, its buffer stays bounded, and it is brought up to date when it reads again', async () => {
  const ada = await client('slow', { token: ADA }).synced()
  const sleeper = await client('slow', { token: EVE }).synced()
  sleeper.socket.pause()
  const before = process.memoryUsage().rss
  let length = 0
  for (let i = 0; i < 30; i++) {
    // Written and deleted again, so that the note stays small while what was sent grows.
    ada.write((text) => text.insert(0, String.fromCharCode(97 + (i % 26)).repeat(100_000)))
    await ada.until(() => ada.saved.saved > length)
    length = ada.saved.saved
  }
  expect(ada.text.length).toBe(3_000_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20)
  sleeper.socket.resume()
  await sleeper.until(() => sleeper.text.length === ada.text.length)
  expect(sleeper.text).toBe(ada.text)
})

test('an address that has written as much as it may at once is read on; one byte more and it waits exactly until that is covered, on every connection', async () => {
  await node.stop()
  const clock = new SkippedClock()
  const burst = 200_000
  const perSecond = 100
  node = await startNoteNode(journal, { clock }, { limits: { textBytesPerSecond: perSecond, textBytesBurst: burst } })
  const one = await client('one', { token: EVE }).synced()
  const two = await client('two', { token: EVE }).synced()
  // A little of it comes back each second that the test takes.
  let left = burst
  const write = (from: NoteClient, bytes: number): void => {
    const text = 'x'.repeat(lengthFor(from, bytes))
    const { length } = from.write((into) => into.insert(0, text))
    expect(length).toBe(bytes)
    left -= bytes
  }
  while (left > 20_000) write(one, 20_000)
  write(one, left)
  await one.until(() => one.saved.saved === 10)
  expect(clock.waits).toEqual([])
  const beganMs = performance.now()
  const beyond = 50_000
  write(one, beyond)
  await one.until(() => one.saved.saved === 11)
  const [wait = 0] = clock.waits
  const cameBack = ((performance.now() - beganMs) / 1_000 + 60) * perSecond
  expect(wait).toBeLessThanOrEqual((beyond / perSecond) * 1_000)
  expect(wait).toBeGreaterThan(((beyond - cameBack) / perSecond) * 1_000)
  // The other connection of the address owes as much: what it sends first is read, and then it waits as well, for longer.
  write(two, 100)
  await two.until(() => two.saved.saved === 1)
  expect(clock.waits).toHaveLength(2)
  for (const from of [one, two]) write(from, 20_000)
  await expectUndisturbed('elsewhere', '127.0.0.2')
  expect([one.saved.saved, two.saved.saved]).toEqual([11, 1])
  clock.skip(wait - 1_000 * 10)
  await expectUndisturbed('elsewhere', '127.0.0.2')
  expect([one.saved.saved, two.saved.saved]).toEqual([11, 1])
  clock.skip(20_000 + 100_000)
  await one.until(() => one.saved.saved === 12)
  await two.until(() => two.saved.saved === 2)
})

test('so many connections from one address, and no more; one that ends makes room', async () => {
  await node.stop()
  node = await startNoteNode(journal, {}, { limits: { clientsPerAddress: 3 } })
  const open = await Promise.all(Array.from({ length: 3 }, () => client('crowd', { token: EVE }).synced()))
  expect(await statusOf('/notes/sync/crowd', {})).toBe(503)
  open[0]?.socket.terminate()
  await eventually(() => node.notes.figures().clients === 2)
  expect(await statusOf('/notes/sync/crowd', {})).toBe(101)
})

test('so many clients in one note, and no more', async () => {
  await node.stop()
  node = await startNoteNode(journal, {}, { limits: { clientsPerNote: 2 } })
  await client('full-room', { token: ADA }).synced()
  await client('full-room', { token: EVE }).synced()
  const third = client('full-room', { token: ADA })
  await third.until(() => third.closeCode !== undefined)
  expect(third.closeCode).toBe(4503)
  await client('other-room', { token: ADA }).synced()
})

test('sockets that are half open, and that say nothing, give their places back', async () => {
  const quiet = connect(node.port, '127.0.0.1')
  sockets.push(quiet.resume())
  await once(quiet, 'connect')
  quiet.write(
    `GET /notes/sync/half HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`
  )
  await once(quiet, 'close')
  await eventually(() => node.notes.figures().clients === 0)
})

test('foreign pages are refused: Origin of another site, null, missing with cookies, and names that are not ours (ASVS 4.4.2)', async () => {
  const own = `http://127.0.0.1:${node.port}`
  const path = '/notes/sync/guarded'
  expect(await statusOf(path, { Origin: own })).toBe(101)
  expect(await statusOf(path, {})).toBe(101)
  expect(await statusOf(path, { Origin: 'http://evil.example' })).toBe(403)
  expect(await statusOf(path, { Origin: 'null' })).toBe(403)
  expect(await statusOf(path, { Origin: `${own}.evil.example` })).toBe(403)
  expect(await statusOf(path, { Cookie: 'session=abc' })).toBe(403)
  expect(await statusOf(path, { Host: 'rebound.example', Origin: 'http://rebound.example' })).toBe(403)
})

test('addresses with tricks in them open no note', async () => {
  const tricks = ['', '..', '../x', '%2e%2e', 'a/b', 'A', 'a%00b', 'note%2Fx', '-a', 'a'.repeat(65), '.git', 'a b']
  for (const id of tricks) expect(await statusOf(`/notes/sync/${encodeURI(id)}`, {}), id).toBeGreaterThanOrEqual(400)
  expect(await statusOf('/notes/sync/fine?token=short', {})).toBe(400)
  expect(journal.entries).toEqual([])
})

test('text that waits for what never comes is not kept without bound and not called saved', async () => {
  const eve = await client('gaps', { token: EVE }).synced()
  const doc = new Y.Doc({ gc: false })
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let i = 0; i < 20; i++) doc.getText('text').insert(0, `${i}`.repeat(60_000))
  // Everything but the first: nothing of it can be placed.
  for (const update of updates.slice(1)) eve.send({ kind: 'update', update, answer: false })
  await eve.until(() => eve.messages.length > 1)
  await expectUndisturbed('gaps')
  expect(eve.saved.saved).toBe(0)
})

test('an id that was only typed into the address bar makes nothing', async () => {
  const reader = await client('never-written', { token: ADA }).synced()
  reader.socket.terminate()
  expect(node.notes.list()).toEqual([])
  expect(journal.entries).toEqual([])
})
