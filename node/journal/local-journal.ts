/**
 * Puts the parts of a journal together: writer, intake, committer, folds, erasures, checks.
 */
import type { Batch } from '../../protocols/batch.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Entry, Fold, FoldView, NewEntry, Position, Stamp, WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import { KEY_BYTES, signingKeyFromSeed, verifySignature } from '../platform/signing.ts'
import { BodyRules } from './body-rules.ts'
import { Committer } from './committer.ts'
import { Covers } from './covers.ts'
import { CriticalKinds } from './critical-kinds.ts'
import { EntryReader } from './entry-reader.ts'
import { Eraser, erasedEntry, JOURNAL_TOPIC } from './eraser.ts'
import { createExchange, type ExchangeEvents } from './exchange.ts'
import { FoldRuntime } from './fold-runtime.ts'
import { type Arrival, Intake } from './intake.ts'
import type {
  Fork,
  Journal,
  JournalComponents,
  JournalExchange,
  JournalInit,
  JournalProblem,
  RemovedNodes,
  Signing,
  UnknownKind,
  VerifyReport
} from './journal.ts'
import { MERGE_QUIET_MS, RESERVE_BYTES } from './limits.ts'
import { Listeners } from './listeners.ts'
import { forkOf, forksOf, lastNumbersOf } from './log-figures.ts'
import { type Log, plainWriter } from './log-table.ts'
import { OwnLog } from './own-log.ts'
import { PeerKnowledge } from './peer-knowledge.ts'
import { rebuildRows } from './rebuild.ts'
import { Removals } from './removals.ts'
import { Repairs } from './repairs.ts'
import { createTurns } from './rewriting.ts'
import { Shrinking } from './shrinking.ts'
import { SpaceGuard } from './space-guard.ts'
import { JournalStore } from './store.ts'
import { findHoles, verifyJournal } from './verifier.ts'
import { Writer } from './writer.ts'

const ED25519: Signing = { keyFromSeed: signingKeyFromSeed, verify: verifySignature }

/**
 * Opens a journal: reads the rows of its store, makes this run's writer. Holes in what is stored are looked for afterwards, in the background.
 *
 * @throws JoineryError `JOURNAL_NEWER`, `JOURNAL_DAMAGED`
 */
export async function createJournal(components: JournalComponents, init: JournalInit): Promise<Journal> {
  const store = await JournalStore.open(components.store)
  const journal = new LocalJournal(store, components, init)
  await journal.start()
  return journal
}

class LocalJournal implements Journal {
  readonly writer: WriterId
  readonly node: NodeId
  readonly exchange: JournalExchange
  readonly #components: JournalComponents
  readonly #init: JournalInit
  readonly #store: JournalStore
  readonly #own: OwnLog
  readonly #space: SpaceGuard
  readonly #committer: Committer
  readonly #intake: Intake
  readonly #reader: EntryReader
  readonly #folds: FoldRuntime
  readonly #rules: BodyRules
  readonly #covers: Covers
  readonly #eraser: Eraser
  readonly #shrinking: Shrinking
  readonly #removals: Removals
  readonly #kinds: CriticalKinds
  readonly #repairs: Repairs
  readonly #knowledge: PeerKnowledge
  readonly #events: ExchangeEvents
  readonly #signing: Signing
  readonly #committed: Listeners<readonly Entry[]>
  readonly #forked: Listeners<Fork>
  readonly #stopped = new AbortController()
  readonly #rewriting = createTurns()
  /** What became durable in the write that is being told of. */
  #arrivals: Arrival[] = []
  #checking: Promise<void> = Promise.resolve()
  #closed = false

