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
  type BatchRange,
  BUCKETS,
  encodeSyncMessage,
  MAX_RANGES,
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
  MAX_WANTS,
  READ_BYTES,
  RELAY_DELAY_MS,
  REQUEST_STALL_MS,
  WANT_RETRY_MS
} from './limits.ts'
import { bytesOfHex, hexOf, sameTip } from './log-table.ts'
import type { WantLedger } from './want-ledger.ts'

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

interface Want {
  from: number
  /** null = up to the newest. */
  to: number | null
}

interface Asked {
  id: number
  writers: Map<WriterId, Want>
  /** No progress until then: another link may have a try, and nothing more is asked here before the answer ends. */
  stallMs: number
}

/** How far behind its end a foreign branch is looked for first; eight times as far each time after. */
const BRANCH_STEP = 64

export class SyncSession {
  readonly #components: SyncSessionComponents
  readonly #init: SyncSessionInit
  readonly #wants = new Map<WriterId, Want>()
  /** Writers that the peer has more of, and when we stop waiting for somebody else to bring it. */
  readonly #behind = new Map<WriterId, number>()
  /** The last number that we sent of a writer, or that the peer has. */
  readonly #sentUpTo = new Map<WriterId, number>()
  /** Writers of which the peer was not told what we have. */
  readonly #untold = new Map<WriterId, number>()
  /** How often a foreign branch of a writer was looked for on this link. */
  readonly #branchTries = new Map<WriterId, number>()
  #asked: Asked | undefined
  #answering: { id: number; ranges: BatchRange[]; from: number; reading: boolean } | undefined
  #nextId = 0
  #lastAnswered = -1
  #queuedBytes = 0
  #lastHaveMs = Number.NEGATIVE_INFINITY
  #digestMs = Number.POSITIVE_INFINITY
  /** Until then something must be heard, when a digest waits for its answer. */
  #silentUntilMs = Number.POSITIVE_INFINITY
  #retryMs = Number.POSITIVE_INFINITY
  #effects: SyncEffect[] = []
  /** The rows of both sides were compared, or the digests were equal. */
  #compared = false

  constructor(components: SyncSessionComponents, init: SyncSessionInit) {
    this.#components = components
    this.#init = init
  }

