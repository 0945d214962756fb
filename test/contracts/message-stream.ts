/** What every MessageStream does, whoever makes it: run over the simulated network and over libp2p. */
import { describe, expect, test } from 'vitest'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, PeerLink, PeerLinks, StreamLimits } from '../../protocols/message-stream.ts'

export interface LinkedPair extends AsyncDisposable {
  a: PeerLinks
  b: PeerLinks
  /** The link of `a` to `b`. */
  link: PeerLink
  /** Waits for a promise of the code under test; the simulated one lets time pass meanwhile. */
  wait<T>(promise: Promise<T>): Promise<T>
}

const LIMITS: StreamLimits = { maxMessageBytes: 100_000, idleTimeoutMs: 120_000 }
const message = (length: number, value = 1): Uint8Array => new Uint8Array(length).fill(value)

export function describeMessageStream(name: string, connect: () => Promise<LinkedPair>): void {
  describe(`${name} message stream`, () => {
    /** Opens a stream from `a` to `b`, and gives both ends. */
    async function open(pair: LinkedPair, protocol: string, limits = LIMITS): Promise<[MessageStream, MessageStream]> {
      const { promise, resolve } = Promise.withResolvers<MessageStream>()
      pair.b.handle(protocol, limits, async (stream) => {
        resolve(stream)
        await new Promise(() => {})
      })
      const ours = await pair.wait(pair.link.open(protocol, limits))
      // A lazy protocol negotiation reaches the other side with the first message only.
      await pair.wait(ours.send(message(1, 99)))
      const theirs = await pair.wait(promise)
      expect(await pair.wait(theirs.receive())).toEqual(message(1, 99))
      return [ours, theirs]
    }

    test('carries whole messages in order, both ways, empty and greatest ones too', async () => {
      await using pair = await connect()
      const [ours, theirs] = await open(pair, '/test/order/1')
      for (const length of [0, 1, 5000, LIMITS.maxMessageBytes]) {
        const [, there] = await pair.wait(Promise.all([ours.send(message(length, 3)), theirs.receive()]))
        expect(there).toEqual(message(length, 3))
        const [, back] = await pair.wait(Promise.all([theirs.send(message(length, 4)), ours.receive()]))
        expect(back).toEqual(message(length, 4))
      }
    })

    test('one byte past the greatest message ends the stream with TOO_LARGE', async () => {
      await using pair = await connect()
      const [ours, theirs] = await open(pair, '/test/large/1')
      const there = expect(pair.wait(theirs.receive())).rejects.toBeInstanceOf(JoineryError)
      await expect(pair.wait(ours.send(message(LIMITS.maxMessageBytes + 1)))).rejects.toMatchObject({
        code: 'TOO_LARGE'
      })
      await there
    })

    test('close lets what was sent arrive and then ends; the other direction goes on', async () => {
      await using pair = await connect()
      const [ours, theirs] = await open(pair, '/test/close/1')
      await pair.wait(ours.send(message(10)))
      await pair.wait(ours.close())
      expect(await pair.wait(theirs.receive())).toEqual(message(10))
      expect(await pair.wait(theirs.receive())).toBeUndefined()
      expect(await pair.wait(theirs.receive())).toBeUndefined()
      await pair.wait(theirs.send(message(20)))
      expect(await pair.wait(ours.receive())).toEqual(message(20))
      await expect(pair.wait(ours.send(message(1)))).rejects.toMatchObject({ code: 'CLOSED' })
    })

    test('abort ends both sides: ours with the reason, theirs with CLOSED', async () => {
      await using pair = await connect()
      const [ours, theirs] = await open(pair, '/test/abort/1')
      const there = expect(pair.wait(theirs.receive())).rejects.toMatchObject({ code: 'CLOSED' })
      const here = expect(pair.wait(ours.receive())).rejects.toThrow('enough')
      ours.abort(new JoineryError('BUSY', 'enough'))
      await there
      await here
    })

    test('a sender waits while nobody reads, and goes on when somebody does', async () => {
      await using pair = await connect()
      const [ours, theirs] = await open(pair, '/test/pressure/1', { maxMessageBytes: 100_000, idleTimeoutMs: 0 })
      let sent = 0
      const sending = (async () => {
        for (; sent < 400; sent++) await ours.send(message(100_000, sent % 256))
        await ours.close()
      })()
      await pair.wait(new Promise((resolve) => void setTimeout(resolve, 300)))
      expect(sent).toBeLessThan(200)
      let received = 0
      for (;;) {
        const next = await pair.wait(theirs.receive())
        if (!next) break
        expect(next[0]).toBe(received++ % 256)
      }
      await sending
      expect(received).toBe(400)
    })

    test('who waits longer than the idle time gets TIMED_OUT', async () => {
      await using pair = await connect()
      const [ours] = await open(pair, '/test/idle/1', { maxMessageBytes: 100, idleTimeoutMs: 200 })
      await expect(pair.wait(ours.receive())).rejects.toMatchObject({ code: 'TIMED_OUT' })
    })

    test('a handler that fails ends its stream; a protocol that nobody handles is refused', async () => {
      await using pair = await connect()
      pair.b.handle('/test/fails/1', LIMITS, async () => {
        throw new JoineryError('INTERNAL', 'a secret path')
      })
      const ending = (async () => {
        const stream = await pair.link.open('/test/fails/1', LIMITS)
        await stream.send(message(1))
        return await stream.receive()
      })()
      await expect(pair.wait(ending)).rejects.toSatisfy((error: Error) => !error.message.includes('secret'))
      const nobody = (async () => {
        const stream = await pair.link.open('/test/nobody/1', LIMITS)
        await stream.send(message(1))
        return await stream.receive()
      })()
      await expect(pair.wait(nobody)).rejects.toBeInstanceOf(JoineryError)
    })

    test('a signal that aborts ends the opening and the stream', async () => {
      await using pair = await connect()
      const before = AbortSignal.abort(new JoineryError('STOPPED', 'stopping'))
      await expect(pair.wait(pair.link.open('/test/signal/1', LIMITS, before))).rejects.toMatchObject({
        code: 'STOPPED'
      })
    })
  })
}
