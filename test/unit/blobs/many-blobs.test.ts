/** What copying costs by the number of files, counted and not timed: ten times the files, at most twelve times the work. */
import { expect, test } from 'vitest'
import { viewCatalogue } from '../../../node/blobs/catalogue-view.ts'
import { CopyPlanner } from '../../../node/blobs/copy-planner.ts'
import type { CopyRequest } from '../../../node/blobs/copy-request.ts'
import { MAX_UNDER_WAY } from '../../../node/blobs/limits.ts'
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

test('so many blobs wait for our own disk and no more, and what came is written also when its sender has left', () => {
  const random = seededRandom(5)
  const cid = (): Cid => cidOfDigest(random.bytes(32))
  const blobs: CatalogueBlob[] = Array.from({ length: 2 * MAX_UNDER_WAY }, () => ({
    cid: cid(),
    sizeBytes: 1000,
    policy: { kind: 'everywhere' },
    copyClass: 1
  }))
  const all = new Bitfield(blobs.length)
  for (let i = 0; i < blobs.length; i++) all.add(i)
  const stored = new Set<Cid>()
  const planner = new CopyPlanner({
    self: 'me',
    maxRequests: 4,
    maxInFlightBytes: 8 * PIECE_BYTES,
    hasLocally: (name) => stored.has(name),
    hasList: () => false
  })
  planner.catalogueChanged(viewCatalogue([{ shard: cid(), blobs }]), all, () => all)
  const link = (): void => {
    planner.linked('one', all)
    planner.inventory('one', all.copy(), new Bitfield(blobs.length), all)
  }
  link()
  const waiting: CopyRequest[] = []
  const receiveAll = (nowMs: number): void => {
    for (;;) {
      const effects = planner.plan(nowMs)
      expect(effects.filter(({ kind }) => kind === 'cancel')).toEqual([])
      if (effects.length === 0) return
      for (const effect of effects) {
        if (effect.kind !== 'request') continue
        planner.received(effect.request.id)
        waiting.push(effect.request)
      }
    }
  }
  receiveAll(0)
  expect(waiting).toHaveLength(MAX_UNDER_WAY)
  planner.unlinked('one')
  link()
  receiveAll(1)
  expect(waiting).toHaveLength(MAX_UNDER_WAY)
  for (const { id, ref } of waiting) {
    planner.arrived(id, 10, 2)
    stored.add(ref.cid)
    planner.stored(ref.cid)
  }
  receiveAll(3)
  expect(new Set(waiting.map(({ ref }) => ref.cid)).size).toBe(2 * MAX_UNDER_WAY)
})

/** A planner that copies ten pieces from one peer, and a small blob that nobody needs but who asks for it. */
function copyingOne(): {
  planner: CopyPlanner
  asked: CatalogueBlob
  kinds(nowMs: number): string[]
  under: CopyRequest[]
} {
  const random = seededRandom(6)
  const cid = (): Cid => cidOfDigest(random.bytes(32))
  const big: CatalogueBlob = {
    cid: cid(),
    sizeBytes: 10 * PIECE_BYTES,
    pieces: cid(),
    policy: { kind: 'everywhere' },
    copyClass: 2
  }
  const asked: CatalogueBlob = { cid: cid(), sizeBytes: 5000, policy: { kind: 'on-demand' }, copyClass: 0 }
  const both = new Bitfield(2)
  both.add(0)
  both.add(1)
  const wants = new Bitfield(2)
  wants.add(0)
  const planner = new CopyPlanner({
    self: 'me',
    maxRequests: 6,
    maxInFlightBytes: 12 * PIECE_BYTES,
    hasLocally: () => false,
    hasList: () => true
  })
  planner.catalogueChanged(viewCatalogue([{ shard: cid(), blobs: [big, asked] }]), wants, () => both)
  planner.linked('one', both)
  planner.inventory('one', both.copy(), new Bitfield(2), both)
  const under: CopyRequest[] = []
  const kinds = (nowMs: number): string[] =>
    planner.plan(nowMs).map((effect) => {
      if (effect.kind === 'open') planner.opened(big.cid, new Bitfield(pieceCount(big.sizeBytes)))
      if (effect.kind === 'request') under.push(effect.request)
      return effect.kind === 'request' ? (effect.request.ref.cid === big.cid ? 'copy' : 'asked') : effect.kind
    })
  kinds(0)
  expect(kinds(0)).toEqual(['copy', 'copy', 'copy', 'copy'])
  return { planner, asked, kinds, under }
}

test('on a narrow link copies are paused while a person waits, and go on afterwards', () => {
  const { planner, asked, kinds, under } = copyingOne()
  planner.demand(asked, 0)
  // A moment after they were asked for nothing says that they will take long; and all that a peer may be asked for at once is taken.
  expect(kinds(500)).toEqual([])
  expect(kinds(1_000)).toEqual(['cancel', 'cancel', 'cancel', 'cancel', 'asked'])
  expect(kinds(1_400)).toEqual([])
  planner.arrived((under.at(-1) as CopyRequest).id, 100, 1_500)
  expect(kinds(1_500)).toEqual(['copy', 'copy', 'copy', 'copy'])
  // Now it is known to be narrow.
  planner.demand(asked, 0)
  expect(kinds(1_600)).toEqual(['cancel', 'cancel', 'cancel', 'cancel', 'asked'])
})

test('on a wide link nothing is broken off for a person, who waits for one piece at most', () => {
  const { planner, asked, kinds, under } = copyingOne()
  for (const { id } of under.splice(0)) planner.arrived(id, 200, 200)
  expect(kinds(200)).toEqual(['copy', 'copy', 'copy', 'copy'])
  planner.demand(asked, 0)
  expect(kinds(300)).toEqual([])
  planner.arrived((under[0] as CopyRequest).id, 200, 400)
  expect(kinds(400)).toEqual(['asked'])
})
