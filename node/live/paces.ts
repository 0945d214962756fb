/** How fast each of many may go on: a bucket that fills again by a clock that never goes back. */
import type { Clock } from '../platform/clock.ts'

export interface PaceInit {
  /** At once. */
  burst: number
  /** One more after so long. */
  refillMs: number
  /** Buckets that are remembered; a full one needs no remembering. */
  most: number
}

export class Paces {
  readonly #clock: Clock
  readonly #init: PaceInit
  /** When the bucket will be full again. */
  readonly #fullAtMs = new Map<string, number>()

  constructor(components: { clock: Clock }, init: PaceInit) {
    this.#clock = components.clock
    this.#init = init
  }

  allows(key: string): boolean {
    const { burst, refillMs, most } = this.#init
    const nowMs = this.#clock.monotonicMs()
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(key) ?? 0)
    if (fullAtMs - nowMs > (burst - 1) * refillMs) return false
    if (this.#fullAtMs.size >= most)
      for (const [one, atMs] of this.#fullAtMs) if (atMs <= nowMs) this.#fullAtMs.delete(one)
    if (this.#fullAtMs.size >= most && !this.#fullAtMs.has(key)) return false
    this.#fullAtMs.set(key, fullAtMs + refillMs)
    return true
  }
}
