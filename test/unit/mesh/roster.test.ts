import { describe, expect, test } from 'vitest'
import { DialPlan } from '../../../node/mesh/dial-plan.ts'
import { FULL_MESH_MEMBERS, SIMULTANEOUS_MS } from '../../../node/mesh/limits.ts'
import { prefersExisting } from '../../../node/mesh/link-choice.ts'
import { Roster } from '../../../node/mesh/roster.ts'

function roster(members: string[], linked: string[] = []): { roster: Roster; plan: DialPlan } {
  const plan = new DialPlan('self', () => 0.5)
  const roster = new Roster({
    self: 'self',
    plan,
    linked: () => linked,
    linkedBootId: (node) => (linked.includes(node) ? 'ab'.repeat(16) : undefined)
  })
  roster.setMembers(members)
  return { roster, plan }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${String(i).padStart(3, '0')}`)

describe('whom a device dials', () => {
  test('every member that is not linked, however often it failed, and every stranger that was heard of', () => {
    const { roster: small, plan } = roster(['a', 'b'], ['b'])
    plan.learn('a', '/ip4/1.1.1.1/tcp/1', 0, true)
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 60_000) {
      for (const target of plan.due(nowMs, small.wanted())) plan.failed(target, 'timed-out', nowMs)
    }
    expect(plan.get('a')?.failures).toBeGreaterThan(20)
    const wants = small.wanted()
    expect(['a', 'b', 'self', 'stranger'].map(wants)).toEqual([true, false, false, true])
  })

  test('in a big room only its own few, and of those that are away somebody still tries each', () => {
    const members = names(60)
    const chosen = members.filter(roster(members).roster.wanted())
    expect(chosen.length).toBeGreaterThanOrEqual(4)
    expect(chosen.length).toBeLessThanOrEqual(8)
    expect(members.length).toBeGreaterThan(FULL_MESH_MEMBERS)
  })
})

describe('what is passed on', () => {
  test('linked peers with their boot id, members with addresses, never strangers, never loopback and never link-local', () => {
    const { roster: own, plan } = roster(['member', 'silent'], ['peer'])
    plan.learn('member', '/ip4/10.0.0.1/tcp/1', 0, false)
    plan.learn('member', '/ip4/127.0.0.1/tcp/1', 0, false)
    plan.learn('member', '/ip6zone/eth0/ip6/fe80::1/tcp/1', 0, false)
    plan.learn('stranger', '/ip4/10.0.0.2/tcp/1', 0, false)
    expect(own.known()).toEqual([
      { node: 'peer', bootId: Buffer.from('ab'.repeat(16), 'hex'), addresses: [] },
      { node: 'member', bootId: null, addresses: ['/ip4/10.0.0.1/tcp/1'] }
    ])
  })

  test('what peers say of loopback and of their links is about themselves', () => {
    const { roster: own, plan } = roster([])
    own.told(
      [
        {
          node: 'x',
          bootId: null,
          addresses: ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1', '/ip6/fe80::1/tcp/1', '/ip4/10.0.0.9/tcp/1']
        }
      ],
      0
    )
    expect(plan.get('x')?.addresses).toEqual(['/ip4/10.0.0.9/tcp/1'])
  })
})

describe('of two connections', () => {
  test('both sides keep the same one, whichever each of them saw first', () => {
    // One connection is dialled by a, the other by b.
    for (const firstAtLow of ['a', 'b']) {
      for (const firstAtHigh of ['a', 'b']) {
        const keptBy = (self: string, peer: string, first: string): string => {
          const second = first === 'a' ? 'b' : 'a'
          const existing = { dialer: first === self, ageMs: 100 }
          return prefersExisting(self, peer, existing, { dialer: second === self }) ? first : second
        }
        expect(keptBy('a', 'b', firstAtLow)).toBe('a')
        expect(keptBy('b', 'a', firstAtHigh)).toBe('a')
      }
    }
  })

  test('the newer one stays when the older is older than a race, or was dialled by the same side', () => {
    expect(prefersExisting('a', 'b', { dialer: true, ageMs: SIMULTANEOUS_MS }, { dialer: false })).toBe(false)
    expect(prefersExisting('a', 'b', { dialer: true, ageMs: SIMULTANEOUS_MS - 1 }, { dialer: false })).toBe(true)
    expect(prefersExisting('a', 'b', { dialer: true, ageMs: 0 }, { dialer: true })).toBe(false)
  })
})
