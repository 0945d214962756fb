/**
 * Batches of peers, from bytes to the committer: form, chain, signature, certificate, bodies. Nothing is stored that did not pass, and one that
 * does not pass is the sender's fault: it should have refused it too.
 */
import { type Batch, decodeBatch, encodeBatch, MAX_LAMPORT, signedBytes } from '../../protocols/batch.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { WriterId } from '../../protocols/journal.ts'
import { sha256 } from '../platform/hash.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import { bodiesMatch, lacksBodies } from './bodies.ts'
import type { BodyRules } from './body-rules.ts'
import type { Committer } from './committer.ts'
import { JOURNAL_TOPIC } from './eraser.ts'
import type { Signing, WriterAuthority } from './journal.ts'
import { type Head, hexOf, type Log } from './log-table.ts'
import type { SpaceGuard } from './space-guard.ts'
import type { JournalStore } from './store.ts'
import { lastLamport } from './writer.ts'

export interface IntakeComponents {
  store: JournalStore
  committer: Committer
  space: SpaceGuard
  authority: WriterAuthority
  signing: Signing
  rules: Pick<BodyRules, 'kept' | 'isHollow'>
}

export interface IntakeInit {
  /** More to write along with a batch: what it erases, what it covers. */
  changesFor(log: Log, batch: Batch, certificate: Uint8Array | undefined): KeyValueChange[]
  /** It is on the medium. */
  onDurable(arrival: Arrival): void
  onFork(log: Log, number: number): void
  onTooManyBranches(log: Log): void
  /** Kinds of entries that somebody waits for until a second device has them. */
  waitedFor?: ReadonlySet<string>
}

/** A batch that is new here. */
export interface Arrival {
  log: Log
  batch: Batch
  bytes: Uint8Array
  sequence: number
  /** Its position was known, it only came back: folds have seen it. */
  repaired: boolean
}

export interface Gap {
  writer: WriterId
  /** The first number that is missing; for an unknown branch the number whose predecessor is not known. */
  from: number
  /** We have a batch of the number before, but not the one that this one follows: another branch. */
  branch: boolean
}

export interface Intaken {
  /** All positions that passed, new or not: the peer has them on its medium. */
  seen: { writer: WriterId; number: number }[]
  gaps: Gap[]
  /** How many were new. */
  added: number
  /** Why the rest was refused. The peer that sent it does not keep to the rules. */
  refused: JoineryError | undefined
}

/** No topic is called so: who may write to it may write to all. */
const ANY_TOPIC = ''

type Place =
  | { kind: 'extends'; log: Log; after: Head | undefined }
  | { kind: 'known'; log: Log }
  | { kind: 'lost'; log: Log }
  | { kind: 'branches'; parent: Log | undefined; twin: Log; after: { lamport: number; end: boolean } | undefined }
  | { kind: 'gap'; gap: Gap }

