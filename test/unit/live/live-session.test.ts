import { expect, test } from 'vitest'
import { CROWDED_QUEUE_BYTES, MAX_QUEUE_BYTES } from '../../../node/live/limits.ts'
import { LiveSession } from '../../../node/live/live-session.ts'
import type { MessageStream } from '../../../protocols/message-stream.ts'
import { encodeRoomLive, MAX_SIGNALS_PER_MESSAGE, type Signal } from '../../../protocols/room-live.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { nodeOf } from '../room/room-kit.ts'
import { personOf } from './live-kit.ts'

/** A peer that takes nothing until it is told to. */
class SlowStream implements MessageStream {
  readonly taken: Uint8Array[] = []
  isAborted = false
  #take = Promise.withResolvers<void>()

  async send(message: Uint8Array): Promise<void> {
    await this.#take.promise
    this.taken.push(message)
  }

  receive(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  abort(): void {
    this.isAborted = true
  }

  takeAll(): void {
    this.#take.resolve()
  }
}

const signals = Array.from(
  { length: MAX_SIGNALS_PER_MESSAGE },
  (_, number): Signal => ({ person: personOf(number), count: number + 1, by: nodeOf('a'), hand: true, ageMs: 0 })
)
const full = { kind: 'signals' as const, floor: 0, signals }
const FULL_BYTES = encodeRoomLive(full).length

function sessionOf(stream: MessageStream): LiveSession {
  return new LiveSession(stream, new SimulatedClock(new SimulatedTime()))
}

test('what waits for a peer that does not read is bounded: as much as there may be, and the stream ends with one more', () => {
  const stream = new SlowStream()
  const session = sessionOf(stream)
  for (let waiting = FULL_BYTES; waiting <= MAX_QUEUE_BYTES; waiting += FULL_BYTES) session.send(full)
  expect(stream.isAborted).toBe(false)
  session.send(full)
  expect(stream.isAborted).toBe(true)
})

test('what comes again by itself is left out long before, and sent again once the peer reads', async () => {
  const stream = new SlowStream()
  const session = sessionOf(stream)
  const pong = { kind: 'pong' as const, nonce: 1 }
  const watch = { kind: 'watch' as const, watcher: nodeOf('a'), bootId: '01'.repeat(16), round: 1, forMs: 1_000 }
  let sent = 0
  for (let waiting = 0; waiting <= CROWDED_QUEUE_BYTES; waiting += FULL_BYTES) {
    session.send(full)
    sent++
  }
  session.send(watch)
  session.send(pong)
  sent++
  stream.takeAll()
  await expect.poll(() => stream.taken.length).toBe(sent)
  expect(stream.taken.at(-1)).toEqual(encodeRoomLive(pong))
  session.send(watch)
  await expect.poll(() => stream.taken.length).toBe(sent + 1)
  expect(stream.taken.at(-1)).toEqual(encodeRoomLive(watch))
})
