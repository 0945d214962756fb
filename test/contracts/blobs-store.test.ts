/** One contract for the blob store, on the real disk with LevelDB and on the simulated ones. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BlobStore } from '../../node/blobs/index.ts'
import { hexOfCid } from '../../node/blobs/layout.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { type Disk, nodeDisk } from '../../node/platform/disk.ts'
import { sha256 } from '../../node/platform/hash.ts'
import { type KeyValueStore, openLevel } from '../../node/platform/key-value.ts'
import { type Cid, cidOfDigest } from '../../protocols/cid.ts'
import type { ImportSource } from '../../protocols/content.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { PIECE_BYTES, SMALL_BLOB_BYTES } from '../../protocols/piece-list.ts'
import { takenBytes } from '../kit/durable-blobs.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { SimulatedDisk } from '../kit/simulated-disk.ts'
import { SimulatedKeyValueStore } from '../kit/simulated-key-value.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

interface Place extends Disposable {
  disk: Disk
  directory: string
  openIndex(): Promise<KeyValueStore>
  /** What a file takes of it. */
  taken(sizeBytes: number): number
  /** Loses the index, as a repair of the file system may. */
  loseIndex(): Promise<void>
}

function onRealDisk(): Place {
  const folder = temporaryFolder()
  const index = join(folder.path, 'index')
  return {
    disk: nodeDisk,
    directory: join(folder.path, 'store'),
    openIndex: () => openLevel(index),
    loseIndex: () => nodeDisk.remove(index),
    taken: (sizeBytes) => takenBytes(folder.path, sizeBytes),
    [Symbol.dispose]: () => folder[Symbol.dispose]()
  }
}

function inMemory(): Place {
  const random = seededRandom(7)
  let index = new SimulatedKeyValueStore({ random })
  return {
    disk: new SimulatedDisk({ random }),
    directory: '/store',
    async openIndex() {
      index.reopen()
      return index
    },
    taken: (sizeBytes) => sizeBytes,
    async loseIndex() {
      index = new SimulatedKeyValueStore({ random })
    },
    [Symbol.dispose]: () => undefined
  }
}

async function open(place: Place, quotaBytes = 2 ** 40): Promise<BlobStore> {
  const components = { disk: place.disk, index: await place.openIndex(), clock: systemClock }
  return BlobStore.open(components, { directory: place.directory, quotaBytes, reserveBytes: 0 })
}

function bytesOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  const random = seededRandom(seed)
  for (let at = 0; at < length; at += 4096) bytes.set(random.bytes(Math.min(64, length - at)), at)
  return bytes
}

async function* inParts(bytes: Uint8Array, partBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
}

async function collect(spans: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const span of spans) parts.push(span.slice())
  return new Uint8Array(Buffer.concat(parts))
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof JoineryError) return error.code
    throw error
  }
  return 'none'
}

function fileOf(place: Place, cid: Cid): string {
  const hex = hexOfCid(cid)
  return join(place.directory, 'blobs', hex[0] as string, hex[1] as string, hex)
}

async function flip(place: Place, cid: Cid, at: number): Promise<void> {
  const file = await place.disk.open(fileOf(place, cid), 'update')
  const byte = new Uint8Array(1)
  await file.read(byte, at)
  byte[0] = (byte[0] ?? 0) ^ 1
  await file.write(byte, at)
  await file.sync()
  await file.close()
}

