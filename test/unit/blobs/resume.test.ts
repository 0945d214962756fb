/** A link that dies again and again still gets everything through: what came of a piece is kept, only the rest is asked for, and nobody is blamed for another one. */

import type { AddressInfo } from 'node:net'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Fragments } from '../../../node/blobs/fragments.ts'
import { MAX_DOUBTED_PIECES, MAX_DOUBTED_SPANS, MAX_FRAGMENT_BYTES, MAX_SENDERS } from '../../../node/blobs/limits.ts'
import { BLOB_PROTOCOL } from '../../../protocols/blob-stream.ts'
import type { MessageStream } from '../../../protocols/message-stream.ts'
import { PIECE_BYTES, pieceListBytes } from '../../../protocols/piece-list.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { fill, followAll, linkDevices, startDevice, TestCatalogue, until } from './room.ts'
import { fillSimulated, type SimulatedDevice, SimulatedRoom } from './simulated-devices.ts'

/** Less than a piece gets through between two breaks. */
const CUT_AFTER_BYTES = 500_000
const BIG = 2 * PIECE_BYTES + 100_000
const SIZES = [BIG, ...Array.from({ length: 10 }, (_, i) => 100_000 + i)]
const TOTAL_BYTES = SIZES.reduce((sum, size) => sum + size, pieceListBytes(BIG))

