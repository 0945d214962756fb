/** Who is here: kept for the moment, told to those who look, and to nobody else. */
import { describe, expect, test } from 'vitest'
import { MAX_PRESENT, PRESENCE_KEPT_MS } from '../../../node/live/limits.ts'
import { PresenceBoard } from '../../../node/live/presence-board.ts'
import { personOf } from './live-kit.ts'

function boardWithClock(): { board: PresenceBoard; clock: { nowMs: number } } {
  const clock = { nowMs: 5_000, monotonicMs: () => clock.nowMs, wallMs: () => 0, after: () => () => undefined }
  return { board: new PresenceBoard({ clock }), clock }
}

describe('who is here', () => {
  test('is whoever has a page in sight; the next page goes on with the same visit', () => {
    const { board, clock } = boardWithClock()
    const leave = board.enter(personOf(1))
    clock.nowMs += 60_000
    expect(board.list()).toEqual([{ person: personOf(1), forMs: 60_000, awayMs: 0 }])
    leave()
    leave()
    clock.nowMs += 2_000
    expect(board.list()).toEqual([{ person: personOf(1), forMs: 62_000, awayMs: 2_000 }])
    const [one, two] = [board.enter(personOf(1)), board.enter(personOf(1))]
    clock.nowMs += 1_000
    one()
    expect(board.list()).toEqual([{ person: personOf(1), forMs: 63_000, awayMs: 0 }])
    two()
    expect(board.list()[0]?.awayMs).toBe(0)
    clock.nowMs += 500
    expect(board.list()[0]?.awayMs).toBe(500)
  })

  test('was here for a break, and a longer one begins a new visit', () => {
    const { board, clock } = boardWithClock()
    board.seen(personOf(1))
    clock.nowMs += PRESENCE_KEPT_MS - 1
    expect(board.list()).toEqual([{ person: personOf(1), forMs: PRESENCE_KEPT_MS - 1, awayMs: PRESENCE_KEPT_MS - 1 }])
    board.seen(personOf(1))
    expect(board.list()[0]).toEqual({ person: personOf(1), forMs: PRESENCE_KEPT_MS - 1, awayMs: 0 })
    clock.nowMs += PRESENCE_KEPT_MS
    expect(board.list()).toEqual([])
    board.seen(personOf(1))
    expect(board.list()).toEqual([{ person: personOf(1), forMs: 0, awayMs: 0 }])
  })

  test('a page in sight for a whole day is no visit that ended', () => {
    const { board, clock } = boardWithClock()
    const leave = board.enter(personOf(1))
    clock.nowMs += 24 * 3_600_000
    expect(board.list()).toEqual([{ person: personOf(1), forMs: 24 * 3_600_000, awayMs: 0 }])
    board.seen(personOf(1))
    expect(board.list()[0]?.forMs).toBe(24 * 3_600_000)
    leave()
  })

  test(`stands in line: here first, then who was seen last; at most ${MAX_PRESENT}, and whoever is here stays`, () => {
    const { board, clock } = boardWithClock()
    board.enter(personOf(0))
    for (let number = 1; number <= MAX_PRESENT; number++) {
      clock.nowMs += 1
      board.seen(personOf(number))
    }
    const people = board.list().map(({ person }) => person)
    expect(people).toHaveLength(MAX_PRESENT)
    expect(new Set(people.slice(0, 2))).toEqual(new Set([personOf(0), personOf(MAX_PRESENT)]))
    expect(people).not.toContain(personOf(1))
    expect(people.at(-1)).toBe(personOf(2))
  })
})
