/**
 * Text that another node sent ahead of its entries. It is shown at once, but it is on nobody's disk as far as we know: until an entry covers
 * it, it counts as unsaved, and when its node does not come back we write it ourselves.
 */
import type { Author, NoteUpdate } from '../../protocols/note-facts.ts'
import * as limits from './limits.ts'

interface Ahead {
  update: Uint8Array
  authors: readonly Author[]
  sinceMs: number
}

export class TextAhead {
  /** By content: the entry carries the same bytes. */
  readonly #ahead = new Map<string, Ahead>()
  #bytes = 0

  get size(): number {
    return this.#ahead.size
  }

  /** @returns false when too much waits already: then the entries will bring it */
  add({ updates, authors }: NoteUpdate, nowMs: number): boolean {
    const bytes = updates.reduce((sum, update) => sum + update.length, 0)
    if (this.#bytes + bytes > limits.MAX_AHEAD_BYTES) return false
    for (const update of updates) {
      const key = keyOf(update)
      if (this.#ahead.has(key)) continue
      this.#ahead.set(key, { update, authors, sinceMs: nowMs })
      this.#bytes += update.length
    }
    return true
  }

  cover(updates: readonly Uint8Array[]): void {
    if (this.#ahead.size === 0) return
    for (const update of updates) {
      if (this.#ahead.delete(keyOf(update))) this.#bytes -= update.length
    }
  }

  /** What was to have come by now; all of it when `olderThanMs` is 0. */
  take(nowMs: number, olderThanMs: number): NoteUpdate {
    const updates: Uint8Array[] = []
    const authors: Author[] = []
    for (const [key, ahead] of this.#ahead) {
      if (nowMs - ahead.sinceMs < olderThanMs) break
      this.#ahead.delete(key)
      this.#bytes -= ahead.update.length
      updates.push(ahead.update)
      authors.push(...ahead.authors)
    }
    return { updates, authors }
  }
}

function keyOf(update: Uint8Array): string {
  return Buffer.from(update.buffer, update.byteOffset, update.byteLength).toString('latin1')
}
