import { expect, test } from 'vitest'
import { pieceListBytes } from '../../../protocols/piece-list.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { fill, followAll, linkDevices, startDevice, TestCatalogue, until } from './room.ts'

const MiB = 2 ** 20

test('a new device copies everything from one peer', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  const b = await startDevice(folder.path, 'b')
  const blobs = await fill(a, [0, 1, 1000, 2 * MiB, 2 * MiB + 1, 7 * MiB + 5])
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  linkDevices(a, b)
  await until(() => blobs.every(({ cid }) => b.store.has(cid)))
  expect(blobs.every(({ pieces }) => !pieces || b.store.has(pieces))).toBe(true)
  await a.stop()
  await b.stop()
})

test('four new devices take the data of the first holder about once', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  const others = await Promise.all(['b', 'c', 'd', 'e'].map((id) => startDevice(folder.path, id)))
  const blobs = await fill(a, [...Array(40).fill(50_000), ...Array(8).fill(1_000_000), 8 * MiB, 8 * MiB])
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  const devices = [a, ...others]
  followAll(devices, catalogue)
  devices.forEach((x, i) => {
    for (const y of devices.slice(i + 1)) linkDevices(x, y)
  })
  await until(() => others.every(({ store }) => blobs.every(({ cid }) => store.has(cid))))
  const total = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const all = devices.reduce((sum, { sentBytes }) => sum + sentBytes(), 0)
  // The 1.3 of the promise is held where time is simulated (copy-planner.test.ts); on real disks the load of the machine decides who becomes impatient.
  expect(a.sentBytes() / total).toBeLessThanOrEqual(1.6)
  // Nothing was fetched twice: four devices got the data and their piece lists once each, from somebody.
  const lists = blobs.reduce((sum, { sizeBytes }) => sum + pieceListBytes(sizeBytes), 0)
  expect(all).toBe(4 * (total + lists))
  for (const device of devices) await device.stop()
})
