/**
 * Codes between the moment they are made and the moment they are written down: in this node's memory only, so that the page that shows one can be
 * loaded again after the redirect. They are forgotten when the person says that they have it, and after a while anyway.
 */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { Clock } from '../platform/clock.ts'

export interface FreshCode {
  name: string
  shownName: string
  code: string
}

/** Enough to fetch a pen. */
const KEPT_MS = 20 * 60_000
/** More than a big class signs up at once; the oldest is forgotten first. */
const MAX_CODES = 500

export class FreshCodes<Value> {
  readonly #clock: Clock
  readonly #codes = new BoundedMap<string, { value: Value; sinceMs: number }>(MAX_CODES)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(key: string, value: Value): void {
    this.#codes.set(key, { value, sinceMs: this.#clock.monotonicMs() })
  }

  get(key: string): Value | undefined {
    const found = this.#codes.get(key)
    if (found && this.#clock.monotonicMs() - found.sinceMs > KEPT_MS) {
      this.#codes.delete(key)
      return undefined
    }
    return found?.value
  }

  delete(key: string): void {
    this.#codes.delete(key)
  }
}
