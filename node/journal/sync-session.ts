/**
 * The exchange with one linked peer, as a machine without I/O and without timers: events in, effects out. `sync-service.ts` drives it on real
 * streams, the simulator on its own. All state of the journal is read through `JournalExchange`'s synchronous part; what needs the disk is an effect.
 *
 * Pull, not push: a peer says what it has (`have`, rows), whoever lacks it asks one peer for it. Only a writer's own
 * node pushes, at once, to the peers that have everything before. So no batch is sent twice on purpose.
 */
import { sameBytes } from '../../protocols/cbor.ts'
import type { WriterId } from '../../protocols/journal.ts'
import {
  BUCKETS,
  encodeSyncMessage,
  MAX_ROWS,
  type SyncMessage,
  type Tip,
  type WriterRow
} from '../../protocols/journal-sync.ts'
import type { Gap } from './intake.ts'
import type { DurableBatch, JournalExchange, ReadBatch } from './journal.ts'
import {
  ANSWER_STALL_MS,
  DIGEST_INTERVAL_MS,
  DIGEST_JITTER,
  HAVE_INTERVAL_MS,
  MAX_QUEUED_BYTES,
  MAX_WANTS
} from './limits.ts'
import { bytesOfHex, hexOf } from './log-table.ts'
import { groupBatches, RangeAnswers } from './range-answers.ts'
import type { WantLedger } from './want-ledger.ts'
import { WantList } from './want-list.ts'

export type SyncEvent =
  | { type: 'linkUp' }
  | { type: 'linkDown' }
  | { type: 'received'; message: SyncMessage }
  /** The stream took a message: `bytes` of what was queued are gone. */
  | { type: 'sent'; bytes: number }
  /** An `accept` effect was carried out. */
  | { type: 'taken'; seen: { writer: WriterId; number: number }[]; gaps: Gap[]; added: number }
  /** A `read` effect was carried out. */
  | { type: 'read'; batches: ReadBatch[]; next: number | undefined }
  | { type: 'durable'; batches: readonly DurableBatch[] }
  /** Repairs are wanted, or other batches count than before. */
  | { type: 'changed' }
  /** `deadlineMs` has come. */
  | { type: 'time' }

export type SyncEffect =
  /** Queue it for the stream, in this order; answer with `sent` when the stream took it. */
  | { type: 'send'; bytes: Uint8Array }
  /** Give these to `JournalExchange.take`; receive nothing more from this peer until `taken` was handled. */
  | { type: 'accept'; batches: Uint8Array[] }
  /** Read for the peer; at most one at a time is asked for. */
  | { type: 'read'; writer: WriterId; from: number; to: number | null }
  /** What the peer has was changed: tell those who wait for copies. */
  | { type: 'confirmed' }
  /** End the stream: nothing comes through it any more. The dialler opens another one. */
  | { type: 'stalled' }
  /** End the stream, and remember the lie. */
  | { type: 'misbehaved'; code: 'SYNC_MISBEHAVED' }

export type SyncView = Pick<
  JournalExchange,
  'root' | 'bucketHashes' | 'rowsOf' | 'tips' | 'next' | 'wants' | 'repairs' | 'writerCount'
>

export interface SyncSessionComponents {
  journal: SyncView
  /** One for all links of the node. */
  ledger: WantLedger
  /** What the peer has, by writer; kept longer than the session. */
  known: Map<WriterId, number>
  /** 0 ≤ x < 1 */
  fraction(): number
}

export interface SyncSessionInit {
  /** Only the dialler sends digests. */
  dialer: boolean
}

export class SyncSession {
  readonly #components: SyncSessionComponents
  readonly #init: SyncSessionInit
  readonly #wants: WantList
  readonly #answers = new RangeAnswers()
  /** The last number that we sent of a writer, or that the peer has. */
  readonly #sentUpTo = new Map<WriterId, number>()
  /** Writers of which the peer was not told what we have. */
  readonly #untold = new Map<WriterId, number>()
  #queuedBytes = 0
  #lastHaveMs = Number.NEGATIVE_INFINITY
  #digestMs = Number.POSITIVE_INFINITY
  /** Until then something must be heard, when a digest waits for its answer. */
  #silentUntilMs = Number.POSITIVE_INFINITY
  #effects: SyncEffect[] = []
  /** The rows of both sides were compared, or the digests were equal. */
  #compared = false

  constructor(components: SyncSessionComponents, init: SyncSessionInit) {
    this.#components = components
    this.#init = init
    this.#wants = new WantList(components)
  }

