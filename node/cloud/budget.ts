/** What of the uplink may be used for files, and what was used since it is counted. Pure; times are monotonic. */

export interface BudgetLimits {
  /** Null: no limit. */
  bytes: number | null
  minutes: number | null
}

const MINUTE_MS = 60_000
/** The rate that is shown is that of about so long. */
const RATE_WINDOW_MS = 10_000
/** One piece that comes at once is no rate yet. */
const RATE_LEAST_MS = 3_000

export interface Used {
  bytes: number
  /** In which bytes moved. */
  ms: number
}

export class Budget {
  #usedBytes: number
  #usedMs: number
  #lastMs: number | undefined
  /** Of the window before and of this one. */
  #windows = { beforeBytes: 0, bytes: 0, sinceMs: 0 }

  /** @param before what was used before this start */
  constructor(before: Used = { bytes: 0, ms: 0 }) {
    this.#usedBytes = before.bytes
    this.#usedMs = before.ms
  }

  get used(): Used {
    return { bytes: this.#usedBytes, ms: this.#usedMs }
  }

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
    this.#turnWindow(nowMs)
    this.#windows.bytes += bytes
  }

  bytesPerSecond(nowMs: number): number {
    this.#turnWindow(nowMs)
    const { beforeBytes, bytes, sinceMs } = this.#windows
    // At the beginning there is no window before.
    const ageMs = nowMs - sinceMs
    const overMs = beforeBytes > 0 ? RATE_WINDOW_MS + ageMs : Math.max(RATE_LEAST_MS, ageMs)
    return Math.round(((beforeBytes + bytes) / overMs) * 1000)
  }

  #turnWindow(nowMs: number): void {
    const { bytes, sinceMs } = this.#windows
    const ageMs = nowMs - sinceMs
    if (ageMs < RATE_WINDOW_MS) return
    this.#windows = { beforeBytes: ageMs < 2 * RATE_WINDOW_MS ? bytes : 0, bytes: 0, sinceMs: nowMs }
  }

  isSpent({ bytes, minutes }: BudgetLimits): boolean {
    return (bytes !== null && this.#usedBytes >= bytes) || (minutes !== null && this.#usedMs >= minutes * MINUTE_MS)
  }
}
