/**
 * The journal on its key-value store: batches, the index of topics, a row for each log. Opening reads rows only.
 * Nothing here decides what is accepted; `intake.ts` and `writer.ts` do.
 */
import { type Batch, decodeBatch, MAX_BATCH_NUMBER } from '../../protocols/batch.ts'
import type { CborValue } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Stamp } from '../../protocols/journal.ts'
import { crc32, sha256 } from '../platform/hash.ts'
import type { KeyRange, KeyValueChange, KeyValueStore } from '../platform/key-value.ts'
import type { ClaimRange } from './covers.ts'
import type { RemovedNodes } from './journal.ts'
import {
  batchKey,
  CRC_BYTES,
  coveredKey,
  eraseKey,
  hollowKey,
  kindKeyOnDisk,
  LAMPORT_BYTES,
  LOG_BYTES,
  logEndKey,
  logKey,
  META_KEY,
  NUMBER_BYTES,
  numberBytes,
  placeAtEnd,
  rangeOf,
  readNumber,
  snapshotKey,
  textAfterLetter,
  topicKey,
  topicNameKey,
  topicPrefix
} from './keys.ts'
import { READ_BYTES } from './limits.ts'
import { loadRows } from './load-store.ts'
import { type Head, type Log, LogTable } from './log-table.ts'
import { rowBytes } from './rows.ts'

export const FORMAT = 1

export interface Meta {
  removed: RemovedNodes
  /** Changes when what folds may have seen is not what counts now: older snapshots are dropped. */
  foldEpoch: number
  /** Changes with `keysChanged`: snapshots that lack bodies are dropped. */
  sealEpoch: number
}

export interface StoredBatch {
  /** Order of arrival on this device. */
  sequence: number
  bytes: Uint8Array
}

export interface TopicPlace {
  lamport: number
  log: number
  number: number
  sequence: number
}

/** A critical kind, and the first batch of a log that has it. */
export interface CriticalKind {
  kind: string
  version: number
  log: number
  number: number
}

/** A claim that ranges were merged, or entries overwritten; see `covers.ts`. */
export interface CoveredRow {
  log: number
  number: number
  index: number
  isDone: boolean
  ranges: ClaimRange[]
}

export class JournalStore {
  readonly #kv: KeyValueStore
  readonly table = new LogTable()
  readonly meta: Meta = { removed: new Map(), foldEpoch: 0, sealEpoch: 0 }
  /** Topic → the stamp before which its bodies are gone. */
  readonly erased = new Map<string, Stamp>()
  /** Erasures whose old bodies may still lie on the disk. */
  readonly unfinishedErasures = new Set<string>()
  readonly criticalKinds: CriticalKind[] = []
  /** The disk gave back what it should not have: told of, so that the next start repairs it. */
  onUnreadable: ((error: JoineryError) => void) | undefined
  /** Rows were lost: see `rebuildRows`. */
  isDamaged = false
  readonly hollow: { log: number; number: number }[] = []
  readonly coveredRows: CoveredRow[] = []
  #sequence = 0
  /** All arrivals up to this one are on the medium. */
  durableSequence = 0
  /** Kind, version and log of what `criticalKinds` lists. */
  readonly #criticalSeen = new Set<string>()

  constructor(kv: KeyValueStore) {
    this.#kv = kv
  }

  static async open(kv: KeyValueStore): Promise<JournalStore> {
    const store = new JournalStore(kv)
    await loadRows(store, kv)
    return store
  }

  nextSequence(): number {
    return ++this.#sequence
  }

  setDurable(log: Log, head: Head, sequence: number): void {
    log.durable = head
    log.head = head
    log.sequence = sequence
    this.noteSequence(sequence)
  }

