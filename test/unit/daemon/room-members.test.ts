import { expect, test } from 'vitest'
import { countedCapacities, placementMembers } from '../../../node/daemon/room-members.ts'
import type { Member, Membership } from '../../../node/room/index.ts'

type Settings = Member['settings']

function membershipOf(...members: [node: string, role: Member['role'], settings: Settings][]): Membership {
  const listed = members.map(([node, role, settings]) => [node, { node, name: node, role, settings }])
  const policy = { members: () => members.slice(1).map(([node]) => node) }
  return { policy, view: () => ({ members: new Map(listed as [string, Member][]) }) } as unknown as Membership
}

test.each<[string, Member['role'], Settings, object]>([
  [
    'a device of the classroom counts',
    'node',
    { capacityBytes: 9 },
    { counts: true, keepsAll: false, capacityBytes: 9 }
  ],
  ['one that somebody said does not count', 'node', { countsAsCopy: false }, { counts: false, capacityBytes: 0 }],
  ['a laptop goes home with its owner', 'laptop', {}, { counts: false, keepsAll: false, drained: false }],
  ['a laptop that somebody said stays', 'laptop', { countsAsCopy: true }, { counts: true }],
  ['a cloud peer keeps all and does not count', 'cloud', {}, { counts: false, keepsAll: true }],
  ['one that is moving its files off', 'node', { drained: true }, { counts: true, drained: true }],
  [
    'a setting of a wrong kind is none',
    'node',
    { capacityBytes: 'big', drained: 'no' },
    { capacityBytes: 0, drained: false }
  ]
])('as placement sees it: %s', (_rule, role, settings, expected) => {
  expect(placementMembers(membershipOf(['pi', role, settings])).members()).toMatchObject([{ node: 'pi', ...expected }])
})

test('the room is as large as the devices that count and stay', () => {
  const membership = membershipOf(
    ['front', 'node', { capacityBytes: 30 }],
    ['window', 'node', { capacityBytes: 20 }],
    ['leaving', 'node', { capacityBytes: 50, drained: true }],
    ['laptop', 'laptop', { capacityBytes: 100 }],
    ['cloud', 'cloud', { capacityBytes: 1000 }]
  )
  expect(countedCapacities(membership).bytes()).toEqual([30, 20])
})

test('another device is leaving when somebody else than this one is moving its files off', () => {
  const staying = ['front', 'node', {}] as const
  const leaving = ['window', 'node', { drained: true }] as const
  expect(countedCapacities(membershipOf([...staying], [...leaving])).isOtherLeaving?.()).toBe(true)
  expect(countedCapacities(membershipOf([...leaving], [...staying])).isOtherLeaving?.()).toBe(false)
})
