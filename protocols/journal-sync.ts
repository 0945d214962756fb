/**
 * `/joinery/journal/1`: what two linked nodes say so that both hold the same batches. One stream per link, opened by the dialler.
 *
 *     digest  [1, root: 32 bytes]                         dialler: on connect, then every 30 s
 *     buckets [2, [[bucket, hash: 16 bytes], …]]          answer to a digest: equal to ours = an empty list with the root, see below
 *     rows    [3, answer: bool, [bucket, …], [[writer: 32 bytes, [[number, hash: 16 bytes], …]], …]]
 *     request [4, id, [[writer, from, to | null], …]]     `to` null: up to the newest there is when it is reached
 *     batches [5, [batch: bytes, …]]                      an answer, or what was just written
 *     done    [6, id]                                     the request is answered as far as we can
 *     have    [7, [[writer, number], …]]                  on our medium since we last said so: at most 4 a second
 *     same    [8, root: 32 bytes]                         answer to a digest that is equal to ours
 *
 * A writer's *tips* are the last batches of its branches: one, unless its key was copied. Writers fall into 256 buckets by the first byte of their
 * key; the hash of a bucket covers its rows in order, the root covers the buckets. So two journals with
 * the writers of ten years that differ in one of them exchange one root, a few KB of bucket hashes and one bucket.
 *
 * Non-goals: secrecy (the mesh does that), membership (the certificates do).
 */
import { MAX_BATCH_BYTES, MAX_BATCH_NUMBER } from './batch.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { JoineryError } from './errors.ts'

export const JOURNAL_PROTOCOL = '/joinery/journal/1'

/** One greatest batch and the frame around it. */
export const MAX_SYNC_MESSAGE_BYTES = MAX_BATCH_BYTES + 64
/** A bucket of a room with 250,000 starts of a process. */
export const MAX_ROWS = 1024
/** Ranges of one request: a reader's memory, not a limit of what is asked for in the end. */
export const MAX_RANGES = 256
/** Copies of one writer's key. More are refused: somebody is playing. */
export const MAX_TIPS = 8
export const MAX_BATCHES_PER_MESSAGE = 4096
export const BUCKETS = 256
export const ROOT_BYTES = 32
/** A writer could search two batches with one short hash, to hide a fork: 16 bytes make that 2^64 tries. */
export const SHORT_HASH_BYTES = 16
const WRITER_BYTES = 32

export interface Tip {
  number: number
  /** The first 16 bytes of the batch's hash. */
  hash: Uint8Array
}

export interface WriterRow {
  writer: Uint8Array
  /** 1 to 8, ascending by number, then by hash. */
  tips: Tip[]
}

export interface BatchRange {
  writer: Uint8Array
  from: number
  /** Inclusive; null = up to the newest. */
  to: number | null
}

export type SyncMessage =
  | { type: 'digest'; root: Uint8Array }
  | { type: 'buckets'; buckets: { bucket: number; hash: Uint8Array }[] }
  | { type: 'rows'; answer: boolean; buckets: number[]; rows: WriterRow[] }
  | { type: 'request'; id: number; ranges: BatchRange[] }
  | { type: 'batches'; batches: Uint8Array[] }
  | { type: 'done'; id: number }
  | { type: 'have'; rows: { writer: Uint8Array; number: number }[] }
  | { type: 'same'; root: Uint8Array }

export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const bytes = encodeCbor(tupleOfMessage(message))
  if (bytes.length > MAX_SYNC_MESSAGE_BYTES) throw new JoineryError('TOO_LARGE', 'a message of a sync too long')
  return bytes
}

