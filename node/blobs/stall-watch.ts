import type { Clock } from '../platform/clock.ts'
import { MAX_REQUEST_MS, STALLED_PEER_MS } from './limits.ts'

/** Calls `onStalled` when nothing moves for too long, or when it takes too long in all. One timer that looks when it rings, and not one per packet. */
export class StallWatch {
  readonly #clock: Clock
  readonly #onStalled: () => void
  readonly #startedMs: number
  #movedMs: number
  #cancel: () => void
  stalled = false

  constructor(clock: Clock, onStalled: () => void) {
    this.#clock = clock
    this.#onStalled = onStalled
    this.#startedMs = clock.monotonicMs()
    this.#movedMs = this.#startedMs
    this.#cancel = clock.after(STALLED_PEER_MS, () => this.#look())
  }

  moved(): void {
    this.#movedMs = this.#clock.monotonicMs()
  }

  end(): void {
    this.#cancel()
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs()
    const leftMs = STALLED_PEER_MS - (nowMs - this.#movedMs)
    if (leftMs > 0 && nowMs - this.#startedMs <= MAX_REQUEST_MS)
      // A remainder too small for the clock to move by would ring for ever at the same moment.
      this.#cancel = this.#clock.after(Math.ceil(leftMs), () => this.#look())
    else {
      this.stalled = true
      this.#onStalled()
    }
  }
}
