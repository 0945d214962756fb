import { describe, expect, test } from 'vitest'
import { FIRST_SLOTS, LEAST_SLOTS, MOST_SLOTS } from '../../../node/load/limits.ts'
import { Line } from '../../../node/load/line.ts'

/** A class of downloads for so many seconds, four times a second. @param carried by so many at once, in bytes per second */
function run(line: Line, seconds: number, carried: (slots: number) => number, fromMs = 0): number[] {
  const slots: number[] = []
  for (let ms = fromMs; ms < fromMs + seconds * 1000; ms += 250) {
    line.sent(carried(line.slots) / 4, ms)
    if (ms % 1000 === 0) line.probe(true, ms)
    slots.push(line.slots)
  }
  return slots
}

describe('how many downloads a line carries', () => {
  test('a line that is full is left alone, but for a try now and then', () => {
    const slots = run(new Line(), 300, () => 2.5e6)
    expect(Math.max(...slots)).toBeLessThanOrEqual(FIRST_SLOTS + 1)
    expect(slots.filter((one) => one > FIRST_SLOTS).length / slots.length).toBeLessThan(0.35)
  })

  test('where learners are slower than the line, more are let in until it is full', () => {
    const slots = run(new Line(), 600, (now) => Math.min(now, 10) * 0.3e6)
    expect(slots.at(-1)).toBeGreaterThanOrEqual(6)
    expect(Math.max(...slots)).toBeLessThanOrEqual(12)
  })

  test('never fewer than the least nor more than the most', () => {
    expect(Math.max(...run(new Line(), 2000, (now) => now ** 3 * 1e6))).toBe(MOST_SLOTS)
    let falling = 1e9
    const slots = run(new Line(), 3000, () => {
      falling *= 0.999
      return falling
    })
    expect(Math.min(...slots)).toBeGreaterThanOrEqual(LEAST_SLOTS)
  })

  test('nothing is tried while nobody waits', () => {
    const line = new Line()
    for (let ms = 0; ms < 60_000; ms += 1000) line.probe(false, ms)
    expect(line.slots).toBe(FIRST_SLOTS)
  })

  test('the rate is that of the last seconds; nothing is said before there is one', () => {
    const line = new Line()
    expect(line.bytesPerSecond(0)).toBeUndefined()
    run(line, 10, () => 1e6)
    expect(line.bytesPerSecond(10_000)).toBeGreaterThan(0.8e6)
    expect(line.bytesPerSecond(10_000)).toBeLessThan(1.3e6)
    expect(line.bytesPerSecond(60_000)).toBeUndefined()
  })
})
