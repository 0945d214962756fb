/**
 * When one interface asks and answers (RFC 6762): quick at the start, then at most once in ten minutes, and not at all when somebody else
 * has just asked or already knows. Sixty chatty nodes made 5 MB of multicast a minute; multicast on Wi-Fi is sent at the slowest rate.
 * Pure; times are monotonic milliseconds.
 */

const FIRST_INTERVAL_MS = 1_000
const LONGEST_INTERVAL_MS = 10 * 60_000
/** RFC 6762 section 6: the same record is not sent again within a second. */
const ANSWER_INTERVAL_MS = 1_000
/** Section 6: answers of several nodes must not collide. */
const ANSWER_DELAY_MS = { least: 20, most: 120 }
/** Section 8.3: announced at least twice, a second apart. */
const ANNOUNCEMENTS = 2
/** Section 7.3: somebody else's question counts as ours, once ours come seldom. */
const SUPPRESSIBLE_INTERVAL_MS = 8_000

export type MulticastAction = 'ask' | 'answer'

export class MulticastSchedule {
  readonly #fraction: () => number
  #askAtMs: number
  #intervalMs = FIRST_INTERVAL_MS
  #answerAtMs: number
  #lastAnswerMs = Number.NEGATIVE_INFINITY
  #announcements = ANNOUNCEMENTS

  constructor(nowMs: number, fraction: () => number) {
    this.#fraction = fraction
    this.#askAtMs = nowMs + this.#answerDelay()
    this.#answerAtMs = nowMs
  }

  /** When `due` should be called next. */
  get nextMs(): number {
    return Math.min(this.#askAtMs, this.#answerAtMs)
  }

  due(nowMs: number): MulticastAction[] {
    const actions: MulticastAction[] = []
    if (this.#answerAtMs <= nowMs) {
      actions.push('answer')
      this.#lastAnswerMs = nowMs
      this.#announcements = Math.max(0, this.#announcements - 1)
      this.#answerAtMs = this.#announcements > 0 ? nowMs + ANSWER_INTERVAL_MS : Number.POSITIVE_INFINITY
    }
    if (this.#askAtMs <= nowMs) {
      actions.push('ask')
      this.#plan(nowMs)
    }
    return actions
  }

  /** Somebody asked for peers. `knowsUs`: and needs no answer of ours. `asksOurs`: it knows nobody that we do not know. */
  heardQuestion(nowMs: number, knowsUs: boolean, asksOurs: boolean): void {
    if (!knowsUs) {
      const atMs = Math.max(nowMs + this.#answerDelay(), this.#lastAnswerMs + ANSWER_INTERVAL_MS)
      this.#answerAtMs = Math.min(this.#answerAtMs, atMs)
    }
    if (asksOurs && this.#intervalMs > SUPPRESSIBLE_INTERVAL_MS) this.#plan(nowMs)
  }

  #plan(nowMs: number): void {
    this.#askAtMs = nowMs + this.#intervalMs * (0.8 + this.#fraction() * 0.4)
    this.#intervalMs = Math.min(this.#intervalMs * 2, LONGEST_INTERVAL_MS)
  }

  #answerDelay(): number {
    return ANSWER_DELAY_MS.least + this.#fraction() * (ANSWER_DELAY_MS.most - ANSWER_DELAY_MS.least)
  }
}
