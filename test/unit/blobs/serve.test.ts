import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BlobServer } from '../../../node/blobs/index.ts'
import { hexOfCid } from '../../../node/blobs/layout.ts'
import { PEER_BUFFERS, SPAN_BYTES } from '../../../node/blobs/limits.ts'
import { BlobStore } from '../../../node/blobs/store.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { openLevel } from '../../../node/platform/key-value.ts'
import { type Cid, parseCid } from '../../../protocols/cid.ts'
import type { BlobRef } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { PIECE_BYTES } from '../../../protocols/piece-list.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

async function startServer(more: { clock?: SimulatedClock } = {}) {
  const folder = temporaryFolder()
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder.path, 'index')), clock: systemClock },
    { directory: join(folder.path, 'store'), quotaBytes: 2 ** 40, reserveBytes: 0 }
  )
  const named = new Map<Cid, BlobRef>()
  const reader = {
    spans: (ref: BlobRef, start: number, end: number, _signal?: AbortSignal, buffer?: Uint8Array) =>
      store.readSpans(ref.cid, start, end, { buffer }) as AsyncGenerator<Uint8Array>
  }
  const blobs = new BlobServer({ store, reader, clock: more.clock ?? systemClock, named: (cid) => named.get(cid) })
  const server = createServer((request, response) => {
    const [, how, cid = ''] = (request.url ?? '').split('/')
    const work =
      how === 'blob'
        ? blobs.serveBlob(request, response, parseCid(cid))
        : blobs.serveFile(request, response, store.refOf(parseCid(cid)) as BlobRef, {
            contentType: 'text/plain',
            headers: { 'cache-control': 'no-cache' }
          })
    work.catch((error: unknown) => {
      if (!(error instanceof JoineryError)) throw error
      response.writeHead(error.status, { 'x-code': error.code }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    folder,
    store,
    named,
    port,
    server,
    ask: (path: string, headers: { [name: string]: string } = {}, method = 'GET') => ask(port, path, headers, method),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await store.close()
      folder[Symbol.dispose]()
    }
  }
}

async function ask(port: number, path: string, headers: { [name: string]: string }, method: string): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, path, headers, method })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }
}

const bytesOf = (length: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(length)
  const random = seededRandom(seed)
  for (let at = 0; at < length; at += 1000) bytes.set(random.bytes(Math.min(20, length - at)), at)
  return bytes
}

test.each([0, 1, 100_000, 300_000, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 5])(
  'a file of %i bytes comes whole, with its name as ETag',
  async (length) => {
    await using site = await startServer()
    const bytes = bytesOf(length)
    const { cid } = await site.store.put(bytes)
    const answer = await site.ask(`/file/${cid}`)
    expect(answer.status).toBe(200)
    expect(answer.body.equals(bytes)).toBe(true)
    expect(answer.headers).toMatchObject({
      etag: `"${cid}"`,
      'accept-ranges': 'bytes',
      'content-type': 'text/plain',
      'content-length': String(length),
      'cache-control': 'no-cache'
    })
    const head = await site.ask(`/file/${cid}`, { range: 'bytes=0-0' }, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.headers['content-length']).toBe(String(length))
    expect(head.body.length).toBe(0)
  }
)

