import { describe, expect, test } from 'vitest'
import { RoomClock } from '../../../node/live/index.ts'
import { MAX_WALL_MS } from '../../../protocols/room-live.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { TestJournal } from '../collections/shared-journal.ts'
import { LiveRoom } from './live-kit.ts'

const NOW = Date.UTC(2026, 10, 24, 13, 30)

describe('the clock of a room', () => {
  test('is set once and shown on every device, each counting on with its own clock', async () => {
    const room = new LiveRoom(1)
    const [a, b] = [await room.add('a'), await room.add('b', { wallMs: Date.UTC(2001, 0, 1) })]
    await room.pass(1_000)
    await a.live.setClock(NOW)
    await room.until(() => b.live.roomClock.count === 1)
    await room.pass(3_600_000)
    for (const { live } of [a, b]) expect(Math.abs(live.roomClock.wallMs() - NOW - 3_600_000)).toBeLessThan(1_000)
    const c = await room.add('c')
    await room.until(() => c.live.roomClock.count === 1)
    expect(Math.abs(c.live.roomClock.wallMs() - a.live.roomClock.wallMs())).toBeLessThan(1_000)
  })

  test('only goes forwards', async () => {
    const time = new SimulatedTime()
    const clock = await RoomClock.open({ clock: new SimulatedClock(time), journal: new TestJournal('a') })
    await clock.set(NOW)
    await expect(clock.set(NOW)).rejects.toMatchObject({ code: 'CLOCK_NOT_FORWARD' })
    await clock.set(NOW + 1)
    await expect(clock.set(MAX_WALL_MS + 1)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await clock.set(MAX_WALL_MS)
    expect(clock.take(1, NOW)).toBe(false)
    expect(clock.wallMs()).toBeGreaterThanOrEqual(MAX_WALL_MS)
  })

  test('goes on from where it was last set when everything was off, and not from 1970', async () => {
    const time = new SimulatedTime()
    const journal = new TestJournal('a')
    const before = await RoomClock.open({ clock: new SimulatedClock(time), journal })
    await before.set(NOW)
    before.stop()
    const after = await RoomClock.open({ clock: new SimulatedClock(time), journal })
    expect(after.wallMs()).toBe(NOW)
    expect(after.count).toBe(1)
  })

  test('a device that has learnt a later time shows that one', async () => {
    const time = new SimulatedTime()
    const device = new SimulatedClock(time)
    const clock = await RoomClock.open({ clock: device, journal: new TestJournal('a') })
    await clock.set(NOW)
    device.jump(NOW + 60_000)
    expect(clock.wallMs()).toBe(device.wallMs())
    device.jump(-NOW)
    expect(clock.wallMs()).toBe(NOW)
  })
})
