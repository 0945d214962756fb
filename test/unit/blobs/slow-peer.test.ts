/** A peer that sends drop by drop: what it was asked for comes from a quicker holder, and the quick one is not held up. */
import { expect, test } from 'vitest'
import type { BlobSource } from '../../../node/blobs/blob-source.ts'
import { SLOW_AFTER_MS, SLOW_FOR_MS } from '../../../node/blobs/limits.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { SimulatedClock } from '../../kit/simulated-clock.ts'
import { followAll, linkDevices, TestCatalogue } from './room.ts'
import { fillSimulated, SimulatedRoom } from './simulated-devices.ts'

/** Bytes take their time: so many per ms and peer, for all requests together. Nothing ever stalls. */
function paced(source: BlobSource, clock: SimulatedClock, rates: Readonly<Record<NodeId, number>>) {
  const freeMs = new Map<NodeId, number>()
  const bytesFrom = new Map<NodeId, number>()
  const paced: BlobSource = {
    async fetch(link, request, signal, into) {
      const outcome = await source.fetch(link, request, signal, into)
      if (outcome.kind !== 'bytes') return outcome
      const fromMs = Math.max(freeMs.get(link.peer) ?? 0, clock.monotonicMs())
      const endMs = fromMs + outcome.bytes.length / (rates[link.peer] ?? 1)
      freeMs.set(link.peer, endMs)
      const came = await new Promise<boolean>((resolve) => {
        const cancel = clock.after(endMs - clock.monotonicMs(), () => resolve(true))
        signal.addEventListener('abort', () => {
          cancel()
          freeMs.set(link.peer, clock.monotonicMs())
          resolve(false)
        })
      })
      if (!came) return { kind: 'failed', failure: 'unreachable' }
      bytesFrom.set(link.peer, (bytesFrom.get(link.peer) ?? 0) + outcome.bytes.length)
      return outcome
    },
    close: () => source.close()
  }
  return { paced, bytesFrom }
}

/** How long it takes to copy, with these peers. */
async function copyFrom(rates: Readonly<Record<NodeId, number>>, pieces: number) {
  const room = new SimulatedRoom()
  let bytesFrom = new Map<NodeId, number>()
  const receiver = await room.device('receiver', {
    source(source) {
      const made = paced(source, new SimulatedClock(room.time), rates)
      bytesFrom = made.bytesFrom
      return made.paced
    }
  })
  const catalogue = new TestCatalogue()
  const peers = []
  for (const name of Object.keys(rates)) {
    const peer = await room.device(name)
    const blobs = await fillSimulated(peer, [pieces * PIECE_BYTES, ...Array(20).fill(100_000)], { kind: 'everywhere' })
    catalogue.set(blobs)
    peers.push(peer)
  }
  followAll([receiver, ...peers], catalogue)
  for (const peer of peers) linkDevices(peer, receiver)
  const [{ blobs }] = catalogue.shards() as [ReturnType<TestCatalogue['shards']>[0]]
  await room.until(() => blobs.every(({ cid }) => receiver.store.has(cid)), 600_000)
  const tookMs = room.time.nowMs
  await room.stop()
  return { tookMs, bytesFrom, twice: receiver.asked.length - blobs.length - pieces, events: receiver.events }
}

/** 4 MB/s, and 1 KiB/s: the figures of the fault list. */
const QUICK = 4_000
const DRIPPING = 1

test('a peer at 1 KiB/s does not hold up the copying from a quick one', async () => {
  const alone = await copyFrom({ quick: QUICK }, 60)
  const both = await copyFrom({ dripping: DRIPPING, quick: QUICK }, 60)
  expect(alone.tookMs / (both.tookMs - SLOW_AFTER_MS)).toBeGreaterThanOrEqual(0.9)
  expect(both.events).toEqual([])
  // At most what it was asked before anybody knew, and again each time it gets another chance.
  const chances = 1 + Math.ceil(both.tookMs / SLOW_FOR_MS)
  expect(both.twice).toBeLessThanOrEqual(4 * chances)
})

test('who is a little slower keeps its requests, and nothing is fetched twice', async () => {
  const { twice, bytesFrom } = await copyFrom({ one: 1_000, other: 600 }, 30)
  expect(twice).toBeLessThanOrEqual(1)
  expect(bytesFrom.get('other') ?? 0).toBeGreaterThan(5 * PIECE_BYTES)
})

test('the only holder is asked on, however slow it is', async () => {
  const { bytesFrom, twice } = await copyFrom({ only: 100 }, 4)
  expect(bytesFrom.get('only') ?? 0).toBeGreaterThanOrEqual(4 * PIECE_BYTES)
  expect(twice).toBeLessThanOrEqual(1)
})
