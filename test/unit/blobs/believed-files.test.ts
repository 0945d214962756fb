/** How long a file that was hashed is believed: rot takes months, a class an hour. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BlobStore } from '../../../node/blobs/index.ts'
import { blobLayout } from '../../../node/blobs/layout.ts'
import { VERIFIED_FOR_MS } from '../../../node/blobs/limits.ts'
import { type Disk, nodeDisk } from '../../../node/platform/disk.ts'
import { openLevel } from '../../../node/platform/key-value.ts'
import { hasCode } from '../../../protocols/errors.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const ROTTEN = expect.toSatisfy((error) => hasCode(error, 'BLOB_ROTTEN'))

async function stored(sizeBytes: number) {
  const folder = temporaryFolder()
  const time = new SimulatedTime()
  const directory = join(folder.path, 'store')
  let modifiedMs = 1_000
  const disk: Disk = {
    ...nodeDisk,
    statNow(path) {
      const found = nodeDisk.statNow?.(path)
      return found && { ...found, modifiedMs }
    }
  }
  const store = await BlobStore.open(
    { disk, index: await openLevel(join(folder.path, 'index')), clock: new SimulatedClock(time) },
    { directory, quotaBytes: 2 ** 30 }
  )
  onTestFinished(async () => {
    await store.close()
    folder[Symbol.dispose]()
  })
  const { cid } = await store.put(new Uint8Array(sizeBytes).fill(7))
  const path = blobLayout(directory).fileOf(cid)
  /** One wrong byte. */
  function rot(keepsDate: boolean): void {
    const bytes = readFileSync(path)
    bytes[100] = 8
    writeFileSync(path, bytes)
    if (!keepsDate) modifiedMs++
  }
  const read = (): Promise<Uint8Array> => store.readSmall(cid)
  /** As another device asks for its first piece, or for all of a small one. */
  async function readForDevice(): Promise<void> {
    const options = { buffer: new Uint8Array(PIECE_BYTES), isHashedByReader: true }
    for await (const _span of store.readSpans(cid, 0, Math.min(sizeBytes, PIECE_BYTES), options));
  }
  return { store, cid, time, rot, read, readForDevice }
}

test('a file of a class is hashed when it is first read, and again after an hour', async () => {
  const { read, rot, time } = await stored(100_000)
  await read()
  rot(true)
  await time.run(time.nowMs + VERIFIED_FOR_MS)
  await read()
  await time.run(time.nowMs + 1)
  await expect(read()).rejects.toEqual(ROTTEN)
})

test('and at once when its date has changed', async () => {
  const { read, rot } = await stored(100_000)
  await read()
  rot(false)
  await expect(read()).rejects.toEqual(ROTTEN)
})

test('what is damaged before it is first read is not believed', async () => {
  const { read, rot } = await stored(100_000)
  rot(true)
  await expect(read()).rejects.toEqual(ROTTEN)
})

test('a very small file is hashed each time', async () => {
  const { read, rot } = await stored(16 * 1024)
  await read()
  rot(true)
  await expect(read()).rejects.toEqual(ROTTEN)
})

for (const sizeBytes of [100_000, 3 * PIECE_BYTES])
  describe(`a file of ${sizeBytes} bytes that this device has just written`, () => {
    test('goes to other devices, which hash what they get, without being hashed once more, for an hour', async () => {
      const { readForDevice, rot, time } = await stored(sizeBytes)
      rot(true)
      await time.run(time.nowMs + VERIFIED_FOR_MS)
      await readForDevice()
      await time.run(time.nowMs + 1)
      await expect(readForDevice()).rejects.toEqual(ROTTEN)
    })

    test('but not when its date has changed', async () => {
      const { readForDevice, rot } = await stored(sizeBytes)
      rot(false)
      await expect(readForDevice()).rejects.toEqual(ROTTEN)
    })

    test('and is hashed for the first person who reads it, whatever devices were given', async () => {
      const { store, cid, readForDevice, rot } = await stored(sizeBytes)
      rot(true)
      await readForDevice()
      const first = store.readSpans(cid, 0, 1)[Symbol.asyncIterator]()
      await expect(first.next()).rejects.toEqual(ROTTEN)
    })
  })
