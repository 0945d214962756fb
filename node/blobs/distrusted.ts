import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { DEMOTED_MS, REMEMBERED_PEERS } from './limits.ts'

/** Peers that sent what is not what they said, for people to look after. Forgotten after an hour without a further lie. */
export class Distrusted {
  readonly #clock: Clock
  readonly #sinceMs = new BoundedMap<NodeId, number>(REMEMBERED_PEERS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(peer: NodeId): void {
    this.#sinceMs.set(peer, this.#clock.monotonicMs())
  }

  list(): NodeId[] {
    const nowMs = this.#clock.monotonicMs()
    return [...this.#sinceMs].filter(([, sinceMs]) => nowMs - sinceMs < DEMOTED_MS).map(([peer]) => peer)
  }
}
