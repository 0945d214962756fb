/**
 * What each peer said it has on its medium. Kept after a link ends: a copy on a switched-off device is a copy.
 */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { MAX_KNOWN_PEERS } from './limits.ts'
import { Listeners } from './listeners.ts'

export class PeerKnowledge {
  readonly #peers = new BoundedMap<NodeId, Map<WriterId, number>>(MAX_KNOWN_PEERS)
  readonly #listeners: Listeners<void>

  readonly #clock: Clock

  constructor(failed: (cause: unknown) => void, clock: Clock) {
    this.#clock = clock
    this.#listeners = new Listeners(failed)
  }

  /** For each writer the last number that the peer confirmed; whoever changes it calls `changed`. */
  of(peer: NodeId): Map<WriterId, number> {
    const known = this.#peers.get(peer) ?? new Map<WriterId, number>()
    this.#peers.set(peer, known)
    return known
  }

  copies(writer: WriterId, number: number): number {
    let copies = 0
    for (const known of this.#peers.values()) if ((known.get(writer) ?? -1) >= number) copies++
    return copies
  }

  /** Resolves true as soon as a peer has it, false after `withinMs`. */
  savedElsewhere(writer: WriterId, number: number, withinMs: number): Promise<boolean> {
    if (this.copies(writer, number) > 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (saved: boolean): void => {
        cancel()
        forget()
        resolve(saved)
      }
      const cancel = this.#clock.after(withinMs, () => finish(false))
      const forget = this.onChange(() => {
        if (this.copies(writer, number) > 0) finish(true)
      })
    })
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  changed(): void {
    this.#listeners.tell()
  }
}
