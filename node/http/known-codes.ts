/**
 * Names and codes that were right a moment ago. A push is three requests with the same ones, and looking at a code is slow on purpose.
 * Only keyed hashes are kept, for a few minutes, and none after somebody's account has changed.
 */
import type { PeopleAccess, PersonId } from '../../protocols/people.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'

const KEPT_MS = 5 * 60_000
/** A class, each from two computers. */
const MAX_KEPT = 256

export class KnownCodes {
  readonly #clock: Clock
  readonly #key: Uint8Array
  readonly #kept = new Map<string, { person: PersonId; untilMs: number }>()
  #people: PeopleAccess | undefined
  #stopListening: (() => void) | undefined

  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock
    this.#key = random.bytes(32)
  }

  /** @param people of the room that the device is in now: another room's codes are forgotten */
  find(people: PeopleAccess, given: { name: string; code: string }): PersonId | undefined {
    if (people !== this.#people) {
      this.#kept.clear()
      this.#stopListening?.()
      this.#people = people
      this.#stopListening = people.onChange(() => this.#kept.clear())
    }
    const key = this.#keyOf(given)
    const known = this.#kept.get(key)
    if (!known) return undefined
    if (known.untilMs > this.#clock.monotonicMs()) return known.person
    this.#kept.delete(key)
    return undefined
  }

  keep(given: { name: string; code: string }, person: PersonId): void {
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(this.#keyOf(given), { person, untilMs: this.#clock.monotonicMs() + KEPT_MS })
  }

  #keyOf({ name, code }: { name: string; code: string }): string {
    const text = Buffer.from(JSON.stringify([name, code]))
    return Buffer.from(sha256(Buffer.concat([this.#key, text]))).toString('base64')
  }
}
