/**
 * What may be fetched over a narrow line now. Pure: facts and text go first, then files in the order in which they were asked for, except that
 * small ones pass a big one that waits for the line to be free; and so little at once that a line that breaks costs little.
 */
import { JOURNAL_FIRST_MS, UPLINK_IN_FLIGHT_BYTES, UPLINK_REQUESTS } from './limits.ts'

export interface LineState {
  /** The journals were compared, and nothing of them is outstanding. */
  journalQuiet: boolean
  /** For how long they are not. */
  restlessMs: number
  /** The budget for files is spent. */
  budgetSpent: boolean
}

export type Turn = 'begin' | 'wait' | 'refuse'

export class UplinkTurns {
  #requests = 0
  #bytes = 0

  get bytesUnderWay(): number {
    return this.#bytes
  }

  /** @param bytes of the request that is next in the queue */
  next(bytes: number, { journalQuiet, restlessMs, budgetSpent }: LineState): Turn {
    if (budgetSpent) return 'refuse'
    if (!journalQuiet && restlessMs < JOURNAL_FIRST_MS) return 'wait'
    if (this.#requests === 0) return 'begin'
    return this.#requests < UPLINK_REQUESTS && this.#bytes + bytes <= UPLINK_IN_FLIGHT_BYTES ? 'begin' : 'wait'
  }

  began(bytes: number): void {
    this.#requests++
    this.#bytes += bytes
  }

  ended(bytes: number): void {
    this.#requests--
    this.#bytes -= bytes
  }
}