  /** True once this link's first comparison is done and nothing is wanted over it. */
  get isQuiet(): boolean {
    return this.#compared && this.#wants.size === 0 && this.#asked === undefined
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
        this.#releaseAsked()
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
    let deadline = Math.min(
      this.#digestMs,
      this.#retryMs,
      this.#silentUntilMs,
      this.#asked?.stallMs ?? Number.POSITIVE_INFINITY
    )
    for (const due of this.#behind.values()) deadline = Math.min(deadline, due)
    if (this.#untold.size > 0) deadline = Math.min(deadline, this.#lastHaveMs + HAVE_INTERVAL_MS)
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
    if (this.#asked && nowMs >= this.#asked.stallMs) this.#giveOthersATry(this.#asked)
    for (const [writer, dueMs] of this.#behind) {
      if (dueMs > nowMs) continue
      this.#behind.delete(writer)
      this.#wantNewest(writer)
    }
    this.#ask(nowMs)
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
        else this.#sendRows(this.#differing(message.buckets), true)
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
        // The same one again: some networks repeat, and it is being answered or was.
        if (message.id <= this.#lastAnswered) return
        this.#lastAnswered = message.id
        if (this.#answering) this.#misbehaved()
        else
          this.#answering = {
            id: message.id,
            ranges: message.ranges,
            from: message.ranges[0]?.from ?? 0,
            reading: false
          }
        return
      case 'batches':
        this.#effects.push({ type: 'accept', batches: message.batches })
        return
      case 'done':
        if (this.#asked?.id === message.id) this.#answered(nowMs)
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
      this.#compareTips(writer, tips)
    }
    this.#effects.push({ type: 'confirmed' })
    this.#wantRepairs()
  }

  #compareTips(writer: WriterId, theirs: readonly Tip[]): void {
    const { journal } = this.#components
    const ours = journal.tips(writer)
    const next = journal.next(writer)
    for (const tip of theirs) {
      if (ours.some((own) => sameTip(own, tip)) || !journal.wants(writer, tip.number)) continue
      if (tip.number >= next) this.#want(writer, next, null)
      // One tip below ours is a peer that is behind, unless there are branches: then it may be one that we lack.
      else if (theirs.length > 1 || ours.length > 1 || ours.some((own) => own.number === tip.number))
        this.#wantBranch(writer, tip.number)
    }
  }

  #wantBranch(writer: WriterId, end: number): void {
    const tries = this.#branchTries.get(writer) ?? 0
    const from = Math.max(0, end - BRANCH_STEP * 8 ** tries)
    // From the very beginning it was looked for once already.
    if (tries > 0 && end - BRANCH_STEP * 8 ** (tries - 1) <= 0) return
    this.#branchTries.set(writer, tries + 1)
    this.#want(writer, from, end)
  }

  #wantNewest(writer: WriterId): void {
    const { journal, known } = this.#components
    const next = journal.next(writer)
    const theirs = known.get(writer) ?? -1
    if (theirs >= next && journal.wants(writer, next)) this.#want(writer, next, null)
  }

  #wantRepairs(): void {
    if (!this.#compared) return
    const { journal, known } = this.#components
    for (const { writer, from, to } of journal.repairs()) {
      const id = hexOf(writer)
      if ((known.get(id) ?? -1) >= from) this.#want(id, from, to)
    }
  }

  #want(writer: WriterId, from: number, to: number | null): void {
    const before = this.#wants.get(writer)
    if (!before && this.#wants.size >= MAX_WANTS) return
    const end = before?.to === null || to === null ? null : Math.max(to, before?.to ?? to)
    this.#wants.set(writer, { from: Math.min(from, before?.from ?? from), to: end })
  }

  #ask(nowMs: number): void {
    this.#retryMs = Number.POSITIVE_INFINITY
    if (this.#asked || this.#wants.size === 0) return
    const { journal, ledger } = this.#components
    const writers = new Map<WriterId, Want>()
    const ranges: BatchRange[] = []
    for (const [writer, want] of this.#wants) {
      if (ranges.length >= MAX_RANGES) break
      const next = journal.next(writer)
      // Somebody else brought it meanwhile.
      if (want.to === null && (this.#components.known.get(writer) ?? -1) < Math.max(next, want.from)) {
        this.#wants.delete(writer)
        continue
      }
      if (!ledger.claim(writer, this, nowMs)) continue
      this.#wants.delete(writer)
      writers.set(writer, want)
      ranges.push({ writer: bytesOfHex(writer), from: want.to === null ? next : want.from, to: want.to })
    }
    if (ranges.length > 0) {
      this.#asked = { id: this.#nextId++, writers, stallMs: nowMs + REQUEST_STALL_MS }
      this.#send({ type: 'request', id: this.#asked.id, ranges })
    } else if (this.#wants.size > 0) this.#retryMs = nowMs + WANT_RETRY_MS
  }

  #answered(nowMs: number): void {
    const asked = this.#asked
    this.#releaseAsked()
    if (!asked) return
    const { journal, known } = this.#components
    for (const [writer, want] of asked.writers) {
      // It said that it has more and did not send it: another link may; this one after its next word.
      if (want.to === null && (known.get(writer) ?? -1) >= journal.next(writer)) this.#noteUnkept(writer, want, nowMs)
    }
  }

  #noteUnkept(writer: WriterId, want: Want, nowMs: number): void {
    const progressed = this.#components.journal.next(writer) > want.from
    if (progressed) this.#behind.set(writer, nowMs + RELAY_DELAY_MS)
  }

  #giveOthersATry(asked: Asked): void {
    asked.stallMs = Number.POSITIVE_INFINITY
    for (const writer of asked.writers.keys()) this.#components.ledger.release(writer, this)
  }

