/** What collections rely on when they write, kept by the store of the tests and by the real one. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { BlobStore, createBlobs } from '../../node/blobs/index.ts'
import type { BlobWriter } from '../../node/collections/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobReader, BlobRef } from '../../protocols/content.ts'
import { pieceListBytes, SMALL_BLOB_BYTES } from '../../protocols/piece-list.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { cidOf, MemoryBlobs } from '../unit/collections/memory-blobs.ts'

interface Opened {
  writer: BlobWriter
  reader: BlobReader
}

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const implementations: [string, () => Promise<Opened>][] = [
  [
    'in memory',
    async () => {
      const blobs = new MemoryBlobs()
      return { writer: blobs, reader: blobs }
    }
  ],
  [
    'on disk',
    async () => {
      const folder = temporaryFolder()
      ends.push(() => folder[Symbol.dispose]())
      const index = await openLevel(join(folder.path, 'index'))
      const init = { directory: join(folder.path, 'blobs'), quotaBytes: 2 ** 40 }
      const store = await BlobStore.open({ disk: nodeDisk, index, clock: systemClock }, init)
      const links = {
        links: () => [],
        onLink: () => () => undefined,
        onLinkLost: () => () => undefined,
        handle: () => undefined
      }
      const blobs = createBlobs({ store, links, clock: systemClock }, { self: 'self' })
      ends.push(() => blobs.stop())
      return { writer: blobs.writing, reader: blobs.reader }
    }
  ]
]

describe.each(implementations)('a writer %s', (_, open) => {
  async function* spans(bytes: Uint8Array, end?: () => void): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
    end?.()
  }

  test('names what it stored by its bytes, and gives it back', async () => {
    const { writer, reader } = await open()
    const session = writer.open()
    for (const size of [0, 1, 100_001, SMALL_BLOB_BYTES]) {
      const bytes = new Uint8Array(randomBytes(size))
      const expected: BlobRef = { cid: cidOf(bytes), sizeBytes: size }
      expect(await writer.put(session, bytes)).toEqual(expected)
      expect(await writer.putStream(session, spans(bytes), size)).toEqual(expected)
      expect([writer.has(expected.cid), reader.hasLocally(expected.cid)]).toEqual([true, true])
      expect(Buffer.from(await reader.bytes(expected, size))).toEqual(Buffer.from(bytes))
    }
    session.end()
  })

  test('makes a piece list for what is over 2 MiB, also when it was there before', async () => {
    const { writer, reader } = await open()
    const session = writer.open()
    const bytes = new Uint8Array(randomBytes(SMALL_BLOB_BYTES + 1))
    const ref = await writer.putStream(session, spans(bytes), bytes.length)
    const pieces = ref.pieces as Cid
    expect((await reader.bytes({ cid: pieces, sizeBytes: pieceListBytes(bytes.length) }, 1000)).length).toBe(96)
    expect(await writer.putStream(session, spans(bytes), bytes.length)).toEqual(ref)
    session.end()
  })

  test('keeps nothing when the source fails or has another length', async () => {
    const { writer } = await open()
    const session = writer.open()
    for (const size of [300_000, SMALL_BLOB_BYTES + 300_000]) {
      const bytes = new Uint8Array(randomBytes(size))
      const failure = new Error('the stick was pulled')
      const failing = spans(bytes, () => {
        throw failure
      })
      await expect(writer.putStream(session, failing, size)).rejects.toThrow()
      await expect(writer.putStream(session, spans(bytes), size + 1)).rejects.toThrow()
      await expect(writer.putStream(session, spans(bytes), size - 1)).rejects.toThrow()
      expect(writer.has(cidOf(bytes))).toBe(false)
    }
    session.end()
  })

  test('ends when its signal does', async () => {
    const { writer } = await open()
    const session = writer.open()
    const bytes = new Uint8Array(randomBytes(500_000))
    const stop = new AbortController()
    async function* stopping(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 100_000)
      stop.abort(new Error('enough'))
      yield bytes.subarray(100_000)
    }
    await expect(writer.putStream(session, stopping(), bytes.length, stop.signal)).rejects.toThrow()
    expect(writer.has(cidOf(bytes))).toBe(false)
    session.end()
  })

  test('holds on for a session only to what is there', async () => {
    const { writer } = await open()
    const session = writer.open()
    const { cid } = await writer.put(session, Uint8Array.of(1, 2, 3))
    expect(session.keep(cid)).toBe(true)
    expect(session.keep(cidOf(Uint8Array.of(9)))).toBe(false)
    session.end()
    session.end()
  })
})
