/**
 * The time that people are shown. A Pi boots in the past; a facilitator sets the room's time from their browser, and every node counts on from
 * there with its own clock that never goes back. Only forwards, and only for showing: nothing is merged, let in or ended by it.
 * The fact in the journal is a floor: after everything was off, the room's time goes on from there and not from 1970.
 */
import { type CborValue, isCborMap } from '../../protocols/cbor.ts'
import { isWhole } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Fold, FoldView, JournalAccess } from '../../protocols/journal.ts'
import { MAX_SIGNAL_COUNT, MAX_WALL_MS } from '../../protocols/room-live.ts'
import type { Clock } from '../platform/clock.ts'
import './errors.ts'

export const CLOCK_TOPIC = 'clock'
const KIND = 'clock-set'

/** How often it was set, and the latest time that it was ever set to. */
interface ClockFacts {
  count: number
  wallMs: number
}

const clockFold: Fold<ClockFacts> = {
  name: 'clock',
  version: 1,
  reads: (topic) => topic === CLOCK_TOPIC,
  empty: () => ({ count: 0, wallMs: 0 }),
  apply(state, { kind, body }) {
    if (kind !== KIND || !isCborMap(body) || !isCount(body.count) || !isWhole(body.wallMs, 0, MAX_WALL_MS)) return
    state.count = Math.max(state.count, body.count)
    state.wallMs = Math.max(state.wallMs, body.wallMs)
  },
  save: ({ count, wallMs }): CborValue => ({ count, wallMs }),
  load: (saved) => saved as unknown as ClockFacts
}

/** A `Clock` whose wall time is the room's. */
export class RoomClock implements Clock {
  readonly #clock: Clock
  readonly #journal: Pick<JournalAccess, 'append'>
  readonly #facts: FoldView<ClockFacts>
  readonly #stopListening: () => void
  #count = 0
  #anchor: { wallMs: number; monotonicMs: number }

  private constructor(components: { clock: Clock; journal: JournalAccess }, facts: FoldView<ClockFacts>) {
    this.#clock = components.clock
    this.#journal = components.journal
    this.#facts = facts
    this.#anchor = { wallMs: 0, monotonicMs: this.#clock.monotonicMs() }
    this.#stopListening = facts.onChange(() => this.#raise(facts.state.wallMs))
    this.#raise(facts.state.wallMs)
    this.#count = facts.state.count
  }

  static async open(components: { clock: Clock; journal: JournalAccess }): Promise<RoomClock> {
    return new RoomClock(components, await components.journal.view(clockFold))
  }

  /** Milliseconds since 1970, as people are shown it. */
  wallMs(): number {
    const { wallMs, monotonicMs } = this.#anchor
    return Math.max(this.#clock.wallMs(), wallMs + (this.#clock.monotonicMs() - monotonicMs))
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  after(delayMs: number, action: () => void): () => void {
    return this.#clock.after(delayMs, action)
  }

  /** How often it was set, as far as this node has heard; 0 = never. */
  get count(): number {
    return this.#count
  }

  /** @throws JoineryError `CLOCK_NOT_FORWARD`, `BAD_REQUEST` */
  async set(wallMs: number): Promise<void> {
    if (!isWhole(wallMs, 1, MAX_WALL_MS)) throw new JoineryError('BAD_REQUEST', 'not a time that a room can have')
    if (wallMs <= this.wallMs()) throw new JoineryError('CLOCK_NOT_FORWARD', 'the time of the room is later already')
    const count = Math.max(this.#count, this.#facts.state.count) + 1
    await this.#journal.append([
      { topic: CLOCK_TOPIC, kind: KIND, version: 1, audience: 'room', body: { count, wallMs } }
    ])
    this.take(count, wallMs)
  }

  /** What another node counts. @returns false when it was no news */
  take(count: number, wallMs: number): boolean {
    if (count <= this.#count || count >= MAX_SIGNAL_COUNT) return false
    this.#count = count
    this.#raise(wallMs)
    return true
  }

  stop(): void {
    this.#stopListening()
  }

  #raise(wallMs: number): void {
    if (wallMs > this.wallMs()) this.#anchor = { wallMs, monotonicMs: this.#clock.monotonicMs() }
  }
}

function isCount(value: CborValue | undefined): value is number {
  return isWhole(value, 0, MAX_SIGNAL_COUNT)
}