  #releaseAsked(): void {
    for (const writer of this.#asked?.writers.keys() ?? []) this.#components.ledger.release(writer, this)
    this.#asked = undefined
  }

  #taken({ seen, gaps, added }: Extract<SyncEvent, { type: 'taken' }>, nowMs: number): void {
    const { ledger, known } = this.#components
    for (const { writer, number } of seen) {
      if ((known.get(writer) ?? -1) < number) this.#setKnown(writer, number)
      ledger.touch(writer, this, nowMs)
    }
    if (this.#asked && seen.length > 0) this.#asked.stallMs = nowMs + REQUEST_STALL_MS
    for (const { writer, from, branch } of gaps) {
      if (branch) this.#wantBranch(writer, from)
      else {
        if ((known.get(writer) ?? -1) < from) this.#setKnown(writer, from)
        this.#want(writer, from, null)
      }
    }
    if (seen.length > 0 || added > 0) this.#effects.push({ type: 'confirmed' })
  }

  #peerHas(writer: WriterId, number: number, nowMs: number): void {
    const { journal, known } = this.#components
    if (!this.#mayKnow(writer) || this.#behind.size >= MAX_WANTS) return
    if ((known.get(writer) ?? -1) < number) this.#setKnown(writer, number)
    if (number >= journal.next(writer) && journal.wants(writer, number) && !this.#behind.has(writer))
      this.#behind.set(writer, nowMs + RELAY_DELAY_MS)
  }

  #durable(batches: readonly DurableBatch[]): void {
    let live: Uint8Array[] = []
    let liveBytes = 0
    const flush = (): void => {
      if (live.length > 0) this.#send({ type: 'batches', batches: live })
      live = []
      liveBytes = 0
    }
    for (const { writer, number, bytes, own } of batches) {
      const sent = this.#sentUpTo.get(writer) ?? -1
      if (sent >= number && own) continue
      if (own && sent === number - 1 && this.#queuedBytes + liveBytes < MAX_QUEUED_BYTES) {
        if (liveBytes + bytes.length > READ_BYTES) flush()
        live.push(bytes)
        liveBytes += bytes.length
        this.#sentUpTo.set(writer, number)
      } else this.#untold.set(writer, number)
    }
    flush()
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

  /** One read at a time, and none while the link is busy: what is read for a slow peer is what it can take. */
  #answer(): void {
    const answering = this.#answering
    if (!answering || answering.reading || this.#queuedBytes >= READ_BYTES) return
    const [range] = answering.ranges
    if (!range) {
      this.#answering = undefined
      this.#send({ type: 'done', id: answering.id })
      return
    }
    answering.reading = true
    this.#effects.push({ type: 'read', writer: hexOf(range.writer), from: answering.from, to: range.to })
  }

  #wasRead(batches: readonly ReadBatch[], next: number | undefined): void {
    const answering = this.#answering
    const range = answering?.ranges[0]
    if (!answering || !range) return
    answering.reading = false
    const writer = hexOf(range.writer)
    const last = batches.at(-1)?.number
    this.#sendBatches(batches)
    if (last !== undefined && (this.#sentUpTo.get(writer) ?? -1) < last) this.#sentUpTo.set(writer, last)
    const tip = furthest(this.#components.journal.tips(writer))
    if (next !== undefined) answering.from = next
    // More was written while we read.
    else if (range.to === null && last !== undefined && tip > last) answering.from = last + 1
    else {
      answering.ranges = answering.ranges.slice(1)
      answering.from = answering.ranges[0]?.from ?? 0
    }
    this.#answer()
  }

  #sendBatches(batches: readonly ReadBatch[]): void {
    let group: Uint8Array[] = []
    let size = 0
    for (const { bytes } of batches) {
      if (group.length > 0 && size + bytes.length > READ_BYTES) {
        this.#send({ type: 'batches', batches: group })
        group = []
        size = 0
      }
      group.push(bytes)
      size += bytes.length
    }
    if (group.length > 0) this.#send({ type: 'batches', batches: group })
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
