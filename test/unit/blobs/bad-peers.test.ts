import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { parseCid } from '../../../protocols/cid.ts'
import { PIECE_BYTES, pieceListBytes } from '../../../protocols/piece-list.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { type Device, fill, followAll, linkDevices, startDevice, TestCatalogue, unlinkDevices, until } from './room.ts'

/** Lets a device answer over HTTP as `how` says, while its inventory stays what it is. */
function corrupt(device: Device, how: 'wrong' | 'silent' | 'endless' | 'none'): { asked: () => number } {
  let asked = 0
  device.server.removeAllListeners('request')
  device.server.on('request', (request, response) => {
    asked++
    if (how === 'silent') return
    if (how === 'none') return void response.writeHead(404, { 'content-length': 0 }).end()
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')
    const [, first, last] = range ?? []
    const size = device.store.sizeOf(parseCid((request.url ?? '').slice('/blob/'.length))) ?? 0
    const length = range ? Number(last) - Number(first) + 1 : size
    const headers = {
      'content-length': how === 'endless' ? 2 ** 40 : length,
      ...(range ? { 'content-range': `bytes ${first}-${last}/${size}` } : {})
    }
    response.writeHead(range ? 206 : 200, headers)
    if (how === 'wrong') return void response.end(Buffer.alloc(length, 7))
    const flood = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', flood)
    flood()
  })
  return { asked: () => asked }
}

test.each(['wrong', 'silent', 'endless', 'none'] as const)(
  'a peer that gives %s bytes is left, and everything comes from another',
  async (how) => {
    using folder = temporaryFolder()
    const liar = await startDevice(folder.path, 'liar')
    const honest = await startDevice(folder.path, 'honest')
    const b = await startDevice(folder.path, 'b')
    const blobs = await fill(liar, [1000, 50_000, 3 * PIECE_BYTES])
    await fill(honest, [1000, 50_000, 3 * PIECE_BYTES])
    const catalogue = new TestCatalogue()
    catalogue.set(blobs)
    followAll([liar, honest, b], catalogue)
    const { asked } = corrupt(liar, how)
    linkDevices(liar, b)
    // Only the liar is there at first, so that it is asked.
    if (how === 'wrong') await until(() => b.events.some(({ kind }) => kind === 'peer-lied'))
    else await until(() => asked() > 0)
    expect(blobs.filter(({ cid }) => b.store.has(cid))).toEqual([])
    linkDevices(honest, b)
    await until(() => blobs.every(({ cid }) => b.store.has(cid)))
    for (const { cid, sizeBytes } of blobs)
      for await (const span of b.store.readSpans(cid, 0, sizeBytes)) expect(span.length).toBeGreaterThan(0)
    expect(b.events.filter((event) => event.kind === 'peer-lied' && event.peer !== 'liar')).toEqual([])
    // For people to look after; one that says nothing may have lost its cable.
    expect(b.blobs.distrusted()).toEqual(how === 'wrong' || how === 'endless' ? ['liar'] : [])
    for (const device of [liar, honest, b]) await device.stop()
  }
)

test('what a person waits for comes from another peer after a lie', async () => {
  using folder = temporaryFolder()
  const liar = await startDevice(folder.path, 'liar')
  const honest = await startDevice(folder.path, 'honest')
  const b = await startDevice(folder.path, 'b')
  const [blob] = await fill(liar, [4 * PIECE_BYTES])
  await fill(honest, [4 * PIECE_BYTES])
  if (!blob) throw new Error('nothing filled')
  const catalogue = new TestCatalogue()
  catalogue.set([{ ...blob, policy: { kind: 'on-demand' } }])
  followAll([liar, honest, b], catalogue)
  corrupt(liar, 'wrong')
  linkDevices(liar, b)
  linkDevices(honest, b)
  let length = 0
  for await (const span of b.blobs.reader.stream(blob, 5, blob.sizeBytes)) length += span.length
  expect(length).toBe(blob.sizeBytes - 5)
  for (const device of [liar, honest, b]) await device.stop()
})

test('where HTTP does not reach, the bytes come over streams of the mesh', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  const b = await startDevice(folder.path, 'b')
  const blobs = await fill(a, [0, 1000, 50_000, 3 * PIECE_BYTES + 1])
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  // A port where nobody listens, as behind a firewall.
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  a.port = port
  linkDevices(a, b)
  await until(() => blobs.every(({ cid }) => b.store.has(cid)))
  expect(a.sentBytes()).toBe(0)
  await a.stop()
  await b.stop()
})

test('a copy that broke off goes on where it was, after the link and after a restart', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  let b = await startDevice(folder.path, 'b')
  const blobs = await fill(a, [24 * PIECE_BYTES])
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  const cid = blobs[0]?.cid
  if (!cid) throw new Error('nothing filled')
  linkDevices(a, b)
  await until(() => (b.store.partial(cid)?.bits.count ?? 0) >= 4)
  unlinkDevices(a, b)
  linkDevices(a, b)
  await until(() => (b.store.partial(cid)?.bits.count ?? 24) >= 8)
  await b.stop()
  unlinkDevices(a, b)
  b = await startDevice(folder.path, 'b')
  followAll([b], catalogue, ['a', 'b'])
  linkDevices(a, b)
  await until(() => b.store.has(cid))
  // At most what was on the way at the two breaks was sent in vain.
  expect(a.sentBytes()).toBeLessThanOrEqual((24 + 2 * 6) * PIECE_BYTES + 2 * pieceListBytes(24 * PIECE_BYTES))
  await a.stop()
  await b.stop()
})
