/**
 * The body of an entry `overwritten` of topic `journal`: entries of registers that the same node has written again, and how far its logs must be
 * known for that to be seen. What it means is in node/journal/covers.ts.
 *
 *     { ranges: [[writer: 32 bytes, from, to, hash of batch `to`: 32 bytes, [number, index, number, index, …]], …] }
 *
 * A range without places only says that the newer values stand in that log, up to `to`.
 */
import { HASH_BYTES, MAX_BATCH_ENTRIES } from './batch.ts'
import { type CborValue, isCborMap } from './cbor.ts'
import { type CoveredRange, MAX_COVERED_RANGES } from './covered-ranges.ts'

export const OVERWRITTEN_KIND = 'overwritten'
export const OVERWRITTEN_VERSION = 1
/** 10 KB; a device that sets one thing each minute has so many in a day. */
export const MAX_OVERWRITTEN_PLACES = 1024
/** A place is one exact integer: number · 4096 + index. One batch every millisecond for 34 years. */
const MAX_PLACE_NUMBER = 2 ** 40 - 1
const WRITER_BYTES = 32

export interface OverwrittenRange extends CoveredRange {
  /** Number and index of each entry, as `placeOf` gives them, ascending. */
  places: readonly number[]
}

export function placeOf(number: number, index: number): number {
  return number * MAX_BATCH_ENTRIES + index
}

export function numberOfPlace(place: number): number {
  return Math.floor(place / MAX_BATCH_ENTRIES)
}

export function encodeOverwritten(ranges: readonly OverwrittenRange[]): CborValue {
  return {
    ranges: ranges.map(({ writer, from, to, hash, places }) => [
      writer,
      from,
      to,
      hash,
      places.flatMap((place) => [numberOfPlace(place), place % MAX_BATCH_ENTRIES])
    ])
  }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeOverwritten(body: CborValue | undefined): OverwrittenRange[] | undefined {
  if (!isCborMap(body)) return undefined
  const { ranges } = body
  if (!Array.isArray(ranges) || ranges.length === 0 || ranges.length > MAX_COVERED_RANGES) return undefined
  const decoded: OverwrittenRange[] = []
  let places = 0
  for (const value of ranges) {
    const range = rangeOf(value)
    places += range?.places.length ?? 0
    if (!range || places > MAX_OVERWRITTEN_PLACES) return undefined
    decoded.push(range)
  }
  return places > 0 ? decoded : undefined
}

function rangeOf(value: CborValue): OverwrittenRange | undefined {
  if (!Array.isArray(value) || value.length !== 5) return undefined
  const [writer, from, to, hash, list] = value
  if (!(writer instanceof Uint8Array) || writer.length !== WRITER_BYTES) return undefined
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) return undefined
  if (!isWhole(from, MAX_PLACE_NUMBER) || !isWhole(to, MAX_PLACE_NUMBER) || to < from || !Array.isArray(list))
    return undefined
  if (list.length % 2 !== 0 || list.length > MAX_OVERWRITTEN_PLACES * 2) return undefined
  const places: number[] = []
  for (let i = 0; i < list.length; i += 2) {
    const [number, index] = [list[i], list[i + 1]]
    if (!isWhole(number, to) || number < from || !isWhole(index, MAX_BATCH_ENTRIES - 1)) return undefined
    const place = placeOf(number, index)
    if (place <= (places.at(-1) ?? -1)) return undefined
    places.push(place)
  }
  return { writer, from, to, hash, places }
}

function isWhole(value: CborValue | undefined, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most && !Object.is(value, -0)
}
