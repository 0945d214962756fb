/** Answers what a peer asked for: one range after the other, one read at a time, and only as fast as the peer takes it. Pure. */

import type { WriterId } from '../../protocols/journal.ts'
import type { BatchRange } from '../../protocols/journal-sync.ts'
import type { ReadBatch } from './journal.ts'
import { READ_BYTES } from './limits.ts'
import { hexOf } from './log-table.ts'

export type NextAnswer =
  | { type: 'read'; writer: WriterId; from: number; to: number | null }
  | { type: 'done'; id: number }
  | undefined

export class RangeAnswers {
  #asked: { id: number; ranges: readonly BatchRange[]; from: number; reading: boolean } | undefined
  #lastId = -1

  /** @returns false when the peer asks again before the answer: it may not */
  request(id: number, ranges: readonly BatchRange[]): boolean {
    // The same one again: some networks repeat, and it is being answered or was.
    if (id <= this.#lastId) return true
    if (this.#asked) return false
    this.#lastId = id
    this.#asked = { id, ranges, from: ranges[0]?.from ?? 0, reading: false }
    return true
  }

  /** What to do now, with so much waiting for the stream. */
  next(queuedBytes: number): NextAnswer {
    const asked = this.#asked
    if (!asked || asked.reading || queuedBytes >= READ_BYTES) return undefined
    const [range] = asked.ranges
    if (!range) {
      this.#asked = undefined
      return { type: 'done', id: asked.id }
    }
    asked.reading = true
    return { type: 'read', writer: hexOf(range.writer), from: asked.from, to: range.to }
  }

  /**
   * What `next` wanted was read.
   *
   * @param next where the read stopped for its size
   * @param newest the number that the writer has by now: more may have come while we read
   * @returns the writer and the last number of what is to be sent
   */
  wasRead(
    batches: readonly ReadBatch[],
    next: number | undefined,
    newest: (writer: WriterId) => number
  ): { writer: WriterId; last: number } | undefined {
    const asked = this.#asked
    const range = asked?.ranges[0]
    if (!asked || !range) return undefined
    asked.reading = false
    const writer = hexOf(range.writer)
    const last = batches.at(-1)?.number
    if (next !== undefined) asked.from = next
    else if (range.to === null && last !== undefined && newest(writer) > last) asked.from = last + 1
    else {
      asked.ranges = asked.ranges.slice(1)
      asked.from = asked.ranges[0]?.from ?? 0
    }
    return last === undefined ? undefined : { writer, last }
  }
}

/** In groups of at most `READ_BYTES`, each at least one batch. */
export function groupBatches(batches: readonly ReadBatch[]): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const { bytes } of batches) {
    if (size + bytes.length > READ_BYTES) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(bytes)
    size += bytes.length
  }
  return groups
}
