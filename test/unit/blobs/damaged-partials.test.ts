/** Rot in a file of which only some pieces are here: the piece is fetched again, and nobody is blamed for it. */
import { expect, test } from 'vitest'
import { blobLayout } from '../../../node/blobs/layout.ts'
import { FRESH_PIECE_MS } from '../../../node/blobs/limits.ts'
import { hasCode } from '../../../protocols/errors.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { followAll, linkDevices, TestCatalogue, unlinkDevices } from './room.ts'
import { DIRECTORY, fillSimulated, SimulatedRoom } from './simulated-devices.ts'

const PIECES = 5

async function roomWithPartial(kind: 'on-demand' | 'everywhere') {
  const room = new SimulatedRoom()
  const [a, b] = [await room.device('a'), await room.device('b')]
  const [blob] = await fillSimulated(a, [PIECES * PIECE_BYTES], { kind })
  if (!blob) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  catalogue.set([blob])
  followAll([a, b], catalogue)
  const rot = (piece: number): void =>
    b.disk.flipBit(blobLayout(DIRECTORY).partialOf(blob.cid), 8 * (piece * PIECE_BYTES + 77))
  const read = (piece: number): Promise<number> =>
    room.done(
      (async () => {
        let ones = 0
        for await (const span of b.blobs.reader.stream(blob, piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES))
          for (const byte of span) ones += byte
        return ones
      })()
    )
  return { room, a, b, blob, rot, read }
}

test('a damaged piece is not given to people: it is fetched again', async () => {
  const { room, a, b, blob, rot, read } = await roomWithPartial('on-demand')
  linkDevices(a, b)
  await room.pass(500, 50)
  const before = await read(1)
  const partial = b.store.partial(blob.cid)
  // A piece that was hashed a moment ago is believed.
  await room.pass(FRESH_PIECE_MS, 500)
  rot(1)
  expect(await read(1)).toBe(before)
  expect(b.store.partial(blob.cid)).toBe(partial)
  expect(b.asked.filter(({ cid, start }) => cid === blob.cid && start === PIECE_BYTES)).toHaveLength(2)
  await room.stop()
})

test('a damaged piece is not given to peers, nor counted as here', async () => {
  const { room, a, b, blob, rot, read } = await roomWithPartial('on-demand')
  const c = await room.device('c')
  const catalogue = new TestCatalogue()
  catalogue.set([blob])
  followAll([c], catalogue, ['a', 'b', 'c'])
  linkDevices(a, b)
  await room.pass(500, 50)
  await read(1)
  // A piece that was hashed a moment ago is believed.
  await room.pass(FRESH_PIECE_MS, 500)
  rot(1)
  unlinkDevices(a, b)
  linkDevices(b, c)
  const failed = room.done(c.blobs.reader.bytes({ ...blob }, blob.sizeBytes)).catch((error: unknown) => error)
  expect(hasCode(await failed, 'BLOB_MISSING')).toBe(true)
  expect(c.events.filter(({ kind }) => kind === 'peer-lied')).toEqual([])
  expect(b.store.partial(blob.cid)?.bits.has(1)).toBe(false)
  await room.stop()
})

test('pieces that rot before the file is complete are fetched again, and the list is not blamed', async () => {
  const { room, a, b, blob, rot } = await roomWithPartial('everywhere')
  linkDevices(a, b)
  await room.until(() => (b.store.partial(blob.cid)?.bits.count ?? 0) >= 2, 5_000, 1)
  unlinkDevices(a, b)
  await room.pass(500, 50)
  const here = [...(b.store.partial(blob.cid)?.bits ?? [])]
  expect(here.length).toBeLessThan(PIECES)
  for (const piece of here) rot(piece)
  linkDevices(a, b)
  await room.until(() => b.store.has(blob.cid))
  expect(b.events.filter(({ kind }) => kind === 'broken' || kind === 'peer-lied')).toEqual([])
  // What rotted after it was hashed on its way in is found by the next read, as in every stored file.
  await room.done(b.blobs.verify(() => undefined))
  await room.until(() => b.store.has(blob.cid))
  expect(await room.done(b.store.scrub(blob.cid, async () => undefined))).toBe(true)
  await room.stop()
})
