/**
 * Stickies and raised hands of the room: each person's newest signal, kept in memory on every node, so that a learner who changes their device
 * keeps it. Pure but for the clock that never goes back: a signal carries its age, and each node counts on. Two nodes that have heard the same show the same.
 */
import type { NodeId } from '../../protocols/message-stream.ts'
import type { PersonId } from '../../protocols/people.ts'
import { MAX_SIGNAL_COUNT, type Signal, type Sticky } from '../../protocols/room-live.ts'
import type { Clock } from '../platform/clock.ts'
import { MAX_SIGNALS, SIGNAL_LIFE_MS } from './limits.ts'

export interface ShownSignal {
  sticky?: Sticky
  hand: boolean
}

/** Somebody who shows something. */
export interface SignalLine extends ShownSignal {
  person: PersonId
  ageMs: number
}

interface Kept {
  count: number
  by: NodeId
  sticky: Sticky | undefined
  hand: boolean
  sinceMs: number
}

export class SignalBoard {
  readonly #clock: Clock
  readonly #self: NodeId
  readonly #kept = new Map<PersonId, Kept>()
  #floor = 0
  #count = 0

  constructor(components: { clock: Clock }, init: { self: NodeId }) {
    this.#clock = components.clock
    this.#self = init.self
  }

  of(person: PersonId): ShownSignal {
    const kept = this.#live(person)
    return { ...(kept?.sticky && { sticky: kept.sticky }), hand: kept?.hand ?? false }
  }

  /** Who shows something, the longest first. */
  list(): SignalLine[] {
    const lines: SignalLine[] = []
    for (const person of this.#kept.keys()) {
      const kept = this.#live(person)
      if (!kept || (!kept.sticky && !kept.hand)) continue
      const ageMs = this.#clock.monotonicMs() - kept.sinceMs
      lines.push({ person, ...(kept.sticky && { sticky: kept.sticky }), hand: kept.hand, ageMs })
    }
    return lines.sort((a, b) => b.ageMs - a.ageMs || (a.person < b.person ? -1 : 1))
  }

  /** @returns what the others have to hear; undefined when it shows that already, or the board is full of others */
  set(person: PersonId, shown: ShownSignal): Signal | undefined {
    const before = this.#live(person)
    if ((before?.sticky ?? undefined) === shown.sticky && (before?.hand ?? false) === shown.hand) return undefined
    if (!before && !this.#makeRoom()) return undefined
    // A hand that stays up keeps its place in the queue.
    const keepsPlace = before?.hand === true && shown.hand
    const kept: Kept = {
      count: ++this.#count,
      by: this.#self,
      sticky: shown.sticky,
      hand: shown.hand,
      sinceMs: keepsPlace ? before.sinceMs : this.#clock.monotonicMs()
    }
    this.#kept.set(person, kept)
    return this.#signal(person, kept)
  }

  takeAllDown(): void {
    this.#floor = this.#count
    this.#kept.clear()
  }

  /** @returns the signals that were news; undefined when nothing was, not even the floor */
  merge(floor: number, signals: readonly Signal[]): Signal[] | undefined {
    let isNews = floor > this.#floor
    if (isNews) {
      this.#floor = floor
      this.#count = Math.max(this.#count, floor)
      for (const [person, kept] of this.#kept) if (kept.count <= floor) this.#kept.delete(person)
    }
    const news: Signal[] = []
    for (const signal of signals) {
      if (signal.count <= this.#floor || signal.count >= MAX_SIGNAL_COUNT || signal.ageMs >= SIGNAL_LIFE_MS) continue
      this.#count = Math.max(this.#count, signal.count)
      const before = this.#kept.get(signal.person)
      if (before && !isNewer(signal, before)) continue
      if (!before && !this.#makeRoom()) continue
      const sinceMs = this.#clock.monotonicMs() - signal.ageMs
      this.#kept.set(signal.person, {
        ...{ count: signal.count, by: signal.by, sticky: signal.sticky, hand: signal.hand, sinceMs }
      })
      news.push(signal)
      isNews = true
    }
    return isNews ? news : undefined
  }

  /** Everything, for a new link; also what was taken down one by one, or an old sticky would come back. */
  snapshot(): { floor: number; signals: Signal[] } {
    const signals: Signal[] = []
    for (const person of [...this.#kept.keys()]) {
      const kept = this.#live(person)
      if (kept) signals.push(this.#signal(person, kept))
    }
    return { floor: this.#floor, signals }
  }

  #signal(person: PersonId, { count, by, sticky, hand, sinceMs }: Kept): Signal {
    const ageMs = Math.max(0, this.#clock.monotonicMs() - sinceMs)
    return { person, count, by, ...(sticky && { sticky }), hand, ageMs }
  }

  #live(person: PersonId): Kept | undefined {
    const kept = this.#kept.get(person)
    if (!kept || this.#clock.monotonicMs() - kept.sinceMs < SIGNAL_LIFE_MS) return kept
    this.#kept.delete(person)
    return undefined
  }

  /** The oldest that is down already makes room. */
  #makeRoom(): boolean {
    if (this.#kept.size < MAX_SIGNALS) return true
    for (const [person, kept] of this.#kept) {
      if (this.#live(person) && (kept.sticky || kept.hand)) continue
      this.#kept.delete(person)
      return true
    }
    return false
  }
}

function isNewer(a: { count: number; by: NodeId }, b: { count: number; by: NodeId }): boolean {
  return a.count > b.count || (a.count === b.count && a.by > b.by)
}