  /** Arrival numbers go on after this one. */
  noteSequence(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence)
    this.durableSequence = this.#sequence
  }

  metaChange(): KeyValueChange {
    const removed = [...this.meta.removed].map(([node, cuts]): CborValue => [node, [...cuts]])
    return put(META_KEY, rowBytes([FORMAT, this.meta.foldEpoch, this.meta.sealEpoch, removed]))
  }

  /** After `setRemoved`: reads the hashes of the last batches that count. */
  async loadCutHashes(logs: Iterable<Log>): Promise<void> {
    for (const log of logs) {
      const number = log.cut?.number
      if (number === undefined || number < log.start || number >= log.durable.number) continue
      const stored = await this.read(log.index, number)
      if (stored) this.table.setCutHash(log, number, sha256(decodeBatch(stored.bytes).headerBytes))
    }
  }

  logChange(log: Log): KeyValueChange {
    const points = log.forkPoints.map(({ number, hash }): CborValue => [number, hash])
    return put(logKey(log.index), rowBytes([log.key, log.node, log.start, log.parent ?? null, points]))
  }

  logEndChange(log: Log, head: Log['head'], sequence: number): KeyValueChange {
    return put(logEndKey(log.index), rowBytes([head.number, head.hash, head.lamport, head.end, sequence]))
  }

  /** The same batch with fewer or more bodies; its arrival number stays. */
  rewriteChange(log: Log, number: number, sequence: number, bytes: Uint8Array): KeyValueChange {
    const arrival = numberBytes(sequence, NUMBER_BYTES)
    return put(batchKey(log.index, number), concat(arrival, numberBytes(crc32(bytes), CRC_BYTES), bytes))
  }

  /** Everything that a batch puts on disk besides its log's row. `bytes` is the batch as it shall be stored. */
  batchChanges(log: Log, batch: Batch, bytes: Uint8Array, sequence: number): KeyValueChange[] {
    const { number } = batch.header
    return [this.rewriteChange(log, number, sequence, bytes), ...this.indexChanges(log, batch, sequence)]
  }

  /** Where the batch is found by topic, and by critical kind. */
  indexChanges(log: Log, { header }: Batch, sequence: number): KeyValueChange[] {
    const arrival = numberBytes(sequence, NUMBER_BYTES)
    const changes: KeyValueChange[] = []
    for (const topic of header.topics) {
      const place = topicKey(topic, header.lamport, log.index, header.number)
      changes.push(put(place, arrival), put(topicNameKey(topic), arrival))
    }
    for (const { kind, version, critical } of header.kinds) {
      if (!critical) continue
      const found = { kind, version, log: log.index, number: header.number }
      if (this.noteCritical(found))
        changes.push(put(kindKeyOnDisk(kind, version, log.index), numberBytes(header.number, NUMBER_BYTES)))
    }
    return changes
  }

  /** Whether the index leads to this batch. */
  async isIndexed(log: Log, { header }: Batch, sequence: number): Promise<boolean> {
    const places = header.topics.map((topic) => topicKey(topic, header.lamport, log.index, header.number))
    const found = await this.#kv.getMany([...places, ...header.topics.map(topicNameKey)])
    return found.every((value, i) => {
      const arrival = value && readNumber(value, 0, NUMBER_BYTES)
      return i < places.length ? arrival === sequence : (arrival ?? -1) >= sequence
    })
  }

  /** False when this log's first entry of the kind is known already. */
  noteCritical(found: CriticalKind): boolean {
    const name = `${found.kind} ${found.version} ${found.log}`
    if (this.#criticalSeen.has(name)) return false
    this.#criticalSeen.add(name)
    this.criticalKinds.push(found)
    return true
  }

  eraseChange(topic: string, stamp: Stamp, done: boolean): KeyValueChange {
    return put(eraseKey(topic), rowBytes([stamp.lamport, stamp.writer, stamp.number, stamp.index, done]))
  }

  coveredChange(
    log: number,
    number: number,
    index: number,
    isDone: boolean,
    ranges: readonly ClaimRange[]
  ): KeyValueChange {
    const list = ranges.map(({ writer, from, to, hash, places }): CborValue => {
      return places ? [writer, from, to, hash, [...places]] : [writer, from, to, hash]
    })
    return put(coveredKey(log, number, index), rowBytes([isDone, list]))
  }

  /** What these batches were before they shrank leaves the medium. */
  async purgeBatches(log: number, from: number, to: number): Promise<void> {
    await this.#kv.purge?.(batchKey(log, from), batchKey(log, to))
  }

  async purgeSnapshots(): Promise<void> {
    const { gte, lt } = rangeOf('v')
    await this.#kv.purge?.(gte, lt)
  }

  hollowChange(log: number, number: number): KeyValueChange {
    return put(hollowKey(log, number), new Uint8Array())
  }

  filledChange(log: number, number: number): KeyValueChange {
    return { type: 'del', key: hollowKey(log, number) }
  }

  write(changes: KeyValueChange[], options: { sync: boolean }): Promise<void> {
    return this.#kv.write(changes, options)
  }

  async *entries(range: KeyRange): AsyncIterable<[Uint8Array, Uint8Array]> {
    try {
      yield* this.#kv.entries(range)
    } catch (error) {
      throw this.#unreadable(error)
    }
  }

  async *keys(range: KeyRange): AsyncIterable<Uint8Array> {
    try {
      yield* this.#kv.keys(range)
    } catch (error) {
      throw this.#unreadable(error)
    }
  }

  #unreadable(cause: unknown): JoineryError {
    const error = new JoineryError('JOURNAL_DAMAGED', 'the store cannot read what it holds', { cause })
    this.onUnreadable?.(error)
    return error
  }

  /** Undefined for a hole, and for a batch whose bits have flipped: it must come from a peer again. */
  async read(log: number, number: number): Promise<StoredBatch | undefined> {
    let value: Uint8Array | undefined
    try {
      value = await this.#kv.get(batchKey(log, number))
    } catch (error) {
      this.#unreadable(error)
    }
    return value && storedOf(value)
  }

  /**
   * Batches of a log in order, until `to` or until `READ_BYTES` are full; at least one if there is one.
   * Holes and rotten ones are left out.
   */
  async readRange(log: number, from: number, to: number): Promise<{ number: number; bytes: Uint8Array }[]> {
    const found: { number: number; bytes: Uint8Array }[] = []
    let size = 0
    for await (const [key, value] of this.entries({ gte: batchKey(log, from), lte: batchKey(log, to) })) {
      const bytes = storedOf(value)?.bytes
      if (!bytes) continue
      if (found.length > 0 && size + bytes.length > READ_BYTES) break
      found.push({ number: placeAtEnd(key).number, bytes })
      size += bytes.length
      if (size >= READ_BYTES) break
    }
    return found
  }

  /** All batches of all logs, whether their log is known or not; for a rebuild. */
  async *allBatches(): AsyncIterable<{ log: number; number: number; stored: StoredBatch | undefined }> {
    for await (const [key, value] of this.entries(rangeOf('b'))) {
      if (key.length === 1 + LOG_BYTES + NUMBER_BYTES) yield { ...placeAtEnd(key), stored: storedOf(value) }
    }
  }

  /** All batches of a log with what they hold; for checks. */
  async *batchesOf(log: number): AsyncIterable<{ number: number; stored: StoredBatch | undefined }> {
    const range = { gte: batchKey(log, 0), lte: batchKey(log, MAX_BATCH_NUMBER) }
    for await (const [key, value] of this.entries(range)) {
      yield { number: placeAtEnd(key).number, stored: storedOf(value) }
    }
  }

  /** The numbers of a log that are on disk, read from keys alone. */
  async *numbersOf(log: number): AsyncIterable<number> {
    const range = { gte: batchKey(log, 0), lte: batchKey(log, MAX_BATCH_NUMBER) }
    for await (const key of this.keys(range)) yield placeAtEnd(key).number
  }

  /** Topics that `reads` picks, with the arrival number of their newest entry. */
  async *topics(reads: (topic: string) => boolean): AsyncIterable<{ topic: string; sequence: number }> {
    for await (const [key, value] of this.entries(rangeOf('n'))) {
      const topic = textAfterLetter(key)
      if (reads(topic)) yield { topic, sequence: readNumber(value, 0, NUMBER_BYTES) }
    }
  }

  /** Where a topic's entries stand, in the order of the lamport of each batch's first entry. */
  async *placesOf(topic: string): AsyncIterable<TopicPlace> {
    const prefix = topicPrefix(topic)
    for await (const [key, value] of this.entries(rangeOf(prefix))) {
      yield {
        lamport: readNumber(key, prefix.length, LAMPORT_BYTES),
        ...placeAtEnd(key),
        sequence: readNumber(value, 0, NUMBER_BYTES)
      }
    }
  }

  snapshot(fold: string): Promise<Uint8Array | undefined> {
    return this.#kv.get(snapshotKey(fold))
  }

  snapshotChange(fold: string, bytes: Uint8Array | undefined): KeyValueChange {
    return bytes ? put(snapshotKey(fold), bytes) : { type: 'del', key: snapshotKey(fold) }
  }

  async allSnapshotDeletions(): Promise<KeyValueChange[]> {
    const changes: KeyValueChange[] = []
    for await (const key of this.keys(rangeOf('v'))) changes.push({ type: 'del', key })
    return changes
  }

  close = (): Promise<void> => this.#kv.close()
}

/** Undefined when bits have flipped since we wrote it. */
function storedOf(value: Uint8Array): StoredBatch | undefined {
  const bytes = value.subarray(NUMBER_BYTES + CRC_BYTES)
  if (bytes.length === 0 || readNumber(value, NUMBER_BYTES, CRC_BYTES) !== crc32(bytes)) return undefined
  return { sequence: readNumber(value, 0, NUMBER_BYTES), bytes }
}

function put(key: Uint8Array, value: Uint8Array): KeyValueChange {
  return { type: 'put', key, value }
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