  /** True once this link's first comparison is done and nothing is wanted over it. */
  get isQuiet(): boolean {
    return this.#compared && this.#wants.isEmpty
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  handle(event: SyncEvent, nowMs: number): SyncEffect[] {
    switch (event.type) {
      case 'linkUp':
        if (this.#init.dialer) this.#sendDigest(nowMs)
        break
      case 'linkDown':
        this.#wants.release()
        break
      case 'received':
        this.#silentUntilMs = Number.POSITIVE_INFINITY
        this.#received(event.message, nowMs)
        break
      case 'sent':
        this.#queuedBytes -= event.bytes
        break
      case 'taken':
        this.#taken(event, nowMs)
        break
      case 'read':
        this.#wasRead(event.batches, event.next)
        break
      case 'durable':
        this.#durable(event.batches)
        break
      case 'changed':
        this.#wantRepairs()
        break
      case 'time':
        break
    }
    if (event.type !== 'linkDown') this.#advance(nowMs)
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** When `time` is due; undefined when only other events can change anything. */
  deadlineMs(): number | undefined {
    let deadline = Math.min(this.#digestMs, this.#silentUntilMs, this.#wants.deadlineMs())
    // While the link is busy the next `sent` is what matters.
    if (this.#untold.size > 0 && this.#queuedBytes < MAX_QUEUED_BYTES)
      deadline = Math.min(deadline, this.#lastHaveMs + HAVE_INTERVAL_MS)
    return Number.isFinite(deadline) ? deadline : undefined
  }

  /** Whatever is due and possible. */
  #advance(nowMs: number): void {
    if (nowMs >= this.#silentUntilMs) {
      this.#silentUntilMs = Number.POSITIVE_INFINITY
      this.#effects.push({ type: 'stalled' })
      return
    }
    if (nowMs >= this.#digestMs) this.#sendDigest(nowMs)
    const request = this.#wants.advance(nowMs)
    if (request) this.#send({ type: 'request', ...request })
    this.#answer()
    if (this.#untold.size > 0 && nowMs >= this.#lastHaveMs + HAVE_INTERVAL_MS && this.#queuedBytes < MAX_QUEUED_BYTES)
      this.#sendHave(nowMs)
  }

  #sendDigest(nowMs: number): void {
    const jitter = 1 + DIGEST_JITTER * (2 * this.#components.fraction() - 1)
    this.#digestMs = nowMs + DIGEST_INTERVAL_MS * jitter
    if (this.#queuedBytes >= MAX_QUEUED_BYTES) return
    this.#send({ type: 'digest', root: this.#components.journal.root() })
    this.#silentUntilMs = nowMs + ANSWER_STALL_MS
  }

  #received(message: SyncMessage, nowMs: number): void {
    const { journal } = this.#components
    switch (message.type) {
      case 'digest':
        if (this.#init.dialer) this.#misbehaved()
        else if (sameBytes(message.root, journal.root())) {
          this.#send({ type: 'same', root: message.root })
          this.#peerIsEqual()
        } else this.#send({ type: 'buckets', buckets: journal.bucketHashes() })
        return
      case 'same':
        if (!this.#init.dialer) this.#misbehaved()
        // Ours may have moved on while the answer was on its way: the next digest will tell.
        else if (sameBytes(message.root, journal.root())) this.#peerIsEqual()
        this.#compared = true
        return
      case 'buckets':
        if (!this.#init.dialer) this.#misbehaved()
        else this.#askForRows(this.#differing(message.buckets))
        return
      case 'rows':
        if (message.answer === this.#init.dialer) {
          this.#misbehaved()
          return
        }
        this.#compareRows(message.rows)
        this.#compared = true
        if (message.answer) this.#sendRows(message.buckets, false)
        return
      case 'request':
        if (!this.#answers.request(message.id, message.ranges)) this.#misbehaved()
        return
      case 'batches':
        this.#effects.push({ type: 'accept', batches: message.batches })
        return
      case 'done':
        this.#wants.answered(message.id, nowMs)
        return
      case 'have':
        for (const { writer, number } of message.rows) this.#peerHas(hexOf(writer), number, nowMs)
        this.#effects.push({ type: 'confirmed' })
        return
    }
  }

  #peerIsEqual(): void {
    for (const { bucket } of this.#components.journal.bucketHashes()) this.#bucketIsEqual(bucket)
    this.#untold.clear()
    this.#compared = true
    this.#effects.push({ type: 'confirmed' })
    this.#wantRepairs()
  }

  #bucketIsEqual(bucket: number): void {
    for (const { writer, tips } of this.#components.journal.rowsOf(bucket))
      this.#setKnown(hexOf(writer), furthest(tips))
  }

  #setKnown(writer: WriterId, number: number): void {
    if (!this.#mayKnow(writer)) return
    this.#components.known.set(writer, number)
    if ((this.#sentUpTo.get(writer) ?? -1) < number) this.#sentUpTo.set(writer, number)
  }

  /** A peer that makes writers up must not fill our memory. */
  #mayKnow(writer: WriterId): boolean {
    const { known, journal } = this.#components
    return known.has(writer) || journal.next(writer) > 0 || known.size < journal.writerCount() + MAX_WANTS
  }

  #differing(theirs: { bucket: number; hash: Uint8Array }[]): number[] {
    const hashes = new Map(theirs.map(({ bucket, hash }) => [bucket, hash]))
    const ours = new Map(this.#components.journal.bucketHashes().map(({ bucket, hash }) => [bucket, hash]))
    const differing: number[] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const a = hashes.get(bucket)
      const b = ours.get(bucket)
      if (a && b && sameBytes(a, b)) this.#bucketIsEqual(bucket)
      else if (a || b) differing.push(bucket)
    }
    return differing
  }

  #askForRows(buckets: readonly number[]): void {
    // None: what differed arrived while the digest was on its way.
    if (buckets.length === 0) this.#compared = true
    else this.#sendRows(buckets, true)
  }

  /** In messages of at most `MAX_ROWS`; a bucket that is longer is named in several. */
  #sendRows(buckets: readonly number[], answer: boolean): void {
    let named: number[] = []
    let rows: WriterRow[] = []
    const flush = (): void => {
      this.#send({ type: 'rows', answer, buckets: named, rows })
      named = []
      rows = []
    }
    for (const bucket of buckets) {
      named.push(bucket)
      for (const row of this.#components.journal.rowsOf(bucket)) {
        if (rows.length >= MAX_ROWS) {
          flush()
          named.push(bucket)
        }
        rows.push(row)
      }
    }
    if (named.length > 0) flush()
  }

  #compareRows(rows: readonly WriterRow[]): void {
    for (const { writer: key, tips } of rows) {
      const writer = hexOf(key)
      this.#setKnown(writer, furthest(tips))
      this.#wants.compare(writer, tips)
    }
    this.#effects.push({ type: 'confirmed' })
    this.#wantRepairs()
  }

  #wantRepairs(): void {
    if (this.#compared) this.#wants.wantRepairs()
  }

  #taken({ seen, gaps, added }: Extract<SyncEvent, { type: 'taken' }>, nowMs: number): void {
    const { known } = this.#components
    for (const { writer, number } of seen) if ((known.get(writer) ?? -1) < number) this.#setKnown(writer, number)
    this.#wants.progressed(new Set(seen.map(({ writer }) => writer)), added > 0, nowMs)
    for (const { writer, from, branch } of gaps) {
      if ((known.get(writer) ?? -1) < from) this.#setKnown(writer, from)
      if (branch) this.#wants.wantBranch(writer, from)
      else this.#wants.wantFrom(writer, from)
    }
    if (seen.length > 0 || added > 0) this.#effects.push({ type: 'confirmed' })
  }

  #peerHas(writer: WriterId, number: number, nowMs: number): void {
    if (!this.#mayKnow(writer)) return
    if ((this.#components.known.get(writer) ?? -1) < number) this.#setKnown(writer, number)
    this.#wants.peerHas(writer, number, nowMs)
  }

  #durable(batches: readonly DurableBatch[]): void {
    const live: DurableBatch[] = []
    let liveBytes = 0
    for (const batch of batches) {
      const { writer, number, bytes, own } = batch
      const sent = this.#sentUpTo.get(writer) ?? -1
      if (own && sent >= number) continue
      if (own && sent === number - 1 && this.#queuedBytes + liveBytes < MAX_QUEUED_BYTES) {
        live.push(batch)
        liveBytes += bytes.length
        this.#sentUpTo.set(writer, number)
      } else this.#untold.set(writer, number)
    }
    this.#sendBatches(live)
  }

  #sendHave(nowMs: number): void {
    const rows: { writer: Uint8Array; number: number }[] = []
    for (const [writer, number] of this.#untold) {
      if (rows.length >= MAX_ROWS) break
      this.#untold.delete(writer)
      rows.push({ writer: bytesOfHex(writer), number })
    }
    this.#lastHaveMs = nowMs
    this.#send({ type: 'have', rows })
  }

  #answer(): void {
    const next = this.#answers.next(this.#queuedBytes)
    if (next?.type === 'read') this.#effects.push(next)
    else if (next) this.#send(next)
  }

  #wasRead(batches: readonly ReadBatch[], next: number | undefined): void {
    const read = this.#answers.wasRead(batches, next, (writer) => furthest(this.#components.journal.tips(writer)))
    this.#sendBatches(batches)
    if (read && (this.#sentUpTo.get(read.writer) ?? -1) < read.last) this.#sentUpTo.set(read.writer, read.last)
  }

  #sendBatches(batches: readonly ReadBatch[]): void {
    for (const group of groupBatches(batches)) this.#send({ type: 'batches', batches: group })
  }

  #send(message: SyncMessage): void {
    const bytes = encodeSyncMessage(message)
    this.#queuedBytes += bytes.length
    this.#effects.push({ type: 'send', bytes })
  }

  #misbehaved(): void {
    this.#effects.push({ type: 'misbehaved', code: 'SYNC_MISBEHAVED' })
  }
}

function furthest(tips: readonly Tip[]): number {
  return tips.at(-1)?.number ?? -1
}