test('any range of a file is what the file has there', async () => {
  await using site = await startServer()
  const random = seededRandom(4)
  for (const length of [10, 100_000, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 17]) {
    const bytes = bytesOf(length, length)
    const { cid } = await site.store.put(bytes)
    for (let i = 0; i < 12; i++) {
      const start = random.below(length)
      const end = start + 1 + random.below(length - start)
      const answer = await site.ask(`/file/${cid}`, { range: `bytes=${start}-${end - 1}` })
      expect(answer.status).toBe(206)
      expect(answer.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${length}`)
      expect(answer.body.equals(bytes.subarray(start, end))).toBe(true)
    }
    expect((await site.ask(`/file/${cid}`, { range: `bytes=${length}-` })).status).toBe(416)
    expect((await site.ask(`/file/${cid}`, { range: `bytes=-1` })).body.equals(bytes.subarray(length - 1))).toBe(true)
    expect((await site.ask(`/file/${cid}`, { range: 'bytes=0-0,2-3' })).status).toBe(200)
  }
})

test('conditions are answered as RFC 9110 says', async () => {
  await using site = await startServer()
  const { cid } = await site.store.put(bytesOf(1000))
  const path = `/file/${cid}`
  const status = async (headers: { [name: string]: string }): Promise<number> => (await site.ask(path, headers)).status
  expect(await status({ 'if-none-match': `"${cid}"` })).toBe(304)
  expect(await status({ 'if-none-match': `W/"x", W/"${cid}"` })).toBe(304)
  expect(await status({ 'if-none-match': '"other"' })).toBe(200)
  expect(await status({ 'if-match': '"other"' })).toBe(412)
  expect(await status({ 'if-match': '*' })).toBe(200)
  expect(await status({ range: 'bytes=5-9', 'if-range': `"${cid}"` })).toBe(206)
  expect(await status({ range: 'bytes=5-9', 'if-range': '"other"' })).toBe(200)
})

test('between nodes: only what is named, only what is here', async () => {
  await using site = await startServer()
  const hop = { 'joinery-hop': '1' }
  const bytes = bytesOf(5000)
  const ref = await site.store.put(bytes)
  expect((await site.ask(`/blob/${ref.cid}`, hop)).status).toBe(404)
  expect((await site.ask(`/blob/${ref.cid}`)).status).toBe(404)
  site.named.set(ref.cid, ref)
  expect((await site.ask(`/blob/${ref.cid}`, hop)).body.equals(bytes)).toBe(true)
  expect((await site.ask(`/blob/${ref.cid}`, { ...hop, range: 'bytes=1-2' })).body.equals(bytes.subarray(1, 3))).toBe(
    true
  )
  await site.store.remove(ref.cid)
  const gone = await site.ask(`/blob/${ref.cid}`, hop)
  expect([gone.status, gone.headers['x-code']]).toEqual([404, 'BLOB_MISSING'])
})

test('a node with some pieces serves those, and says which it has', async () => {
  await using site = await startServer()
  const bytes = bytesOf(4 * PIECE_BYTES)
  const ref = await site.store.put(bytes)
  await site.store.remove(ref.cid)
  const partial = await site.store.openPartial(ref)
  for (const i of [1, 3])
    await site.store.writePiece(partial, i, bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
  site.named.set(ref.cid, ref)
  const piece = (i: number) =>
    site.ask(`/blob/${ref.cid}`, { 'joinery-hop': '1', range: `bytes=${i * PIECE_BYTES}-${(i + 1) * PIECE_BYTES - 1}` })
  const there = await piece(1)
  expect(there.status).toBe(206)
  expect(there.body.equals(bytes.subarray(PIECE_BYTES, 2 * PIECE_BYTES))).toBe(true)
  const missing = await piece(2)
  expect(missing.status).toBe(404)
  const have = [there, missing].map(({ headers }) => Buffer.from(String(headers['joinery-have']), 'base64url'))
  expect(have).toEqual([Buffer.of(0b0101_0000), Buffer.of(0b0101_0000)])
})

test('a flipped bit is not served: an error before the first byte, a broken connection after it', async () => {
  await using site = await startServer()
  const small = await site.store.put(bytesOf(1000))
  const big = await site.store.put(bytesOf(4 * PIECE_BYTES))
  for (const [cid, at] of [
    [small.cid, 3],
    [big.cid, 2 * PIECE_BYTES]
  ] as const) {
    const hex = hexOfCid(cid)
    const file = await open(join(site.folder.path, 'store', 'blobs', hex[0] as string, hex[1] as string, hex), 'r+')
    await file.write(Buffer.of(1, 2, 3, 4, 5, 6), 0, 6, at)
    await file.close()
  }
  site.named.set(small.cid, small)
  expect((await site.ask(`/blob/${small.cid}`, { 'joinery-hop': '1' })).status).toBe(503)
  await expect(site.ask(`/file/${big.cid}`)).rejects.toThrow()
})

test('a visitor who reads nothing is cut off after 30 s, and one who leaves is forgotten at once', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(time)
  await using site = await startServer({ clock })
  const { cid } = await site.store.put(bytesOf(40 * PIECE_BYTES))
  const socket = connect(site.port, '127.0.0.1')
  socket.pause()
  socket.write(`GET /file/${cid} HTTP/1.1\r\nHost: x\r\n\r\n`)
  const [, response] = (await once(site.server, 'request')) as [unknown, NodeJS.EventEmitter & { destroyed: boolean }]
  // The kernel's buffers fill first; then the handler waits on the clock and nothing else.
  while (clock.timers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 300))
  const closed = once(response, 'close')
  await time.run(29_999)
  expect(response.destroyed).toBe(false)
  // What the buffers took since begins the thirty seconds anew.
  for (let atMs = 30_001; !response.destroyed; atMs += 30_000) await time.run(atMs)
  await closed
  socket.destroy()

  const second = connect(site.port, '127.0.0.1')
  second.write(`GET /file/${cid} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await once(second, 'data')
  second.destroy()
  while (clock.timers.length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('many visitors of one big file hold a span each and not the file', async () => {
  await using site = await startServer()
  const { cid } = await site.store.put(bytesOf(48 * PIECE_BYTES))
  await site.ask(`/file/${cid}`)
  const before = process.memoryUsage()
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect(site.port, '127.0.0.1')
    socket.pause()
    socket.write(`GET /file/${cid} HTTP/1.1\r\nHost: x\r\n\r\n`)
    return socket
  })
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const after = process.memoryUsage()
  expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(2 * 40 * 2 ** 20)
  for (const socket of sockets) socket.destroy()
})

test('so many devices at once are served by whole pieces; one more is served by spans, and all get the right bytes', async () => {
  await using site = await startServer()
  const bytes = bytesOf(PIECE_BYTES)
  const ref = await site.store.put(bytes)
  site.named.set(ref.cid, ref)
  const buffers: (number | undefined)[] = []
  let goOn: () => void = () => undefined
  const allAsked = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const readSpans = site.store.readSpans.bind(site.store)
  site.store.readSpans = async function* (cid, start, end, options) {
    buffers.push(options?.buffer?.length)
    if (buffers.length === PEER_BUFFERS + 1) goOn()
    await allAsked
    yield* readSpans(cid, start, end, options)
  }
  const answers = Array.from({ length: PEER_BUFFERS + 1 }, () => site.ask(`/blob/${ref.cid}`, { 'joinery-hop': '1' }))
  for (const { body } of await Promise.all(answers)) expect(body.equals(bytes)).toBe(true)
  expect(buffers).toEqual([...Array(PEER_BUFFERS).fill(PIECE_BYTES), SPAN_BYTES])
})
