/** A disk that is full refuses with a clear code; what is stored stays readable, can be removed, and room made is room used. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BlobStore } from '../../node/blobs/store.ts'
import type { Cid } from '../../protocols/cid.ts'
import { hasCode } from '../../protocols/errors.ts'
import { run } from '../kit/child.ts'
import { checkBlobs, openBlobs } from '../kit/durable-blobs.ts'
import { LoopImage, smallFileSystem } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'

/** The store's own reserve is bigger (256 MiB); the file systems here are small. */
const RESERVE_BYTES = 4 * 2 ** 20
const random = seededRandom(Number(process.env.SEED ?? 1))

/** Puts blobs until the disk is full; returns those that were acknowledged. */
async function fill(store: BlobStore, sizeBytes: () => number): Promise<Cid[]> {
  const held: Cid[] = []
  for (;;) {
    try {
      held.push((await store.put(random.bytes(sizeBytes()))).cid)
    } catch (error) {
      if (!hasCode(error, 'DISK_FULL')) throw error
      return held
    }
  }
}

describe('the blob store on a small file system', () => {
  for (const [what, sizeBytes] of [
    ['small files', () => 1 + random.below(40_000)],
    ['files with pieces', () => 2 ** 21 + random.below(2 ** 20)]
  ] as const) {
    test(`full of ${what}: DISK_FULL, reads go on, removing makes room, and the next start finds everything`, async () => {
      await using disk = await smallFileSystem(16_000)
      const data = join(disk.path, 'data')
      const store = await openBlobs(data, RESERVE_BYTES)
      const held = await fill(store, sizeBytes)
      expect(held.length).toBeGreaterThan(2)
      expect(store.readOnly).toBe(false)
      for (const cid of held) {
        let length = 0
        for await (const span of store.readSpans(cid, 0, store.sizeOf(cid) ?? 0)) length += span.length
        expect(length).toBe(store.sizeOf(cid))
      }
      for (const cid of held.splice(0, Math.ceil(held.length / 2))) await store.remove(cid)
      const more = await fill(store, sizeBytes)
      expect(more.length).toBeGreaterThan(0)
      await store.close()
      expect(await checkBlobs(data, [...held, ...more])).toEqual([])
    })
  }
})

test('many small files take no more of the disk than the quota says: whole blocks are counted, and their names', async () => {
  await using disk = await LoopImage.make(64)
  const data = join(disk.path, 'data')
  const quotaBytes = 12 * 2 ** 20
  let store = await openBlobs(data, 0, quotaBytes)
  const takenBytes = async (): Promise<number> =>
    Number.parseInt((await run(['du', '-s', '-B1', join(data, 'store')])).stdout, 10)
  const before = await takenBytes()
  const held = await fillTogether(store, 'QUOTA_FULL')
  const taken = (await takenBytes()) - before
  expect(taken).toBeLessThanOrEqual(quotaBytes)
  // And no less than it may.
  expect(taken).toBeGreaterThan(0.85 * quotaBytes)
  const { usedBytes } = store.space
  await store.close()
  store = await openBlobs(data, 0, quotaBytes)
  expect(store.space.usedBytes).toBe(usedBytes)
  expect(await codeOf(store.put(random.bytes(200)))).toBe('QUOTA_FULL')
  for (const cid of held) await store.remove(cid)
  expect(store.space.usedBytes).toBe(0)
  await store.close()
})

/** Files of a few hundred bytes, many at a time, since each waits for the disk. */
async function fillTogether(store: BlobStore, code: string): Promise<Cid[]> {
  const held: Cid[] = []
  const putter = async (): Promise<void> => {
    for (;;) {
      try {
        held.push((await store.put(random.bytes(1 + random.below(500)))).cid)
      } catch (error) {
        if (!hasCode(error, code)) throw error
        return
      }
    }
  }
  await Promise.all(Array.from({ length: 64 }, putter))
  return held
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing',
    (error: unknown) => (error as { code?: string }).code ?? 'none'
  )
}
