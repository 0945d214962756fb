/**
 * What we hold of each writer, in memory: a row per log, the tips that peers compare, and the hashes over them. No I/O.
 *
 * A writer has one log. Only when its key was copied it has more: each further branch is a log of its own that starts at the number where it
 * parts from its parent. Entries past a fork carry the writer's id with the branch's hash behind a `~`, the same on every node whatever came
 * first, so that folds order them without knowing of forks.
 */
import { sameBytes } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { WriterId } from '../../protocols/journal.ts'
import { BUCKETS, MAX_TIPS, SHORT_HASH_BYTES, type Tip, type WriterRow } from '../../protocols/journal-sync.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { sha256Hasher } from '../platform/hash.ts'
import type { RemovedNodes } from './journal.ts'
import { MAX_IGNORED_WRITERS } from './limits.ts'

/** The end of a log: its last batch. */
export interface Head {
  number: number
  hash: Uint8Array
  /** Of its last entry, or of the header when it has none. */
  lamport: number
  end: boolean
}

/** Where two branches part: both have a batch of this number, this is the hash of ours. */
export interface ForkPoint {
  number: number
  hash: Uint8Array
}

export interface Log {
  /** Local name, small: part of the keys on disk. */
  readonly index: number
  readonly key: Uint8Array
  readonly writer: WriterId
  readonly node: NodeId
  /** 0, or where this branch parts from its parent. */
  readonly start: number
  readonly parent: number | undefined
  forkPoints: ForkPoint[]
  /** Accepted; perhaps not on the medium yet. */
  head: Head
  /** On the medium; `number` is `start - 1` before the first. */
  durable: Head
  /** Arrival number of the durable end. */
  sequence: number
  /** Hashes of what is accepted and not durable, by number. */
  readonly pending: Map<number, Uint8Array>
  /** Of a removed node: the last number that counts (-1 = none), and its hash if it is not the end. */
  cut: { number: number; hash: Uint8Array | undefined } | undefined
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

export function bytesOfHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** The writer's id without a branch. */
export function plainWriter(writer: WriterId): WriterId {
  const at = writer.indexOf('~')
  return at < 0 ? writer : writer.slice(0, at)
}

export class LogTable {
  readonly #logs: Log[] = []
  readonly #byIndex = new Map<number, Log>()
  #nextIndex = 0
  readonly #byWriter = new Map<WriterId, Log[]>()
  readonly #buckets: (Set<WriterId> | undefined)[] = new Array(BUCKETS).fill(undefined)
  readonly #bucketHashes: (Uint8Array | undefined)[] = new Array(BUCKETS).fill(undefined)
  readonly #ignored = new Set<WriterId>()
  #root: Uint8Array | undefined
  #removed: RemovedNodes = new Map()

  get all(): readonly Log[] {
    return this.#logs
  }

  get removed(): RemovedNodes {
    return this.#removed
  }

  logsOf(writer: WriterId): readonly Log[] {
    return this.#byWriter.get(writer) ?? []
  }

  at(index: number): Log | undefined {
    return this.#byIndex.get(index)
  }

  get nextIndex(): number {
    return this.#nextIndex
  }

  /** Batches under this index lie on the disk, though their log is not known any more. */
  reserve(index: number): void {
    this.#nextIndex = Math.max(this.#nextIndex, index + 1)
  }

  get writerCount(): number {
    return this.#byWriter.size
  }

  writers(): Iterable<WriterId> {
    return this.#byWriter.keys()
  }

