/** Streams over real connections: framing, limits, and back-pressure in both directions. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHost } from '../../../node/mesh/host.ts'
import { READ_AHEAD_BYTES, STREAM_WINDOW_BYTES } from '../../../node/mesh/limits.ts'
import { messageStream } from '../../../node/mesh/streams.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { signingKeyFromSeed } from '../../../node/platform/signing.ts'
import type { MessageStream, StreamLimits } from '../../../protocols/message-stream.ts'

const PROTOCOL = '/test/1'
const LIMITS: StreamLimits = { maxMessageBytes: 4 * 2 ** 20, idleTimeoutMs: 120_000 }

let hosts: [Libp2p, Libp2p]
let connection: Connection

beforeEach(async () => {
  const host = (): Promise<Libp2p> =>
    createHost({ key: signingKeyFromSeed(systemRandom.bytes(32)), port: 0, denies: () => false })
  hosts = [await host(), await host()]
  await Promise.all(hosts.map((one) => one.start()))
  const address = hosts[1]
    .getMultiaddrs()
    .find((one) => one.toString().startsWith('/ip4/127.0.0.1/tcp/') && !one.toString().includes('/ws'))
  connection = await hosts[0].dial(address ?? multiaddr('/ip4/127.0.0.1/tcp/1'))
})

afterEach(async () => {
  await Promise.all(hosts.map((one) => one.stop()))
})

interface Ends {
  near: MessageStream
  far: MessageStream
  nearRaw: Stream
  farRaw: Stream
}

async function open(limits: Partial<Record<'near' | 'far', StreamLimits>> = {}): Promise<Ends> {
  const { promise, resolve } = Promise.withResolvers<Stream>()
  await hosts[1].handle(PROTOCOL, (stream) => resolve(stream), { force: true })
  const nearRaw = await connection.newStream(PROTOCOL)
  const farRaw = await promise
  return {
    near: messageStream(systemClock, nearRaw, limits.near ?? LIMITS),
    far: messageStream(systemClock, farRaw, limits.far ?? LIMITS),
    nearRaw,
    farRaw
  }
}

/** Until what is sent no longer moves. */
async function settled(read: () => number): Promise<number> {
  for (let before = -1; before !== read(); ) {
    before = read()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  return read()
}

describe('messages', () => {
  test('arrive whole and in order, whatever their size, and the end is the end', async () => {
    const { near, far } = await open()
    const sizes = [0, 1, 3, 4, 65_535, 65_536, 70_001, 1_000_000, LIMITS.maxMessageBytes, 5]
    const sending = (async () => {
      for (const [i, size] of sizes.entries()) await near.send(new Uint8Array(size).fill(i + 1))
      await near.close()
    })()
    for (const [i, size] of sizes.entries()) {
      const message = await far.receive()
      expect(message?.length).toBe(size)
      expect(message?.every((byte) => byte === i + 1)).toBe(true)
    }
    expect(await far.receive()).toBeUndefined()
    await sending
    // The other direction is still open.
    await far.send(Uint8Array.of(9))
    expect(await near.receive()).toEqual(Uint8Array.of(9))
  })

  test('what was sent before the close is read although nobody read in the meantime', async () => {
    const { near, far } = await open()
    for (let i = 0; i < 10; i++) await near.send(new Uint8Array(10_000).fill(i))
    await near.close()
    await far.close()
    await new Promise((resolve) => setTimeout(resolve, 300))
    let count = 0
    while (await far.receive()) count++
    expect(count).toBe(10)
  })

  test('one byte more than allowed is not sent, and not taken', async () => {
    const small = { ...LIMITS, maxMessageBytes: 100 }
    const { near, far } = await open({ far: small })
    await near.send(new Uint8Array(100))
    expect((await far.receive())?.length).toBe(100)
    await near.send(new Uint8Array(101))
    await expect(far.receive()).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await expect(near.receive()).rejects.toMatchObject({ code: 'CLOSED' })
    const other = await open({ near: small })
    await expect(other.near.send(new Uint8Array(101))).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  test('an end inside a message is an error and not an end', async () => {
    const { far, nearRaw } = await open()
    nearRaw.send(Uint8Array.of(0, 0, 0, 9, 1, 2))
    await nearRaw.close()
    await expect(far.receive()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a stream ends', () => {
  test('when nothing comes for too long while somebody waits', async () => {
    const { far } = await open({ far: { ...LIMITS, idleTimeoutMs: 300 } })
    await expect(far.receive()).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  test('when a sender waits too long for a reader that never reads', async () => {
    const { near } = await open({ near: { ...LIMITS, idleTimeoutMs: 500 } })
    const flood = async (): Promise<void> => {
      while (true) await near.send(new Uint8Array(256 * 1024))
    }
    await expect(flood()).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  test('when the connection does, for both ends at once', async () => {
    const { near, far } = await open()
    const waiting = [near.receive(), far.receive()]
    for (const one of waiting) one.catch(() => {})
    connection.abort(new Error('cable pulled'))
    const ends = await Promise.allSettled(waiting)
    expect(ends.filter((end) => end.status === 'fulfilled' && end.value !== undefined)).toEqual([])
    await expect(near.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('back-pressure', () => {
  test('a slow reader holds the sender up: what is in between stays bounded, and nothing is lost', async () => {
    const { near, far, farRaw } = await open()
    const messageBytes = 64 * 1024
    const total = 400
    let sent = 0
    const sending = (async () => {
      for (let i = 0; i < total; i++) {
        await near.send(new Uint8Array(messageBytes).fill(i % 251))
        sent++
      }
      await near.close()
    })()
    // Nobody reads: the sender gets as far as the buffers on the way, and no further.
    const held = await settled(() => sent)
    expect(held * messageBytes).toBeLessThan(READ_AHEAD_BYTES + 4 * STREAM_WINDOW_BYTES)
    expect(held).toBeLessThan(total)
    for (let i = 0; i < total; i++) {
      const message = await far.receive()
      expect(message?.[0]).toBe(i % 251)
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      // The trap that this guards against: libp2p aborts a paused stream that goes on filling up.
      expect(farRaw.readBufferLength).toBeLessThanOrEqual(4 * 2 ** 20)
    }
    expect(await far.receive()).toBeUndefined()
    await sending
  })

  test('both directions at once, each at its own speed', async () => {
    const { near, far } = await open()
    const pump = async (stream: MessageStream, count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await stream.send(new Uint8Array(32 * 1024).fill(i % 251))
      await stream.close()
    }
    const drain = async (stream: MessageStream, pauseMs: number): Promise<number> => {
      let count = 0
      for (let message = await stream.receive(); message; message = await stream.receive()) {
        if (message[0] !== count % 251) throw new Error(`message ${count} is another one`)
        if (++count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
      return count
    }
    const results = await Promise.all([pump(near, 200), pump(far, 300), drain(far, 10), drain(near, 1)])
    expect(results.slice(2)).toEqual([200, 300])
  })
})
