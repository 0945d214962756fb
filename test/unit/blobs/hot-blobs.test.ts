/** Small blobs that are kept in memory: only small ones, copies of their own, and only so many bytes. */
import { expect, test } from 'vitest'
import { HotBlobs } from '../../../node/blobs/hot-blobs.ts'
import { HOT_BLOB_BYTES, HOT_BYTES } from '../../../node/blobs/limits.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'

const name = (number: number): Cid => cidOfDigest(new Uint8Array(32).fill(number))

test('a blob of the greatest size is kept, one byte more is not', () => {
  const hot = new HotBlobs()
  hot.keep(name(1), new Uint8Array(HOT_BLOB_BYTES))
  hot.keep(name(2), new Uint8Array(HOT_BLOB_BYTES + 1))
  expect([1, 2].map((number) => hot.get(name(number))?.length)).toEqual([HOT_BLOB_BYTES, undefined])
})

test('what is kept does not change with the buffer that it was read into', () => {
  const hot = new HotBlobs()
  const buffer = new Uint8Array(10).fill(1)
  hot.keep(name(1), buffer.subarray(0, 5))
  buffer.fill(2)
  expect(hot.get(name(1))).toEqual(new Uint8Array(5).fill(1))
})

test('as many as there is place for are kept; for one more, the one that nobody asked for longest goes', () => {
  const hot = new HotBlobs()
  const count = HOT_BYTES / HOT_BLOB_BYTES
  for (let i = 0; i < count; i++) hot.keep(name(i), new Uint8Array(HOT_BLOB_BYTES))
  expect(hot.get(name(0))).toBeDefined()
  hot.keep(name(count), new Uint8Array(1))
  const gone = Array.from({ length: count + 1 }, (_, i) => i).filter((number) => hot.get(name(number)) === undefined)
  expect(gone).toEqual([1])
})
