import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RoomWants, TELL_INTERVAL_MS, wantsFold } from '../../../node/daemon/room-wants.ts'
import { Wants } from '../../../node/daemon/wants.ts'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import {
  decodeToldWants,
  MAX_TOLD_WANTS,
  MAX_TOLD_WHO,
  MAX_WANT_TEXT_CHARACTERS,
  wantsEntry
} from '../../../protocols/want-facts.ts'
import type { Want } from '../../../protocols/wants.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { TestJournal } from '../collections/shared-journal.ts'

class TestDevice {
  readonly journal: TestJournal
  readonly own = new Wants()
  readonly room: RoomWants
  readonly problems: unknown[] = []

  constructor(node: string, time = new SimulatedTime()) {
    this.journal = new TestJournal(node)
    const room = { journal: this.journal }
    const onProblem = (error: unknown): void => void this.problems.push(error)
    this.room = new RoomWants(
      { clock: new SimulatedClock(time), own: this.own, current: () => room, onProblem },
      { self: node }
    )
  }

  ask(name: string, laptop: string): void {
    this.own.add(
      { collection: 'pypi', name, target: 'Python 3.12', client: { runs: 'Python', version: '3.12' } },
      laptop
    )
  }
}

const brief = (wants: readonly Want[]): unknown => wants.map(({ name, count, learners }) => [name, count, learners])

describe('what the room lacks', () => {
  test('is read again after a journal that could not be read', async () => {
    const one = new TestDevice('one')
    one.ask('torch', '10.0.0.1')
    const view = one.journal.view.bind(one.journal)
    one.journal.view = () => Promise.reject(new Error('damaged'))
    await expect(one.room.list()).rejects.toThrow('damaged')
    one.journal.view = view
    expect(brief(await one.room.list())).toEqual([['torch', 1, 1]])
  })

  test('is what all devices were asked for, a laptop that asked two of them counted once', async () => {
    const [one, two] = [new TestDevice('one'), new TestDevice('two')]
    one.ask('torch', '10.0.0.1')
    one.ask('numpy', '10.0.0.2')
    two.ask('torch', '10.0.0.1')
    two.ask('torch', '10.0.0.3')
    await one.room.tell()
    await two.room.tell()
    one.journal.receiveFrom(two.journal)
    two.journal.receiveFrom(one.journal)
    for (const { room } of [one, two]) {
      expect(brief(await room.list())).toEqual([
        ['torch', 3, 2],
        ['numpy', 1, 1]
      ])
      expect(await room.overview(1)).toEqual([{ collection: 'pypi', name: 'torch', target: 'Python 3.12', count: 3 }])
    }
    expect((await two.room.list())[1]).toMatchObject({ runs: 'Python', version: '3.12', who: ['10.0.0.2'] })
  })

  test('is told when it is news, and not for every try', async () => {
    const one = new TestDevice('one')
    await one.room.tell()
    expect(one.journal.entries).toHaveLength(0)
    one.ask('torch', '10.0.0.1')
    await one.room.tell()
    one.ask('torch', '10.0.0.1')
    one.ask('torch', '10.0.0.1')
    await one.room.tell()
    expect(one.journal.entries).toHaveLength(1)
    one.ask('torch', '10.0.0.2')
    await one.room.tell()
    expect(one.journal.entries).toHaveLength(2)
    // After a restart: what was told before stands in the journal.
    const again = new RoomWants(
      { clock: new SimulatedClock(new SimulatedTime()), own: one.own, current: () => one, onProblem: () => undefined },
      { self: 'one' }
    )
    await again.tell()
    expect(one.journal.entries).toHaveLength(2)
  })

  test('is told by itself soon after it was asked for, then seldom, and a journal that takes nothing is asked again', async () => {
    const time = new SimulatedTime()
    const one = new TestDevice('one', time)
    one.room.start()
    await time.run(TELL_INTERVAL_MS)
    expect([one.journal.entries.length, time.pending]).toEqual([0, 0])
    one.journal.beforeAppend = () => {
      throw new Error('full')
    }
    one.ask('torch', '10.0.0.1')
    await time.run(TELL_INTERVAL_MS + 60_000)
    expect([one.journal.entries.length, one.problems.length]).toEqual([0, 1])
    one.journal.beforeAppend = () => undefined
    await time.run(2 * TELL_INTERVAL_MS + 60_000)
    expect(one.journal.entries).toHaveLength(1)
    // What comes now waits for its turn; a hundred tries are one entry.
    for (let i = 0; i < 100; i++) one.ask(`package-${i}`, '10.0.0.1')
    await time.run(2 * TELL_INTERVAL_MS + 90_000)
    expect(one.journal.entries).toHaveLength(1)
    await time.run(3 * TELL_INTERVAL_MS + 60_000)
    expect(one.journal.entries).toHaveLength(2)
    one.room.stop()
    one.ask('numpy', '10.0.0.1')
    await time.run(9 * TELL_INTERVAL_MS)
    expect([one.journal.entries.length, time.pending]).toEqual([2, 0])
  })

  test('counts what a device says of itself only, and its last word whatever the order', async () => {
    const [one, two] = [new TestDevice('one'), new TestDevice('two')]
    two.ask('torch', '10.0.0.1')
    await two.room.tell()
    two.ask('numpy', '10.0.0.1')
    await two.room.tell()
    const liar = new TestJournal('liar')
    await liar.append([wantsEntry({ node: 'two', wants: [] })])
    one.journal.receiveFrom(liar)
    one.journal.receiveFrom(two.journal)
    expect(brief(await one.room.list())).toEqual([
      ['numpy', 1, 1],
      ['torch', 1, 1]
    ])
    const state = (await one.journal.view(wantsFold)).state
    expect(wantsFold.load(decodeCbor(encodeCbor(wantsFold.save(state)), 2 ** 20))).toEqual(state)
  })
})