describe.each([
  ['on the real disk', onRealDisk],
  ['in memory', inMemory]
])('blob store %s', (_name, make) => {
  test.each([0, 1, 100_000, SMALL_BLOB_BYTES, SMALL_BLOB_BYTES + 1, 3 * PIECE_BYTES, 4 * PIECE_BYTES + 7])(
    'what was put, of %i bytes, is there under its hash, also after a restart',
    async (length) => {
      using place = make()
      const bytes = bytesOf(length)
      let store = await open(place)
      const ref = await store.put(bytes)
      expect(ref.cid).toBe(cidOfDigest(sha256(bytes)))
      expect(ref.sizeBytes).toBe(length)
      expect(ref.pieces !== undefined).toBe(length > SMALL_BLOB_BYTES)
      await store.close()
      store = await open(place)
      expect(store.refOf(ref.cid)).toEqual(ref)
      expect(Buffer.compare(await collect(store.readSpans(ref.cid, 0, length)), bytes)).toBe(0)
      const [start, end] = [Math.floor(length / 3), Math.ceil((2 * length) / 3)]
      expect(Buffer.compare(await collect(store.readSpans(ref.cid, start, end)), bytes.subarray(start, end))).toBe(0)
      await store.close()
    }
  )

  test('a stream gives the same blob and list as the bytes at once, however it is cut', async () => {
    using place = make()
    const store = await open(place)
    const bytes = bytesOf(3 * PIECE_BYTES + 11)
    const ref = await store.put(inParts(bytes, 99_991), { sizeBytes: bytes.length })
    const source: ImportSource = {
      path: 'x',
      sizeBytes: bytes.length,
      read: async (position, length) => bytes.slice(position, position + length)
    }
    expect(await store.putFile(source)).toEqual(ref)
    expect(await store.put(bytes)).toEqual(ref)
    expect(store.count).toBe(2)
    await store.close()
  })

  test('a second copy of the same bytes takes no room', async () => {
    using place = make()
    const store = await open(place)
    await store.put(bytesOf(1000))
    const before = store.space.usedBytes
    await Promise.all([
      store.put(bytesOf(1000)),
      store.put(bytesOf(1000)),
      store.put(bytesOf(5000, 2)),
      store.put(bytesOf(5000, 2))
    ])
    expect(store.space.usedBytes).toBe(before + place.taken(5000))
    await store.close()
  })

  test('bytes that are not what was announced are refused, and nothing of them stays', async () => {
    using place = make()
    const store = await open(place)
    const other = cidOfDigest(sha256(new Uint8Array(1)))
    expect(await codeOf(store.put(bytesOf(10), { cid: other }))).toBe('BLOB_MISMATCH')
    expect(await codeOf(store.put(inParts(bytesOf(100), 30), { sizeBytes: 99 }))).toBe('BLOB_MISMATCH')
    expect(await codeOf(store.put(inParts(bytesOf(100), 30), { sizeBytes: 101 }))).toBe('BLOB_MISMATCH')
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytesOf(10)
      throw new JoineryError('CLOSED', 'the stick was pulled')
    }
    expect(await codeOf(store.put(broken()))).toBe('CLOSED')
    expect(store.count).toBe(0)
    expect(store.space.usedBytes).toBe(0)
    expect(await place.disk.list(join(place.directory, 'incoming'))).toEqual([])
    await store.close()
  })

  test('an index that was lost is made again from the files, piece lists included', async () => {
    using place = make()
    let store = await open(place)
    const small = await store.put(bytesOf(500))
    const big = await store.put(bytesOf(3 * PIECE_BYTES))
    await store.close()
    await place.loseIndex()
    store = await open(place)
    expect([...store.cids()].sort()).toEqual([small.cid, big.cid, big.pieces as Cid].sort())
    expect((await collect(store.readSpans(big.cid, 5, 10))).length).toBe(5)
    expect(store.refOf(big.cid)).toEqual(big)
    await store.close()
  })

  test('a record whose file is gone is dropped at the next start', async () => {
    using place = make()
    let store = await open(place)
    const { cid } = await store.put(bytesOf(500))
    await store.close()
    await place.disk.remove(fileOf(place, cid))
    store = await open(place)
    expect(store.has(cid)).toBe(false)
    expect(await codeOf(store.readSmall(cid))).toBe('BLOB_MISSING')
    await store.close()
  })

  test('the quota refuses what does not fit, to the byte, on a disk to the block; reads and deletes go on', async () => {
    using place = make()
    const store = await open(place, place.taken(1000) + place.taken(4096))
    const first = await store.put(bytesOf(1000))
    expect(await codeOf(store.put(bytesOf(4097, 2)))).toBe('QUOTA_FULL')
    await store.put(bytesOf(4096, 3))
    expect(await codeOf(store.put(bytesOf(1, 4)))).toBe('QUOTA_FULL')
    expect((await store.readSmall(first.cid)).length).toBe(1000)
    await store.remove(first.cid)
    expect(store.has(first.cid)).toBe(false)
    await store.put(bytesOf(501, 2))
    await store.close()
  })

  test('a flipped bit is never given out: small at each read, big at the first read and after its file changed', async () => {
    using place = make()
    const store = await open(place)
    const small = await store.put(bytesOf(1000))
    expect((await store.readSmall(small.cid)).length).toBe(1000)
    await flip(place, small.cid, 500)
    expect(await codeOf(store.readSmall(small.cid))).toBe('BLOB_ROTTEN')
    expect(store.has(small.cid)).toBe(false)
    const big = await store.put(bytesOf(4 * PIECE_BYTES))
    await flip(place, big.cid, 2 * PIECE_BYTES + 1)
    expect((await collect(store.readSpans(big.cid, 0, PIECE_BYTES))).length).toBe(PIECE_BYTES)
    expect(await codeOf(collect(store.readSpans(big.cid, 0, 4 * PIECE_BYTES)))).toBe('BLOB_ROTTEN')
    expect(await store.quarantined()).toBe(1)
    // A whole copy takes the place of the damaged one.
    await store.put(bytesOf(1000))
    expect(await store.quarantined()).toBe(0)
    expect((await store.readSmall(small.cid)).length).toBe(1000)
    await store.close()
  })

  test('of a damaged big blob only the damaged pieces are fetched again, also after a restart', async () => {
    using place = make()
    let store = await open(place)
    const bytes = bytesOf(5 * PIECE_BYTES - 7)
    const big = await store.put(bytes)
    const usedBytes = store.space.usedBytes
    await flip(place, big.cid, PIECE_BYTES + 1)
    expect(await store.scrub(big.cid, async () => undefined)).toBe(false)
    expect(store.has(big.cid)).toBe(false)
    expect(store.space.usedBytes).toBe(usedBytes)
    await store.close()
    store = await open(place)
    const partial = await store.openPartial(big)
    expect([...partial.bits]).toEqual([0, 2, 3, 4])
    expect(await store.writePiece(partial, 1, bytes.subarray(PIECE_BYTES, 2 * PIECE_BYTES))).toBe(true)
    await store.finishPartial(big.cid)
    expect(await collect(store.readSpans(big.cid, 0, bytes.length))).toEqual(bytes)
    expect(store.space.usedBytes).toBe(usedBytes)
    await store.close()
  })

  test('whoever reads on while a scrub finds damage is given nothing of it', async () => {
    using place = make()
    const store = await open(place)
    const big = await store.put(bytesOf(4 * PIECE_BYTES))
    // Everything was read once, and is believed.
    await collect(store.readSpans(big.cid, 0, 4 * PIECE_BYTES))
    const reading = store.readSpans(big.cid, 0, 4 * PIECE_BYTES)[Symbol.asyncIterator]()
    expect((await reading.next()).value).toHaveLength(256 * 1024)
    await flip(place, big.cid, 2 * PIECE_BYTES + 1)
    expect(await store.scrub(big.cid, async () => undefined)).toBe(false)
    const rest = (async () => {
      let length = 0
      for (let next = await reading.next(); !next.done; next = await reading.next()) length += next.value.length
      return length
    })()
    expect(await codeOf(rest)).toMatch(/^BLOB_(ROTTEN|MISSING)$/)
    await store.close()
  })

  test('a scrub finds a flipped bit and a file that became shorter', async () => {
    using place = make()
    const store = await open(place)
    const [flipped, cut, whole] = await Promise.all([1, 2, 3].map((seed) => store.put(bytesOf(300_000, seed))))
    if (!flipped || !cut || !whole) throw new Error('put gave nothing')
    await flip(place, flipped.cid, 299_999)
    const file = await place.disk.open(fileOf(place, cut.cid), 'update')
    await file.truncate(1)
    await file.close()
    const results = []
    for (const { cid } of [flipped, cut, whole]) results.push(await store.scrub(cid, async () => undefined))
    expect(results).toEqual([false, false, true])
    expect([flipped, cut, whole].map(({ cid }) => store.has(cid))).toEqual([false, false, true])
    await store.close()
  })

  test('a partial blob keeps its pieces over a restart, and is published only whole and right', async () => {
    using place = make()
    const bytes = bytesOf(4 * PIECE_BYTES + 5)
    using other = inMemory()
    const source = await open(other)
    const ref = await source.put(bytes)
    const list = await source.readSmall(ref.pieces as Cid)
    await source.close()
    let store = await open(place)
    expect(await codeOf(store.openPartial(ref))).toBe('BLOB_MISSING')
    await store.put(list)
    let partial = await store.openPartial(ref)
    const pieceOf = (i: number): Uint8Array => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)
    expect(await store.writePiece(partial, 2, pieceOf(2))).toBe(true)
    expect(await store.writePiece(partial, 3, pieceOf(2))).toBe(false)
    expect(await store.writePiece(partial, 0, pieceOf(0).subarray(1))).toBe(false)
    expect(await store.writePiece(partial, 4, pieceOf(4))).toBe(true)
    expect(await codeOf(store.finishPartial(ref.cid))).toBe('BLOB_MISSING')
    await store.close()

    store = await open(place)
    expect([...store.sleepingPartials()]).toEqual([ref.cid])
    partial = await store.openPartial(ref)
    expect([...partial.bits]).toEqual([2, 4])
    for (const i of [3, 1, 0]) expect(await store.writePiece(partial, i, pieceOf(i))).toBe(true)
    const span = await partial.readSpan(3 * PIECE_BYTES + 7, 9 * PIECE_BYTES)
    expect(Buffer.compare(span, pieceOf(3).subarray(7, 7 + 256 * 1024))).toBe(0)
    const last = await partial.readSpan(4 * PIECE_BYTES, bytes.length, new Uint8Array(256 * 1024))
    expect(Buffer.compare(last, pieceOf(4))).toBe(0)
    expect(await store.finishPartial(ref.cid)).toEqual(ref)
    expect(Buffer.compare(await collect(store.readSpans(ref.cid, 0, bytes.length)), bytes)).toBe(0)
    expect(await place.disk.list(join(place.directory, 'partial'))).toEqual([])
    expect(store.space.usedBytes).toBe(place.taken(bytes.length) + place.taken(list.length))
    await store.close()
  })

  test('a list that lies is found out before the blob is published, and nothing of it stays', async () => {
    using place = make()
    const store = await open(place)
    const bytes = bytesOf(3 * PIECE_BYTES)
    const other = await store.put(bytesOf(3 * PIECE_BYTES, 9))
    const lie = { cid: cidOfDigest(sha256(bytes)), sizeBytes: bytes.length, pieces: other.pieces as Cid }
    const partial = await store.openPartial(lie)
    const wrong = await collect(store.readSpans(other.cid, 0, other.sizeBytes))
    for (let i = 0; i < 3; i++)
      await store.writePiece(partial, i, wrong.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
    expect(await codeOf(store.finishPartial(lie.cid))).toBe('BLOB_MISMATCH')
    expect(store.has(lie.cid)).toBe(false)
    expect(store.partial(lie.cid)).toBeUndefined()
    expect(await place.disk.list(join(place.directory, 'partial'))).toEqual([])
    await store.close()
  })

  test('a rotten piece of a partial is not believed at the next start', async () => {
    using place = make()
    const bytes = bytesOf(3 * PIECE_BYTES)
    let store = await open(place)
    const ref = await store.put(bytes)
    await store.remove(ref.cid)
    const partial = await store.openPartial(ref)
    for (const i of [0, 1]) await store.writePiece(partial, i, bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
    await store.close()
    const file = await place.disk.open(join(place.directory, 'partial', hexOfCid(ref.cid)), 'update')
    await file.write(Uint8Array.of(255, 254), PIECE_BYTES + 3)
    await file.close()
    store = await open(place)
    expect([...(await store.openPartial(ref)).bits]).toEqual([0])
    await store.close()
  })

  test('pieces that a killed process wrote without saying so are found again, holes are not', async () => {
    using place = make()
    const bytes = bytesOf(5 * PIECE_BYTES)
    let store = await open(place)
    const ref = await store.put(bytes)
    await store.remove(ref.cid)
    await store.openPartial(ref)
    await store.close()
    const file = await place.disk.open(join(place.directory, 'partial', hexOfCid(ref.cid)), 'update')
    for (const i of [1, 3]) await file.write(bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES), i * PIECE_BYTES)
    await file.close()
    store = await open(place)
    expect([...(await store.openPartial(ref)).bits]).toEqual([1, 3])
    await store.close()
  })

  test('many puts at once all resolve, each durable', async () => {
    using place = make()
    let store = await open(place)
    const refs = await Promise.all(Array.from({ length: 300 }, (_, i) => store.put(bytesOf(200 + i, i))))
    await store.close()
    store = await open(place)
    expect(refs.every(({ cid }) => store.has(cid))).toBe(true)
    await store.close()
  })

  test('a closed store refuses with a code', async () => {
    using place = make()
    const store = await open(place)
    await store.close()
    const error = await store.put(bytesOf(1)).catch((thrown: unknown) => thrown)
    expect(hasCode(error, 'STOPPED')).toBe(true)
  })
})