export class Intake {
  readonly #components: IntakeComponents
  readonly #init: IntakeInit
  /** Logs of writers that may write to every topic. */
  readonly #unbounded = new WeakSet<Log>()
  /** One at a time: each one decides on what the one before left. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(components: IntakeComponents, init: IntakeInit) {
    this.#components = components
    this.#init = init
  }

  get isOpen(): boolean {
    return this.#components.committer.failure === undefined && !this.#components.space.isFull
  }

  /**
   * Takes batches in the order in which they came. Resolves when they are checked and on their way to the disk; waits while too much is.
   * A journal that takes nothing any more takes nothing: it goes on serving what it has.
   */
  take(batches: readonly Uint8Array[]): Promise<Intaken> {
    const turn = this.#turn.then(() => this.#takeAll(batches))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #takeAll(batches: readonly Uint8Array[]): Promise<Intaken> {
    const result: Intaken = { seen: [], gaps: [], added: 0, refused: undefined }
    for (const bytes of batches) {
      if (!this.isOpen) break
      try {
        await this.#takeOne(bytes, result)
      } catch (error) {
        if (error === this.#components.committer.failure) break
        if (!(error instanceof JoineryError)) throw error
        result.refused = error
        break
      }
    }
    await this.#components.committer.whenRoom()
    return result
  }

  async #takeOne(bytes: Uint8Array, result: Intaken): Promise<void> {
    const { store } = this.#components
    const batch = decodeBatch(bytes)
    const { header } = batch
    const writer = hexOf(header.writer)
    const hash = sha256(batch.headerBytes)
    if (!store.table.wants(writer, header.number)) return
    const known = store.table.logsOf(writer)
    if (known.length === 0) {
      if (header.number > 0) {
        noteGap(result, { writer, from: 0, branch: false })
        return
      }
      const node = this.#checkNewWriter(batch, writer)
      this.#checkTopics(header.topics, (topic) => this.#components.authority.mayWrite?.(header.certificate, topic))
      this.#checkBatch(batch, undefined)
      const cut = store.table.cutOfNewWriter(node, writer)
      if (cut !== undefined && cut < 0) {
        store.table.ignore(writer)
        return
      }
      const log = store.table.add({
        index: store.table.nextIndex,
        key: header.writer.slice(),
        node,
        start: 0,
        parent: undefined,
        forkPoints: []
      })
      this.#commit(log, batch, hash, [store.logChange(log)], header.certificate)
      result.added++
      result.seen.push({ writer, number: 0 })
      return
    }
    await this.#checkKnownWriter(batch, known)
    const place = await this.#placeOf(batch, hash, known)
    switch (place.kind) {
      case 'gap':
        noteGap(result, place.gap)
        return
      case 'known':
        if (await this.#refill(place.log, batch)) result.added++
        break
      case 'lost':
        this.#checkBatch(batch, undefined)
        this.#store(place.log, batch, place.log.head, true, [], await this.#certificateFor(batch, known))
        // The next one may be known only by following this one.
        await this.#components.committer.flush()
        result.added++
        break
      case 'extends':
        this.#checkBatch(batch, place.after)
        this.#commit(place.log, batch, hash, [], await this.#certificateFor(batch, known))
        result.added++
        break
      case 'branches': {
        this.#checkBatch(batch, place.after)
        if (!store.table.mayBranch(writer)) {
          // Not the sender's fault: it may have met other branches first. The writer's node is to be removed.
          this.#init.onTooManyBranches(known[0] as Log)
          return
        }
        const { twin, parent } = place
        const twinHash = twin.pending.get(header.number) ?? (await this.#hashAt(twin, header.number))
        if (twinHash && !twin.forkPoints.some(({ number }) => number === header.number))
          twin.forkPoints = [...twin.forkPoints, { number: header.number, hash: twinHash }]
        const log = store.table.add({
          index: store.table.nextIndex,
          key: twin.key,
          node: twin.node,
          start: header.number,
          parent: parent?.index,
          forkPoints: [{ number: header.number, hash }]
        })
        const certificate = await this.#certificateFor(batch, known)
        this.#commit(log, batch, hash, [store.logChange(log), store.logChange(twin)], certificate)
        this.#init.onFork(log, header.number)
        result.added++
        break
      }
    }
    result.seen.push({ writer, number: header.number })
  }

  /** Of the writer's first batch, where its word on the journal itself may need one. */
  async #certificateFor({ header }: Batch, logs: readonly Log[]): Promise<Uint8Array | undefined> {
    if (!header.topics.includes(JOURNAL_TOPIC)) return undefined
    const root = logs.find((log) => log.start === 0)
    if (root?.pending.has(0)) await this.#components.committer.flush()
    const first = root && (await this.#components.store.read(root.index, 0))
    return first && decodeBatch(first.bytes).header.certificate
  }

  #checkNewWriter(batch: Batch, writer: WriterId): string {
    try {
      const found = this.#components.authority.check(batch.header.certificate)
      if (found.writer === writer) return found.node
    } catch (cause) {
      throw new JoineryError('BATCH_UNCERTIFIED', `writer ${writer} is not of this room`, { cause })
    }
    throw new JoineryError('BATCH_UNCERTIFIED', `the certificate of writer ${writer} names another one`)
  }

  /** Most writers may write everything: of those the certificate is read once. */
  async #checkKnownWriter({ header }: Batch, logs: readonly Log[]): Promise<void> {
    const { authority, committer, store } = this.#components
    const { mayWrite } = authority
    const root = logs.find((log) => log.start === 0)
    if (!mayWrite || !root || this.#unbounded.has(root)) return
    if (root.pending.has(0)) await committer.flush()
    const first = await store.read(root.index, 0)
    // A hole: what belongs there comes first, and says whose writer it is.
    if (!first) return
    const { certificate } = decodeBatch(first.bytes).header
    if (mayWrite(certificate, ANY_TOPIC)) this.#unbounded.add(root)
    else this.#checkTopics(header.topics, (topic) => mayWrite(certificate, topic))
  }

  #checkTopics(topics: readonly string[], may: (topic: string) => boolean | undefined): void {
    if (topics.some((topic) => may(topic) === false))
      throw new JoineryError('BATCH_NOT_ALLOWED', 'a batch with entries that its writer may not write')
  }