describe('the fact', () => {
  const want = (name: string): Want => ({ collection: 'pypi', name, count: 1, learners: 1, who: [] })

  test('keeps its limits: at each it is read, one past it is not', () => {
    const body = (wants: readonly Want[]) =>
      wantsEntry({ node: 'one', wants }).body as { node: string; wants: unknown[] }
    const full = body(Array.from({ length: MAX_TOLD_WANTS + 1 }, (_, i) => want(`p${i}`)))
    expect(decodeToldWants(full as never)?.wants).toHaveLength(MAX_TOLD_WANTS)
    expect(decodeToldWants({ node: 'one', wants: [...full.wants, full.wants[0]] } as never)).toBeUndefined()
    const long = want('x'.repeat(MAX_WANT_TEXT_CHARACTERS))
    expect(decodeToldWants(body([long]) as never)?.wants).toEqual([long])
    const line = body([want('x')]).wants[0] as unknown[]
    const withName = (name: string) => ({ node: 'one', wants: [[line[0], name, ...line.slice(2)]] })
    expect(decodeToldWants(withName('x'.repeat(MAX_WANT_TEXT_CHARACTERS)) as never)).toBeDefined()
    expect(decodeToldWants(withName('x'.repeat(MAX_WANT_TEXT_CHARACTERS + 1)) as never)).toBeUndefined()
    const withWho = (count: number) => ({
      node: 'one',
      wants: [[...line.slice(0, -1), Array.from({ length: count }, () => 'a')]]
    })
    expect(decodeToldWants(withWho(MAX_TOLD_WHO) as never)).toBeDefined()
    expect(decodeToldWants(withWho(MAX_TOLD_WHO + 1) as never)).toBeUndefined()
  })

  test('is read or left alone, and nothing else, whatever a device writes (100,000 bodies)', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 12 })
      )
    })).any
    const body = fc.oneof(value, fc.record({ node: value, wants: value }))
    fc.assert(
      fc.property(body, (one) => {
        const told = decodeToldWants(one as never)
        if (told) expect(decodeToldWants(wantsEntry(told).body)).toEqual(told)
      }),
      { numRuns: 100_000 }
    )
  })
})
