/** Buffers that are used again are nobody else's while they are in use. */
import { expect, test } from 'vitest'
import { KEPT_PIECE_BUFFERS, SHARED_PIECE_BUFFERS } from '../../../node/blobs/limits.ts'
import { PieceBuffers } from '../../../node/blobs/piece-buffers.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { seededRandom } from '../../kit/seeded-random.ts'

test('whatever is taken and given back in whatever order, no two share a byte', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed)
    const buffers = new PieceBuffers()
    const inUse: { bytes: Uint8Array; mark: number }[] = []
    for (let step = 0; step < 400; step++) {
      if (random.chance(0.55)) {
        const length = random.chance(0.2) ? PIECE_BYTES - random.below(1000) : 1 + random.below(PIECE_BYTES / 2)
        const bytes = buffers.take(length)
        expect(bytes).toHaveLength(length)
        const mark = step % 251
        // Both ends tell whether another one reaches into it.
        bytes[0] = mark
        bytes[length - 1] = mark
        inUse.push({ bytes, mark })
      } else {
        const [one] = inUse.splice(random.below(Math.max(1, inUse.length)), 1)
        if (one) buffers.giveBack(one.bytes)
      }
      for (const { bytes, mark } of inUse)
        expect([bytes[0], bytes[bytes.length - 1]], `seed ${seed}, step ${step}`).toEqual([mark, mark])
    }
  }
})

test('small files share so many buffers, further ones have memory of their own, and all is used again', () => {
  const buffers = new PieceBuffers()
  const half = PIECE_BYTES / 2
  const taken = Array.from({ length: 2 * SHARED_PIECE_BUFFERS }, () => buffers.take(half))
  const shared = new Set(taken.map(({ buffer }) => buffer))
  expect(shared.size).toBe(SHARED_PIECE_BUFFERS)
  const more = buffers.take(half)
  expect(more.buffer.byteLength).toBe(half)
  for (const bytes of [...taken, more]) buffers.giveBack(bytes)
  for (let i = 0; i < 2 * SHARED_PIECE_BUFFERS; i++) expect(shared).toContain(buffers.take(half).buffer)
})

test('so many buffers are kept and no more', () => {
  const buffers = new PieceBuffers()
  const taken = Array.from({ length: KEPT_PIECE_BUFFERS + 1 }, () => buffers.take(PIECE_BYTES))
  const before = new Set(taken.map(({ buffer }) => buffer))
  for (const bytes of taken) buffers.giveBack(bytes)
  const again = Array.from({ length: KEPT_PIECE_BUFFERS + 1 }, () => buffers.take(PIECE_BYTES).buffer)
  expect(again.filter((buffer) => before.has(buffer))).toHaveLength(KEPT_PIECE_BUFFERS)
})
