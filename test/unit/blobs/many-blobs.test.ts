/** What copying costs by the number of files, counted and not timed: ten times the files, at most twelve times the work. */
import { expect, test } from 'vitest'
import type { CopyPlanner } from '../../../node/blobs/copy-planner.ts'
import type { CopyRequest } from '../../../node/blobs/copy-request.ts'
import { MAX_UNDER_WAY } from '../../../node/blobs/limits.ts'
import type { CatalogueBlob } from '../../../protocols/content.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { blobOf, DrivenPlanner } from './driven-planner.ts'
import { followAll, linkDevices, TestCatalogue } from './room.ts'
import { fillSimulated, SimulatedRoom } from './simulated-devices.ts'

const TIMES = 10
const MOST_WORK = 12

/** How often the planner looks at a file or asks who has it, until all are copied from two peers. */
function planningWork(count: number, sizeBytes: number): number {
  let work = 0
  const world = new DrivenPlanner({
    seed: count,
    blobs: (random) => Array.from({ length: count }, () => blobOf(random, sizeBytes)),
    onLook: () => work++
  })
  const { holders } = world.planner
  const choose = holders.choose.bind(holders)
  holders.choose = (item, nowMs) => {
    work++
    return choose(item, nowMs)
  }
  for (const peer of ['one', 'other']) world.link(peer)
  world.run()
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
  const world = new DrivenPlanner({
    seed: 5,
    blobs: (random) => Array.from({ length: 2 * MAX_UNDER_WAY }, () => blobOf(random, 1000))
  })
  const { planner } = world
  world.link('one')
  const waiting: CopyRequest[] = []
  const receiveAll = (nowMs: number): void => {
    for (;;) {
      const { effects, requests } = world.plan(nowMs)
      expect(effects.filter(({ kind }) => kind === 'cancel')).toEqual([])
      if (effects.length === 0) return
      for (const request of requests) {
        planner.received(request.id)
        waiting.push(request)
      }
    }
  }
  receiveAll(0)
  expect(waiting).toHaveLength(MAX_UNDER_WAY)
  planner.unlinked('one')
  world.link('one')
  receiveAll(1)
  expect(waiting).toHaveLength(MAX_UNDER_WAY)
  for (const request of waiting) world.arrive(request, 2)
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
  const world = new DrivenPlanner({
    seed: 6,
    blobs: (random) => [blobOf(random, 10 * PIECE_BYTES, 2), blobOf(random, 5000, 0, { kind: 'on-demand' })],
    wants: [0],
    maxRequests: 6,
    hasLists: true
  })
  const [big, asked] = world.blobs as [CatalogueBlob, CatalogueBlob]
  world.link('one')
  const under: CopyRequest[] = []
  const kinds = (nowMs: number): string[] => {
    const { effects, requests } = world.plan(nowMs)
    under.push(...requests)
    return effects.map((effect) =>
      effect.kind === 'request' ? (effect.request.ref.cid === big.cid ? 'copy' : 'asked') : effect.kind
    )
  }
  kinds(0)
  expect(kinds(0)).toEqual(['copy', 'copy', 'copy', 'copy'])
  return { planner: world.planner, asked, kinds, under }
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
