/**
 * A class that types, in a process of its own: `node notes-clients.ts JSON` (`LoadInit`). Each client presses keys at random moments, three a
 * second on average, with a cursor for each, as editors send it. Ten of them read what all write, with a document of their own, and so measure
 * how long a key takes to another screen. Prints `LoadResult` as JSON.
 */
import * as encoding from 'lib0/encoding'
import { type RawData, WebSocket } from 'ws'
import * as Y from 'yjs'
import { encodeSyncMessage } from '../../protocols/notes-sync.ts'

export interface LoadInit {
  /** One for each node; clients take turns. */
  ports: number[]
  kind: 'relay' | 'ours' | 'hocuspocus'
  clients: number
  seconds: number
  seed: number
}

export interface LoadResult {
  edits: number
  expected: number
  got: number
  p50: number
  p95: number
  p99: number
  bytesIn: number
  /** A client that joins last sees so many of the keys. */
  late: number
  cpuSeconds: number
}

const KEYS_PER_SECOND = 3
const READERS = 10
/** A key is four characters here, so that a reader can tell whose it was. */
const MARK = 4
const NOTE = 'bench'
const DRAIN_TIMEOUT_MS = 30_000

const init = JSON.parse(process.argv[2] ?? '{}') as LoadInit
/** Chance that replays: the same keys at the same moments for every server. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Hocuspocus puts the document's name before every message. */
function frame(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder()
  if (init.kind === 'hocuspocus') encoding.writeVarString(encoder, NOTE)
  write(encoder)
  return encoding.toUint8Array(encoder)
}

const syncFrame = (step: number, bytes: Uint8Array): Uint8Array =>
  frame((encoder) => {
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint(encoder, step)
    encoding.writeVarUint8Array(encoder, bytes)
  })

function cursorFrame(clientId: number, clock: number, at: number): Uint8Array {
  const position = { type: null, tname: 'text', item: { client: clientId, clock: at }, assoc: 0 }
  const user = { name: `Learner number ${clientId % 1000}`, color: '#30bced', colorLight: '#30bced33' }
  const inner = encoding.createEncoder()
  encoding.writeVarUint(inner, 1)
  encoding.writeVarUint(inner, clientId)
  encoding.writeVarUint(inner, clock)
  encoding.writeVarString(inner, JSON.stringify({ user, cursor: { anchor: position, head: position } }))
  return frame((encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint8Array(encoder, encoding.toUint8Array(inner))
  })
}

/** As our own page does it: names and colours once, then only where the cursor is. */
function movedFrame(clientId: number, clock: number, at: number): Uint8Array {
  const position = { type: null, tname: 'text', item: { client: clientId, clock: at }, assoc: 0 }
  const cursor = new TextEncoder().encode(JSON.stringify({ anchor: position, head: position }))
  return encodeSyncMessage({ kind: 'cursors', cursors: [{ clientId, clock, cursor }] })
}

/** The updates in a message of the server; everything else is passed over. */
function readUpdate(data: Buffer): Uint8Array | undefined {
  let at = init.kind === 'hocuspocus' ? 1 + NOTE.length : 0
  const type = data[at++]
  if (type !== 0 && type !== 4) return undefined
  const step = data[at++]
  if (step !== 1 && step !== 2) return undefined
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = data[at++] ?? 0
    length += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  return data.subarray(at, at + length)
}

const sentAtMs = new Map<string, number>()
const latencies: number[] = []
let bytesIn = 0
let edits = 0

class Client {
  readonly socket: WebSocket
  readonly doc = new Y.Doc()
  readonly #opened: Promise<unknown>
  readonly #chance: () => number
  #clock = 1

