import type { Bitfield } from '../../protocols/bitfield.ts'
import type { PlacementPolicy } from '../../protocols/content.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { CatalogueView } from './catalogue-view.ts'

/** A live device and what it holds. */
export interface Holder {
  node: NodeId
  /** Keeps what it holds, and is not asked to leave. */
  counts: boolean
  have: Bitfield
}

export interface UnplugReport {
  /** Nothing would be missed. */
  safe: boolean
  /** Blobs that no other live device holds. */
  lost: { blobs: number; bytes: number }
  /** Blobs that fewer devices than the policy asks for would hold; they are copied again by themselves. */
  thin: { blobs: number; bytes: number }
}

/** How many copies of each blob the live devices hold: pure, computed once for all questions about them. */
export class Copies {
  readonly #view: CatalogueView
  readonly #holders: readonly Holder[]
  /** All live copies, and those on devices that count. */
  readonly #all: Uint16Array
  readonly #counted: Uint16Array

  constructor(view: CatalogueView, holders: readonly Holder[]) {
    this.#view = view
    this.#holders = holders
    this.#all = new Uint16Array(view.blobs.length)
    this.#counted = new Uint16Array(view.blobs.length)
    for (const { have, counts } of holders) {
      for (const number of have) {
        this.#all[number] = (this.#all[number] ?? 0) + 1
        if (counts) this.#counted[number] = (this.#counted[number] ?? 0) + 1
      }
    }
  }

  of(number: number): number {
    return this.#all[number] ?? 0
  }

  /** Fewer devices that count than its policy asks for, as far as there are so many. */
  isShort(number: number): boolean {
    const blob = this.#view.blobs[number]
    const counting = this.#holders.filter(({ counts }) => counts).length
    return blob !== undefined && (this.#counted[number] ?? 0) < needed(blob.policy, counting)
  }

  /** What would be missed if this device were unplugged now. */
  without(node: NodeId): UnplugReport {
    const report: UnplugReport = { safe: true, lost: { blobs: 0, bytes: 0 }, thin: { blobs: 0, bytes: 0 } }
    const leaving = this.#holders.find((holder) => holder.node === node)
    if (!leaving) return report
    const counting = this.#holders.filter((holder) => holder !== leaving && holder.counts).length
    for (const number of leaving.have) {
      const blob = this.#view.blobs[number]
      if (!blob) continue
      const all = this.of(number) - 1
      const counted = (this.#counted[number] ?? 0) - (leaving.counts ? 1 : 0)
      // A laptop's copy saves the bytes, but it goes home with the laptop.
      const sum = all === 0 ? report.lost : counted < needed(blob.policy, counting) ? report.thin : undefined
      if (!sum) continue
      sum.blobs++
      sum.bytes += blob.sizeBytes
    }
    report.safe = report.lost.blobs === 0
    return report
  }
}

/** Copies that make a blob safe. `everywhere` is a wish for speed: two devices that hold it are safety enough. */
function needed(policy: PlacementPolicy, counting: number): number {
  const wanted = policy.kind === 'everywhere' ? 2 : policy.kind === 'copies' ? policy.copies : 1
  return Math.min(wanted, Math.max(1, counting))
}
