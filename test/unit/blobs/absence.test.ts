/** A device that stays away is made up for after a while; when it comes back there is one copy more than needed, and that is no reason to delete. */
import { expect, test } from 'vitest'
import { ABSENCE_GRACE_MS } from '../../../node/blobs/limits.ts'
import type { Cid } from '../../../protocols/cid.ts'
import { followAll, linkDevices, TestCatalogue, unlinkDevices } from './room.ts'
import { fillSimulated, type SimulatedDevice, SimulatedRoom } from './simulated-devices.ts'

test('copies of a device that stays away are made elsewhere, nothing is deleted, and what is too many goes only for want of room', async () => {
  const room = new SimulatedRoom()
  const devices: SimulatedDevice[] = []
  for (const name of ['a', 'b', 'c', 'd']) devices.push(await room.device(name))
  const [a, , , d] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice]
  const blobs = await fillSimulated(a, Array(24).fill(100_000), { kind: 'copies', copies: 2 })
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll(devices, catalogue)
  const linkAll = (of: readonly SimulatedDevice[]): void =>
    of.forEach((one, i) => {
      for (const other of of.slice(i + 1)) linkDevices(one, other)
    })
  linkAll(devices)
  const holders = (cid: Cid, of = devices): number => of.filter(({ store }) => store.has(cid)).length
  // The one that has everything at first keeps it, so that 2 or 3 hold each.
  await room.until(() => blobs.every(({ cid }) => holders(cid, devices.slice(1)) + 1 >= 2))
  await room.pass(5_000)
  const onlyWithD = blobs.filter(({ cid }) => d.store.has(cid) && holders(cid) === 2)
  expect(onlyWithD.length).toBeGreaterThan(0)
  const before = new Map(devices.map(({ id, store }) => [id, new Set(store.cids())]))

  for (const other of devices.slice(0, 3)) unlinkDevices(other, d)
  await room.pass(ABSENCE_GRACE_MS - 60_000)
  for (const { id, store } of devices) expect(new Set(store.cids()), id).toEqual(before.get(id))

  const live = devices.slice(0, 3)
  await room.until(() => onlyWithD.every(({ cid }) => holders(cid, live) >= 2), 180_000)
  expect(new Set(d.store.cids())).toEqual(before.get('d'))
  for (const { id, store } of live) for (const cid of before.get(id) ?? []) expect(store.has(cid)).toBe(true)

  for (const other of live) linkDevices(other, d)
  await room.pass(120_000)
  const surplus = onlyWithD.filter(({ cid }) => holders(cid) === 3)
  expect(surplus).toEqual(onlyWithD)

  // Now one of them needs room for something else.
  const stand = live.find(({ id, store }) => onlyWithD.some(({ cid }) => store.has(cid) && !before.get(id)?.has(cid)))
  if (!stand) throw new Error('nobody stood in')
  stand.store.offer(stand.store.space.usedBytes + 100_000)
  const more = await fillSimulated(d, [250_000], { kind: 'everywhere' }, 99)
  catalogue.set([...blobs, ...more])
  await room.until(() => more.every(({ cid }) => stand.store.has(cid)), 300_000)
  expect(onlyWithD.filter(({ cid }) => holders(cid) === 3).length).toBeLessThan(onlyWithD.length)
  for (const { cid } of blobs) expect(holders(cid)).toBeGreaterThanOrEqual(2)
  await room.stop()
})
