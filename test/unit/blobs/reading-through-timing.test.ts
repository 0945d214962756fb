/** A visitor who reads on while the partial file is closed, opened, or already has what is asked for: found as a download that never ended. */
import { expect, test } from 'vitest'
import { CLOSE_AFTER_MS, SPAN_BYTES } from '../../../node/blobs/limits.ts'
import { localBytes } from '../../../node/blobs/local-bytes.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { followAll, linkDevices, TestCatalogue } from './room.ts'
import { fillSimulated, SimulatedRoom } from './simulated-devices.ts'

const PIECES = 6

async function roomWithOneBigBlob() {
  const room = new SimulatedRoom()
  const a = await room.device('a')
  const b = await room.device('b')
  const [blob] = await fillSimulated(a, [PIECES * PIECE_BYTES], { kind: 'on-demand' })
  if (!blob) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  catalogue.set([blob])
  followAll([a, b], catalogue)
  linkDevices(a, b)
  await room.pass(1_000)
  const read = async (piece: number): Promise<void> => {
    let length = 0
    const reading = async (): Promise<void> => {
      for await (const span of b.blobs.reader.stream(blob, piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES))
        length += span.length
    }
    await room.done(reading())
    expect(length).toBe(PIECE_BYTES)
  }
  return { room, a, b, blob, read }
}

test('between two pieces the partial file stays open; when nobody comes for a while it is closed', async () => {
  const { room, b, blob, read } = await roomWithOneBigBlob()
  await read(0)
  const partial = b.store.partial(blob.cid)
  expect(partial).toBeDefined()
  await room.pass(CLOSE_AFTER_MS - 1_500, 100)
  expect(b.store.partial(blob.cid)).toBe(partial)
  await read(1)
  expect(b.store.partial(blob.cid)).toBe(partial)
  await room.pass(CLOSE_AFTER_MS + 2_500, 100)
  expect(b.store.partial(blob.cid)).toBeUndefined()
  expect([...b.store.sleepingPartials()]).toEqual([blob.cid])
  await room.stop()
})

test('a visitor who comes at any moment around the closing of the file gets the piece, and no piece comes twice', async () => {
  for (let waitMs = CLOSE_AFTER_MS - 300; waitMs <= CLOSE_AFTER_MS + 1_500; waitMs += 100) {
    const { room, b, blob, read } = await roomWithOneBigBlob()
    // In no order, and with pieces that are there already: a closed file must be opened to know.
    for (const piece of [0, 3, 0, 1, 3]) {
      await read(piece)
      await room.pass(waitMs, 50)
    }
    const starts = b.asked.filter(({ cid }) => cid === blob.cid).map(({ start }) => start)
    expect(new Set(starts).size, `after ${waitMs} ms`).toBe(starts.length)
    await room.stop()
  }
})

test('a file that is asked for while it is being closed keeps what it has', async () => {
  const { room, b, blob, read } = await roomWithOneBigBlob()
  await read(2)
  const closing = b.store.sleepPartial(blob.cid)
  const partial = await b.store.openPartial(blob)
  await closing
  expect([...partial.bits]).toContain(2)
  expect(b.store.partial(blob.cid)).toBe(partial)
  expect([...b.store.sleepingPartials()]).toEqual([])
  await room.stop()
})

test('whoever reads pieces of a file that is put aside meanwhile is told that they are no longer here', async () => {
  const { room, b, blob, read } = await roomWithOneBigBlob()
  await read(0)
  const local = localBytes(b.store, blob.cid, 0, PIECE_BYTES, new Uint8Array(SPAN_BYTES))
  if (local.kind !== 'bytes') throw new Error('the piece was read a moment ago')
  const spans = local.spans[Symbol.asyncIterator]()
  expect((await room.done(spans.next())).done).toBe(false)
  await room.done(b.store.sleepPartial(blob.cid))
  await expect(spans.next()).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  await room.stop()
})
