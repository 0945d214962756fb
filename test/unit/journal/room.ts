/**
 * A room in memory for the tests of the journal: stores, an authority that believes, links whose faults the test decides.
 */

import {
  type BodySeal,
  createJournal,
  createJournalSync,
  type Journal,
  type JournalInit,
  type JournalProblem,
  type JournalSync,
  type WriterAuthority
} from '../../../node/journal/index.ts'
import { type Clock, systemClock } from '../../../node/platform/clock.ts'
import type { KeyRange, KeyValueChange, KeyValueStore } from '../../../node/platform/key-value.ts'
import { type Random, systemRandom } from '../../../node/platform/random.ts'
import type { CborValue } from '../../../protocols/cbor.ts'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { Entry, Fold } from '../../../protocols/journal.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'

/** Sorted array, as small as it can be; `synced` is what a power cut leaves. */
export class MemoryStore implements KeyValueStore {
  keysInOrder: string[] = []
  readonly values = new Map<string, Uint8Array>()
  fail: Error | undefined
  syncs = 0

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.values.get(latin(key))
  }
  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.values.get(latin(key)))
  }
  async write(changes: KeyValueChange[], { sync }: { sync: boolean }): Promise<void> {
    await Promise.resolve()
    if (this.fail) throw this.fail
    if (sync) this.syncs++
    for (const change of changes) {
      const key = latin(change.key)
      if (change.type === 'put') {
        if (!this.values.has(key)) this.keysInOrder.splice(this.#find(key), 0, key)
        this.values.set(key, change.value.slice())
      } else if (this.values.delete(key)) this.keysInOrder.splice(this.#find(key), 1)
    }
  }
  #find(key: string): number {
    let low = 0
    let high = this.keysInOrder.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.keysInOrder[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }
  async *entries(range: KeyRange): AsyncIterable<[Uint8Array, Uint8Array]> {
    for await (const key of this.keys(range)) {
      const value = this.values.get(latin(key))
      if (value) yield [key, value]
    }
  }
  async *keys({
    gte,
    gt,
    lt,
    lte,
    reverse = false,
    limit = Number.POSITIVE_INFINITY
  }: KeyRange): AsyncIterable<Uint8Array> {
    const from = gte ? this.#find(latin(gte)) : gt ? this.#find(`${latin(gt)}\0`) : 0
    const to = lt ? this.#find(latin(lt)) : lte ? this.#find(`${latin(lte)}\0`) : this.keysInOrder.length
    const found = this.keysInOrder.slice(from, to)
    if (reverse) found.reverse()
    for (const key of found.slice(0, limit)) yield new Uint8Array(Buffer.from(key, 'latin1'))
  }
  async close(): Promise<void> {}
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** A certificate that says whose the writer is, and nothing else. */
export function certifier(node: NodeId): (writerKey: Uint8Array) => Uint8Array {
  return (key) => encodeCbor([Buffer.from(key).toString('hex'), node])
}

export const believingAuthority: WriterAuthority = {
  check(certificate) {
    const [writer, node] = decodeCbor(certificate, 1024) as [string, string]
    if (node === 'stranger') throw new JoineryError('BAD_REQUEST', 'not of this room')
    return { writer, node }
  }
}

export const noSeal: BodySeal = { seal: (plain) => plain, open: (sealed) => sealed }

export interface TestJournal {
  journal: Journal
  store: KeyValueStore
  problems: JournalProblem[]
}

export async function openJournal(
  node: NodeId,
  store: KeyValueStore = new MemoryStore(),
  more: Partial<JournalInit> & { clock?: Clock; seal?: BodySeal; random?: Random } = {}
): Promise<TestJournal> {
  const problems: JournalProblem[] = []
  const { clock = systemClock, seal = noSeal, random = systemRandom, ...init } = more
  const journal = await createJournal(
    { store, clock, random, authority: believingAuthority, certify: certifier(node), seal },
    { node, understood: new Map([['set', 1]]), onProblem: (problem) => problems.push(problem), ...init }
  )
  return { journal, store, problems }
}

/** Two ends of a stream that holds at most `window` messages each way. */
export function streamPair(window = 16): [MessageStream, MessageStream] {
  const a = new End(window)
  const b = new End(window)
  a.other = b
  b.other = a
  return [a, b]
}

class End implements MessageStream {
  other: End | undefined
  readonly #window: number
  #inbox: Uint8Array[] = []
  #ended = false
  #failure: Error | undefined
  #wake: (() => void)[] = []

  constructor(window: number) {
    this.#window = window
  }

  async send(message: Uint8Array): Promise<void> {
    const other = this.other as End
    while (!this.#failure && other.#inbox.length >= this.#window) await this.#changed(other)
    if (this.#failure) throw this.#failure
    other.#inbox.push(message.slice())
    other.#tell()
  }

  async receive(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure) throw this.#failure
      const message = this.#inbox.shift()
      if (message) {
        this.#tell()
        return message
      }
      if (this.#ended) return undefined
      await this.#changed(this)
    }
  }

  async close(): Promise<void> {
    const other = this.other as End
    other.#ended = true
    other.#tell()
  }

  abort(reason: Error): void {
    for (const end of [this, this.other as End]) {
      end.#failure ??= reason
      end.#tell()
    }
  }

  #changed(end: End): Promise<void> {
    return new Promise((resolve) => {
      end.#wake.push(resolve)
      if (end !== this) this.#wake.push(resolve)
    })
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

type Handler = (stream: MessageStream, link: PeerLink) => Promise<void>

/** What passes between two nodes: the test may cut, wrap or spoil it. */
export type Wrap = (stream: MessageStream, from: NodeId, to: NodeId) => MessageStream

export class MemoryLinks implements PeerLinks {
  readonly node: NodeId
  readonly #links = new Map<PeerLink, () => void>()
  readonly #up = new Set<(link: PeerLink) => void>()
  readonly #lost = new Set<(link: PeerLink) => void>()
  readonly #handlers = new Map<string, Handler>()

  constructor(node: NodeId) {
    this.node = node
  }
  links(): readonly PeerLink[] {
    return [...this.#links.keys()]
  }
  onLink(listener: (link: PeerLink) => void): () => void {
    this.#up.add(listener)
    for (const link of this.#links.keys()) listener(link)
    return () => this.#up.delete(listener)
  }
  onLinkLost(listener: (link: PeerLink) => void): () => void {
    this.#lost.add(listener)
    return () => this.#lost.delete(listener)
  }
  handle(protocol: string, _limits: unknown, handler: Handler): void {
    this.#handlers.set(protocol, handler)
  }

  /** Links both; the returned function cuts the link and all its streams. */
  static connect(dialer: MemoryLinks, acceptor: MemoryLinks, wrap: Wrap = (stream) => stream): () => void {
    const streams = new Set<MessageStream>()
    const profile = { name: '', role: 'node' as const, bootId: '', httpPort: 0, capacityBytes: 0 }
    const common = { profile, remoteAddress: '127.0.0.1' }
    const open = (from: MemoryLinks, to: MemoryLinks, theirs: () => PeerLink) => async (protocol: string) => {
      const handler = to.#handlers.get(protocol)
      if (!handler) throw new JoineryError('CLOSED', 'nobody handles it')
      const [a, b] = streamPair()
      const near = wrap(a, from.node, to.node)
      const far = wrap(b, to.node, from.node)
      streams.add(near)
      handler(far, theirs()).catch((error: Error) => far.abort(error))
      return near
    }
    const there: PeerLink = { ...common, peer: acceptor.node, dialer: true, open: open(dialer, acceptor, () => here) }
    const here: PeerLink = { ...common, peer: dialer.node, dialer: false, open: open(acceptor, dialer, () => there) }
    dialer.#add(there)
    acceptor.#add(here)
    return () => {
      for (const stream of streams) stream.abort(new JoineryError('CLOSED', 'the link was cut'))
      dialer.#remove(there)
      acceptor.#remove(here)
    }
  }

  #add(link: PeerLink): void {
    this.#links.set(link, () => undefined)
    for (const listener of this.#up) listener(link)
  }
  #remove(link: PeerLink): void {
    if (this.#links.delete(link)) for (const listener of this.#lost) listener(link)
  }
}

export interface TestNode extends TestJournal {
  node: NodeId
  links: MemoryLinks
  sync: JournalSync
  misbehaved: { peer: NodeId; code: string }[]
}

export async function startNode(
  node: NodeId,
  store?: KeyValueStore,
  more: Parameters<typeof openJournal>[2] = {}
): Promise<TestNode> {
  const opened = await openJournal(node, store, more)
  const links = new MemoryLinks(node)
  const misbehaved: TestNode['misbehaved'] = []
  const { clock = systemClock, random = systemRandom } = more
  const sync = createJournalSync(
    { journal: opened.journal, links, clock, random },
    { onMisbehaviour: (peer, code) => misbehaved.push({ peer, code }) }
  )
  sync.start()
  return { ...opened, node, links, sync, misbehaved }
}

/** Resolves once the journals hold the same batches. */
export async function sameRoots(...journals: Journal[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop: (() => void)[] = []
    const check = (): void => {
      const roots = new Set(journals.map((journal) => Buffer.from(journal.exchange.root()).toString('hex')))
      if (roots.size > 1) return
      for (const end of stop) end()
      resolve()
    }
    for (const { exchange } of journals) stop.push(exchange.onDurable(check), exchange.onChanged(check))
    check()
  })
}

/** Name → the highest stamp's value, as any register; and how often an entry came. */
export interface Registers {
  [name: string]: { value: CborValue; lamport: number; writer: string; number: number; index: number }
}

export function registersFold(name: string, reads: (topic: string) => boolean): Fold<Registers> {
  return {
    name,
    version: 1,
    reads,
    empty: () => ({}),
    apply(state, entry) {
      const body = entry.body as { name: string; value: CborValue } | undefined
      if (!body || entry.kind !== 'set') return
      const { lamport, writer, number, index } = entry
      const now = state[body.name]
      if (now && !isAfter(entry, now)) return
      state[body.name] = { value: body.value, lamport, writer, number, index }
    },
    save: (state) => state as unknown as CborValue,
    load: (saved) => saved as unknown as Registers
  }
}

function isAfter(entry: Entry, now: Registers[string]): boolean {
  if (entry.lamport !== now.lamport) return entry.lamport > now.lamport
  if (entry.writer !== now.writer) return entry.writer > now.writer
  if (entry.number !== now.number) return entry.number > now.number
  return entry.index > now.index
}

export function setEntry(topic: string, name: string, value: CborValue) {
  return { topic, kind: 'set', version: 1, body: { name, value } }
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
