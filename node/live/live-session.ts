/** One stream of a link: messages leave one after the other, and what a slow peer cannot take is left out or ends the stream. */
import type { MessageStream } from '../../protocols/message-stream.ts'
import { encodeRoomLive, type RoomLiveMessage } from '../../protocols/room-live.ts'
import type { Clock } from '../platform/clock.ts'
import { CROWDED_QUEUE_BYTES, MAX_QUEUE_BYTES, PING_TIMEOUT_MS, RATE_EVERY_PINGS, RATE_FILL_BYTES } from './limits.ts'

/** Comes again by itself. */
const MAY_BE_LEFT_OUT: ReadonlySet<RoomLiveMessage['kind']> = new Set(['report', 'ping', 'watch'])
/** Of two measurements the new one counts for so much. */
const NEW_SHARE = 0.3

export class LiveSession {
  readonly #stream: MessageStream
  readonly #clock: Clock
  readonly #queue: Uint8Array[] = []
  #queueBytes = 0
  #sending = false
  #ended = false
  #pings = 0
  #asked: { nonce: number; fillBytes: number; atMs: number } | undefined
  roundTripMs: number | undefined
  bytesPerSecond: number | undefined

  constructor(stream: MessageStream, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
  }

  send(message: Exclude<RoomLiveMessage, { kind: 'unknown' }>): void {
    if (this.#ended) return
    const mayBeLeftOut = MAY_BE_LEFT_OUT.has(message.kind)
    if (mayBeLeftOut && this.#queueBytes > CROWDED_QUEUE_BYTES) return
    const bytes = encodeRoomLive(message)
    if (this.#queueBytes + bytes.length > MAX_QUEUE_BYTES) {
      this.end()
      return
    }
    this.#queue.push(bytes)
    this.#queueBytes += bytes.length
    if (!this.#sending) this.#pump().catch(() => this.end())
  }

  async #pump(): Promise<void> {
    this.#sending = true
    for (let next = this.#queue.shift(); next && !this.#ended; next = this.#queue.shift()) {
      await this.#stream.send(next)
      this.#queueBytes -= next.length
    }
    this.#sending = false
  }

  /** One question at a time; the rate now and then, once there is a round trip to compare with. */
  ping(): void {
    const nowMs = this.#clock.monotonicMs()
    if (this.#asked && nowMs - this.#asked.atMs < PING_TIMEOUT_MS) return
    const nonce = ++this.#pings
    const fillBytes = this.roundTripMs !== undefined && nonce % RATE_EVERY_PINGS === 2 ? RATE_FILL_BYTES : 0
    this.#asked = { nonce, fillBytes, atMs: nowMs }
    this.send({ kind: 'ping', nonce, fillBytes })
  }

  answered(nonce: number): void {
    const asked = this.#asked
    if (asked?.nonce !== nonce) return
    this.#asked = undefined
    const tookMs = this.#clock.monotonicMs() - asked.atMs
    if (asked.fillBytes === 0) this.roundTripMs = mixed(this.roundTripMs, tookMs)
    else {
      const extraMs = Math.max(0.2, tookMs - (this.roundTripMs ?? 0))
      this.bytesPerSecond = mixed(this.bytesPerSecond, (asked.fillBytes / extraMs) * 1000)
    }
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#queue.length = 0
    this.#stream.abort(new Error('the moment of this link is over'))
  }
}

function mixed(before: number | undefined, now: number): number {
  return before === undefined ? now : before + NEW_SHARE * (now - before)
}
