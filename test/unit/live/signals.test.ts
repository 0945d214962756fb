import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_SIGNALS, SIGNAL_BURST, SIGNAL_LIFE_MS, SIGNAL_REFILL_MS } from '../../../node/live/limits.ts'
import { SignalBoard } from '../../../node/live/signal-board.ts'
import type { Signal } from '../../../protocols/room-live.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { nodeOf } from '../room/room-kit.ts'
import { LiveRoom, personOf } from './live-kit.ts'

const ANA = personOf(1)
const BEN = personOf(2)

function boards(count: number): { time: SimulatedTime; boards: SignalBoard[] } {
  const time = new SimulatedTime()
  return {
    time,
    boards: Array.from({ length: count }, (_, at) => {
      // Each believes in another year: nothing may depend on it.
      const clock = new SimulatedClock(time, { wallMs: at * 1e12 })
      return new SignalBoard({ clock }, { self: nodeOf(`board ${at}`) })
    })
  }
}

describe('a board of stickies', () => {
  test('shows each person’s newest, and keeps the place of a hand that stays up', async () => {
    const { time, boards: all } = boards(1)
    const board = all[0] as SignalBoard
    board.set(BEN, { hand: true })
    await time.run(60_000)
    board.set(ANA, { sticky: 'red', hand: true })
    board.set(BEN, { sticky: 'green', hand: true })
    expect(board.list().map(({ person }) => person)).toEqual([BEN, ANA])
    board.set(BEN, { sticky: 'green', hand: false })
    expect(board.of(BEN)).toEqual({ sticky: 'green', hand: false })
    expect(board.list().map(({ person }) => person)).toEqual([ANA, BEN])
  })

  test('forgets what nobody took down after a half day, also what it heard late', async () => {
    const { time, boards: all } = boards(2)
    const [here, there] = all as [SignalBoard, SignalBoard]
    here.set(ANA, { sticky: 'red', hand: false })
    await time.run(SIGNAL_LIFE_MS / 2)
    const { floor, signals } = here.snapshot()
    there.merge(floor, signals)
    await time.run(SIGNAL_LIFE_MS - 1)
    expect(there.of(ANA).sticky).toBe('red')
    await time.run(SIGNAL_LIFE_MS)
    expect([here.of(ANA), there.of(ANA)]).toEqual([{ hand: false }, { hand: false }])
    expect(there.merge(0, [{ ...(signals[0] as Signal), ageMs: SIGNAL_LIFE_MS }])).toBeUndefined()
  })

  test('takes as many people as a room has, and not one more while all show something', () => {
    const { boards: all } = boards(1)
    const board = all[0] as SignalBoard
    for (let number = 0; number < MAX_SIGNALS; number++)
      expect(board.set(personOf(number), { hand: true })).toBeDefined()
    expect(board.set(personOf(MAX_SIGNALS), { hand: true })).toBeUndefined()
    board.set(personOf(7), { hand: false })
    expect(board.set(personOf(MAX_SIGNALS), { hand: true })).toBeDefined()
    expect(board.list()).toHaveLength(MAX_SIGNALS)
  })

  test('boards that heard the same show the same, whatever the order and however often; "all down" wins over what was before', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('set' as const),
        board: fc.nat(2),
        person: fc.nat(3),
        sticky: fc.constantFrom('green' as const, 'red' as const, undefined),
        hand: fc.boolean()
      }),
      fc.record({ kind: fc.constant('down' as const), board: fc.nat(2) }),
      fc.record({ kind: fc.constant('meet' as const), board: fc.nat(2), other: fc.nat(2) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { boards: all } = boards(3)
        const meet = (a: SignalBoard, b: SignalBoard): void => {
          const { floor, signals } = a.snapshot()
          b.merge(floor, [...signals].reverse())
          b.merge(floor, signals)
        }
        for (const one of steps) {
          const board = all[one.board] as SignalBoard
          if (one.kind === 'set')
            board.set(personOf(one.person), { ...(one.sticky && { sticky: one.sticky }), hand: one.hand })
          else if (one.kind === 'down') {
            board.takeAllDown()
            expect(board.list()).toEqual([])
          } else meet(all[one.other] as SignalBoard, board)
        }
        for (let round = 0; round < 2; round++) for (const a of all) for (const b of all) meet(a, b)
        const [first, ...others] = all.map((board) => board.list())
        for (const other of others) expect(other).toEqual(first)
      }),
      { numRuns: 2_000 }
    )
  })
})

describe('stickies over the mesh', () => {
  test('reach every device, stay when the learner’s device goes, and come to one that joins later', async () => {
    const room = new LiveRoom(1)
    const [a, b] = [await room.add('a'), await room.add('b')]
    await room.pass(1_000)
    a.live.setSignal(ANA, { sticky: 'red', hand: true })
    await room.until(() => b.live.signalOf(ANA).sticky === 'red')
    room.network.leave(a.id)
    a.clock.kill()
    const c = await room.add('c')
    await room.until(() => c.live.signalOf(ANA).hand)
    // The learner is at another device now.
    c.live.setSignal(ANA, { sticky: 'green', hand: false })
    await room.until(() => b.live.signalOf(ANA).sticky === 'green')
    expect(b.live.signals()).toHaveLength(1)
  })

  test('reach devices that are not linked with each other through those between them', async () => {
    const room = new LiveRoom(2)
    const nodes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => room.add(name)))
    const [a, b, c, d] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]]
    for (const [x, y] of [
      [a, c],
      [a, d],
      [b, d]
    ] as const)
      room.network.cut(x.id, y.id)
    await room.pass(3_000)
    a.live.setSignal(ANA, { hand: true })
    await room.until(() => d.live.signalOf(ANA).hand)
    d.live.takeAllDown()
    await room.until(() => !a.live.signalOf(ANA).hand)
  })

  test('heal after a split: what was set on either side is there, what was taken down stays down', async () => {
    const room = new LiveRoom(3)
    const [a, b] = [await room.add('a'), await room.add('b')]
    await room.pass(1_000)
    a.live.setSignal(ANA, { sticky: 'red', hand: false })
    await room.until(() => b.live.signalOf(ANA).sticky === 'red')
    room.network.cut(a.id, b.id)
    await room.pass(60_000)
    b.live.setSignal(ANA, { hand: false })
    b.live.setSignal(BEN, { hand: true })
    room.network.heal(a.id, b.id)
    await room.until(() => a.live.signalOf(BEN).hand)
    expect(a.live.signalOf(ANA)).toEqual({ hand: false })
  })

  test('one person changes theirs a few times at once and then in measure, others are not held up', async () => {
    const room = new LiveRoom(4)
    const a = await room.add('a')
    for (let i = 0; i < SIGNAL_BURST; i++) a.live.setSignal(ANA, { hand: i % 2 === 0 })
    expect(() => a.live.setSignal(ANA, { hand: true })).toThrow(expect.objectContaining({ code: 'SIGNALS_TOO_FAST' }))
    a.live.setSignal(BEN, { hand: true })
    await room.pass(SIGNAL_REFILL_MS)
    a.live.setSignal(ANA, { hand: true })
    expect(a.live.signals()).toHaveLength(2)
  })

  test('nothing is sent while nobody changes anything and nobody looks', async () => {
    const room = new LiveRoom(5)
    const [a] = [await room.add('a'), await room.add('b')]
    a.live.setSignal(ANA, { hand: true })
    await room.pass(10_000)
    const before = room.network.totalBytes
    await room.pass(3_600_000)
    expect(room.network.totalBytes).toBe(before)
  })
})
