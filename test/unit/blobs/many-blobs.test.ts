/** What copying costs by the number of files, counted and not timed: ten times the files, at most twelve times the work. */
import { expect, test } from 'vitest'
import { viewCatalogue } from '../../../node/blobs/catalogue-view.ts'
import { CopyPlanner } from '../../../node/blobs/copy-planner.ts'
import { Bitfield } from '../../../protocols/bitfield.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'
import type { CatalogueBlob } from '../../../protocols/content.ts'
import { PIECE_BYTES, pieceCount } from '../../../protocols/piece-list.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { followAll, linkDevices, TestCatalogue } from './room.ts'
import { fillSimulated, SimulatedRoom } from './simulated-devices.ts'

const TIMES = 10
const MOST_WORK = 12

/** How often the planner looks at a file or asks who has it, until all are copied from two peers. */
function planningWork(count: number, sizeBytes: number): number {
  const random = seededRandom(count)
  const cid = (): Cid => cidOfDigest(random.bytes(32))
  const blobs: CatalogueBlob[] = Array.from({ length: count }, () => ({
    cid: cid(),
    sizeBytes,
    policy: { kind: 'everywhere' },
    copyClass: 1,
    ...(pieceCount(sizeBytes) > 1 && sizeBytes > 2 * PIECE_BYTES ? { pieces: cid() } : {})
  }))
  const all = new Bitfield(count)
  for (let i = 0; i < count; i++) all.add(i)
  const stored = new Set<Cid>()
  let work = 0
  const planner = new CopyPlanner({
    self: 'me',
    maxRequests: 4,
    maxInFlightBytes: 8 * PIECE_BYTES,
    hasLocally(name) {
      work++
      return stored.has(name)
    },
    hasList: (name) => stored.has(name)
  })
  const { holders } = planner
  const choose = holders.choose.bind(holders)
  holders.choose = (item, nowMs) => {
    work++
    return choose(item, nowMs)
  }
  planner.catalogueChanged(viewCatalogue([{ shard: cid(), blobs }]), all, () => all)
  for (const peer of ['one', 'other']) {
    planner.linked(peer, all)
    planner.inventory(peer, all.copy(), new Bitfield(count), all)
  }
  for (let nowMs = 0; !blobs.every((blob) => stored.has(blob.cid)); nowMs += 10) {
    if (nowMs > 10_000_000) throw new Error('it never ends')
    for (const effect of planner.plan(nowMs)) {
      if (effect.kind === 'request') {
        planner.received(effect.request.id)
        planner.arrived(effect.request.id, 5, nowMs)
        if (effect.request.ref.sizeBytes <= 2 * PIECE_BYTES) stored.add(effect.request.ref.cid)
        if (effect.request.ref.sizeBytes <= 2 * PIECE_BYTES) planner.stored(effect.request.ref.cid)
      } else if (effect.kind === 'open') planner.opened(effect.ref.cid, new Bitfield(pieceCount(sizeBytes)))
      else if (effect.kind === 'finish') {
        stored.add(effect.cid)
        planner.stored(effect.cid)
      }
    }
  }
  return work
}

test.each([
  ['small files', 100, 50_000],
  ['big files', 20, 6 * PIECE_BYTES]
])('planning: ten times the %s, at most twelve times the work', (_, count, sizeBytes) => {
  const ratio = planningWork(TIMES * count, sizeBytes) / planningWork(count, sizeBytes)
  expect(ratio).toBeLessThanOrEqual(MOST_WORK)
})

/** Messages between two devices and operations of the disk of the one that copies. */
async function copyingWork(count: number): Promise<{ messages: number; operations: number }> {
  const room = new SimulatedRoom()
  const a = await room.device('a')
  const b = await room.device('b')
  const blobs = await fillSimulated(a, Array<number>(count).fill(2000), { kind: 'everywhere' }, count)
  const unique = [...new Map(blobs.map((blob) => [blob.cid, blob])).values()]
  let operations = 0
  for (const name of ['open', 'rename', 'remove', 'syncDirectory', 'stat', 'freeBytes'] as const) {
    const original = b.disk[name].bind(b.disk) as (...words: unknown[]) => Promise<unknown>
    Object.assign(b.disk, {
      [name]: (...words: unknown[]) => {
        operations++
        return original(...words)
      }
    })
  }
  let messages = 0
  for (const device of [a, b]) {
    for (const [protocol, handled] of device.links.handlers) {
      device.links.handlers.set(protocol, {
        limits: handled.limits,
        handler: (stream, link) =>
          handled.handler(
            {
              send: (message) => {
                messages++
                return stream.send(message)
              },
              receive: () => stream.receive(),
              close: () => stream.close(),
              abort: (reason) => stream.abort(reason)
            },
            link
          )
      })
    }
  }
  const catalogue = new TestCatalogue()
  catalogue.set(unique)
  followAll([a, b], catalogue)
  linkDevices(a, b)
  await room.until(() => unique.every(({ cid }) => b.store.has(cid)), 600_000)
  await room.stop()
  return { messages, operations }
}

test('copying: ten times the files, at most twelve times the messages and disk operations', async () => {
  const [few, many] = [await copyingWork(40), await copyingWork(TIMES * 40)]
  expect(many.messages / few.messages).toBeLessThanOrEqual(MOST_WORK)
  expect(many.operations / few.operations).toBeLessThanOrEqual(MOST_WORK)
})
