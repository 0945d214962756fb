/** Ranges and conditions of RFC 9110 (sections 13 and 14) for bytes that never change under their name. */

export type AskedRange =
  /** Everything: no range, one that we may ignore (another unit, a broken one, several), or one that its If-Range took back. */
  | { kind: 'whole' }
  /** Bytes `start` ≤ i < `end`. */
  | { kind: 'part'; start: number; end: number }
  | { kind: 'unsatisfiable' }

const WHOLE: AskedRange = { kind: 'whole' }
/** A header with more ranges is somebody's attack (CVE-2011-3192) and is answered with the whole. */
const MAX_RANGES = 32
const RANGE = /^(\d{0,15})-(\d{0,15})$/

/** What `Range: <header>` asks of `sizeBytes` bytes. Several ranges are answered with the whole, which section 14.2 allows. */
export function parseRange(header: string | undefined, sizeBytes: number): AskedRange {
  if (header === undefined || sizeBytes === 0) return WHOLE
  const found = /^bytes[ \t]*=(.*)$/i.exec(header)
  const parts = found?.[1]?.split(',') ?? []
  if (parts.length === 0 || parts.length > MAX_RANGES) return WHOLE
  let satisfiable: { start: number; end: number } | undefined
  let ranges = 0
  for (const part of parts) {
    const text = part.trim()
    if (text === '') continue
    ranges++
    const numbers = RANGE.exec(text)
    if (!numbers || text === '-') return WHOLE
    const [, first = '', last = ''] = numbers
    if (first === '') {
      const suffix = Number(last)
      if (suffix > 0) satisfiable = { start: Math.max(0, sizeBytes - suffix), end: sizeBytes }
      continue
    }
    const start = Number(first)
    if (last !== '' && Number(last) < start) return WHOLE
    if (start < sizeBytes) satisfiable = { start, end: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) }
  }
  if (ranges === 0) return WHOLE
  if (!satisfiable) return { kind: 'unsatisfiable' }
  return ranges === 1 ? { kind: 'part', ...satisfiable } : WHOLE
}

/** If-Range: the range counts only while the visitor has part of these very bytes. We send no dates, so a date never matches. */
export function rangeStillCounts(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag
}

/** If-None-Match and If-Match: `*`, or one of the listed tags is ours. Weak tags compare equal only where `weak` allows it. */
export function tagMatches(header: string, etag: string, weak: boolean): boolean {
  if (header.trim() === '*') return true
  for (const [, weakMark, tag] of header.matchAll(/(W\/)?("[^"]*")/g))
    if (tag === etag && (weak || !weakMark)) return true
  return false
}
