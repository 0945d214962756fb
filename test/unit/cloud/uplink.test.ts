import { describe, expect, test } from 'vitest'
import { Budget } from '../../../node/cloud/budget.ts'
import { JOURNAL_FIRST_MS, UPLINK_IN_FLIGHT_BYTES, UPLINK_REQUESTS } from '../../../node/cloud/limits.ts'
import { UplinkTurns } from '../../../node/cloud/uplink-turns.ts'

const QUIET = { journalQuiet: true, restlessMs: 0, budgetSpent: false }

describe('turns on a narrow line', () => {
  test('files wait for facts and text, but not for a record that never comes to rest', () => {
    const turns = new UplinkTurns()
    expect(turns.next(10, { ...QUIET, journalQuiet: false, restlessMs: JOURNAL_FIRST_MS - 1 })).toBe('wait')
    expect(turns.next(10, { ...QUIET, journalQuiet: false, restlessMs: JOURNAL_FIRST_MS })).toBe('begin')
    expect(turns.next(10, QUIET)).toBe('begin')
  })

  test('a big request goes alone, small ones side by side up to a number and a size', () => {
    const turns = new UplinkTurns()
    turns.began(2 ** 20)
    expect(turns.next(1, QUIET)).toBe('wait')
    turns.ended(2 ** 20)
    turns.began(UPLINK_IN_FLIGHT_BYTES - 10)
    expect(turns.next(10, QUIET)).toBe('begin')
    expect(turns.next(11, QUIET)).toBe('wait')
    turns.ended(UPLINK_IN_FLIGHT_BYTES - 10)
    for (let i = 0; i < UPLINK_REQUESTS; i++) {
      expect(turns.next(1, QUIET)).toBe('begin')
      turns.began(1)
    }
    expect(turns.next(1, QUIET)).toBe('wait')
  })

  test('nothing begins once the budget is spent', () => {
    expect(new UplinkTurns().next(1, { ...QUIET, budgetSpent: true })).toBe('refuse')
  })
})

describe('a budget', () => {
  test('is spent at its bytes, and not one byte before', () => {
    const budget = new Budget()
    budget.use(99, 0)
    expect(budget.isSpent({ bytes: 100, minutes: null })).toBe(false)
    budget.use(1, 1)
    expect(budget.isSpent({ bytes: 100, minutes: null })).toBe(true)
    expect(budget.isSpent({ bytes: null, minutes: null })).toBe(false)
    expect(budget.isSpent({ bytes: 0, minutes: null })).toBe(true)
  })

  test('of minutes counts the time in which bytes moved, and a long pause as one minute', () => {
    const budget = new Budget()
    for (let second = 0; second <= 60; second++) budget.use(1, second * 1000)
    expect(budget.usedMinutes).toBe(1)
    expect(budget.isSpent({ bytes: null, minutes: 2 })).toBe(false)
    budget.use(1, 60 * 60_000)
    expect(budget.usedMinutes).toBe(2)
    expect(budget.isSpent({ bytes: null, minutes: 2 })).toBe(true)
  })

  test('knows the rate of the last seconds, and that nothing moves any more', () => {
    const budget = new Budget()
    for (let second = 100; second < 120; second++) budget.use(1000, second * 1000)
    expect(budget.bytesPerSecond(120_000)).toBeGreaterThan(800)
    expect(budget.bytesPerSecond(120_000)).toBeLessThan(1200)
    expect(budget.bytesPerSecond(160_000)).toBe(0)
  })
})
