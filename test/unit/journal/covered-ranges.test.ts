import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CborValue, decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import { decodeCoveredRanges, encodeCoveredRanges, MAX_COVERED_RANGES } from '../../../protocols/covered-ranges.ts'

describe('the list of ranges', () => {
  const range = { writer: new Uint8Array(32), from: 1, to: 2, hash: new Uint8Array(32) }

  test('has a limit, and one more is nothing', () => {
    expect(decodeCoveredRanges(encodeCoveredRanges(Array(MAX_COVERED_RANGES).fill(range)))).toHaveLength(
      MAX_COVERED_RANGES
    )
    expect(decodeCoveredRanges(encodeCoveredRanges(Array(MAX_COVERED_RANGES + 1).fill(range)))).toBeUndefined()
  })

  test('never names batch 0, whose certificate says whose the log is', () => {
    expect(decodeCoveredRanges(encodeCoveredRanges([{ ...range, from: 0 }]))).toBeUndefined()
  })

  test('of any content is decoded or is nothing', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 3, withBigInt: false }), (value) => {
        const found = decodeCoveredRanges({ ranges: value } as CborValue)
        if (found) expect(decodeCoveredRanges(decodeCbor(encodeCbor(encodeCoveredRanges(found)), 1e6))).toEqual(found)
      }),
      { numRuns: 100_000 }
    )
  })
})