/** Passes answers on, and breaks all connections each time that so many bytes have passed. */
async function cuttingProxy(toPort: number): Promise<{ server: Server; port: number; passedBytes(): number }> {
  const open = new Set<Socket>()
  let passed = 0
  let sinceCut = 0
  const server = createServer((client) => {
    const upstream = dial(toPort, '127.0.0.1')
    open.add(client)
    client
      .on('error', () => upstream.destroy())
      .on('close', () => {
        open.delete(client)
        upstream.destroy()
      })
    upstream.on('error', () => client.destroy()).on('close', () => client.end())
    client.pipe(upstream)
    upstream.on('data', (bytes: Buffer) => {
      if (client.writableEnded) return
      const through = bytes.subarray(0, CUT_AFTER_BYTES - sinceCut)
      passed += through.length
      sinceCut += through.length
      client.write(through)
      if (sinceCut < CUT_AFTER_BYTES) return
      sinceCut = 0
      // What has passed arrives; then it is over.
      for (const one of open) one.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port, passedBytes: () => passed }
}

test('over HTTP, a link that breaks within every piece carries everything, and hardly a byte twice', async () => {
  using folder = temporaryFolder()
  const a = await startDevice(folder.path, 'a')
  const b = await startDevice(folder.path, 'b')
  const blobs = await fill(a, SIZES)
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  // Nothing comes over streams instead.
  a.links.handlers.delete(BLOB_PROTOCOL)
  const proxy = await cuttingProxy(a.port)
  a.port = proxy.port
  linkDevices(a, b)
  await until(() => blobs.every(({ cid }) => b.store.has(cid)), 60_000)
  expect(proxy.passedBytes()).toBeLessThanOrEqual(1.1 * TOTAL_BYTES)
  expect(b.events).toEqual([])
  await b.stop()
  await a.stop()
  proxy.server.close()
})

/** Lets a device's streams pass what `passing` makes of each message of bytes, or break when it says so. */
function meddle(
  device: SimulatedDevice,
  passing: (bytes: Uint8Array) => Uint8Array | 'break'
): { passedBytes(): number } {
  const handled = device.links.handlers.get(BLOB_PROTOCOL)
  if (!handled) throw new Error('no streams')
  let passed = 0
  device.links.handlers.set(BLOB_PROTOCOL, {
    limits: handled.limits,
    handler(stream, link) {
      const meddled: MessageStream = {
        async send(message) {
          const through = message.length > 64 ? passing(message) : message
          if (through === 'break') {
            stream.abort(new Error('the link broke'))
            throw new Error('the link broke')
          }
          passed += through.length
          await stream.send(through)
        },
        receive: () => stream.receive(),
        close: () => stream.close(),
        abort: (reason) => stream.abort(reason)
      }
      return handled.handler(meddled, link)
    }
  })
  return { passedBytes: () => passed }
}

test('over streams of the mesh too', async () => {
  const room = new SimulatedRoom()
  const a = await room.device('a')
  const b = await room.device('b')
  const blobs = await fillSimulated(a, SIZES, { kind: 'everywhere' })
  const catalogue = new TestCatalogue()
  catalogue.set(blobs)
  followAll([a, b], catalogue)
  let sinceCut = 0
  const { passedBytes } = meddle(a, (bytes) => {
    sinceCut += bytes.length
    if (sinceCut < CUT_AFTER_BYTES) return bytes
    sinceCut = 0
    return 'break'
  })
  linkDevices(a, b)
  await room.until(() => blobs.every(({ cid }) => b.store.has(cid)), 300_000)
  expect(passedBytes()).toBeLessThanOrEqual(1.1 * TOTAL_BYTES)
  expect(b.events).toEqual([])
  await room.stop()
})

test.each([
  ['a small file', [700_000]],
  ['a piece of a big one', [3 * PIECE_BYTES]]
])(
  '%s that was begun with wrong bytes and ended with right ones is fetched anew, and only the liar is named',
  async (_, sizes) => {
    const room = new SimulatedRoom()
    const liar = await room.device('liar')
    const honest = await room.device('honest')
    const b = await room.device('b')
    const blobs = await fillSimulated(liar, sizes, { kind: 'everywhere' })
    await fillSimulated(honest, sizes, { kind: 'everywhere' })
    const catalogue = new TestCatalogue()
    catalogue.set(blobs)
    followAll([liar, honest, b], catalogue)
    let sent = 0
    meddle(liar, (bytes) => {
      sent += bytes.length
      return sent % 200_000 < 150_000 ? bytes.map(() => 7) : 'break'
    })
    linkDevices(liar, b)
    await room.until(() => sent > 0)
    linkDevices(honest, b)
    await room.until(() => blobs.every(({ cid }) => b.store.has(cid)), 300_000)
    const named = b.events.filter(({ kind }) => kind === 'peer-lied').map((event) => 'peer' in event && event.peer)
    expect(new Set(named)).toEqual(new Set(['liar']))
    await room.stop()
  }
)

test('what is kept of pieces that broke off is bounded, and the oldest goes first', () => {
  const fragments = new Fragments()
  const bytes = new Uint8Array(PIECE_BYTES)
  const kept = MAX_FRAGMENT_BYTES / PIECE_BYTES
  for (let i = 0; i < kept; i++) fragments.keep(`${i}`, bytes, [{ peer: 'a', end: PIECE_BYTES }])
  fragments.keep('one more', bytes.subarray(0, 1), [{ peer: 'a', end: 1 }])
  expect(fragments.take('0', 'a')).toBeUndefined()
  for (let i = 1; i < kept; i++) expect(fragments.take(`${i}`, 'a')?.bytes.length).toBe(PIECE_BYTES)
  expect(fragments.take('one more', 'a')?.bytes.length).toBe(1)
})

test('a piece is put together from so many senders and no more', () => {
  const fragments = new Fragments()
  const senders = Array.from({ length: MAX_SENDERS }, (_, i) => ({ peer: `${i}`, end: i + 1 }))
  fragments.keep('few', new Uint8Array(MAX_SENDERS - 1), senders.slice(0, -1))
  fragments.keep('many', new Uint8Array(MAX_SENDERS), senders)
  expect(fragments.take('few', 'b')).toBeDefined()
  expect(fragments.take('many', 'b')).toBeUndefined()
})

test("after a doubt only one peer's bytes are put together; the right bytes name who had sent wrong ones", () => {
  const fragments = new Fragments()
  const right = new Uint8Array(100).fill(1)
  const wrong = new Uint8Array(100).fill(1).fill(2, 0, 40)
  fragments.doubt('piece', wrong, [
    { peer: 'liar', end: 40 },
    { peer: 'honest', end: 100 }
  ])
  fragments.keep('piece', wrong.subarray(0, 40), [{ peer: 'liar', end: 40 }])
  expect(fragments.take('piece', 'honest')).toBeUndefined()
  fragments.keep('piece', right.subarray(0, 40), [{ peer: 'honest', end: 40 }])
  expect(fragments.take('piece', 'honest')?.bytes).toEqual(right.subarray(0, 40))
  expect(fragments.settle('piece', right)).toEqual(['liar'])
  expect(fragments.settle('piece', right)).toEqual([])
})

test('so many pieces can be in doubt and no more', () => {
  const fragments = new Fragments()
  const one = new Uint8Array(1)
  for (let i = 0; i <= MAX_DOUBTED_PIECES; i++) fragments.doubt(`${i}`, one, [{ peer: 'a', end: 1 }])
  expect(fragments.settle('0', new Uint8Array([1]))).toEqual([])
  expect(fragments.settle('1', new Uint8Array([1]))).toEqual(['a'])
})

test('of one piece so many wrong parts are remembered, and of one more the first is forgotten', () => {
  const [wrong, right] = [new Uint8Array(1), new Uint8Array(1).fill(1)]
  const doubted = (parts: number): string[] => {
    const fragments = new Fragments()
    for (let part = 0; part < parts; part++) fragments.doubt('piece', wrong, [{ peer: `peer ${part}`, end: 1 }])
    return fragments.settle('piece', right)
  }
  const most = Array.from({ length: MAX_DOUBTED_SPANS }, (_, part) => `peer ${part}`)
  expect(doubted(MAX_DOUBTED_SPANS)).toEqual(most)
  expect(doubted(MAX_DOUBTED_SPANS + 1)).toEqual([...most.slice(1), `peer ${MAX_DOUBTED_SPANS}`])
})
