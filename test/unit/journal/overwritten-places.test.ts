import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_COVERED_RANGES } from '../../../protocols/covered-ranges.ts'
import {
  decodeOverwritten,
  encodeOverwritten,
  MAX_OVERWRITTEN_PLACES,
  placeOf
} from '../../../protocols/overwritten-places.ts'

test('a claim of the most entries and logs is read, one more is not', () => {
  const places = (count: number): number[] => Array.from({ length: count }, (_, i) => placeOf(i, 7))
  const range = (list: number[]) => ({
    writer: new Uint8Array(32),
    from: 0,
    to: 9_999,
    hash: new Uint8Array(32),
    places: list
  })
  expect(decodeOverwritten(encodeOverwritten([range(places(MAX_OVERWRITTEN_PLACES))]))?.[0]?.places).toHaveLength(1024)
  expect(decodeOverwritten(encodeOverwritten([range(places(MAX_OVERWRITTEN_PLACES + 1))]))).toBeUndefined()
  expect(
    decodeOverwritten(encodeOverwritten([range(places(MAX_OVERWRITTEN_PLACES)), range(places(1))]))
  ).toBeUndefined()
  const many = (count: number) => Array.from({ length: count }, () => range(places(1)))
  expect(decodeOverwritten(encodeOverwritten(many(MAX_COVERED_RANGES)))).toHaveLength(MAX_COVERED_RANGES)
  expect(decodeOverwritten(encodeOverwritten(many(MAX_COVERED_RANGES + 1)))).toBeUndefined()
  for (const wrong of [[], [range([])], [range([3, 3])], [range([4, 3])], [{ ...range(places(1)), to: -1 }]])
    expect(decodeOverwritten(encodeOverwritten(wrong))).toBeUndefined()
})

test('100,000 bodies of claims, bent and random: none throws, and what is read says itself again', () => {
  const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.constantFrom(2 ** 40 - 1, 2 ** 40, 2 ** 53, 1.5, -0))
  const range = fc.tuple(
    fc.oneof(fc.constant(new Uint8Array(32)), fc.uint8Array({ maxLength: 33 })),
    number,
    number,
    fc.constant(new Uint8Array(32)),
    fc.oneof(fc.array(number, { maxLength: 8 }), fc.constant([0, 0, 1, 0]), fc.constant(null))
  )
  const body = fc.oneof(fc.record({ ranges: fc.array(range, { maxLength: 3 }) }), fc.constantFrom(null, 1, 'x', [], {}))
  fc.assert(
    fc.property(body, (value) => {
      const read = decodeOverwritten(value as never)
      if (read) expect(decodeOverwritten(encodeOverwritten(read))).toEqual(read)
    }),
    { numRuns: 100_000 }
  )
})
