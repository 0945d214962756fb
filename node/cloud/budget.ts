/** What of the uplink may be used for files, in one start of a device. Pure; times are monotonic. */

export interface BudgetLimits {
  /** Null: no limit. */
  bytes: number | null
  minutes: number | null
}

const MINUTE_MS = 60_000

export class Budget {
  #usedBytes = 0
  /** Time in which bytes moved. */
  #usedMs = 0
  #lastMs: number | undefined

  get usedBytes(): number {
    return this.#usedBytes
  }

  get usedMinutes(): number {
    return this.#usedMs / MINUTE_MS
  }

  use(bytes: number, nowMs: number): void {
    this.#usedBytes += bytes
    // A pause of more than a minute is one: the line was not in use.
    if (this.#lastMs !== undefined) this.#usedMs += Math.min(nowMs - this.#lastMs, MINUTE_MS)
    this.#lastMs = nowMs
  }

  isSpent({ bytes, minutes }: BudgetLimits): boolean {
    return (bytes !== null && this.#usedBytes >= bytes) || (minutes !== null && this.#usedMs >= minutes * MINUTE_MS)
  }
}
