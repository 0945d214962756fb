/** A member whose program lies, floods or stalls: it is named, it changes nothing, and the others do not notice. */
import { describe, expect, it } from 'vitest'
import { MAX_LIES, SEND_STALL_MS } from '../../../node/journal/limits.ts'
import { decodeBatch, encodeBatch } from '../../../protocols/batch.ts'
import {
  decodeSyncMessage,
  encodeSyncMessage,
  JOURNAL_PROTOCOL,
  type SyncMessage
} from '../../../protocols/journal-sync.ts'
import type { MessageStream, PeerLinks } from '../../../protocols/message-stream.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { SimulatedClock } from '../../kit/simulated-clock.ts'
import { HandWriter } from './hand-writer.ts'
import { allOf, namesOf, registersFold, setEntry, TestRoom } from './room.ts'

type Answer = (message: SyncMessage, say: (message: SyncMessage | Uint8Array) => Promise<void>) => Promise<void>

/** Joins a node that is not one of ours: `behave` runs on every stream that it opens or that is opened to it. */
function joinLiar(room: TestRoom, name: string, behave: (stream: MessageStream) => Promise<void>): PeerLinks {
  const links = room.network.join(name, new SimulatedClock(room.time), profileOf(name))
  const limits = { maxMessageBytes: 2 ** 22, idleTimeoutMs: 0 }
  links.handle(JOURNAL_PROTOCOL, limits, behave)
  links.onLink((link) => {
    if (!link.dialer) return
    const again = (): void => {
      link
        .open(JOURNAL_PROTOCOL, limits)
        .then(behave)
        .catch(() => undefined)
        .finally(() => room.time.after(500, again))
    }
    again()
  })
  return links
}

function talker(answer: Answer, first?: SyncMessage | Uint8Array): (stream: MessageStream) => Promise<void> {
  return async (stream) => {
    const say = (message: SyncMessage | Uint8Array): Promise<void> =>
      stream.send(message instanceof Uint8Array ? message : encodeSyncMessage(message))
    if (first) await say(first)
    for (;;) {
      const bytes = await stream.receive()
      if (!bytes) return
      await answer(decodeSyncMessage(bytes), say)
    }
  }
}

const silent: Answer = async () => undefined

describe('a peer that lies', () => {
  const writer = new HandWriter(1, 'author')
  const honest = [writer.write('x', 1).bytes, writer.write('y', 1).bytes]
  const forged = honest.map(
    (bytes) => new Uint8Array(encodeBatch({ ...decodeBatch(bytes), signature: new Uint8Array(64) }))
  )

  it('about a signature is named, and the batch comes from another peer', async () => {
    const room = new TestRoom(1)
    const victim = await room.start('victim')
    joinLiar(room, 'liar', talker(silent, { type: 'batches', batches: forged }))
    await room.run(3000)
    expect(victim.misbehaved).toContainEqual({ peer: 'liar', code: 'BATCH_UNSIGNED' })
    expect(await allOf(victim.journal.entriesOf('t'))).toEqual([])
    const other = await room.start('other')
    await room.settled(other.journal.exchange.take(honest))
    await room.run(100)
    await room.untilEqual(5000)
    expect(namesOf(await allOf(victim.journal.entriesOf('t')))).toEqual(['x', 'y'])
    expect(victim.misbehaved.filter(({ peer }) => peer !== 'liar')).toEqual([])
    await room.stop()
  })

  it.each<[string, Uint8Array | SyncMessage, string]>([
    ['bytes that are no message', new Uint8Array([0xff, 1, 2]), 'MALFORMED'],
    ['a batch that is none', { type: 'batches', batches: [new Uint8Array(10)] }, 'MALFORMED'],
    [
      'facts of a stranger',
      { type: 'batches', batches: [new HandWriter(8, 'stranger').write('x', 1).bytes] },
      'BATCH_UNCERTIFIED'
    ]
  ])('with %s is named, and after three times left alone', async (_, lie, code) => {
    const room = new TestRoom(2)
    const victim = await room.start('victim')
    joinLiar(room, 'liar', talker(silent, lie))
    await room.run(120_000)
    expect(victim.misbehaved).toEqual(Array.from({ length: MAX_LIES }, () => ({ peer: 'liar', code })))
    await room.stop()
  })

  it('that it has more than it has costs one question now and then', async () => {
    const room = new TestRoom(3)
    const victim = await room.start('victim')
    let asked = 0
    const boast: SyncMessage = { type: 'have', rows: [{ writer: new Uint8Array(32).fill(5), number: 1000 }] }
    joinLiar(
      room,
      'liar',
      talker(async (message, say) => {
        if (message.type !== 'request') return
        asked++
        await say({ type: 'done', id: message.id })
      }, boast)
    )
    await room.run(60_000)
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThan(10)
    await room.append(victim, setEntry('t', 'x', 1))
    await room.stop()
  })
})