  constructor(port: number, reads: boolean, number: number) {
    this.#chance = chanceOf(init.seed + number * 7_919)
    const query = init.kind === 'ours' ? `?own=1&token=bench-client-number-${number}` : ''
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/notes/sync/${NOTE}${query}`, { perMessageDeflate: false })
    this.#opened = new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject))
    const screen = reads ? new Y.Doc() : undefined
    screen?.getText('text').observe((event) => {
      const now = performance.now()
      for (const { insert } of event.delta) {
        if (typeof insert !== 'string') continue
        for (let at = 0; at < insert.length; at += MARK) {
          const sent = sentAtMs.get(insert.slice(at, at + MARK))
          if (sent !== undefined) latencies.push(now - sent)
        }
      }
    })
    this.socket.on('message', (data: RawData) => {
      const bytes = data as Buffer
      bytesIn += bytes.length
      if (!screen) return
      const update = readUpdate(bytes)
      if (update) Y.applyUpdate(screen, update)
    })
  }

  async open(): Promise<void> {
    await this.#opened
    if (init.kind === 'hocuspocus') {
      this.socket.send(
        frame((encoder) => {
          encoding.writeVarUint(encoder, 2)
          encoding.writeVarUint(encoder, 0)
          encoding.writeVarString(encoder, '')
        })
      )
    }
    this.socket.send(syncFrame(0, Y.encodeStateVector(this.doc)))
    // An empty answer to what the server asks.
    this.socket.send(syncFrame(1, Uint8Array.of(0, 0)))
    this.socket.send(cursorFrame(this.doc.clientID, this.#clock++, 0))
  }

  press(): void {
    const mark = (edits++).toString(36).padStart(MARK, '0')
    const text = this.doc.getText('text')
    const before = Y.encodeStateVector(this.doc)
    text.insert(text.length, mark)
    sentAtMs.set(mark, performance.now())
    this.socket.send(syncFrame(2, Y.encodeStateAsUpdate(this.doc, before)))
    const moved = init.kind === 'ours' ? movedFrame : cursorFrame
    this.socket.send(moved(this.doc.clientID, this.#clock++, text.length - 1))
  }

  /** Moments are fixed beforehand: a generator that falls behind catches up, so that every server gets the same keys. */
  type(lastMs: number, untilMs: number): void {
    const nextMs = lastMs + (1_000 / KEYS_PER_SECOND) * 2 * this.#chance()
    if (nextMs > untilMs) return
    setTimeout(
      () => {
        this.press()
        this.type(nextMs, untilMs)
      },
      Math.max(0, nextMs - performance.now())
    )
  }
}

async function main(): Promise<void> {
  const made = Array.from({ length: init.clients }, (_, i) => {
    const port = init.ports[i % init.ports.length] as number
    return new Client(port, i < READERS, i)
  })
  for (const client of made) await client.open()
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  console.log('started')
  const cpuBefore = process.cpuUsage()
  bytesIn = 0
  const startMs = performance.now()
  for (const client of made) client.type(startMs, startMs + init.seconds * 1_000)
  await new Promise((resolve) => setTimeout(resolve, init.seconds * 1_000))
  const readers = Math.min(READERS, init.clients)
  const endMs = performance.now() + DRAIN_TIMEOUT_MS
  while (latencies.length < edits * readers && performance.now() < endMs)
    await new Promise((resolve) => setTimeout(resolve, 20))
  console.log('ended')
  const cpu = process.cpuUsage(cpuBefore)
  const late = init.kind === 'relay' ? edits : await joinLate()
  latencies.sort((a, b) => a - b)
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN
  const result: LoadResult = {
    edits,
    expected: edits * readers,
    got: latencies.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    bytesIn,
    late,
    cpuSeconds: (cpu.user + cpu.system) / 1e6
  }
  console.log(JSON.stringify(result))
  process.exit(0)
}

/** Whether everything is there for somebody who comes afterwards. A relay keeps nothing and is not asked. */
async function joinLate(): Promise<number> {
  const doc = new Y.Doc()
  const late = new Client(init.ports.at(-1) as number, false, init.clients)
  late.socket.on('message', (data: RawData) => {
    const update = readUpdate(data as Buffer)
    if (update) Y.applyUpdate(doc, update)
  })
  await late.open()
  const endMs = performance.now() + 5_000
  const seen = (): number => doc.getText('text').length / MARK
  while (seen() < edits && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 20))
  return seen()
}

await main()
