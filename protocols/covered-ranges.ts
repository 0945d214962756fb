/**
 * The body of an entry `covered` of topic `journal`: ranges of logs whose merged content the same node has written again, further up in the log
 * that this entry stands in. What it means is in node/journal/covers.ts.
 *
 *     { ranges: [[writer: 32 bytes, from, to, hash of batch `to`: 32 bytes], …] }
 */
import { HASH_BYTES, MAX_BATCH_NUMBER } from './batch.ts'
import { type CborValue, isCborMap } from './cbor.ts'

export const COVERED_KIND = 'covered'
export const COVERED_VERSION = 1
/** 20 KB; a writer's busy minute has a range for each person who came to it. */
export const MAX_COVERED_RANGES = 256
const WRITER_BYTES = 32

export interface CoveredRange {
  writer: Uint8Array
  /** At least 1: batch 0 carries the certificate. */
  from: number
  to: number
  /** sha2-256 of the header of batch `to`: names the branch that is meant. */
  hash: Uint8Array
}

export function encodeCoveredRanges(ranges: readonly CoveredRange[]): CborValue {
  return { ranges: ranges.map(({ writer, from, to, hash }) => [writer, from, to, hash]) }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeCoveredRanges(body: CborValue | undefined): CoveredRange[] | undefined {
  if (!isCborMap(body)) return undefined
  const { ranges } = body
  if (!Array.isArray(ranges) || ranges.length === 0 || ranges.length > MAX_COVERED_RANGES) return undefined
  const decoded = ranges.map(rangeOf)
  return decoded.includes(undefined) ? undefined : (decoded as CoveredRange[])
}

function rangeOf(value: CborValue): CoveredRange | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [writer, from, to, hash] = value
  if (!(writer instanceof Uint8Array) || writer.length !== WRITER_BYTES) return undefined
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) return undefined
  if (!isNumber(from) || !isNumber(to) || from < 1 || to < from) return undefined
  return { writer, from, to, hash }
}

function isNumber(value: CborValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) <= MAX_BATCH_NUMBER
}
