/** How long a file that was hashed is believed: rot takes months, a class an hour. */
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BlobStore } from '../../../node/blobs/index.ts'
import { blobLayout } from '../../../node/blobs/layout.ts'
import { VERIFIED_FOR_MS } from '../../../node/blobs/limits.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { openLevel } from '../../../node/platform/key-value.ts'
import { hasCode } from '../../../protocols/errors.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const ROTTEN = expect.toSatisfy((error) => hasCode(error, 'BLOB_ROTTEN'))

async function stored(sizeBytes: number) {
  const folder = temporaryFolder()
  const time = new SimulatedTime()
  const directory = join(folder.path, 'store')
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder.path, 'index')), clock: new SimulatedClock(time) },
    { directory, quotaBytes: 2 ** 30 }
  )
  onTestFinished(async () => {
    await store.close()
    folder[Symbol.dispose]()
  })
  const { cid } = await store.put(new Uint8Array(sizeBytes).fill(7))
  const path = blobLayout(directory).fileOf(cid)
  // A whole second, which can be set again exactly.
  utimesSync(path, 1_000, 1_000)
  /** One wrong byte. */
  function rot(keepsDate: boolean): void {
    const bytes = readFileSync(path)
    bytes[100] = 8
    writeFileSync(path, bytes)
    utimesSync(path, 1_000, keepsDate ? 1_000 : 1_001)
  }
  return { store, cid, time, rot, read: () => store.readSmall(cid) }
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
