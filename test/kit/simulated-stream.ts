import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, StreamLimits } from '../../protocols/message-stream.ts'
import type { SimulatedClock, SimulatedTime } from './simulated-clock.ts'

/** Sent and not yet read by the other side: more makes `send` wait. */
const WINDOW_BYTES = 256 * 1024

/** What a stream's end knows of the network below it. */
export interface StreamEnd {
  clock: SimulatedClock
  /** Takes a message to the other side, or loses it together with the stream. */
  carry(bytes: number, arrive: () => void): void
  ended(stream: SimulatedStream): void
}

/** One end of a message stream of the simulator. See `SimulatedNetwork`. */
export class SimulatedStream implements MessageStream {
  readonly #end: StreamEnd
  readonly #limits: StreamLimits
  #other: SimulatedStream | undefined
  readonly #inbox: (Uint8Array | undefined)[] = []
  #onTheWayBytes = 0
  #receivers: { resolve: (message: Uint8Array | undefined) => void; reject: (error: Error) => void }[] = []
  #senders: { resolve: () => void; reject: (error: Error) => void }[] = []
  #failed: Error | undefined
  #closed = false
  #lastArrivalMs = 0
  #stopIdle: (() => void) | undefined

  constructor(end: StreamEnd, limits: StreamLimits) {
    this.#end = end
    this.#limits = limits
  }

  get clock(): SimulatedClock {
    return this.#end.clock
  }

  join(other: SimulatedStream): void {
    this.#other = other
  }

  /** Messages of one stream keep their order, whatever each one's own delay. */
  schedule(delayMs: number, time: SimulatedTime, arrive: () => void): void {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, time.nowMs + delayMs)
    time.after(this.#lastArrivalMs - time.nowMs, arrive)
  }

  async send(message: Uint8Array): Promise<void> {
    if (this.#failed) throw this.#failed
    if (this.#closed) throw new JoineryError('CLOSED', 'our side is closed')
    const limit = Math.min(this.#limits.maxMessageBytes, this.#other?.limits.maxMessageBytes ?? 0)
    if (message.length > limit) {
      const error = new JoineryError('TOO_LARGE', `${message.length} bytes, at most ${limit}`)
      this.abort(error)
      throw error
    }
    const copy = message.slice()
    this.#onTheWayBytes += copy.length
    this.#end.carry(copy.length, () => this.#other?.arrive(copy))
    if (this.#onTheWayBytes <= WINDOW_BYTES) return
    await new Promise<void>((resolve, reject) => {
      this.#senders.push({ resolve, reject })
      this.#watchIdle()
    })
  }

  async receive(): Promise<Uint8Array | undefined> {
    if (this.#inbox.length > 0) {
      const message = this.#inbox[0]
      // The end stays there, for whoever asks again.
      if (message) {
        this.#inbox.shift()
        this.#other?.roomAgain(message.length)
      }
      return message
    }
    if (this.#failed) throw this.#failed
    return await new Promise((resolve, reject) => {
      this.#receivers.push({ resolve, reject })
      this.#watchIdle()
    })
  }

  async close(): Promise<void> {
    if (this.#closed || this.#failed) return
    this.#closed = true
    this.#end.carry(0, () => this.#other?.arrive(undefined))
    this.#finish()
  }

  abort(reason: Error): void {
    if (this.#failed) return
    this.#fail(reason)
    const other = this.#other
    this.#end.carry(0, () => other?.lose())
  }

  /** The link below is gone, or the other side ended it. */
  lose(): void {
    this.#fail(new JoineryError('CLOSED', 'the stream broke'))
  }

  get limits(): StreamLimits {
    return this.#limits
  }

  arrive(message: Uint8Array | undefined): void {
    if (this.#failed || !this.#end.clock.alive) return
    const receiver = this.#receivers.shift()
    this.#watchIdle()
    if (receiver && message) {
      this.#other?.roomAgain(message.length)
      receiver.resolve(message)
      return
    }
    this.#inbox.push(message)
    if (message) return
    receiver?.resolve(undefined)
    for (const waiting of this.#receivers.splice(0)) waiting.resolve(undefined)
    this.#finish()
  }

  roomAgain(bytes: number): void {
    this.#onTheWayBytes -= bytes
    if (this.#onTheWayBytes <= WINDOW_BYTES) for (const sender of this.#senders.splice(0)) sender.resolve()
    this.#watchIdle()
  }

  /** Both sides have closed: nothing is waited for any more. */
  #finish(): void {
    if (!this.#closed || this.#inbox.at(-1) !== undefined || this.#inbox.length === 0) return
    this.#stopIdle?.()
    this.#stopIdle = undefined
    this.#end.ended(this)
  }

  #fail(error: Error): void {
    if (this.#failed) return
    this.#failed = error
    this.#stopIdle?.()
    this.#end.ended(this)
    if (!this.#end.clock.alive) return
    for (const receiver of this.#receivers.splice(0)) receiver.reject(error)
    for (const sender of this.#senders.splice(0)) sender.reject(error)
  }

  /** Starts the idle time anew, if somebody waits. */
  #watchIdle(): void {
    this.#stopIdle?.()
    this.#stopIdle = undefined
    if (this.#limits.idleTimeoutMs === 0 || this.#failed) return
    if (this.#receivers.length === 0 && this.#senders.length === 0) return
    this.#stopIdle = this.#end.clock.after(this.#limits.idleTimeoutMs, () => {
      if (this.#receivers.length === 0 && this.#senders.length === 0) return
      this.abort(new JoineryError('TIMED_OUT', 'nothing came for too long'))
    })
  }
}
