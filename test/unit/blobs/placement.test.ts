import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewCatalogue } from '../../../node/blobs/catalogue-view.ts'
import { Copies } from '../../../node/blobs/copies.ts'
import { Eviction, keepersBefore } from '../../../node/blobs/eviction.ts'
import { type PlacementNode, placeBlobs } from '../../../node/blobs/placement.ts'
import { Bitfield } from '../../../protocols/bitfield.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'
import type { CatalogueBlob, PlacementPolicy } from '../../../protocols/content.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const random = seededRandom(11)
const SHARD = cidOfDigest(random.bytes(32))

function blobsOf(count: number, policy: PlacementPolicy, sizeBytes = (_i: number): number => 1000): CatalogueBlob[] {
  return Array.from({ length: count }, (_, i) => ({
    cid: cidOfDigest(random.bytes(32)),
    sizeBytes: sizeBytes(i),
    policy,
    copyClass: 1
  }))
}

const view = (blobs: CatalogueBlob[]) => viewCatalogue([{ shard: SHARD, blobs }])
const node = (name: string, more: Partial<PlacementNode> = {}): PlacementNode => ({
  node: name,
  capacityBytes: 1e9,
  counts: true,
  keepsAll: false,
  drained: false,
  ...more
})

test('each blob gets its copies on devices that count, whatever the order in which the members are told', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.nat(), (count, copies, seed) => {
      const room = view(blobsOf(20, { kind: 'copies', copies }))
      const members = Array.from({ length: count }, (_, i) =>
        node(`n${i}`, { counts: i % 3 !== 2, drained: i % 5 === 4 })
      )
      const placed = placeBlobs(room, members)
      const again = placeBlobs(room, seededRandom(seed).shuffle(members))
      const able = members.filter(({ counts, drained }) => counts && !drained)
      for (const { node: name } of members) expect([...placed.of(name)]).toEqual([...again.of(name)])
      room.blobs.forEach((_, number) => {
        const holders = members.filter((member) => placed.of(member.node).has(number))
        expect(holders.length).toBe(Math.min(copies, able.length))
        expect(holders.every((holder) => able.includes(holder))).toBe(true)
      })
    }),
    { numRuns: 200 }
  )
})

test('nobody gets more than it offers; who is full is passed over for the next', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 2, maxLength: 6 }), (capacities) => {
      const room = view(blobsOf(40, { kind: 'copies', copies: 2 }, (i) => 100 + 37 * i))
      const members = capacities.map((capacityBytes, i) => node(`n${i}`, { capacityBytes }))
      const placed = placeBlobs(room, members)
      for (const { node: name, capacityBytes } of members) {
        let bytes = 0
        for (const number of placed.of(name)) bytes += room.blobs[number]?.sizeBytes ?? 0
        expect(bytes).toBeLessThanOrEqual(capacityBytes)
      }
      room.blobs.forEach((_, number) => {
        const holders = members.filter((member) => placed.of(member.node).has(number)).length
        expect(holders < 2).toBe(placed.short.includes(number))
      })
    }),
    { numRuns: 200 }
  )
})

test('each device holds a share in proportion to what it offers, and one that leaves moves only its own', () => {
  const room = view(blobsOf(8000, { kind: 'copies', copies: 1 }))
  const members = [40, 16, 16, 8].map((gigabytes, i) => node(`n${i}`, { capacityBytes: gigabytes * 1e9 }))
  const before = placeBlobs(room, members)
  for (const [i, share] of [0.5, 0.2, 0.2, 0.1].entries())
    expect(Math.abs(before.of(`n${i}`).count / 8000 - share)).toBeLessThan(0.02)
  const after = placeBlobs(room, members.slice(0, 3))
  for (const i of [0, 1, 2]) for (const number of before.of(`n${i}`)) expect(after.of(`n${i}`).has(number)).toBe(true)
})

test('everywhere is every device with room, laptops too; on demand is nobody; a cloud peer keeps all', () => {
  const blobs = [
    ...blobsOf(1, { kind: 'everywhere' }),
    ...blobsOf(1, { kind: 'on-demand' }),
    ...blobsOf(1, { kind: 'copies', copies: 1 })
  ]
  const placed = placeBlobs(view(blobs), [
    node('a'),
    node('laptop', { counts: false }),
    node('cloud', { counts: false, keepsAll: true }),
    node('leaving', { drained: true })
  ])
  expect([...placed.of('a')]).toEqual([0, 2])
  expect([...placed.of('laptop')]).toEqual([0])
  expect([...placed.of('cloud')]).toEqual([0, 1, 2])
  expect([...placed.of('leaving')]).toEqual([])
})

