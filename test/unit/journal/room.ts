/** Journals on simulated stores, clocks and links: everything that a test needs to be deterministic. */
import {
  type BodySeal,
  createJournal,
  createJournalSync,
  type Journal,
  type JournalInit,
  type JournalProblem,
  type JournalSync,
  type Signing,
  type WriterAuthority
} from '../../../node/journal/index.ts'
import type { Clock } from '../../../node/platform/clock.ts'
import type { KeyValueStore } from '../../../node/platform/key-value.ts'
import type { Random } from '../../../node/platform/random.ts'
import type { CborValue } from '../../../protocols/cbor.ts'
import type { Entry, EntryMerger, Fold, NewEntry, Registers as RegisterKinds } from '../../../protocols/journal.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { believingAuthority, certifier, noSeal } from '../../kit/journal-pieces.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { SimulatedKeyValueStore } from '../../kit/simulated-key-value.ts'
import { type NetworkFaults, SimulatedNetwork } from '../../kit/simulated-network.ts'

export interface TestJournal {
  journal: Journal
  store: KeyValueStore
  problems: JournalProblem[]
}

export interface TestJournalInit extends Partial<JournalInit> {
  clock?: Clock
  seal?: BodySeal
  random?: Random
  authority?: WriterAuthority
  certify?: (writerKey: Uint8Array) => Uint8Array
  merger?: EntryMerger
  registers?: RegisterKinds
  signing?: Signing
}

let seeds = 1

export function newStore(): SimulatedKeyValueStore {
  return new SimulatedKeyValueStore({ random: seededRandom(seeds++) })
}

export async function openJournal(
  node: NodeId,
  store: KeyValueStore = newStore(),
  more: TestJournalInit = {}
): Promise<TestJournal> {
  const problems: JournalProblem[] = []
  const {
    // Time stands still: whatever is written is written at once.
    clock = new SimulatedClock(new SimulatedTime()),
    seal = noSeal,
    random = seededRandom(seeds++),
    authority = believingAuthority,
    certify = certifier(node),
    merger,
    registers,
    signing,
    ...init
  } = more
  const journal = await createJournal(
    {
      store,
      clock,
      random,
      authority,
      certify,
      seal,
      ...(merger ? { merger } : {}),
      ...(registers ? { registers } : {})
    },
    { node, understood: new Map([['set', 1]]), onProblem: (problem) => problems.push(problem), ...init }
  )
  return { journal, store, problems }
}

export interface TestNode extends TestJournal {
  node: NodeId
  clock: SimulatedClock
  store: SimulatedKeyValueStore
  sync: JournalSync
  misbehaved: { peer: NodeId; code: string }[]
}

/** Devices on one simulated network. Time passes only in `run` and `untilEqual`. */
export class TestRoom {
  readonly time = new SimulatedTime()
  readonly random: SeededRandom
  readonly network: SimulatedNetwork
  readonly nodes = new Map<NodeId, TestNode>()

  constructor(seed: number, faults: Partial<NetworkFaults> = {}) {
    this.random = seededRandom(seed)
    this.network = new SimulatedNetwork({ time: this.time, random: this.random.fork() }, faults)
  }

  async start(node: NodeId, store?: SimulatedKeyValueStore, more: TestJournalInit = {}): Promise<TestNode> {
    const clock = new SimulatedClock(this.time)
    const random = this.random.fork()
    const kept = store ?? new SimulatedKeyValueStore({ random: this.random.fork(), clock }, { latencyMs: 3 })
    const opened = await openJournal(node, kept, { clock, random, ...more })
    const links = this.network.join(node, clock, profileOf(node))
    const misbehaved: TestNode['misbehaved'] = []
    const sync = createJournalSync(
      { journal: opened.journal, links, clock, random },
      { onMisbehaviour: (peer, code) => misbehaved.push({ peer, code }) }
    )
    sync.start()
    const started: TestNode = { ...opened, node, clock, store: kept, sync, misbehaved }
    this.nodes.set(node, started)
    return started
  }

  /** The device loses its power; `start` with the same store is its next start. */
  crash(node: TestNode): SimulatedKeyValueStore {
    this.network.leave(node.node)
    node.sync.stop()
    node.clock.kill()
    node.store.cutPower()
    this.nodes.delete(node.node)
    return node.store
  }