  constructor(store: JournalStore, components: JournalComponents, init: JournalInit) {
    this.#store = store
    this.#components = components
    this.#init = init
    this.node = init.node
    this.#signing = components.signing ?? ED25519
    const onProblem = (problem: JournalProblem): void => this.#report(problem)
    const failed = (cause: unknown): void => onProblem({ code: 'INTERNAL', message: 'a listener failed', cause })
    this.#committed = new Listeners(failed)
    this.#forked = new Listeners(failed)
    this.#repairs = new Repairs(failed)
    this.#knowledge = new PeerKnowledge(failed, components.clock)
    this.#covers = new Covers(store, this.#repairs, this.#rewriting.inTurn)
    this.#rules = new BodyRules(store, this.#covers, components)
    this.#covers.useRules(this.#rules)
    this.#reader = new EntryReader(store, components.seal, this.#rules)
    store.onUnreadable = ({ code, message, cause }) => onProblem({ code, message, cause })
    this.#folds = new FoldRuntime({ store, reader: this.#reader }, { onProblem })
    this.#space = new SpaceGuard(
      { clock: components.clock, freeBytes: components.freeBytes?.bind(components) },
      init.reserveBytes ?? RESERVE_BYTES
    )
    this.#committer = new Committer(
      { clock: components.clock, write: (changes) => this.#write(changes) },
      {
        onCommit: () => this.#tellCommitted(),
        onFailure: (error) => this.#report({ code: error.code, message: error.message, cause: error.cause })
      }
    )
    this.#intake = new Intake(
      {
        store,
        committer: this.#committer,
        space: this.#space,
        authority: components.authority,
        signing: this.#signing,
        rules: this.#rules
      },
      {
        ...(init.waitedFor && { waitedFor: init.waitedFor }),
        changesFor: this.#changesFor,
        onDurable: (arrival) => this.#onDurable(arrival),
        onFork: (log, number) => this.#onFork(log, number),
        onTooManyBranches: ({ writer, node }) =>
          onProblem({
            code: 'WRITER_FORKED',
            message: `writer ${writer} of ${node} is in more hands than are kept apart`
          })
      }
    )
    this.#eraser = new Eraser(store, this.#folds, this.#rules, components.authority, this.#rewriting.inTurn)
    this.#kinds = new CriticalKinds(store, init.understood)
    const { authority, certify, clock, random, seal } = components
    const key = this.#signing.keyFromSeed(random.bytes(KEY_BYTES))
    const writer = new Writer(key, certify(key.publicKey))
    this.#own = new OwnLog(
      {
        store,
        committer: this.#committer,
        changesFor: this.#changesFor,
        writer,
        ...{ authority, clock, random, seal }
      },
      { node: init.node, onDurable: (arrival) => this.#onDurable(arrival) }
    )
    this.writer = this.#own.writer
    this.#removals = new Removals({
      store,
      reader: this.#reader,
      folds: this.#folds,
      covers: this.#covers,
      commitMeta: () => this.#commitMeta(),
      inBackground: (work) => this.#inBackground(work)
    })
    const { merger, registers } = components
    this.#shrinking = new Shrinking(
      {
        ...{ store, reader: this.#reader, covers: this.#covers, clock, merger, registers },
        append: (entries) => this.append(entries),
        isQuiet: () => this.state() === 'open' && this.#own.isQuietFor(MERGE_QUIET_MS),
        mayClaim: () => authority.mayWrite?.(this.#own.certificate, JOURNAL_TOPIC) !== false
      },
      {
        node: init.node,
        isOurs: (log) => this.#own.isOurs(log),
        onFailure: (cause) => {
          if (!this.#closed) onProblem({ code: 'INTERNAL', message: 'old entries could not be made smaller', cause })
        }
      }
    )
    const exchange = createExchange({
      failed,
      store,
      intake: this.#intake,
      repairs: this.#repairs,
      knowledge: this.#knowledge
    })
    this.exchange = exchange.exchange
    this.#events = exchange.events
  }

  async start(): Promise<void> {
    const { authority, suspect } = this.#components
    if (suspect || this.#store.isDamaged) {
      this.#report({ code: 'JOURNAL_DAMAGED', message: 'rows of the journal were lost and are made anew' })
      await rebuildRows({ store: this.#store, authority, changesFor: this.#changesFor })
      await this.#covers.cutsChanged()
    }
    for (const log of this.#store.table.all) this.#own.follow(log.durable.lamport)
    await this.#space.check()
    for (const { log: index, number } of this.#store.hollow) {
      const log = this.#store.table.at(index)
      if (log) this.#repairs.add(log, number)
    }
    this.#inBackground(() => findHoles(this.#store, this.#repairs, this.node, this.#stopped.signal))
    this.#inBackground(() => this.#eraser.run())
    this.#inBackground(() => this.#covers.run())
    this.#shrinking.start()
  }

  readonly #changesFor = (log: Log, batch: Batch, certificate: Uint8Array | undefined): KeyValueChange[] => [
    ...this.#eraser.changesFor(log, batch, certificate),
    ...this.#covers.changesFor(log, batch)
  ]

  state(): 'open' | 'read-only' | 'full' | 'closed' {
    if (this.#closed) return 'closed'
    const failure = this.#committer.failure
    if (!failure) return this.#space.isFull ? 'full' : 'open'
    return failure.code === 'JOURNAL_FULL' ? 'full' : 'read-only'
  }

  async append(entries: NewEntry[]): Promise<Stamp[]> {
    if (this.#closed) throw new JoineryError('STOPPED', 'the journal is closed')
    if (this.#committer.failure) throw this.#committer.failure
    if (entries.length === 0) return []
    if (this.#space.isFull) throw new JoineryError('JOURNAL_FULL', 'the disk is nearly full')
    return this.#own.append(entries)
  }

  #onDurable(arrival: Arrival): void {
    const { log, batch, sequence } = arrival
    this.#store.durableSequence = Math.max(this.#store.durableSequence, sequence)
    this.#own.follow(log.durable.lamport)
    if (arrival.repaired && !this.#rules.isHollow(log, batch)) this.#repairs.done(log, batch.header.number)
    this.#arrivals.push(arrival)
  }

  #tellCommitted(): void {
    const arrivals = this.#arrivals
    this.#arrivals = []
    if (arrivals.length === 0) return
    this.#folds.committed(arrivals)
    if (!this.#committed.isEmpty) {
      const entries = arrivals
        .filter(({ log, batch }) => !this.#store.table.isHidden(log, batch.header.number))
        .flatMap(({ log, batch }) => this.#reader.entriesOf(log, batch, () => true).entries)
      this.#committed.tell(entries)
    }
    this.#events.durable(
      arrivals.map(({ log, batch, bytes }) => ({
        writer: log.writer,
        number: batch.header.number,
        bytes,
        own: this.#own.isOurs(log)
      }))
    )
    if (this.#store.unfinishedErasures.size > 0) this.#inBackground(() => this.#eraser.run())
    if (this.#covers.isDue) this.#inBackground(() => this.#covers.run())
    this.#inBackground(() => this.#folds.saveDue())
  }

  view<State>(fold: Fold<State>): Promise<FoldView<State>> {
    return this.#folds.view(fold)
  }

  release(fold: string): Promise<void> {
    return this.#folds.release(fold)
  }

  entriesOf(topic: string): AsyncIterable<Entry> {
    return this.#reader.inStampOrder(topic)
  }

  compact(): Promise<number> {
    return this.#shrinking.everything()
  }

  async erase(topic: string): Promise<Stamp> {
    if (this.#components.authority.mayErase?.(this.#own.certificate, topic) === false)
      throw new JoineryError('ERASE_NOT_ALLOWED', 'this device has no right to erase')
    const [stamp] = await this.append([erasedEntry(topic)])
    if (!stamp) throw new JoineryError('INTERNAL', 'an append without a stamp')
    await this.#eraser.run()
    return stamp
  }

  async setRemoved(removed: RemovedNodes): Promise<void> {
    await this.#removals.set(removed)
    this.#events.changed()
  }

  async #write(changes: KeyValueChange[]): Promise<void> {
    let bytes = 0
    for (const change of changes) bytes += change.key.length + (change.type === 'put' ? change.value.length : 0)
    await this.#store.write(changes, { sync: true })
    this.#space.wrote(bytes)
  }

  #commitMeta(): Promise<void> {
    return this.#committer.write(() => [this.#store.metaChange()])
  }

  lastNumbers(node: NodeId): ReadonlyMap<WriterId, number> {
    return lastNumbersOf(this.#store.table, node)
  }

  mayDecide = (): boolean => this.unknownKinds().length === 0

  unknownKinds(): readonly UnknownKind[] {
    return this.#kinds.unknown()
  }

  forks(): readonly Fork[] {
    return forksOf(this.#store.table)
  }

  onFork(listener: (fork: Fork) => void): () => void {
    return this.#forked.add(listener)
  }

  #onFork(log: Log, number: number): void {
    const fork = forkOf(this.#store.table.logsOf(log.writer))
    this.#report({ code: 'WRITER_FORKED', message: `writer ${log.writer} of ${log.node} has two batches ${number}` })
    // What was folded under the plain writer id has a branch's id from here on.
    this.#store.meta.foldEpoch++
    this.#inBackground(async () => {
      await this.#committer.flush()
      await this.#commitMeta()
      await this.#folds.foldAnew(() => true)
    })
    if (fork) this.#forked.tell(fork)
  }

  async keysChanged(): Promise<void> {
    this.#store.meta.sealEpoch++
    await this.#commitMeta()
    await this.#folds.foldAnew((view) => view.lacksKeys)
  }

  copiesElsewhere(position: Position): number {
    return this.#knowledge.copies(plainWriter(position.writer), position.number)
  }

  onConfirmed(listener: () => void): () => void {
    return this.#knowledge.onChange(listener)
  }

  savedElsewhere(position: Position, withinMs: number): Promise<boolean> {
    return this.#knowledge.savedElsewhere(plainWriter(position.writer), position.number, withinMs)
  }

  onCommitted(listener: (entries: readonly Entry[]) => void): () => void {
    return this.#committed.add(listener)
  }

  async verify(signal?: AbortSignal): Promise<VerifyReport> {
    await this.#committer.flush()
    const [store, isHollow] = [this.#store, this.#rules.isHollow.bind(this.#rules)]
    const report = await verifyJournal({ store, signing: this.#signing, repairs: this.#repairs, isHollow }, signal)
    if (report.unindexed > 0) {
      // Folds were loaded without these.
      store.meta.foldEpoch++
      await this.#commitMeta()
      await this.#folds.foldAnew(() => true)
    }
    return report
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.#shrinking.stop()
    await this.#committer.flush()
    this.#closed = true
    this.#stopped.abort()
    await this.#own.end()
    await this.#checking
    await this.#rewriting.settled()
    const isSound = this.#committer.failure === undefined
    await this.#committer.stop()
    if (isSound) await this.#folds.saveAll()
    await this.#store.close()
  }

  #inBackground(work: () => Promise<void>): void {
    this.#checking = this.#checking.then(work).catch((cause: unknown) => {
      if (!this.#closed) this.#report({ code: 'INTERNAL', message: 'the journal could not finish a task', cause })
    })
  }

  #report(problem: JournalProblem): void {
    this.#init.onProblem?.(problem)
  }
}
