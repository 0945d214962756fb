/**
 * Merges what this node wrote long ago: reads a stretch of one of its logs, appends what stands for it and the claim that it does. Replicas, this one
 * included, then act on the claim (`covers.ts`). One stretch at a time, and only while nobody writes.
 */
import { decodeBatch, entryCount, kindOfEntry } from '../../protocols/batch.ts'
import { encodeCbor } from '../../protocols/cbor.ts'
import {
  COVERED_KIND,
  COVERED_VERSION,
  type CoveredRange,
  encodeCoveredRanges,
  MAX_COVERED_RANGES
} from '../../protocols/covered-ranges.ts'
import type { Entry, EntryMerger, NewEntry } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { Covers } from './covers.ts'
import type { EntryReader } from './entry-reader.ts'
import { JOURNAL_TOPIC } from './eraser.ts'
import { MAX_APPEND_ENTRIES, MERGE_AFTER_MS, MERGE_BATCHES, MERGE_BYTES, MIN_MERGE_BATCHES } from './limits.ts'
import type { Log } from './log-table.ts'
import type { JournalStore } from './store.ts'

export interface CompactorComponents {
  store: JournalStore
  reader: EntryReader
  covers: Pick<Covers, 'coveredUpTo'>
  clock: Clock
  merger: EntryMerger
  append(entries: NewEntry[]): Promise<unknown>
}

export interface CompactorInit {
  node: NodeId
  isOurs(log: Log): boolean
}

interface Stretch {
  ranges: CoveredRange[]
  byTopic: Map<string, Entry[]>
  batches: number
  bytes: number
  /** The number after the last that was looked at. */
  next: number
  isFull: boolean
}

/** A range of a claim, and the frame of a merged entry. */
const CLAIM_BYTES = 300

export class Compactor {
  readonly #components: CompactorComponents
  readonly #init: CompactorInit
  /** How far each log was looked through in this run of the process. */
  readonly #looked = new Map<Log, number>()
  /** How far our present log was at some moments, oldest first. */
  readonly #marks: { atMs: number; number: number }[] = []
  #stopped = false

  constructor(components: CompactorComponents, init: CompactorInit) {
    this.#components = components
    this.#init = init
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#stopped = true
  }

  /** Remembers how far our log is now: in ten minutes that is old. */
  mark(): void {
    const atMs = this.#components.clock.monotonicMs()
    for (const log of this.#ownLogs())
      if (this.#init.isOurs(log)) this.#marks.push({ atMs, number: log.durable.number })
    while ((this.#marks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - MERGE_AFTER_MS) this.#marks.shift()
  }

  /** Branches and removed nodes are left as they are. */
  #ownLogs(): Log[] {
    const { table } = this.#components.store
    return table.all.filter((log) => log.node === this.#init.node && !log.cut && table.logsOf(log.writer).length === 1)
  }

  /** The last number that may be merged: never the end of a log, which peers compare. */
  #endOf(log: Log, everything: boolean): number {
    const end = log.durable.number - 1
    if (everything || !this.#init.isOurs(log)) return end
    const [oldest] = this.#marks
    const isOld = oldest && oldest.atMs <= this.#components.clock.monotonicMs() - MERGE_AFTER_MS
    return isOld ? Math.min(end, oldest.number) : -1
  }

  /**
   * Merges one stretch, if there is one that is worth it.
   *
   * @param everything also what was written just now
   * @returns how many batches were merged; 0 = there is nothing left to merge
   */
  async mergeSome(everything: boolean): Promise<number> {
    for (const log of this.#ownLogs()) {
      const end = this.#endOf(log, everything)
      for (;;) {
        const from = Math.max(1, this.#looked.get(log) ?? this.#components.covers.coveredUpTo(log.writer) + 1)
        if (this.#stopped || from + MIN_MERGE_BATCHES - 1 > end) break
        const stretch = await this.#read(log, from, end)
        // A present log grows: what is left of it now may be a full minute later.
        if (!stretch.isFull && !everything && this.#init.isOurs(log)) break
        this.#looked.set(log, stretch.next)
        const entries = await this.#merged(stretch)
        if (!entries) continue
        await this.#components.append(entries)
        return stretch.batches
      }
    }
    return 0
  }

  async #read(log: Log, from: number, end: number): Promise<Stretch> {
    const stretch: Stretch = { ranges: [], byTopic: new Map(), batches: 0, bytes: 0, next: from, isFull: false }
    let open: CoveredRange | undefined
    for (; stretch.next <= end && !stretch.isFull; stretch.next++) {
      const number = stretch.next
      const read = await this.#mergeable(log, number)
      if (!read) open = undefined
      else {
        const { entries, hash, bytes } = read
        if (open) Object.assign(open, { to: number, hash })
        else {
          open = { writer: log.key, from: number, to: number, hash }
          stretch.ranges.push(open)
        }
        for (const entry of entries) {
          const list = stretch.byTopic.get(entry.topic)
          if (list) list.push(entry)
          else stretch.byTopic.set(entry.topic, [entry])
        }
        stretch.batches++
        stretch.bytes += bytes
      }
      stretch.isFull =
        number - from + 1 >= MERGE_BATCHES ||
        stretch.bytes >= MERGE_BYTES ||
        (open === undefined && stretch.ranges.length >= MAX_COVERED_RANGES)
    }
    return stretch
  }

  /** Undefined for a batch that stays as it is: something in it is not to be merged, or its bodies are not all here. */
  async #mergeable(
    log: Log,
    number: number
  ): Promise<{ entries: Entry[]; hash: Uint8Array; bytes: number } | undefined> {
    const { store, reader, merger } = this.#components
    const stored = await store.read(log.index, number)
    if (!stored) return undefined
    const batch = decodeBatch(stored.bytes)
    const { header } = batch
    for (let i = 0; i < entryCount(header); i++) {
      const topic = header.topics[header.places[i * 2] as number] as string
      if (batch.bodies[i] === null || !merger.covers(topic, kindOfEntry(header, i).kind)) return undefined
    }
    const { entries } = reader.entriesOf(log, batch, () => true)
    if (entries.length === 0 || !entries.every((entry) => entry.body !== undefined && merger.mayMerge(entry)))
      return undefined
    const bytes = batch.bodies.reduce((sum, body) => sum + (body?.length ?? 0), 0)
    return { entries, hash: sha256(batch.headerBytes), bytes }
  }

  /** Undefined when it is not worth it or cannot be done. */
  async #merged({ ranges, byTopic, batches, bytes }: Stretch): Promise<NewEntry[] | undefined> {
    if (batches < MIN_MERGE_BATCHES) return undefined
    const merged: NewEntry[] = []
    for (const [topic, entries] of byTopic) {
      const some = await this.#components.merger.merge(topic, entries)
      if (!some) return undefined
      merged.push(...some)
    }
    const body = encodeCoveredRanges(ranges)
    const claim: NewEntry = {
      topic: JOURNAL_TOPIC,
      kind: COVERED_KIND,
      version: COVERED_VERSION,
      audience: 'public',
      body
    }
    const cost = merged.reduce((sum, entry) => sum + bytesIn(entry), (ranges.length + merged.length) * CLAIM_BYTES)
    if (cost >= bytes || merged.length >= MAX_APPEND_ENTRIES) return undefined
    return [...merged, claim]
  }
}

function bytesIn({ body }: NewEntry): number {
  return encodeCbor(body).length
}
