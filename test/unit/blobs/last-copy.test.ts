/** The last live copy never goes: two devices that want room at once, over the real exchange; garbage; rot that a round of scrubbing finds. */
import { expect, test } from 'vitest'
import { GARBAGE_GRACE_MS, GARBAGE_SWEEP_MS, SCRUB_FIRST_MS, SCRUB_REST_MS } from '../../../node/blobs/limits.ts'
import type { CatalogueBlob } from '../../../protocols/content.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { followAll, linkDevices, TestCatalogue, unlinkDevices } from './room.ts'
import { fillSimulated, type SimulatedDevice, SimulatedRoom } from './simulated-devices.ts'

test('devices that want room at the same moment leave one copy of everything, whoever asks whom first', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const random = seededRandom(seed)
    const room = new SimulatedRoom()
    const devices: SimulatedDevice[] = []
    for (const name of ['a', 'b', 'c'].slice(0, 2 + random.below(2))) devices.push(await room.device(name))
    const cached: CatalogueBlob[] = []
    for (const device of devices) {
      cached.splice(0)
      cached.push(...(await fillSimulated(device, Array(12).fill(1000), { kind: 'on-demand' })))
    }
    // Some of them are on one device only.
    for (const { cid } of cached)
      for (const { store } of devices.slice(1)) if (random.chance(0.3)) await store.remove(cid)
    const giver = await room.device('giver')
    const wanted = await fillSimulated(giver, Array(20).fill(1500), { kind: 'everywhere' }, 50)
    const catalogue = new TestCatalogue()
    catalogue.set([...cached, ...wanted])
    followAll([...devices, giver], catalogue)
    for (const { store } of devices) store.offer(store.space.usedBytes)
    const pairs = devices.flatMap((one, i) => [...devices.slice(i + 1), giver].map((other) => [one, other] as const))
    for (const [one, other] of random.shuffle(pairs)) {
      linkDevices(one, other)
      await room.pass(random.below(200), 20)
    }
    await room.pass(150_000)
    let dropped = 0
    for (const { cid } of cached) {
      const left = devices.filter(({ store }) => store.has(cid)).length
      expect(left, `seed ${seed}`).toBeGreaterThanOrEqual(1)
      dropped += devices.length - left
    }
    expect(dropped, `seed ${seed}: nothing was dropped, the test says nothing`).toBeGreaterThan(0)
    await room.stop()
  }
})

test('a copy that was promised stays, also when its own device wants room', async () => {
  const room = new SimulatedRoom()
  const [a, b] = [await room.device('a'), await room.device('b')]
  const blobs = await fillSimulated(a, [1000], { kind: 'on-demand' })
  await fillSimulated(b, [1000], { kind: 'on-demand' })
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  linkDevices(a, b)
  await room.pass(1_000, 50)
  const more = await fillSimulated(a, [1000], { kind: 'everywhere' }, 9)
  const evenMore = await fillSimulated(b, [1000], { kind: 'everywhere' }, 10)
  a.store.offer(2000)
  b.store.offer(2000)
  catalogue.set([...blobs, ...more, ...evenMore])
  await room.pass(300_000)
  const [blob] = blobs as [CatalogueBlob]
  expect([a, b].filter(({ store }) => store.has(blob.cid))).toHaveLength(1)
  // Exactly one of the two had room for what it wants.
  expect([more, evenMore].flat().filter(({ cid }) => a.store.has(cid) && b.store.has(cid))).toHaveLength(1)
  await room.stop()
})

test('garbage goes after its time, and never before the catalogue is settled, nor from under an import', async () => {
  const room = new SimulatedRoom()
  const a = await room.device('a')
  const [named, unnamed, held] = await fillSimulated(a, [1000, 3 * PIECE_BYTES, 2000], { kind: 'on-demand' })
  if (!named || !unnamed?.pieces || !held) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  catalogue.set([named])
  const session = a.blobs.writing.open()
  expect(session.keep(held.cid)).toBe(true)
  const sweep = (): Promise<unknown> => room.done(a.blobs.collectGarbage({ graceMs: 0 }))
  const here = (): boolean[] => [named, unnamed, held].map(({ cid }) => a.store.has(cid))

  await sweep()
  expect(here(), 'nothing is followed yet').toEqual([true, true, true])
  let settled = false
  a.blobs.follow(catalogue, followAll([], catalogue, ['a']), { settled: () => settled })
  await sweep()
  await room.pass(GARBAGE_GRACE_MS + 2 * GARBAGE_SWEEP_MS, 60_000)
  expect(here(), 'not settled').toEqual([true, true, true])

  settled = true
  await room.pass(GARBAGE_GRACE_MS - GARBAGE_SWEEP_MS, 60_000)
  expect(here(), 'within its grace').toEqual([true, true, true])
  await room.pass(3 * GARBAGE_SWEEP_MS, 60_000)
  expect(here()).toEqual([true, false, true])
  expect(a.store.has(unnamed.pieces)).toBe(false)

  session.end()
  await room.pass(GARBAGE_GRACE_MS + 2 * GARBAGE_SWEEP_MS, 60_000)
  expect(here()).toEqual([true, false, false])
  await room.stop()
})

test('what is named again within its grace begins a new one', async () => {
  const room = new SimulatedRoom()
  const a = await room.device('a')
  const [blob, other] = await fillSimulated(a, [1000, 2000], { kind: 'on-demand' })
  if (!blob || !other) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  catalogue.set([other])
  followAll([a], catalogue)
  await room.pass(GARBAGE_GRACE_MS - GARBAGE_SWEEP_MS, 60_000)
  catalogue.set([blob, other])
  await room.pass(2 * GARBAGE_SWEEP_MS, 60_000)
  catalogue.set([other])
  await room.pass(GARBAGE_GRACE_MS - GARBAGE_SWEEP_MS, 60_000)
  expect(a.store.has(blob.cid)).toBe(true)
  await room.pass(3 * GARBAGE_SWEEP_MS, 60_000)
  expect(a.store.has(blob.cid)).toBe(false)
  await room.stop()
})

test('a round of scrubbing finds rot that nobody read, and a peer repairs it', async () => {
  const room = new SimulatedRoom()
  const [a, b] = [await room.device('a'), await room.device('b')]
  const blobs = await fillSimulated(a, [500, 300_000, 3 * PIECE_BYTES], { kind: 'everywhere' })
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  linkDevices(a, b)
  await room.until(() => blobs.every(({ cid }) => b.store.has(cid)))
  const lists = blobs.flatMap(({ pieces }) => pieces ?? [])
  for (const cid of [...blobs.map(({ cid }) => cid), ...lists]) b.flip(cid, 1234)
  await room.pass(SCRUB_FIRST_MS - room.time.nowMs - 2_000)
  expect(b.events).toEqual([])
  await room.until(() => b.events.length >= 4, 60_000)
  expect(new Set(b.events.map((event) => event.kind))).toEqual(new Set(['rotten']))
  await room.until(() => blobs.every(({ cid }) => b.store.has(cid)), 120_000)
  for (const { cid } of blobs) expect(await room.done(b.store.scrub(cid, async () => undefined))).toBe(true)
  // The next round finds what rotted since.
  b.flip((blobs[0] as CatalogueBlob).cid, 9)
  unlinkDevices(a, b)
  await room.pass(SCRUB_REST_MS + 60_000, 10_000)
  expect(b.store.has((blobs[0] as CatalogueBlob).cid)).toBe(false)
  linkDevices(a, b)
  await room.until(() => b.store.has((blobs[0] as CatalogueBlob).cid))
  await room.stop()
})
