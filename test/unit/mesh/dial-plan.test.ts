import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DialPlan, dialOrder } from '../../../node/mesh/dial-plan.ts'
import {
  FULL_MESH_MEMBERS,
  MAX_ADDRESSES_PER_NODE,
  MAX_KNOWN_NODES,
  MAX_PARALLEL_DIALS,
  REDIAL_MOST_MS,
  REDIAL_REFUSED_MS
} from '../../../node/mesh/limits.ts'
import { chooseLinks } from '../../../node/mesh/link-choice.ts'

const always = (): boolean => true
const plan = (self = 'a'): DialPlan => new DialPlan(self, () => 0.5)

describe('the dial plan', () => {
  test('who was seen is dialled at once by the lower id, and a moment later by the higher one', () => {
    const low = plan('a')
    const high = plan('z')
    low.learn('m', '/ip4/1.1.1.1/tcp/1', 0, true)
    high.learn('m', '/ip4/1.1.1.1/tcp/1', 0, true)
    expect(low.due(0, always)).toHaveLength(1)
    expect(high.due(0, always)).toHaveLength(0)
    expect(high.due(1_000, always)).toHaveLength(1)
  })

  test('failures back off to a minute and no further, and a fresh sighting cuts that short', () => {
    const dials = plan()
    dials.learn('m', '/ip4/1.1.1.1/tcp/1', 0, true)
    let nowMs = 0
    for (let failures = 0; failures < 12; failures++) {
      const [target] = dials.due(nowMs, always)
      if (!target) throw new Error(`not due at ${nowMs}`)
      dials.failed(target, 'refused', nowMs)
      expect(dials.due(nowMs, always)).toEqual([])
      nowMs += REDIAL_MOST_MS
    }
    const [target] = dials.due(nowMs, always)
    if (!target) throw new Error('not due')
    dials.failed(target, 'refused', nowMs)
    expect(dials.due(nowMs + 10_000, always)).toEqual([])
    dials.learn('m', '/ip4/1.1.1.1/tcp/1', nowMs + 10_000, true)
    expect(dials.due(nowMs + 11_000, always)).toHaveLength(1)
  })

  test('who is of another room is left alone for ten minutes, whatever it announces, until our own room changes', () => {
    const dials = plan()
    dials.learn('m', '/ip4/1.1.1.1/tcp/1', 0, true)
    dials.refused('m', 'OTHER_ROOM', 0)
    for (let nowMs = 0; nowMs < REDIAL_REFUSED_MS * 0.75; nowMs += 10_000) {
      dials.learn('m', `/ip4/1.1.1.1/tcp/${nowMs + 1}`, nowMs, true)
      expect(dials.due(nowMs, always)).toEqual([])
    }
    dials.forgive(60_000)
    expect(dials.due(62_000, always)).toHaveLength(1)
  })

  test('only so many dials are in the air', () => {
    const dials = plan()
    for (let i = 0; i < 30; i++) dials.learn(`m${i}`, '/ip4/1.1.1.1/tcp/1', 0, true)
    const first = dials.due(10_000, always)
    expect(first).toHaveLength(MAX_PARALLEL_DIALS)
    expect(dials.due(10_000, always)).toEqual([])
    for (const target of first) dials.failed(target, 'refused', 10_000)
    expect(dials.due(10_000, always)).toHaveLength(MAX_PARALLEL_DIALS)
  })

  test('the tables are bounded, and addresses from the settings are never forgotten', () => {
    const dials = plan()
    dials.addFixed('/ip4/9.9.9.9/tcp/9', undefined, 0)
    for (let i = 0; i < MAX_KNOWN_NODES + 50; i++) dials.learn(`m${i}`, '/ip4/1.1.1.1/tcp/1', 0, true)
    for (let i = 0; i < 50; i++) dials.learn(`m${MAX_KNOWN_NODES}`, `/ip4/1.1.1.1/tcp/${i + 1}`, 0, true)
    const targets = [...dials.targets()]
    expect(targets).toHaveLength(MAX_KNOWN_NODES)
    expect(targets.some(({ addresses }) => addresses.includes('/ip4/9.9.9.9/tcp/9'))).toBe(true)
    expect(Math.max(...targets.map(({ addresses }) => addresses.length))).toBe(MAX_ADDRESSES_PER_NODE)
  })

  test('a device never dials itself', () => {
    const dials = plan('a')
    dials.learn('a', '/ip4/1.1.1.1/tcp/1', 0, true)
    dials.addFixed('/ip4/1.1.1.1/tcp/1', 'a', 0)
    expect(dials.due(100_000, always)).toEqual([])
  })
})

describe('the choice of links', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${String(i).padStart(4, '0')}`)

  test('in a small room everybody dials everybody', () => {
    const room = names(FULL_MESH_MEMBERS)
    expect(chooseLinks('n0003', room).size).toBe(FULL_MESH_MEMBERS - 1)
  })

  test('in a big room each keeps some eight links and the graph hangs together, also with devices that are away', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: FULL_MESH_MEMBERS + 1, max: 120 }),
        fc.array(fc.nat(119), { maxLength: 40 }),
        (count, away) => {
          const present = names(count).filter((_, i) => !away.includes(i))
          const links = new Map<string, Set<string>>(present.map((name) => [name, new Set()]))
          for (const name of present) {
            for (const peer of chooseLinks(name, present)) {
              links.get(name)?.add(peer)
              links.get(peer)?.add(name)
            }
          }
          const reached = new Set<string>()
          const open = present.slice(0, 1)
          for (let name = open.pop(); name !== undefined; name = open.pop()) {
            if (reached.has(name)) continue
            reached.add(name)
            open.push(...(links.get(name) ?? []))
          }
          expect(reached.size).toBe(present.length)
          if (present.length > FULL_MESH_MEMBERS) {
            const most = Math.max(...[...links.values()].map((peers) => peers.size))
            expect(most).toBeLessThanOrEqual(8)
          }
        }
      )
    )
  })
})

describe('the addresses of one device', () => {
  test('are tried newest first, link-local ones last, and each failure lets the next one begin', () => {
    const addresses = ['/ip6zone/eth0/ip6/fe80::1/tcp/1', '/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1']
    const firsts = [0, 1, 2, 3].map((failures) => dialOrder({ addresses, failures })[0])
    expect(firsts).toEqual([addresses[1], addresses[2], addresses[0], addresses[1]])
    expect(dialOrder({ addresses, failures: 2 })).toHaveLength(3)
    expect(dialOrder({ addresses: [], failures: 1 })).toEqual([])
  })
})