  /** Signature, bodies, and that it comes after what it follows. */
  #checkBatch(batch: Batch, after: { lamport: number; end: boolean } | undefined): void {
    const { header, headerBytes, signature } = batch
    if (!this.#components.signing.verify(header.writer, signedBytes(headerBytes), signature))
      throw new JoineryError('BATCH_UNSIGNED', 'a batch with a wrong signature')
    if (!bodiesMatch(batch)) throw new JoineryError('BATCH_UNSIGNED', 'a batch with a body that is not the signed one')
    if (after?.end) throw new JoineryError('BATCH_UNCHAINED', 'a batch after the end of its writer')
    if (after && header.lamport <= after.lamport)
      throw new JoineryError('BATCH_UNCHAINED', 'a batch that claims to be older than the one it follows')
    if (lastLamport(header) > MAX_LAMPORT) throw new JoineryError('BATCH_UNCHAINED', 'a lamport out of range')
  }

  async #placeOf(batch: Batch, hash: Uint8Array, logs: readonly Log[]): Promise<Place> {
    const { number, previous } = batch.header
    const writer = hexOf(batch.header.writer)
    // The common case first: it follows what we have.
    for (const log of logs) {
      if (log.head.number === number - 1 && sameBytes(log.head.hash, previous))
        return { kind: 'extends', log, after: log.head }
    }
    const furthest = Math.max(...logs.map((log) => log.head.number))
    if (number > furthest + 1) return { kind: 'gap', gap: { writer, from: furthest + 1, branch: false } }
    let lost: Log | undefined
    let twin: Log | undefined
    for (const log of logs) {
      if (number < log.start || number > log.head.number) continue
      const ours = await this.#hashAt(log, number)
      if (!ours) {
        // A hole. The batch belongs there if the one that follows ours says so, or the end of the log.
        if (await this.#fitsHole(log, batch, hash)) return { kind: 'lost', log }
        lost = log
      } else if (sameBytes(ours, hash)) return { kind: 'known', log }
      else twin ??= log
    }
    if (number === 0) {
      if (twin) return { kind: 'branches', parent: undefined, twin, after: undefined }
      if (lost) return { kind: 'gap', gap: { writer, from: 0, branch: false } }
    }
    for (const parent of logs) {
      if (number - 1 < parent.start || number - 1 > parent.head.number) continue
      const before = await this.#batchAt(parent, number - 1)
      if (!before || !sameBytes(before.hash, previous)) continue
      const owner = number <= parent.head.number ? parent : twin
      if (owner) return { kind: 'branches', parent, twin: owner, after: before }
    }
    return { kind: 'gap', gap: { writer, from: number, branch: true } }
  }

