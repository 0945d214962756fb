import type { CopyClass } from '../../protocols/content.ts'
import { hasPieceList } from '../../protocols/piece-list.ts'
import type { CatalogueView } from './catalogue-view.ts'
import { type NodeSeed, rendezvousHash } from './rendezvous.ts'

interface ClassQueue {
  /** Not looked at since the catalogue or the peers changed. */
  unseen: number[]
  /** A peer has just got it. */
  available: number[]
  /** Another device comes first for it. In our own order. */
  waiting: Set<number>
  big: Set<number>
}

/** What is wanted and missing, by class. An entry may be out of date; who takes it looks again. Nothing is sorted again while inventories change. */
export class CopyQueue {
  readonly #classes: ClassQueue[] = [0, 1, 2].map(() => ({
    unseen: [],
    available: [],
    waiting: new Set(),
    big: new Set()
  }))

  add(number: number, copyClass: CopyClass, big: boolean): void {
    const queue = this.#classes[copyClass] as ClassQueue
    if (big) queue.big.add(number)
    else queue.unseen.push(number)
  }

  /** Somebody has just got it. */
  available(number: number, copyClass: CopyClass): void {
    ;(this.#classes[copyClass] as ClassQueue).available.push(number)
  }

  /** It was taken and did not come. */
  again(number: number, copyClass: CopyClass): void {
    const queue = this.#classes[copyClass] as ClassQueue
    if (!queue.big.has(number)) queue.unseen.push(number)
  }

  /**
   * The first that can be fetched now: our own share before what others have just got.
   *
   * @param look `wait`: another device's turn; `later`: its holders are all busy; `drop`: not needed any more
   */
  take<Found extends object>(
    copyClass: CopyClass,
    look: (number: number) => Found | 'wait' | 'later' | 'drop'
  ): Found | undefined {
    const queue = this.#classes[copyClass] as ClassQueue
    const later: number[] = []
    let found: Found | undefined
    for (const list of [queue.unseen, queue.available]) {
      while (!found && list.length > 0 && later.length < MAX_LATER) {
        const number = list.pop() as number
        const seen = look(number)
        if (seen === 'wait') queue.waiting.add(number)
        else if (seen === 'later') later.push(number)
        else {
          queue.waiting.delete(number)
          if (seen !== 'drop') found = seen
        }
      }
    }
    queue.unseen.push(...later)
    return found
  }

  /** It is here, or not wanted any more. */
  settled(number: number, copyClass: CopyClass): void {
    this.#classes[copyClass]?.waiting.delete(number)
    this.#classes[copyClass]?.big.delete(number)
  }

  *waiting(): Iterable<number> {
    for (const queue of this.#classes) yield* queue.waiting
  }

  /** In our own order; what is settled meanwhile is left out. */
  bigs(copyClass: number): Iterable<number> {
    return this.#classes[copyClass]?.big ?? []
  }
}

/** With so many whose holders are all busy, the rest is no better. */
const MAX_LATER = 64

/** In an order of our own, so that two nodes do not ask for the same thing at the same moment. */
export function queueOf({ keys, blobs }: CatalogueView, missing: readonly number[], seed: NodeSeed): CopyQueue {
  const queue = new CopyQueue()
  const ordered = missing.map((number) => ({
    number,
    order: rendezvousHash(keys[2 * number] ?? 0, keys[2 * number + 1] ?? 0, seed)
  }))
  ordered.sort((a, b) => a.order - b.order)
  for (const { number } of ordered) {
    const blob = blobs[number]
    if (blob) queue.add(number, blob.copyClass, hasPieceList(blob.sizeBytes))
  }
  return queue
}