  add(init: Pick<Log, 'index' | 'key' | 'node' | 'start' | 'parent' | 'forkPoints'>): Log {
    if (this.#byIndex.has(init.index)) throw new JoineryError('JOURNAL_DAMAGED', 'a log twice')
    this.reserve(init.index)
    const before: Head = { number: init.start - 1, hash: new Uint8Array(), lamport: -1, end: false }
    const log: Log = {
      ...init,
      writer: hexOf(init.key),
      head: before,
      durable: before,
      sequence: 0,
      pending: new Map(),
      cut: undefined
    }
    log.cut = this.#cutOf(log)
    this.#logs.push(log)
    this.#byIndex.set(log.index, log)
    const logs = this.#byWriter.get(log.writer)
    if (logs) logs.push(log)
    else this.#byWriter.set(log.writer, [log])
    const bucket = init.key[0] as number
    const members = this.#buckets[bucket] ?? new Set()
    members.add(log.writer)
    this.#buckets[bucket] = members
    return log
  }

  mayBranch(writer: WriterId): boolean {
    return this.logsOf(writer).length < MAX_TIPS
  }

  accept(log: Log, head: Head): void {
    log.head = head
    log.pending.set(head.number, head.hash)
  }

  /** The batch that `accept` took is on the medium now. */
  markDurable(log: Log, head: Head, sequence: number): void {
    log.pending.delete(head.number)
    log.durable = head
    log.sequence = sequence
    this.#changed(log)
  }

  isHidden(log: Log, number: number): boolean {
    return log.cut !== undefined && number > log.cut.number
  }

  /** The last number that counts here and is on the medium; below `start` when there is none. */
  visibleEnd(log: Log): number {
    return log.cut ? Math.min(log.cut.number, log.durable.number) : log.durable.number
  }

  /** Whether a batch of this writer would count. */
  wants(writer: WriterId, number: number): boolean {
    if (this.#ignored.has(writer)) return false
    const log = this.logsOf(writer)[0]
    return !log || !this.isHidden(log, number)
  }

  /** Remembers a writer of a removed node that we never stored. */
  ignore(writer: WriterId): void {
    if (this.#ignored.size >= MAX_IGNORED_WRITERS) {
      const oldest = this.#ignored.values().next().value
      if (oldest !== undefined) this.#ignored.delete(oldest)
    }
    this.#ignored.add(writer)
  }

  /** Whether a writer of this node that we have not seen would count. */
  cutOfNewWriter(node: NodeId, writer: WriterId): number | undefined {
    const cuts = this.#removed.get(node)
    return cuts ? (cuts.get(writer) ?? -1) : undefined
  }

  #cutOf(log: Log): Log['cut'] {
    const number = this.cutOfNewWriter(log.node, log.writer)
    return number === undefined ? undefined : { number, hash: undefined }
  }

  /** @returns the logs whose cut changed, with the cut they had before */
  setRemoved(removed: RemovedNodes): { log: Log; before: number | undefined }[] {
    this.#removed = removed
    this.#ignored.clear()
    const changed: { log: Log; before: number | undefined }[] = []
    for (const log of this.#logs) {
      const before = log.cut?.number
      const cut = this.#cutOf(log)
      if (cut?.number === before) continue
      log.cut = cut
      changed.push({ log, before })
      this.#changed(log)
    }
    return changed
  }

  /** Where a cut falls inside a log, the hash of its last batch that counts must be told, or the log is left out of the tips. */
  setCutHash(log: Log, number: number, hash: Uint8Array): void {
    if (log.cut?.number !== number) return
    log.cut.hash = hash
    this.#changed(log)
  }

  /** Under which id an entry of this batch is known. */
  writerAt(log: Log, number: number): WriterId {
    if (log.forkPoints.length === 0) return log.writer
    let best: ForkPoint | undefined
    for (const point of log.forkPoints) {
      if (point.number <= number && (!best || point.number > best.number)) best = point
    }
    return best ? `${log.writer}~${hexOf(best.hash.subarray(0, SHORT_HASH_BYTES))}` : log.writer
  }

  /** The ends of a writer's branches as peers may know them: durable, and not past a cut. Ascending. */
  tips(writer: WriterId): Tip[] {
    const tips: Tip[] = []
    for (const log of this.logsOf(writer)) {
      const number = this.visibleEnd(log)
      if (number < log.start) continue
      const hash = number === log.durable.number ? log.durable.hash : log.cut?.hash
      if (hash) tips.push({ number, hash: hash.subarray(0, SHORT_HASH_BYTES) })
    }
    return tips.sort((a, b) => a.number - b.number || Buffer.compare(a.hash, b.hash))
  }

  rowsOf(bucket: number): WriterRow[] {
    const rows: WriterRow[] = []
    for (const writer of [...(this.#buckets[bucket] ?? [])].sort()) {
      const tips = this.tips(writer)
      const key = this.logsOf(writer)[0]?.key
      if (key && tips.length > 0) rows.push({ writer: key, tips })
    }
    return rows
  }

  bucketHashes(): { bucket: number; hash: Uint8Array }[] {
    const hashes: { bucket: number; hash: Uint8Array }[] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const hash = this.#bucketHash(bucket)
      if (hash.length > 0) hashes.push({ bucket, hash })
    }
    return hashes
  }

  /** Equal exactly when the same batches are held. */
  root(): Uint8Array {
    if (!this.#root) {
      const hasher = sha256Hasher()
      for (const { bucket, hash } of this.bucketHashes()) {
        hasher.update(Uint8Array.of(bucket))
        hasher.update(hash)
      }
      this.#root = hasher.digest()
    }
    return this.#root
  }

  /** Empty for a bucket without rows. */
  #bucketHash(bucket: number): Uint8Array {
    let hash = this.#bucketHashes[bucket]
    if (!hash) {
      const rows = this.rowsOf(bucket)
      const hasher = sha256Hasher()
      for (const { writer, tips } of rows) {
        hasher.update(writer)
        const frame = new DataView(new ArrayBuffer(1 + tips.length * 8))
        frame.setUint8(0, tips.length)
        for (const [i, tip] of tips.entries()) frame.setBigUint64(1 + i * 8, BigInt(tip.number))
        hasher.update(new Uint8Array(frame.buffer))
        for (const tip of tips) hasher.update(tip.hash)
      }
      hash = rows.length === 0 ? new Uint8Array() : hasher.digest().subarray(0, SHORT_HASH_BYTES)
      this.#bucketHashes[bucket] = hash
    }
    return hash
  }

  #changed(log: Log): void {
    this.#bucketHashes[log.key[0] as number] = undefined
    this.#root = undefined
  }
}

export function sameTip(a: Tip, b: Tip): boolean {
  return a.number === b.number && sameBytes(a.hash, b.hash)
}
