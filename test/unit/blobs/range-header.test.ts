import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRange, rangeStillCounts, tagMatches } from '../../../node/blobs/range-header.ts'

test.each([
  ['bytes=0-0', 10, { kind: 'part', start: 0, end: 1 }],
  ['bytes=0-9', 10, { kind: 'part', start: 0, end: 10 }],
  ['bytes=0-99', 10, { kind: 'part', start: 0, end: 10 }],
  ['bytes=9-', 10, { kind: 'part', start: 9, end: 10 }],
  ['bytes=-3', 10, { kind: 'part', start: 7, end: 10 }],
  ['bytes=-30', 10, { kind: 'part', start: 0, end: 10 }],
  ['Bytes = 2-3', 10, { kind: 'part', start: 2, end: 4 }],
  ['bytes=10-', 10, { kind: 'unsatisfiable' }],
  ['bytes=-0', 10, { kind: 'unsatisfiable' }],
  ['bytes=10-12, 99-', 10, { kind: 'unsatisfiable' }],
  ['bytes=0-1,3-4', 10, { kind: 'whole' }],
  ['bytes=,0-1,', 10, { kind: 'part', start: 0, end: 2 }],
  ['bytes=5-2', 10, { kind: 'whole' }],
  ['bytes=-', 10, { kind: 'whole' }],
  ['bytes=', 10, { kind: 'whole' }],
  ['bytes=1-2-3', 10, { kind: 'whole' }],
  ['bytes=a-b', 10, { kind: 'whole' }],
  ['items=0-1', 10, { kind: 'whole' }],
  [undefined, 10, { kind: 'whole' }],
  ['bytes=0-', 0, { kind: 'whole' }],
  ['bytes=99999999999999999999-', 10, { kind: 'whole' }]
])('%s of %i bytes', (header, sizeBytes, expected) => {
  expect(parseRange(header, sizeBytes)).toEqual(expected)
})

test('whatever the header, a part lies inside the blob and is not empty', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.option(fc.nat(200)), fc.option(fc.nat(200))).map(([a, b]) => `bytes=${a ?? ''}-${b ?? ''}`),
    fc
      .array(fc.tuple(fc.option(fc.nat(200)), fc.option(fc.nat(200))), { maxLength: 40 })
      .map((ranges) => `bytes=${ranges.map(([a, b]) => `${a ?? ''}-${b ?? ''}`).join(',')}`)
  )
  fc.assert(
    fc.property(header, fc.nat(100), (text, sizeBytes) => {
      const range = parseRange(text, sizeBytes)
      if (range.kind !== 'part') return
      expect(range.start).toBeGreaterThanOrEqual(0)
      expect(range.end).toBeGreaterThan(range.start)
      expect(range.end).toBeLessThanOrEqual(sizeBytes)
    }),
    { numRuns: 100_000 }
  )
})

test('a range counts only while the visitor has part of these very bytes', () => {
  expect(rangeStillCounts(undefined, '"a"')).toBe(true)
  expect(rangeStillCounts('"a"', '"a"')).toBe(true)
  expect(rangeStillCounts('"b"', '"a"')).toBe(false)
  expect(rangeStillCounts('W/"a"', '"a"')).toBe(false)
  expect(rangeStillCounts('Tue, 15 Nov 1994 12:45:26 GMT', '"a"')).toBe(false)
})

test('tags match as RFC 9110 compares them', () => {
  expect(tagMatches('*', '"a"', false)).toBe(true)
  expect(tagMatches('"b", "a"', '"a"', false)).toBe(true)
  expect(tagMatches('W/"a"', '"a"', true)).toBe(true)
  expect(tagMatches('W/"a"', '"a"', false)).toBe(false)
  expect(tagMatches('"b"', '"a"', true)).toBe(false)
  expect(tagMatches('a', '"a"', true)).toBe(false)
})