function tupleOfMessage(message: SyncMessage): CborValue[] {
  switch (message.type) {
    case 'digest':
      return [1, message.root]
    case 'buckets':
      return [2, message.buckets.map(({ bucket, hash }) => [bucket, hash])]
    case 'rows':
      return [
        3,
        message.answer,
        message.buckets,
        message.rows.map(({ writer, tips }) => [writer, tips.map(({ number, hash }) => [number, hash])])
      ]
    case 'request':
      return [4, message.id, message.ranges.map(({ writer, from, to }) => [writer, from, to])]
    case 'batches':
      return [5, message.batches]
    case 'done':
      return [6, message.id]
    case 'have':
      return [7, message.rows.map(({ writer, number }) => [writer, number])]
    case 'same':
      return [8, message.root]
  }
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeSyncMessage(bytes: Uint8Array): SyncMessage {
  const tuple = decodeCbor(bytes, MAX_SYNC_MESSAGE_BYTES)
  if (!Array.isArray(tuple)) throw malformed('not a message of a sync')
  const [type, ...rest] = tuple
  switch (type) {
    case 1:
      return { type: 'digest', root: bytesOf(only(rest), ROOT_BYTES) }
    case 2: {
      const buckets = listOf(only(rest), BUCKETS).map((item) => {
        const [bucket, hash] = pair(item)
        return { bucket: integerOf(bucket, BUCKETS - 1), hash: bytesOf(hash, SHORT_HASH_BYTES) }
      })
      checkAscending(buckets.map(({ bucket }) => bucket))
      return { type: 'buckets', buckets }
    }
    case 3: {
      if (rest.length !== 3 || typeof rest[0] !== 'boolean') throw malformed('not the rows of a sync')
      const buckets = listOf(rest[1], BUCKETS).map((bucket) => integerOf(bucket, BUCKETS - 1))
      checkAscending(buckets)
      return { type: 'rows', answer: rest[0], buckets, rows: listOf(rest[2], MAX_ROWS).map(rowOf) }
    }
    case 4: {
      const [id, ranges] = pair(rest)
      return {
        type: 'request',
        id: integerOf(id, Number.MAX_SAFE_INTEGER),
        ranges: listOf(ranges, MAX_RANGES).map(rangeOf)
      }
    }
    case 5: {
      const batches = listOf(only(rest), MAX_BATCHES_PER_MESSAGE).map((item) => {
        if (!(item instanceof Uint8Array)) throw malformed('not a batch')
        return item
      })
      return { type: 'batches', batches }
    }
    case 6:
      return { type: 'done', id: integerOf(only(rest), Number.MAX_SAFE_INTEGER) }
    case 7: {
      const rows = listOf(only(rest), MAX_ROWS).map((item) => {
        const [writer, number] = pair(item)
        return { writer: bytesOf(writer, WRITER_BYTES), number: integerOf(number, MAX_BATCH_NUMBER) }
      })
      return { type: 'have', rows }
    }
    case 8:
      return { type: 'same', root: bytesOf(only(rest), ROOT_BYTES) }
    default:
      throw malformed('not a message of a sync')
  }
}

function rowOf(value: CborValue): WriterRow {
  const [writer, list] = pair(value)
  const tips = listOf(list, MAX_TIPS).map((item) => {
    const [number, hash] = pair(item)
    return { number: integerOf(number, MAX_BATCH_NUMBER), hash: bytesOf(hash, SHORT_HASH_BYTES) }
  })
  if (tips.length === 0) throw malformed('a writer without a batch')
  return { writer: bytesOf(writer, WRITER_BYTES), tips }
}

function rangeOf(value: CborValue): BatchRange {
  if (!Array.isArray(value) || value.length !== 3) throw malformed('not a range')
  const from = integerOf(value[1], MAX_BATCH_NUMBER)
  const to = value[2] === null ? null : integerOf(value[2], MAX_BATCH_NUMBER)
  if (to !== null && to < from) throw malformed('a range that ends before it begins')
  return { writer: bytesOf(value[0], WRITER_BYTES), from, to }
}

function malformed(why: string): JoineryError {
  return new JoineryError('MALFORMED', why)
}

function only(items: CborValue[]): CborValue | undefined {
  if (items.length !== 1) throw malformed('not a message of a sync')
  return items[0]
}

function pair(value: CborValue | undefined): [CborValue, CborValue] {
  if (!Array.isArray(value) || value.length !== 2) throw malformed('not a pair')
  return value as [CborValue, CborValue]
}

function listOf(value: CborValue | undefined, max: number): CborValue[] {
  if (!Array.isArray(value)) throw malformed('not a list')
  if (value.length > max) throw new JoineryError('TOO_LARGE', `a list of more than ${max}`)
  return value
}

function bytesOf(value: CborValue | undefined, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw malformed(`not ${length} bytes`)
  return value
}

function integerOf(value: CborValue | undefined, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw malformed('a number out of range')
  return value
}

function checkAscending(numbers: number[]): void {
  for (let i = 1; i < numbers.length; i++) {
    if ((numbers[i] as number) <= (numbers[i - 1] as number)) throw malformed('buckets out of order')
  }
}
