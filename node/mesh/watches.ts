/** Two short memories, bounded: who is not listened to just now, and which copied devices were reported a moment ago. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { CLONE_REPORT_INTERVAL_MS, DENY_INBOUND_MS, MAX_KNOWN_NODES } from './limits.ts'

/** Remembers for a while that something was done about a node. */
class Memory {
  readonly #clock: Clock
  readonly #forMs: number
  readonly #untilMs = new BoundedMap<NodeId, number>(MAX_KNOWN_NODES)

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock
    this.#forMs = forMs
  }

  has(node: NodeId): boolean {
    return this.#clock.monotonicMs() < (this.#untilMs.get(node) ?? 0)
  }

  add(node: NodeId): void {
    this.#untilMs.set(node, this.#clock.monotonicMs() + this.#forMs)
  }

  /** Something about it changed: it is listened to again. */
  forget(node: NodeId): void {
    this.#untilMs.delete(node)
  }

  clear(): void {
    this.#untilMs.clear()
  }
}

/** Who was refused: another connection is hung up on after noise, before it costs a hello. */
export class Denials extends Memory {
  constructor(clock: Clock) {
    super(clock, DENY_INBOUND_MS)
  }
}

/** Of which copied device an event was given. */
export class CloneReports extends Memory {
  constructor(clock: Clock) {
    super(clock, CLONE_REPORT_INTERVAL_MS)
  }
}
