/** `joinery leave --drain`: what only the leaving device holds goes to others first. */
import { expect, test } from 'vitest'
import type { PlacementPolicy } from '../../../protocols/content.ts'
import { followAll, linkDevices, memberOf, TestCatalogue } from './room.ts'
import { fillSimulated, type SimulatedDevice, SimulatedRoom } from './simulated-devices.ts'

const SIZES = [10, 20_000, 300_000, 2_500_000, 40_000, 50_000, 60_000, 70_000]

async function roomOf(names: readonly string[], policy: PlacementPolicy, laptops: readonly string[] = []) {
  const room = new SimulatedRoom()
  const devices = new Map<string, SimulatedDevice>()
  for (const name of names) devices.set(name, await room.device(name))
  const all = [...devices.values()]
  const first = all[0] as SimulatedDevice
  const blobs = await fillSimulated(first, SIZES, policy)
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  const members = followAll(all, catalogue)
  members.set(names.map((id) => memberOf(id, { counts: !laptops.includes(id) })))
  await room.pass(500, 100)
  all.forEach((one, i) => {
    for (const other of all.slice(i + 1)) linkDevices(one, other)
  })
  const holders = (cid: (typeof blobs)[0]['cid']): string[] =>
    all.filter(({ store }) => store.has(cid)).map(({ id }) => id)
  return { room, all, first, blobs, members, holders }
}

const isNothing = ({ lost, thin }: { lost: { blobs: number }; thin: { blobs: number } }): boolean =>
  lost.blobs === 0 && thin.blobs === 0

test.each<{ policy: PlacementPolicy; copies: number }>([
  { policy: { kind: 'copies', copies: 2 }, copies: 2 },
  { policy: { kind: 'copies', copies: 1 }, copies: 1 },
  { policy: { kind: 'on-demand' }, copies: 1 },
  { policy: { kind: 'everywhere' }, copies: 2 }
])('a leaving device is free to go when the others have enough copies: $policy', async ({ policy, copies }) => {
  const { room, all, first, blobs, members, holders } = await roomOf(['a', 'b', 'c'], policy)
  // What was copied before it was asked to leave does not count here: at this moment it has the only copies.
  members.set(all.map(({ id }) => memberOf(id, { drained: id === 'a' })))
  await room.until(() => first.links.links().length === 2 && !isNothing(first.blobs.withoutThisDevice()))
  await room.until(() => isNothing(first.blobs.withoutThisDevice()), 180_000)
  for (const { cid } of blobs) {
    const others = holders(cid).filter((id) => id !== 'a')
    expect(others.length).toBeGreaterThanOrEqual(copies)
    expect(first.store.has(cid), 'leaving deletes nothing').toBe(true)
  }
  await room.stop()
})

test('copies that only laptops would keep do not let a device go', async () => {
  const { room, all, first, members } = await roomOf(['a', 'laptop'], { kind: 'copies', copies: 1 }, ['laptop'])
  members.set(all.map(({ id }) => memberOf(id, { drained: id === 'a', counts: id === 'a' })))
  await room.pass(180_000)
  expect(first.blobs.withoutThisDevice().lost.blobs).toBe(SIZES.length)
  await room.stop()
})

test('what only the leaving device had and nobody is to hold is taken by one device, and stays when it has gone', async () => {
  const { room, all, first, blobs, members, holders } = await roomOf(['a', 'b', 'c', 'd'], { kind: 'on-demand' })
  await room.pass(60_000)
  for (const { cid } of blobs) expect(holders(cid)).toEqual(['a'])
  members.set(all.map(({ id }) => memberOf(id, { drained: id === 'a' })))
  await room.until(() => isNothing(first.blobs.withoutThisDevice()), 180_000)
  for (const { cid } of blobs) expect(holders(cid).filter((id) => id !== 'a')).toHaveLength(1)
  members.set(all.filter(({ id }) => id !== 'a').map(({ id }) => memberOf(id)))
  for (const other of all.slice(1)) {
    other.links.remove('a')
    first.links.remove(other.id)
  }
  await room.pass(300_000)
  for (const { cid } of blobs) expect(holders(cid).filter((id) => id !== 'a')).toHaveLength(1)
  await room.stop()
})

test('a device that is away just now does not hold the leaving one up: what it should take goes to one that is there', async () => {
  const { room, all, first, blobs, members, holders } = await roomOf(['a', 'b', 'away'], { kind: 'copies', copies: 1 })
  for (const other of all) {
    other.links.remove('away')
    if (other.id !== 'away') all[2]?.links.remove(other.id)
  }
  const alone = blobs.filter(({ cid }) => holders(cid).join() === 'a').length
  expect(alone).toBeGreaterThan(0)
  members.set(all.map(({ id }) => memberOf(id, { drained: id === 'a' })))
  await room.until(() => isNothing(first.blobs.withoutThisDevice()), 20_000)
  for (const { cid } of blobs) expect(holders(cid)).not.toEqual(['a'])
  await room.stop()
})

test('a leaving device that asks anew opens its streams again, also when it does so often, and stays free to go', async () => {
  const { room, all, first, members } = await roomOf(['a', 'b'], { kind: 'on-demand' })
  members.set(all.map(({ id }) => memberOf(id, { drained: id === 'a' })))
  await room.until(() => isNothing(first.blobs.withoutThisDevice()), 180_000)
  const dialled = all.flatMap(({ links }) => links.links()).find(({ dialer }) => dialer)
  if (!dialled) throw new Error('nobody dialled')
  const open = dialled.open.bind(dialled)
  let opened = 0
  dialled.open = (...asked) => {
    opened++
    return open(...asked)
  }
  for (let asked = 1; asked <= 8; asked++) {
    first.blobs.askAnew()
    // Every time as soon as the first time: the pauses between attempts do not add up.
    await room.until(() => opened === asked, 3_000)
    await room.pass(15_000)
    expect(isNothing(first.blobs.withoutThisDevice())).toBe(true)
  }
  await room.stop()
})
