/**
 * Bit rot (class 4 of the fault list): single bits flipped in everything that a device stores of blobs. Each one is noticed when the file is read or
 * scrubbed, none is given out, and all are repaired from the other copy. `SEED=7 npx vitest run test/faults/blobs-rot.test.ts` tries other places.
 *
 * A big file's pieces are believed for an hour after they were hashed (see `VerifiedReads`), so an hour passes between the rounds.
 */
import { expect, test } from 'vitest'
import { blobLayout } from '../../node/blobs/layout.ts'
import { VERIFIED_FOR_MS } from '../../node/blobs/limits.ts'
import { sha256 } from '../../node/platform/hash.ts'
import { cidOfDigest } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { hasCode } from '../../protocols/errors.ts'
import { PIECE_BYTES, pieceListBytes, pieceSpan } from '../../protocols/piece-list.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { followAll, linkDevices, TestCatalogue } from '../unit/blobs/room.ts'
import { DIRECTORY, fillSimulated, type SimulatedDevice, SimulatedRoom } from '../unit/blobs/simulated-devices.ts'

const SEED = Number(process.env.SEED ?? 1)
const FLIPS = 1_000
const SMALL = [1, 33, 511, 4_096, 20_000, 65_537, 90_000, ...Array.from({ length: 34 }, (_, i) => 700 + 611 * i)]
const BIG = [2 * PIECE_BYTES + 1, 3 * PIECE_BYTES - 7]
const HALF = 3 * PIECE_BYTES
/** Pieces of the partial blob that are here. */
const HERE = [0, 2]

async function readAll(room: SimulatedRoom, device: SimulatedDevice, ref: BlobRef): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const reading = async (): Promise<void> => {
    for await (const span of device.blobs.reader.stream(ref, 0, ref.sizeBytes)) parts.push(span.slice())
  }
  await room.done(reading())
  return Buffer.concat(parts)
}

test(`${FLIPS} flipped bits in small files, big ones, piece lists and partial files: all noticed, none given out, all repaired`, async () => {
  const random = seededRandom(SEED)
  const room = new SimulatedRoom()
  const [a, b] = [await room.device('a'), await room.device('b')]
  const wanted = await fillSimulated(a, [...SMALL, ...BIG], { kind: 'everywhere' }, SEED)
  const [half] = await fillSimulated(a, [HALF], { kind: 'on-demand' }, SEED + 1)
  if (!half) throw new Error('nothing filled')
  const lists = wanted.flatMap(({ pieces, sizeBytes }) =>
    pieces ? [{ cid: pieces, sizeBytes: pieceListBytes(sizeBytes) }] : []
  )
  const catalogue = new TestCatalogue()
  catalogue.set([...wanted, half])
  followAll([a, b], catalogue)
  linkDevices(a, b)
  const stored: BlobRef[] = [...wanted, ...lists]
  const isWhole = (): boolean => stored.every(({ cid }) => b.store.has(cid))
  const partialFile = blobLayout(DIRECTORY).partialOf(half.cid)
  /** A piece of the partial file as a person gets it. */
  const readPiece = (piece: number): Promise<Uint8Array> => {
    const { start, end } = pieceSpan(HALF, piece)
    const reading = async (): Promise<Uint8Array> => {
      const parts: Uint8Array[] = []
      for await (const span of b.blobs.reader.stream(half, start, end)) parts.push(span.slice())
      return Buffer.concat(parts)
    }
    return room.done(reading())
  }
  await room.until(isWhole)
  const pieceHashes = new Map<number, string>()
  for (const piece of HERE) pieceHashes.set(piece, cidOfDigest(sha256(await readPiece(piece))))

  for (let flips = 0, round = 0; flips < FLIPS; round++) {
    await room.pass(VERIFIED_FOR_MS + 1_000, 60_000)
    await room.until(isWhole)
    b.events.splice(0)
    b.asked.splice(0)
    for (const { cid, sizeBytes } of stored) b.flip(cid, random.below(8 * sizeBytes))
    const rottenPiece = random.pick(HERE)
    const { start, end } = pieceSpan(HALF, rottenPiece)
    b.disk.flipBit(partialFile, 8 * start + random.below(8 * (end - start)))
    flips += stored.length + 1
    const where = `seed ${SEED}, round ${round}`

    if (round % 2 === 0) {
      for (const ref of random.shuffle(stored)) {
        const bytes = await readAll(room, b, ref)
        expect(cidOfDigest(sha256(bytes)), where).toBe(ref.cid)
      }
    } else {
      // As a node asks: what is here or an error, nothing fetched through.
      const { rotten } = await room.done(b.blobs.verify(() => undefined))
      expect(new Set(rotten), where).toEqual(new Set(stored.map(({ cid }) => cid)))
    }
    const noticed = new Set(b.events.flatMap((event) => (event.kind === 'rotten' ? [event.cid] : [])))
    for (const { cid, sizeBytes } of stored) expect(noticed.has(cid), `${where}: ${sizeBytes} bytes`).toBe(true)

    for (const piece of HERE) expect(cidOfDigest(sha256(await readPiece(piece))), where).toBe(pieceHashes.get(piece))
    const again = b.asked.filter(({ cid }) => cid === half.cid).map((asked) => asked.start)
    expect(again, where).toEqual([start])

    await room.until(isWhole)
    for (const { cid } of stored) expect(await room.done(b.store.scrub(cid, async () => undefined)), where).toBe(true)
    expect(await b.store.quarantined(), where).toBe(0)
  }
  await room.stop()
})

test('without another copy a rotten file is missing, and never given out', async () => {
  const random = seededRandom(SEED)
  const room = new SimulatedRoom()
  const a = await room.device('a')
  const blobs = await fillSimulated(a, [...SMALL, ...BIG], { kind: 'everywhere' }, SEED)
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a], catalogue)
  for (const { cid, sizeBytes } of blobs) a.flip(cid, random.below(8 * sizeBytes))
  for (const ref of blobs) {
    const given: Uint8Array[] = []
    const reading = async (): Promise<void> => {
      for await (const span of a.store.readSpans(ref.cid, 0, ref.sizeBytes)) given.push(span.slice())
    }
    expect(hasCode(await reading().catch((error: unknown) => error), 'BLOB_ROTTEN')).toBe(true)
    // Of a big one, the pieces before the damaged one are right.
    expect(Buffer.concat(given).length % PIECE_BYTES).toBe(0)
    const failed = await readAll(room, a, ref).catch((error: unknown) => error)
    expect(hasCode(failed, 'BLOB_MISSING')).toBe(true)
  }
  expect(a.blobs.withoutThisDevice().lost.blobs).toBe(0)
  expect(a.store.count).toBe(BIG.length)
  await room.stop()
})