describe('a peer that answers beside the question', () => {
  const author = new HandWriter(3, 'author')
  const written = Array.from({ length: 8 }, (_, i) => author.write(`${i}`, i))
  const foreign = new HandWriter(3, 'author')
  foreign.write('other', 0)
  const twig = Array.from({ length: 9 }, (_, i) => foreign.write(`other${i}`, i)).at(-1)

  it.each([
    ['with a batch far behind a gap', [], written[7]?.bytes],
    ['with a branch whose beginning it never shows', written.slice(0, 5).map(({ bytes }) => bytes), twig?.bytes]
  ])('%s, is not asked without end', async (_, held, answer) => {
    const room = new TestRoom(6)
    const victim = await room.start('victim')
    await room.settled(victim.journal.exchange.take(held))
    let asked = 0
    const boast: SyncMessage = { type: 'have', rows: [{ writer: author.key.publicKey, number: 1000 }] }
    joinLiar(
      room,
      'liar',
      talker(async (message, say) => {
        if (message.type !== 'request' || !answer) return
        asked++
        await say({ type: 'batches', batches: [answer] })
        await say({ type: 'done', id: message.id })
      }, boast)
    )
    await room.run(60_000)
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThan(20)
    await room.stop()
  })
})

describe('a peer that floods', () => {
  it('with digests gets answers as fast as it reads them, and no faster', async () => {
    const room = new TestRoom(4)
    const victim = await room.start('victim')
    for (let i = 0; i < 5; i++) await room.append(victim, setEntry('t', `${i}`, i))
    let sent = 0
    joinLiar(room, 'liar', async (stream) => {
      for (;;) {
        await stream.send(encodeSyncMessage({ type: 'digest', root: new Uint8Array(32) }))
        sent++
      }
    })
    await room.run(20_000)
    expect(victim.journal.state()).toBe('open')
    // What it sent and we answered is what fits into the windows of its stream.
    expect(sent).toBeLessThan(300_000)
    const other = await room.start('other')
    await room.run(3000)
    expect(other.journal.exchange.root()).toEqual(victim.journal.exchange.root())
    await room.stop()
  })
})

describe('a peer that stalls', () => {
  it('holds nobody else up, and its stream ends', async () => {
    const room = new TestRoom(5)
    const victim = await room.start('victim')
    const ended: string[] = []
    joinLiar(room, 'sleeper', async (stream) => {
      await stream.send(encodeSyncMessage({ type: 'have', rows: [] }))
      const request = { writer: Buffer.from(victim.journal.writer, 'hex'), from: 0, to: null }
      await stream.send(encodeSyncMessage({ type: 'request', id: 0, ranges: [request] }))
      // It never reads; the end of its stream shows in what it sends.
      for (;;) {
        await new Promise<void>((resolve) => void room.time.after(5000, resolve))
        await stream.send(encodeSyncMessage({ type: 'have', rows: [] })).catch((error: unknown) => {
          ended.push(String(error))
          throw error
        })
      }
    })
    const other = await room.start('other')
    await room.run(1000)
    for (let i = 0; i < 60; i++) {
      await room.append(victim, setEntry('t', `${i}`, new Uint8Array(100_000)))
      expect(await room.untilEqual(2000)).toBeLessThan(1000)
    }
    await room.run(SEND_STALL_MS + 10_000)
    expect(ended.length).toBeGreaterThan(0)
    expect((await other.journal.view(registersFold('registers'))).state).toHaveProperty('59')
    await room.stop()
  })
})