test('a blob in two shards has the strongest policy and the earliest class', () => {
  const [blob] = blobsOf(1, { kind: 'on-demand' }) as [CatalogueBlob]
  const room = viewCatalogue([
    { shard: SHARD, blobs: [blob] },
    { shard: cidOfDigest(random.bytes(32)), blobs: [{ ...blob, policy: { kind: 'copies', copies: 2 }, copyClass: 0 }] }
  ])
  expect(room.blobs).toEqual([{ ...blob, policy: { kind: 'copies', copies: 2 }, copyClass: 0 }])
  const places: number[] = []
  room.places(0, (_shard, index) => places.push(index))
  expect(places).toEqual([0, 0])
})

test('what would be missed: lost when nobody else has it, thin when too few do', () => {
  const room = view(blobsOf(3, { kind: 'copies', copies: 2 }))
  const has = (...numbers: number[]) => {
    const bits = new Bitfield(3)
    for (const number of numbers) bits.add(number)
    return bits
  }
  const copies = new Copies(room, [
    { node: 'a', counts: true, have: has(0, 1, 2) },
    { node: 'b', counts: true, have: has(1, 2) },
    { node: 'c', counts: true, have: has(2) },
    { node: 'laptop', counts: false, have: has() }
  ])
  expect(copies.without('a')).toEqual({ safe: false, lost: { blobs: 1, bytes: 1000 }, thin: { blobs: 1, bytes: 1000 } })
  expect(copies.without('c')).toEqual({ safe: true, lost: { blobs: 0, bytes: 0 }, thin: { blobs: 0, bytes: 0 } })
  expect(copies.without('laptop').safe).toBe(true)
  expect([0, 1, 2].map((number) => copies.of(number))).toEqual([1, 2, 3])
  expect([0, 1, 2].map((number) => copies.isShort(number))).toEqual([true, false, false])
})

test('however many devices make room at once, one copy of everything stays', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const chance = seededRandom(seed)
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + chance.below(4))
    const room = view(blobsOf(6, { kind: 'on-demand' }))
    const clock = new SimulatedClock(new SimulatedTime())
    const held = new Map(
      names.map((name) => [name, new Set(room.blobs.filter(() => chance.chance(0.7)).map(({ cid }) => cid))])
    )
    const everHeld = room.blobs.filter(({ cid }) => names.some((name) => held.get(name)?.has(cid)))
    const members = names.map((name) =>
      node(name, { counts: chance.chance(0.8), capacityBytes: 1 + chance.below(100) })
    )
    const evictions = new Map<string, Eviction>()
    for (const name of names) {
      const mine = held.get(name) as Set<Cid>
      evictions.set(
        name,
        new Eviction({
          clock,
          has: (cid) => mine.has(cid),
          inUse: () => false,
          // Answers come late and in any order, and now and then not at all.
          askToKeep: async (peer, cid) => {
            for (let i = chance.below(4); i > 0; i--) await Promise.resolve()
            const counts = members.some((member) => member.node === peer && member.counts)
            const keeps = counts && (evictions.get(peer)?.promiseToKeep(cid) ?? false)
            for (let i = chance.below(4); i > 0; i--) await Promise.resolve()
            return keeps && chance.chance(0.9)
          },
          remove: async (cid) => {
            await Promise.resolve()
            mine.delete(cid)
          }
        })
      )
    }
    await Promise.all(
      names.map((name) => {
        const bitsOf = (of: string): Bitfield => {
          const bits = new Bitfield(room.blobs.length)
          room.blobs.forEach(({ cid }, number) => {
            if (held.get(of)?.has(cid)) bits.add(number)
          })
          return bits
        }
        return (evictions.get(name) as Eviction).makeRoom(1e9, {
          view: room,
          self: name,
          // Capacities change and reach some before others, so that not even the order is agreed on.
          members: members.map((member) => ({ ...member, capacityBytes: 1 + chance.below(100) })),
          peers: names.filter((other) => other !== name).map((other) => ({ node: other, have: bitsOf(other) })),
          wants: new Bitfield(room.blobs.length),
          held: [...(held.get(name) as Set<Cid>)]
        })
      })
    )
    for (const { cid } of everHeld)
      if (!names.some((name) => held.get(name)?.has(cid))) throw new Error(`seed ${seed}: the last copy is gone`)
  }
})

test('the first holder in order has nobody to ask, and so never drops', () => {
  const room = view(blobsOf(1, { kind: 'on-demand' }))
  const full = new Bitfield(1)
  full.add(0)
  const names = ['a', 'b', 'c']
  const keepers = names.map(
    (self) =>
      keepersBefore(
        {
          view: room,
          self,
          members: names.map((name) => node(name)),
          peers: names.filter((name) => name !== self).map((name) => ({ node: name, have: full })),
          wants: new Bitfield(1),
          held: []
        },
        0
      ).length
  )
  expect(keepers.sort()).toEqual([0, 1, 2])
})