  async run(ms: number): Promise<void> {
    await this.time.run(this.time.nowMs + ms)
  }

  /** Appends and lets time pass until it is acknowledged. */
  async append(node: TestNode, ...entries: NewEntry[]): ReturnType<Journal['append']> {
    return this.settled(node.journal.append(entries))
  }

  async settled<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let done = false
    const finish = (): void => {
      done = true
    }
    promise.then(finish, finish)
    if (!(await this.time.run(this.time.nowMs + withinMs, () => done))) throw new Error(`not settled in ${withinMs} ms`)
    return promise
  }

  areEqual(): boolean {
    const roots = [...this.nodes.values()].map(({ journal }) => Buffer.from(journal.exchange.root()).toString('hex'))
    return new Set(roots).size <= 1
  }

  /** @returns how long it took in simulated ms */
  async untilEqual(withinMs = 60_000): Promise<number> {
    const startMs = this.time.nowMs
    if (!(await this.time.run(startMs + withinMs, () => this.areEqual())))
      throw new Error(`not equal after ${withinMs} simulated ms`)
    return this.time.nowMs - startMs
  }

  async stop(): Promise<void> {
    for (const { sync, journal, node } of this.nodes.values()) {
      sync.stop()
      this.network.leave(node)
      await this.settled(journal.close())
    }
  }
}

/** Name → the value with the highest stamp. */
export interface Registers {
  [name: string]: { value: CborValue; lamport: number; writer: string; number: number; index: number }
}

export function registersFold(
  name: string,
  reads: (topic: string) => boolean = () => true,
  more: Partial<Fold<Registers>> = {}
): Fold<Registers> {
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
    save: (state) => structuredClone(state) as unknown as CborValue,
    load: (saved) => saved as unknown as Registers,
    ...more
  }
}

function isAfter(entry: Entry, now: Registers[string]): boolean {
  if (entry.lamport !== now.lamport) return entry.lamport > now.lamport
  if (entry.writer !== now.writer) return entry.writer > now.writer
  if (entry.number !== now.number) return entry.number > now.number
  return entry.index > now.index
}

export function setEntry(topic: string, name: string, value: CborValue, more: Partial<NewEntry> = {}): NewEntry {
  return { topic, kind: 'set', version: 1, body: { name, value }, ...more }
}

/** What `setEntry` writes are registers. */
export const setRegisters: RegisterKinds = {
  reads: () => true,
  covers: (_topic, kind) => kind === 'set',
  registerOf: (_topic, _kind, body) => (body as { name?: string } | null)?.name
}

/** Everything that `from` has, as a peer gets it, one writer after the other. */
export async function copyBatches(
  from: TestJournal,
  to: TestJournal,
  order: (writers: string[]) => string[] = (writers) => writers
): Promise<void> {
  const buckets = from.journal.exchange.bucketHashes().map(({ bucket }) => bucket)
  const writers = buckets.flatMap((bucket) =>
    from.journal.exchange.rowsOf(bucket).map(({ writer }) => Buffer.from(writer).toString('hex'))
  )
  for (const writer of order(writers)) {
    for (let next: number | undefined = 0; next !== undefined; ) {
      const read = await from.journal.exchange.read(writer, next, null)
      const taken = await to.journal.exchange.take(read.batches.map(({ bytes }) => bytes))
      if (taken.refused) throw taken.refused
      next = read.next
    }
  }
}

/** The power fails after so many writes of `work`; what was not synced is gone. */
export async function cutPowerDuring(
  store: SimulatedKeyValueStore,
  mostWrites: number,
  work: () => Promise<unknown>
): Promise<void> {
  let writes = 0
  const write = store.write.bind(store)
  store.write = async (changes, options) => {
    if (++writes > mostWrites) return new Promise(() => undefined)
    return write(changes, options)
  }
  void work().catch(() => undefined)
  for (let i = 0; i < 400; i++) await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  store.write = write
  store.cutPower()
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export function namesOf(entries: readonly Entry[]): (string | undefined)[] {
  return entries.map((entry) => (entry.body as { name: string } | undefined)?.name)
}
