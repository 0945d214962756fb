import { describe, expect, test } from 'vitest'
import { DownloadQueue, type Ticket } from '../../../node/load/download-queue.ts'
import {
  KEEP_PLACE_MS,
  KEEP_TURN_MS,
  LEAST_SLOTS,
  MOST_TICKETS,
  MOST_TICKETS_PER_ADDRESS
} from '../../../node/load/limits.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'

const file = (number: number): Cid => cidOfDigest(new Uint8Array(32).fill(number))

function queueOf(slots: number) {
  const turns: string[] = []
  const queue = new DownloadQueue(slots, { onTurn: ({ address }) => turns.push(address) })
  const ask = (address: string, number = 1, more: { queues?: boolean; leftBytes?: number; nowMs?: number } = {}) => {
    const { queues = true, leftBytes = 100, nowMs = 0 } = more
    const ticket = queue.join({ address, cid: file(number), queues, leftBytes }, nowMs)
    return ticket as Ticket
  }
  const begin = (address: string, number = 1): Ticket => {
    const ticket = ask(address, number)
    queue.opened(ticket)
    return ticket
  }
  return { queue, turns, ask, begin }
}

describe('the line of downloads', () => {
  test('runs as many at once as the slots; the next one gets its turn when one has ended', () => {
    const { queue, turns, begin } = queueOf(2)
    const first = begin('a')
    expect([first.hasTurn, begin('b').hasTurn]).toEqual([true, true])
    const third = begin('c')
    expect([third.hasTurn, queue.place(third), queue.active, queue.waiting]).toEqual([false, 1, 2, 1])
    queue.closed(first, true, 0)
    expect([third.hasTurn, queue.place(third), turns]).toEqual([true, 0, ['c']])
  })

  test('lets everybody have one before anybody has a second one, whoever came first', () => {
    const { queue, turns, begin } = queueOf(2)
    const running = [begin('greedy', 1), begin('greedy', 2)]
    for (let number = 3; number < 8; number++) begin('greedy', number)
    const late = begin('modest')
    expect(queue.place(late)).toBe(1)
    const later = begin('other')
    expect(queue.place(later)).toBe(2)
    for (const ticket of running) queue.closed(ticket, true, 0)
    expect(turns).toEqual(['modest', 'other'])
  })

  test('nobody passes those that wait, although there is room for a moment', () => {
    const { queue, ask, begin } = queueOf(2)
    begin('a')
    const second = begin('b')
    const waiting = ask('c')
    queue.closed(second, true, 0)
    expect(waiting.hasTurn).toBe(true)
    expect(ask('d').hasTurn).toBe(false)
  })

  test('a download that breaks off keeps its turn for a while, and the same file on more connections is one download', () => {
    const { queue, begin, ask } = queueOf(2)
    const broken = begin('a')
    begin('b')
    const waiting = begin('c')
    queue.closed(broken, false, 1_000)
    queue.tidy(2, 1_000 + KEEP_TURN_MS - 1)
    expect([ask('a', 1, { nowMs: 1_000 + KEEP_TURN_MS - 1 }), waiting.hasTurn]).toEqual([broken, false])
    queue.opened(broken)
    queue.opened(broken)
    queue.closed(broken, false, 20_000)
    queue.tidy(2, 100_000)
    expect([queue.active, waiting.hasTurn]).toEqual([2, false])
    queue.closed(broken, false, 100_000)
    queue.tidy(2, 100_000 + KEEP_TURN_MS)
    expect([waiting.hasTurn, queue.find('a', file(1))]).toEqual([true, undefined])
  })

  test('a page that is not looked at any more loses its place, one that is keeps it', () => {
    const { queue, begin, ask } = queueOf(2)
    begin('a')
    begin('b')
    const gone = ask('c')
    const there = ask('d')
    ask('d', 1, { nowMs: 40_000 })
    queue.tidy(2, KEEP_PLACE_MS)
    expect([queue.find('c', file(1)), queue.place(there)]).toEqual([undefined, 1])
    expect(gone.hasTurn).toBe(false)
  })

  test('what does not queue runs at once, is counted, and never takes all of the line', () => {
    const { queue, ask, begin } = queueOf(4)
    for (let number = 0; number < 10; number++) queue.opened(ask('pip', number, { queues: false }))
    expect(queue.active).toBe(10)
    for (let number = 0; number < LEAST_SLOTS; number++) expect(begin(`installer-${number}`).hasTurn).toBe(true)
    expect(begin('one more').hasTurn).toBe(false)
  })

  test('what does not queue keeps nothing when it has ended', () => {
    const { queue, ask } = queueOf(2)
    const ticket = ask('pip', 1, { queues: false })
    queue.opened(ticket)
    queue.closed(ticket, false, 0)
    expect(queue.size).toBe(0)
  })

  test('what is ahead: as much of what runs as has to end, and all that waits before', () => {
    const { queue, ask } = queueOf(2)
    queue.opened(ask('a', 1, { leftBytes: 1_000 }))
    queue.opened(ask('b', 1, { leftBytes: 10 }))
    expect(queue.bytesAhead(ask('c', 1, { leftBytes: 300 }))).toBe(10)
    expect(queue.bytesAhead(ask('d', 1, { leftBytes: 5 }))).toBe(1_010 + 300)
  })

  test('a wider line calls the next ones up', () => {
    const { queue, begin, turns } = queueOf(2)
    for (const address of ['a', 'b', 'c', 'd', 'e']) begin(address)
    queue.tidy(4, 0)
    expect(turns).toEqual(['c', 'd'])
  })

  test('remembers so many of one address and so many in all, and no more', () => {
    const { queue, ask } = queueOf(2)
    for (let number = 0; number < MOST_TICKETS_PER_ADDRESS; number++) expect(ask('a', number)).toBeDefined()
    expect(ask('a', MOST_TICKETS_PER_ADDRESS)).toBeUndefined()
    for (let i = queue.size; i < MOST_TICKETS; i++) expect(ask(`b${i}`)).toBeDefined()
    expect(ask('c')).toBeUndefined()
    expect(queue.size).toBe(MOST_TICKETS)
  })
})
