/**
 * Who has a page of this device open. A page with scripts says so as long as it is in sight; without them each page that is asked for counts for a moment.
 * Kept in memory, by the clock that never goes back. Nobody hears of it but those who help, and only while they look.
 */
import type { PersonId } from '../../protocols/people.ts'
import type { Clock } from '../platform/clock.ts'
import { MAX_PRESENT, PRESENCE_KEPT_MS } from './limits.ts'

export interface PresenceLine {
  person: PersonId
  /** Since the visit began: away for less than `PRESENCE_KEPT_MS` is the same visit. */
  forMs: number
  /** Since a page was in sight; 0 while one is. */
  awayMs: number
}

interface Visit {
  sinceMs: number
  seenMs: number
  openPages: number
}

export class PresenceBoard {
  readonly #clock: Clock
  /** The one seen last stands last. */
  readonly #visits = new Map<PersonId, Visit>()

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock
  }

  /** They asked for a page. */
  seen(person: PersonId): void {
    this.#visit(person)
  }

  /** They have a page in sight until the returned function is called. */
  enter(person: PersonId): () => void {
    const visit = this.#visit(person)
    visit.openPages++
    let isOpen = true
    return () => {
      if (!isOpen) return
      isOpen = false
      visit.openPages--
      visit.seenMs = this.#clock.monotonicMs()
    }
  }

  /** Who is here first, then who was seen last. */
  list(): PresenceLine[] {
    const nowMs = this.#clock.monotonicMs()
    const lines: PresenceLine[] = []
    for (const [person, visit] of this.#visits) {
      if (this.#isOver(visit)) {
        this.#visits.delete(person)
        continue
      }
      lines.push({ person, forMs: nowMs - visit.sinceMs, awayMs: visit.openPages > 0 ? 0 : nowMs - visit.seenMs })
    }
    return lines.sort((a, b) => a.awayMs - b.awayMs || (a.person < b.person ? -1 : 1))
  }

  #visit(person: PersonId): Visit {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#visits.get(person)
    const visit = before && !this.#isOver(before) ? before : { sinceMs: nowMs, seenMs: nowMs, openPages: 0 }
    visit.seenMs = nowMs
    this.#visits.delete(person)
    this.#makeRoom()
    this.#visits.set(person, visit)
    return visit
  }

  #isOver({ openPages, seenMs }: Visit): boolean {
    return openPages === 0 && this.#clock.monotonicMs() - seenMs >= PRESENCE_KEPT_MS
  }

  /** Streams are bounded, so one without a page in sight is always among so many. */
  #makeRoom(): void {
    if (this.#visits.size < MAX_PRESENT) return
    for (const [person, { openPages }] of this.#visits) {
      if (openPages > 0) continue
      this.#visits.delete(person)
      return
    }
  }
}
