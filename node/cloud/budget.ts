/** What of the uplink may be used for files, in one start of a device. Pure; times are monotonic. */

export interface BudgetLimits {
  /** Null: no limit. */
  bytes: number | null
  minutes: number | null
}

const MINUTE_MS = 60_000
/** The rate that is shown is that of about so long. */
const RATE_WINDOW_MS = 10_000

export class Budget {
  #usedBytes = 0
  /** Time in which bytes moved. */
  #usedMs = 0
  #lastMs: number | undefined
  /** Of the window before and of this one. */
  #windows = { beforeBytes: 0, bytes: 0, sinceMs: 0 }

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
    return Math.round(((beforeBytes + bytes) / (RATE_WINDOW_MS + nowMs - sinceMs)) * 1000)
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
