import type { Clock } from '../platform/clock.ts'

/** Over so long: shorter jumps about, longer still shows what ended a minute ago. */
const WINDOW_MS = 5_000

/** Bytes per second of the last moments, for the eye. */
export class TransferRate {
  readonly #clock: Clock
  /** Bytes by second; at most as many as the window has. */
  readonly #seconds = new Map<number, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(bytes: number): void {
    const second = Math.floor(this.#clock.monotonicMs() / 1000)
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + bytes)
    for (const old of this.#seconds.keys()) if (old < second - WINDOW_MS / 1000) this.#seconds.delete(old)
  }

  bytesPerSecond(): number {
    const second = Math.floor(this.#clock.monotonicMs() / 1000)
    let sum = 0
    for (const [at, bytes] of this.#seconds) if (at >= second - WINDOW_MS / 1000) sum += bytes
    return Math.round(sum / (WINDOW_MS / 1000))
  }
}
