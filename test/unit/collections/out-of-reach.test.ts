import { expect, test } from 'vitest'
import { MAX_FILES_ASKED_FOR } from '../../../node/collections/limits.ts'
import { filesOutOfReach } from '../../../node/collections/out-of-reach.ts'
import type { BlobReader, BlobRef } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { cidOf } from './memory-blobs.ts'

function reader(answer: (ref: BlobRef) => void): BlobReader & { asked: number } {
  const blobs = {
    asked: 0,
    hasLocally: () => false,
    bytes: () => Promise.reject(new Error('only the beginning is read')),
    async *stream(ref: BlobRef) {
      blobs.asked++
      answer(ref)
      yield Uint8Array.of(1)
    }
  }
  return blobs
}

const files = (count: number): BlobRef[] =>
  Array.from({ length: count }, (_, i) => ({ cid: cidOf(Buffer.from(`${i}`)), sizeBytes: 1 }))
const never = new AbortController().signal

test('every file is asked for up to the limit; past it, evenly chosen ones', async () => {
  const missing = (): never => {
    throw new JoineryError('BLOB_MISSING', 'nobody has it')
  }
  const all = reader(missing)
  expect(await filesOutOfReach(all, files(MAX_FILES_ASKED_FOR), never)).toHaveLength(MAX_FILES_ASKED_FOR)
  const some = reader(missing)
  const gone = await filesOutOfReach(some, files(MAX_FILES_ASKED_FOR + 2), never)
  expect(gone.length).toBe(some.asked)
  expect(some.asked).toBe(MAX_FILES_ASKED_FOR / 2 + 1)
})

test('a failure that says nothing about the file is not taken for its absence', async () => {
  const full = reader(() => {
    throw new JoineryError('DISK_FULL', 'no room')
  })
  await expect(filesOutOfReach(full, files(3), never)).rejects.toMatchObject({ code: 'DISK_FULL' })
})
