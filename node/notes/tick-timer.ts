/** One timer for all that wants to be sent: the earliest wish counts, but ticks keep their distance. */
import type { Clock } from '../platform/clock.ts'

export class TickTimer {
  readonly #clock: Clock
  readonly #tick: () => void
  #atMs: number | undefined
  #tickedMs = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(clock: Clock, tick: () => void) {
    this.#clock = clock
    this.#tick = tick
  }

  /**
   * The first key after a silence goes at once, the others together.
   *
   * @param distanceMs between two ticks
   */
  wish(delayMs: number, distanceMs: number): void {
    if (this.#stopped) return
    const now = this.#clock.monotonicMs()
    const atMs = Math.max(now + delayMs, this.#tickedMs + distanceMs)
    if (this.#atMs !== undefined && this.#atMs <= atMs) return
    this.#cancel?.()
    this.#atMs = atMs
    this.#cancel = this.#clock.after(Math.max(0, atMs - now), () => {
      this.#atMs = undefined
      this.#tick()
    })
  }

  ticked(): void {
    this.#tickedMs = this.#clock.monotonicMs()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }
}
