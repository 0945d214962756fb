/**
 * Which link fetches which writer, over all links of a node: the same bytes are asked of one peer at a time. Pure.
 */
import type { WriterId } from '../../protocols/journal.ts'
import { REQUEST_STALL_MS } from './limits.ts'

export class WantLedger {
  readonly #claims = new Map<WriterId, { by: object; untilMs: number }>()

  /** True when `by` may ask for this writer now: nobody else does, or whoever does makes no progress. */
  claim(writer: WriterId, by: object, nowMs: number): boolean {
    const claim = this.#claims.get(writer)
    if (claim && claim.by !== by && claim.untilMs > nowMs) return false
    this.#claims.set(writer, { by, untilMs: nowMs + REQUEST_STALL_MS })
    return true
  }

  /** Something came: the claim goes on. */
  touch(writer: WriterId, by: object, nowMs: number): void {
    const claim = this.#claims.get(writer)
    if (claim?.by === by) claim.untilMs = nowMs + REQUEST_STALL_MS
  }

  release(writer: WriterId, by: object): void {
    if (this.#claims.get(writer)?.by === by) this.#claims.delete(writer)
  }

  get size(): number {
    return this.#claims.size
  }
}