  async #fitsHole(log: Log, batch: Batch, hash: Uint8Array): Promise<boolean> {
    const { number, previous } = batch.header
    if (log.head.number === number) return sameBytes(log.head.hash, hash)
    const next = await this.#components.store.read(log.index, number + 1)
    if (next) return sameBytes(decodeBatch(next.bytes).header.previous, hash)
    // Two holes in a row: then it has to follow what is there.
    const before = await this.#batchAt(log, number - 1)
    return number === 0 || (before !== undefined && sameBytes(before.hash, previous))
  }

  async #hashAt(log: Log, number: number): Promise<Uint8Array | undefined> {
    if (log.head.number === number) return (await this.#isThere(log, number)) ? log.head.hash : undefined
    return log.pending.get(number) ?? (await this.#batchAt(log, number))?.hash
  }

  async #isThere(log: Log, number: number): Promise<boolean> {
    return log.pending.has(number) || (await this.#batchAt(log, number)) !== undefined
  }

  /** Undefined also for one that is rotten: then it counts as a hole. */
  async #batchAt(log: Log, number: number): Promise<{ hash: Uint8Array; lamport: number; end: boolean } | undefined> {
    if (log.pending.size > 0 && log.pending.has(number)) await this.#components.committer.flush()
    const stored = await this.#components.store.read(log.index, number)
    if (!stored) return undefined
    try {
      const batch = decodeBatch(stored.bytes)
      if (!bodiesMatch(batch)) return undefined
      return { hash: sha256(batch.headerBytes), lamport: lastLamport(batch.header), end: batch.header.end }
    } catch {
      return undefined
    }
  }

  /** Bodies that ours lacks and this one has. */
  async #refill(log: Log, batch: Batch): Promise<boolean> {
    if (log.pending.has(batch.header.number)) return false
    const stored = await this.#components.store.read(log.index, batch.header.number)
    if (!stored) return false
    const ours = decodeBatch(stored.bytes)
    if (!lacksBodies(ours)) return false
    const offered = this.#components.rules.kept(log, batch)
    const fills = ours.bodies.some((body, i) => body === null && offered.bodies[i] !== null)
    if (!fills || !bodiesMatch(offered)) return false
    const bodies = ours.bodies.map((body, i) => body ?? offered.bodies[i] ?? null)
    this.#store(log, { ...ours, bodies }, log.head, true, [])
    return true
  }

  #commit(log: Log, batch: Batch, hash: Uint8Array, extra: KeyValueChange[], certificate?: Uint8Array): void {
    const { header } = batch
    const head: Head = { number: header.number, hash, lamport: lastLamport(header), end: header.end }
    this.#components.store.table.accept(log, head)
    this.#store(log, batch, head, false, extra, certificate)
  }

  #store(
    log: Log,
    received: Batch,
    head: Head,
    repaired: boolean,
    extra: KeyValueChange[],
    certificate?: Uint8Array
  ): void {
    const { store, committer, rules } = this.#components
    const batch = rules.kept(log, received)
    const bytes = encodeBatch(batch)
    let sequence = 0
    committer.add({
      own: received.header.kinds.some(({ kind }) => this.#init.waitedFor?.has(kind)),
      sizeBytes: bytes.length,
      changes: () => {
        sequence = store.nextSequence()
        const changes = [...extra, ...store.batchChanges(log, batch, bytes, sequence)]
        changes.push(...this.#init.changesFor(log, batch, certificate))
        changes.push(store.logEndChange(log, repaired ? log.durable : head, sequence))
        if (rules.isHollow(log, batch)) changes.push(store.hollowChange(log.index, batch.header.number))
        else if (repaired) changes.push(store.filledChange(log.index, batch.header.number))
        return changes
      },
      committed: () => {
        if (!repaired) store.table.markDurable(log, head, sequence)
        else log.sequence = sequence
        this.#init.onDurable({ log, batch, bytes, sequence, repaired })
      },
      failed: () => undefined
    })
  }
}

/** The first of a writer: what comes after it follows from it. */
function noteGap(result: Intaken, gap: Gap): void {
  if (!result.gaps.some(({ writer }) => writer === gap.writer)) result.gaps.push(gap)
}
