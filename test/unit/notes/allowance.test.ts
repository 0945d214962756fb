import { expect, test } from 'vitest'
import { Allowance, Allowances } from '../../../node/notes/allowance.ts'
import * as limits from '../../../node/notes/limits.ts'

test('so much at once and so much a second; one more has to wait exactly until it is covered', () => {
  const one = new Allowance(100, 1_000, 0)
  expect(one.take(1_000, 0)).toBe(0)
  expect(one.take(1, 0)).toBe(10)
  expect(one.take(100, 1_010)).toBe(0)
  expect(one.take(1_000, 1_010)).toBe(10_000)
})

test('in an hour no address writes more than its share, however it is cut up', () => {
  const all = new Allowances(limits.TEXT_BYTES_PER_SECOND, limits.TEXT_BYTES_BURST, 8)
  const hourMs = 3_600_000
  let written = 0
  for (let nowMs = 0; nowMs < hourMs; ) {
    const waitMs = all.of('10.0.0.7', nowMs).take(500_000, nowMs)
    written += 500_000
    nowMs += Math.max(waitMs, 1)
  }
  expect(written).toBeLessThan(limits.TEXT_BYTES_BURST + (limits.TEXT_BYTES_PER_SECOND * hourMs) / 1_000 + 1_000_000)
})

test('an address that used nothing lately is forgotten, one in use is not, and there is a most', () => {
  const all = new Allowances(1, 10, 3)
  all.of('idle', 0)
  all.of('busy', 0).take(10, 0)
  all.of('other', 0).take(10, 0)
  all.of('fourth', 1_000)
  expect(all.size).toBe(3)
  expect(all.of('busy', 1_000).take(10, 1_000)).toBeGreaterThan(0)
  for (let i = 0; i < 20; i++) all.of(`10.0.0.${i}`, 1_000).take(10, 1_000)
  expect(all.size).toBe(3)
})
