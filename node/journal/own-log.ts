/**
 * What we write ourselves: callers wait here until their entries are on the medium; all that wait at one time become one batch.
 */
import { type Batch, MAX_BATCH_ENTRIES } from '../../protocols/batch.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { NewEntry, Stamp, WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import type { Random } from '../platform/random.ts'
import type { Committer } from './committer.ts'
import type { Arrival } from './intake.ts'
import type { BodySeal, WriterAuthority } from './journal.ts'
import {
  MAX_APPEND_ENTRIES,
  MAX_FOLLOWED_LAMPORT,
  MAX_UNCOMMITTED_BYTES,
  MAX_WAITING_APPENDS,
  MAX_WAITING_BYTES
} from './limits.ts'
import { hexOf, type Log } from './log-table.ts'
import type { JournalStore } from './store.ts'
import { type PreparedEntry, preparedBytes, prepareEntry, type SignedBatch, type Writer } from './writer.ts'

export interface OwnLogComponents {
  store: JournalStore
  committer: Committer
  /** More to write along with a batch: what it erases, what it covers. */
  changesFor(log: Log, batch: Batch, certificate: Uint8Array): KeyValueChange[]
  writer: Writer
  seal: BodySeal
  random: Random
  clock: Clock
  authority: Pick<WriterAuthority, 'mayWrite'>
}

export interface OwnLogInit {
  node: NodeId
  onDurable(arrival: Arrival): void
}

interface WaitingAppend {
  entries: PreparedEntry[]
  bytes: number
  stamps: Stamp[]
  resolve(stamps: Stamp[]): void
  reject(error: Error): void
}

export class OwnLog {
  readonly writer: WriterId
  readonly #components: OwnLogComponents
  readonly #init: OwnLogInit
  /** Undefined before batch 0. */
  #log: Log | undefined
  #seenLamport = -1
  #waiting: WaitingAppend[] = []
  #waitingBytes = 0
  #isScheduled = false
  #appendedMs = Number.NEGATIVE_INFINITY

  constructor(components: OwnLogComponents, init: OwnLogInit) {
    this.#components = components
    this.#init = init
    this.writer = hexOf(components.writer.publicKey)
  }

  get certificate(): Uint8Array {
    return this.#components.writer.certificate
  }

  isOurs(log: Log): boolean {
    return log === this.#log
  }

  /** Nobody has written for so long, and nobody waits. */
  isQuietFor(ms: number): boolean {
    return this.#waiting.length === 0 && this.#components.clock.monotonicMs() - this.#appendedMs >= ms
  }

  /** What we write next is later than this. */
  follow(lamport: number): void {
    if (lamport <= MAX_FOLLOWED_LAMPORT) this.#seenLamport = Math.max(this.#seenLamport, lamport)
  }

  /** @throws JoineryError `ENTRY_REFUSED`, `BUSY`, or why the journal takes nothing any more */
  append(entries: readonly NewEntry[]): Promise<Stamp[]> {
    return new Promise((resolve, reject) => {
      if (entries.length > MAX_APPEND_ENTRIES)
        throw new JoineryError('ENTRY_REFUSED', `more than ${MAX_APPEND_ENTRIES} entries at once`)
      const { authority, seal, random, clock } = this.#components
      // Others would refuse it, and with it all that this writer says afterwards.
      if (entries.some(({ topic }) => authority.mayWrite?.(this.certificate, topic) === false))
        throw new JoineryError('ENTRY_REFUSED', 'a cloud peer writes only about itself')
      this.#appendedMs = clock.monotonicMs()
      const prepared = entries.map((entry) => prepareEntry(entry, seal, random))
      const bytes = prepared.reduce((sum, entry) => sum + preparedBytes(entry), 0)
      if (this.#waiting.length >= MAX_WAITING_APPENDS || this.#waitingBytes + bytes > MAX_WAITING_BYTES)
        throw new JoineryError('BUSY', 'the disk does not keep up with what is written')
      this.#waiting.push({ entries: prepared, bytes, stamps: [], resolve, reject })
      this.#waitingBytes += bytes
      this.#schedule()
    })
  }

  /** The last batch of this log says so: nobody can add to it any more, whoever has the key. */
  async end(): Promise<void> {
    const log = this.#log
    if (!log || this.#components.committer.failure) return
    const { committer, writer } = this.#components
    const done: (() => void)[] = []
    committer.add({
      own: true,
      sizeBytes: 0,
      changes: () => this.#store(writer.sign([], log.head, this.#seenLamport, true), done),
      committed: () => {
        for (const tell of done) tell()
      },
      failed: () => undefined
    })
    await committer.flush()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return
    this.#isScheduled = true
    let taken: WaitingAppend[] = []
    const done: (() => void)[] = []
    this.#components.committer.add({
      own: true,
      sizeBytes: 0,
      changes: () => {
        this.#isScheduled = false
        taken = this.#takeWaiting()
        return this.#sign(taken, done)
      },
      committed: () => {
        for (const tell of done) tell()
        for (const { stamps, resolve } of taken) resolve(stamps)
        this.#schedule()
      },
      failed: (error) => {
        for (const { reject } of [...taken, ...this.#waiting]) reject(error)
        this.#waiting = []
        this.#waitingBytes = 0
      }
    })
  }

  /** What goes into the next write: up to a bound, at least one. */
  #takeWaiting(): WaitingAppend[] {
    let bytes = 0
    let count = 0
    for (const { bytes: more } of this.#waiting) {
      if (count > 0 && bytes + more > MAX_UNCOMMITTED_BYTES) break
      bytes += more
      count++
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  #sign(appends: readonly WaitingAppend[], done: (() => void)[]): KeyValueChange[] {
    const places = appends.flatMap((append) => append.entries.map((entry) => ({ append, entry })))
    const changes: KeyValueChange[] = []
    for (let at = 0; at < places.length; ) {
      const entries = places.slice(at, at + MAX_BATCH_ENTRIES).map(({ entry }) => entry)
      const signed = this.#components.writer.sign(entries, this.#log?.head, this.#seenLamport)
      const { lamport, number } = signed.batch.header
      for (let index = 0; index < signed.taken; index++)
        places[at + index]?.append.stamps.push({ lamport: lamport + index, writer: this.writer, number, index })
      at += signed.taken
      changes.push(...this.#store(signed, done))
    }
    return changes
  }

  /** @param done what is to be done once the changes are on the medium */
  #store({ batch, bytes, head }: SignedBatch, done: (() => void)[]): KeyValueChange[] {
    const { store, changesFor, writer } = this.#components
    const { table } = store
    const changes: KeyValueChange[] = []
    if (!this.#log) {
      const { node } = this.#init
      const beginning = { start: 0, parent: undefined, forkPoints: [] }
      this.#log = table.add({ index: table.nextIndex, key: writer.publicKey, node, ...beginning })
      changes.push(store.logChange(this.#log))
    }
    const log = this.#log
    const sequence = store.nextSequence()
    table.accept(log, head)
    this.follow(head.lamport)
    changes.push(...store.batchChanges(log, batch, bytes, sequence), ...changesFor(log, batch, writer.certificate))
    changes.push(store.logEndChange(log, head, sequence))
    done.push(() => {
      table.markDurable(log, head, sequence)
      this.#init.onDurable({ log, batch, bytes, sequence, repaired: false })
    })
    return changes
  }
}
