import {
  FIRST_SLOTS,
  LEAST_SLOTS,
  MOST_SLOTS,
  PROBE_MS,
  PROBES_BETWEEN_TRIES,
  RATE_SPAN_MS,
  RATE_SPANS,
  WORTH_ONE_MORE
} from './limits.ts'

/**
 * What the line of this device carries, and how many downloads at once fill it. Nobody tells a device how wide its radio is, and weak learners can be
 * slower than the line: so one more is let in now and then, and stays when more bytes leave.
 *
 * Pure: told what was sent and what time it is (monotonic).
 */
export class Line {
  readonly #spans: { atMs: number; bytes: number }[] = []
  #slots = FIRST_SLOTS
  #probedMs: number | undefined
  #before: number | undefined
  #rest = 0

  /** How many downloads may run at once. */
  get slots(): number {
    return this.#slots
  }

  sent(bytes: number, nowMs: number): void {
    const last = this.#spans.at(-1)
    if (last && nowMs - last.atMs < RATE_SPAN_MS) {
      last.bytes += bytes
      return
    }
    this.#spans.push({ atMs: nowMs, bytes })
    if (this.#spans.length > RATE_SPANS) this.#spans.shift()
  }

  /** Of the last seconds; undefined before anything can be said. */
  bytesPerSecond(nowMs: number): number | undefined {
    const spans = this.#spans.filter(({ atMs }) => nowMs - atMs <= RATE_SPANS * RATE_SPAN_MS)
    const first = spans[0]
    if (!first) return undefined
    const tookMs = nowMs - first.atMs
    if (tookMs < RATE_SPAN_MS) return undefined
    return (spans.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / tookMs
  }

  /** Called from time to time while downloads run. @param waits whether anybody waits for a turn while all are taken */
  probe(waits: boolean, nowMs: number): void {
    if (!waits) {
      this.#probedMs = undefined
      this.#before = undefined
      return
    }
    this.#probedMs ??= nowMs
    if (nowMs - this.#probedMs < PROBE_MS) return
    this.#probedMs = nowMs
    const rate = this.bytesPerSecond(nowMs)
    // Nothing moves: that says nothing about the line, and whoever takes nothing is soon cut off.
    if (rate === undefined) return
    if (this.#rest > 0) {
      this.#rest--
      return
    }
    const wasInVain = this.#before !== undefined && rate < this.#before * WORTH_ONE_MORE
    if (wasInVain) {
      this.#slots = Math.max(LEAST_SLOTS, this.#slots - 1)
      this.#before = undefined
      this.#rest = PROBES_BETWEEN_TRIES
      return
    }
    this.#before = rate
    this.#slots = Math.min(MOST_SLOTS, this.#slots + 1)
  }
}
