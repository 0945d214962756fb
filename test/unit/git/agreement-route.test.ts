import { expect, test } from 'vitest'
import { type Around, chooseRoute, HOME_LOST_MS, rendezvousOrder } from '../../../node/git/agreement/route.ts'

const repository = 'ab'.repeat(16)
const nodes = ['a', 'b', 'c', 'd', 'e']
const order = rendezvousOrder(repository, nodes)
const [first = '', second = '', third = ''] = order

function around(change: Partial<Around>): Around {
  return {
    ...{ repository, self: second, home: { node: first, epoch: 3 }, eligible: nodes, reachable: new Set(nodes) },
    ...{ through: undefined, homeLostMs: 0 },
    ...change
  }
}

test('the home decides itself, and others carry requests to it', () => {
  expect(chooseRoute(around({ self: first }))).toEqual({ kind: 'here', side: 'home' })
  expect(chooseRoute(around({}))).toEqual({ kind: 'tunnel', to: first })
})

test('a home that only another device reaches is reached through that one, however long it has been out of sight', () => {
  const reachable = new Set([third])
  const asked = around({ reachable, through: third, homeLostMs: 10 * HOME_LOST_MS })
  expect(chooseRoute(asked)).toEqual({ kind: 'tunnel', to: third })
})

test('a home that was just lost is waited for, one that is gone for ten seconds is replaced', () => {
  const reachable = new Set(order.slice(2))
  expect(chooseRoute(around({ reachable, homeLostMs: HOME_LOST_MS - 1 }))).toEqual({ kind: 'search' })
  expect(chooseRoute(around({ reachable, homeLostMs: HOME_LOST_MS }))).toEqual({ kind: 'take', epoch: 4 })
})

test('most of the devices take the next home; a smaller side goes to its own first one, which decides for that side alone', () => {
  const lost = { homeLostMs: HOME_LOST_MS }
  expect(chooseRoute(around({ ...lost, reachable: new Set(order.slice(2, 4)) }))).toEqual({ kind: 'take', epoch: 4 })
  expect(chooseRoute(around({ ...lost, reachable: new Set([third]) }))).toEqual({ kind: 'here', side: 'local' })
  expect(chooseRoute(around({ ...lost, self: third, reachable: new Set([second]) }))).toEqual({
    kind: 'tunnel',
    to: second
  })
  expect(chooseRoute(around({ ...lost, reachable: new Set() }))).toEqual({ kind: 'here', side: 'local' })
})

test('exactly half is not most', () => {
  const four = order.slice(0, 4)
  const asked = around({ eligible: four, reachable: new Set([third]), homeLostMs: HOME_LOST_MS })
  expect(chooseRoute(asked)).toEqual({ kind: 'here', side: 'local' })
})

test('a home that is moved off or gone from the room is replaced at once', () => {
  const eligible = order.slice(1)
  expect(chooseRoute(around({ eligible }))).toEqual({ kind: 'take', epoch: 4 })
})

test('a device that may not be a home hands on, and says so when there is nobody', () => {
  const lost = { self: 'cloud', homeLostMs: HOME_LOST_MS }
  expect(chooseRoute(around({ ...lost, reachable: new Set([third]) }))).toEqual({ kind: 'tunnel', to: third })
  expect(chooseRoute(around({ ...lost, reachable: new Set(['other-cloud']) }))).toEqual({ kind: 'nobody' })
})

test('every device has the same order, each repository another one', () => {
  expect(rendezvousOrder(repository, [...nodes].reverse())).toEqual(order)
  const firsts = Array.from({ length: 200 }, (_, at) => rendezvousOrder(at.toString(16).padStart(32, '0'), nodes)[0])
  expect(new Set(firsts).size).toBe(nodes.length)
})
