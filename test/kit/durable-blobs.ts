/** The writer and the checker of the blob store for power cuts, kills and full disks. */
import { createHash } from 'node:crypto'
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { BlobStore } from '../../node/blobs/store.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { digestOfCid, parseCid } from '../../protocols/cid.ts'
import { seededRandom } from './seeded-random.ts'

/** @param reserveBytes kept free for the index, which cannot even be opened on a disk that is full to the last byte */
export async function openBlobs(folder: string, reserveBytes = 0, quotaBytes = 2 ** 40): Promise<BlobStore> {
  mkdirSync(folder, { recursive: true })
  const index = await openLevel(join(folder, 'index'))
  const components = { disk: nodeDisk, index, clock: systemClock }
  return await BlobStore.open(components, { directory: join(folder, 'store'), quotaBytes, reserveBytes })
}

/** What a file takes where this folder lies: whole blocks, and its name. */
export function takenBytes(folder: string, sizeBytes: number): number {
  const { bsize } = statfsSync(folder)
  return Math.ceil(sizeBytes / bsize) * bsize + 256
}

/** So many at a time (for ever, or `count` in each row), mostly small ones, now and then one with pieces. Prints the name of each. */
export async function writeBlobs(
  folder: string,
  { seed, atOnce, count = Infinity }: { seed: number; atOnce: number; count?: number },
  acknowledge: (what: string) => void
): Promise<void> {
  const store = await openBlobs(folder)
  const random = seededRandom(seed)
  const putter = async (): Promise<void> => {
    for (let left = count; left > 0; left--) {
      const length = random.chance(0.02) ? 2 ** 21 + random.below(2 ** 20) : 1 + random.below(30_000)
      const bytes = random.bytes(Math.min(length, 30_000))
      const whole = length > bytes.length ? new Uint8Array(length).fill(bytes[0] ?? 0) : bytes
      whole.set(bytes)
      const { cid } = await store.put(whole)
      acknowledge(cid)
      // Slow enough not to fill the disk before the last cut.
      await new Promise((resolve) => void setTimeout(resolve, 20))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, putter))
}

/** What is wrong with the store after it was opened again: names that were acknowledged and are not there, bytes that are not theirs. */
export async function checkBlobs(folder: string, acknowledged: readonly string[]): Promise<string[]> {
  const store = await openBlobs(folder)
  const wrong: string[] = []
  try {
    for (const text of acknowledged) if (!store.has(parseCid(text))) wrong.push(`lost: ${text}`)
    for (const cid of [...store.cids()]) {
      const hash = createHash('sha256')
      try {
        for await (const span of store.readSpans(cid, 0, store.sizeOf(cid) ?? 0)) hash.update(span)
        if (!hash.digest().equals(digestOfCid(cid))) wrong.push(`wrong bytes were given: ${cid}`)
      } catch (error) {
        wrong.push(`unreadable: ${cid}: ${error instanceof Error ? error.message : error}`)
      }
    }
  } finally {
    await store.close()
  }
  return wrong
}
