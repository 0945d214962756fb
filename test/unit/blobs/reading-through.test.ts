import { request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { type Device, fill, followAll, linkDevices, startDevice, TestCatalogue, until } from './room.ts'

/** As a learner asks: without the mark of a node. */
function get(device: Device, cid: string, range?: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: device.port, path: `/blob/${cid}`, headers: range ? { range } : {} },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }))
        response.on('error', reject)
      }
    )
    request.on('error', reject)
    request.end()
  })
}

async function pair(folder: string, sizes: readonly number[], more: { quotaBytes?: number } = {}) {
  const a = await startDevice(folder, 'a')
  const b = await startDevice(folder, 'b', more)
  const blobs = (await fill(a, sizes)).map((blob) => ({ ...blob, policy: { kind: 'on-demand' as const } }))
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  linkDevices(a, b)
  const bytes = await Promise.all(
    blobs.map(async ({ cid, sizeBytes }) => {
      const parts: Uint8Array[] = []
      for await (const span of a.store.readSpans(cid, 0, sizeBytes)) parts.push(span.slice())
      return Buffer.concat(parts)
    })
  )
  return { a, b, blobs, bytes, catalogue }
}

test('what is not here comes through from a peer, and stays', async () => {
  using folder = temporaryFolder()
  const { a, b, blobs, bytes } = await pair(folder.path, [0, 5, 100_000, 2 * PIECE_BYTES, 5 * PIECE_BYTES + 9])
  for (const [i, { cid, sizeBytes }] of blobs.entries()) {
    const answer = await get(b, cid)
    expect(answer.status).toBe(200)
    expect(answer.body.equals(bytes[i] as Buffer)).toBe(true)
    if (sizeBytes > 0) await until(() => b.store.has(cid))
  }
  await a.stop()
  await b.stop()
})

test('the asked range is fetched first, and not the rest', async () => {
  using folder = temporaryFolder()
  const { a, b, blobs, bytes } = await pair(folder.path, [30 * PIECE_BYTES])
  const { cid } = blobs[0] as (typeof blobs)[0]
  const answer = await get(b, cid, `bytes=${20 * PIECE_BYTES + 7}-${21 * PIECE_BYTES + 6}`)
  expect(answer.status).toBe(206)
  expect(answer.body.equals((bytes[0] as Buffer).subarray(20 * PIECE_BYTES + 7, 21 * PIECE_BYTES + 7))).toBe(true)
  // Two pieces, what was read ahead, and the list.
  expect(a.sentBytes()).toBeLessThan(5 * PIECE_BYTES)
  await a.stop()
  await b.stop()
})

test('twenty who ask for one file at the same time cause one copy of it', async () => {
  using folder = temporaryFolder()
  const { a, b, blobs, bytes } = await pair(folder.path, [6 * PIECE_BYTES, 90_000])
  const answers = await Promise.all(blobs.flatMap(({ cid }) => Array.from({ length: 20 }, () => get(b, cid))))
  for (const [i, answer] of answers.entries())
    expect(answer.body.equals(bytes[Math.floor(i / 20)] as Buffer)).toBe(true)
  expect(a.sentBytes()).toBe(6 * PIECE_BYTES + 6 * 32 + 90_000)
  await a.stop()
  await b.stop()
})

test('a device without room passes on what people ask for, and stores nothing', async () => {
  using folder = temporaryFolder()
  const { a, b, blobs, bytes } = await pair(folder.path, [100_000, 5 * PIECE_BYTES], { quotaBytes: 50 })
  for (let round = 0; round < 2; round++) {
    for (const [i, { cid }] of blobs.entries()) {
      const answer = await get(b, cid)
      expect(answer.status).toBe(200)
      expect(answer.body.equals(bytes[i] as Buffer)).toBe(true)
    }
  }
  expect(b.store.count).toBe(0)
  await a.stop()
  await b.stop()
})

test('nobody has it: 404 at once', async () => {
  using folder = temporaryFolder()
  const { a, b, blobs } = await pair(folder.path, [1000])
  const { cid } = blobs[0] as (typeof blobs)[0]
  await a.store.remove(cid)
  expect((await get(b, cid)).status).toBe(404)
  await a.stop()
  await b.stop()
})

test('a blob that no inventory names yet is asked of whoever is linked', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  const c = await startDevice(folder.path, 'c')
  const b = await startDevice(folder.path, 'b')
  const [blob] = await fill(a, [1234])
  if (!blob) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  catalogue.set([blob])
  followAll([a], catalogue)
  linkDevices(c, b)
  linkDevices(a, b)
  expect((await b.blobs.reader.bytes(blob, 5000)).length).toBe(1234)
  await expect(b.blobs.reader.bytes(blob, 1233)).rejects.toThrow()
  for (const device of [a, b, c]) await device.stop()
})

test('a new version is served to whoever hears of it first, and not only when its place has been planned', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  const b = await startDevice(folder.path, 'b')
  const [blob] = await fill(a, [1234])
  if (!blob) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  followAll([a], catalogue)
  linkDevices(a, b)
  catalogue.set([blob])
  expect((await b.blobs.reader.bytes(blob, 5000)).length).toBe(1234)
  await a.stop()
  await b.stop()
})

test('a copy that rots while it is read is fetched again on the way', async () => {
  using folder = temporaryFolder()
  const { a, b, blobs, bytes } = await pair(folder.path, [5 * PIECE_BYTES])
  const { cid } = blobs[0] as (typeof blobs)[0]
  await get(b, cid)
  await until(() => b.store.has(cid))
  await b.damage(cid, 3 * PIECE_BYTES)
  const answer = await get(b, cid)
  expect(answer.body.equals(bytes[0] as Buffer)).toBe(true)
  expect(b.events).toContainEqual({ kind: 'rotten', cid })
  await a.stop()
  await b.stop()
})
