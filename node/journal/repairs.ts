/**
 * Batches that should be here and are not, or lost bodies: asked of every peer that may have them until they came.
 */
import type { BatchRange } from '../../protocols/journal-sync.ts'
import { MAX_REPAIRS } from './limits.ts'
import { Listeners } from './listeners.ts'
import type { Log } from './log-table.ts'

export class Repairs {
  readonly #wanted = new Map<Log, Set<number>>()
  readonly #listeners: Listeners<void>
  #size = 0

  constructor(failed: (cause: unknown) => void) {
    this.#listeners = new Listeners(failed)
  }

  get size(): number {
    return this.#size
  }

  add(log: Log, number: number): void {
    if (this.#size >= MAX_REPAIRS) return
    let numbers = this.#wanted.get(log)
    if (!numbers) {
      numbers = new Set()
      this.#wanted.set(log, numbers)
    }
    if (numbers.has(number)) return
    numbers.add(number)
    this.#size++
    this.#listeners.tell()
  }

  done(log: Log, number: number): void {
    const numbers = this.#wanted.get(log)
    if (!numbers?.delete(number)) return
    this.#size--
    if (numbers.size === 0) this.#wanted.delete(log)
  }

  onAdded(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** As few ranges as hold them all. */
  ranges(): BatchRange[] {
    const ranges: BatchRange[] = []
    for (const [log, numbers] of this.#wanted) {
      let open: { from: number; to: number } | undefined
      for (const number of [...numbers].sort((a, b) => a - b)) {
        if (open && number === open.to + 1) open.to = number
        else {
          if (open) ranges.push({ writer: log.key, ...open })
          open = { from: number, to: number }
        }
      }
      if (open) ranges.push({ writer: log.key, ...open })
    }
    return ranges
  }
}
