import type { Clock } from '../platform/clock.ts'
import { OVERVIEW_FRESH_MS } from './limits.ts'

/** One computation for all visitors of a second; a failed one is not kept. */
export function fresh<Value>(clock: Clock, compute: () => Promise<Value>): () => Promise<Value> {
  let kept: { value: Promise<Value>; atMs: number } | undefined
  return () => {
    const now = clock.monotonicMs()
    if (kept && now - kept.atMs < OVERVIEW_FRESH_MS) return kept.value
    const value = compute()
    const mine = { value, atMs: now }
    kept = mine
    value.catch(() => {
      if (kept === mine) kept = undefined
    })
    return value
  }
}
