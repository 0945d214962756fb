import type { Cid } from '../../protocols/cid.ts'
import { KEEP_PLACE_MS, KEEP_TURN_MS, LEAST_SLOTS, MOST_TICKETS, MOST_TICKETS_PER_ADDRESS } from './limits.ts'

/** One learner's download of one file, however many connections it uses and however often it breaks off. */
export interface Ticket {
  readonly address: string
  readonly cid: Cid
  /** Whether it has to wait for its turn, or is only counted. */
  readonly queues: boolean
  readonly order: number
  hasTurn: boolean
  connections: number
  leftBytes: number
  /** When it is forgotten, while no connection is open. */
  untilMs: number
}

export interface DownloadQueueInit {
  /** Called for each download whose turn has come. */
  onTurn(ticket: Ticket): void
}

/**
 * Who downloads and who waits. So many at once as the line carries; among those that wait, the one whose address had the fewest turns comes first, then the
 * one that came first: a learner who asks for ten files does not keep the others from their first one. A download that breaks off keeps its turn or place for
 * a while.
 *
 * Pure: told who comes and goes and what time it is (monotonic); says whose turn it is.
 */
export class DownloadQueue {
  readonly #init: DownloadQueueInit
  readonly #tickets = new Map<string, Ticket>()
  /** How often each address had its turn since somebody waits. */
  readonly #turns = new Map<string, number>()
  #order = 0
  #slots: number

  constructor(slots: number, init: DownloadQueueInit) {
    this.#init = init
    this.#slots = slots
  }

  get size(): number {
    return this.#tickets.size
  }

  /** Downloads that run, or broke off a moment ago. */
  get active(): number {
    let active = 0
    for (const { hasTurn } of this.#tickets.values()) if (hasTurn) active++
    return active
  }

  get waiting(): number {
    return this.#tickets.size - this.active
  }

  find(address: string, cid: Cid): Ticket | undefined {
    return this.#tickets.get(keyOf(address, cid))
  }

  /** The ticket of this download; a new one runs at once where there is room or where it does not queue. Undefined: nobody more can be taken. */
  join(asked: { address: string; cid: Cid; queues: boolean; leftBytes: number }, nowMs: number): Ticket | undefined {
    const { address, cid, queues, leftBytes } = asked
    const known = this.find(address, cid)
    if (known) {
      known.untilMs = nowMs + (known.hasTurn ? KEEP_TURN_MS : KEEP_PLACE_MS)
      return known
    }
    if (this.#tickets.size >= MOST_TICKETS || this.#countOf(address) >= MOST_TICKETS_PER_ADDRESS) return undefined
    const hasTurn = !queues || (this.#hasRoom() && this.waiting === 0)
    const untilMs = nowMs + (hasTurn ? KEEP_TURN_MS : KEEP_PLACE_MS)
    const ticket: Ticket = { address, cid, queues, order: this.#order++, hasTurn, connections: 0, leftBytes, untilMs }
    this.#tickets.set(keyOf(address, cid), ticket)
    if (hasTurn && queues) this.#countTurn(address)
    return ticket
  }

  opened(ticket: Ticket): void {
    ticket.connections++
  }

  /** @param isDone the learner has all of it */
  closed(ticket: Ticket, isDone: boolean, nowMs: number): void {
    ticket.connections--
    if (ticket.connections > 0) return
    ticket.untilMs = nowMs + (ticket.hasTurn ? KEEP_TURN_MS : KEEP_PLACE_MS)
    // What does not queue has nothing to keep.
    if (isDone || !ticket.queues) this.#forget(ticket)
    this.#advance(nowMs)
  }

  /** It is served elsewhere. */
  leave(ticket: Ticket, nowMs: number): void {
    this.#forget(ticket)
    this.#advance(nowMs)
  }

  /** The line carries more or less; and whoever did not come back is forgotten. */
  tidy(slots: number, nowMs: number): void {
    this.#slots = slots
    for (const ticket of [...this.#tickets.values()])
      if (ticket.connections === 0 && ticket.untilMs <= nowMs) this.#forget(ticket)
    this.#advance(nowMs)
  }

  /** How many are served before this one gets its turn, itself included; 0 once it has it. */
  place(ticket: Ticket): number {
    return ticket.hasTurn ? 0 : this.#line().indexOf(ticket) + 1
  }

  /** What has to leave before this one's turn comes: of those that run as many as must end for it, and all that wait before it. */
  bytesAhead(ticket: Ticket): number {
    const place = this.place(ticket)
    if (place === 0) return 0
    const running = [...this.#tickets.values()].filter(({ hasTurn }) => hasTurn).map(({ leftBytes }) => leftBytes)
    running.sort((a, b) => a - b)
    const before = this.#line().slice(0, place - 1)
    const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0)
    return sum(running.slice(0, place)) + sum(before.map(({ leftBytes }) => leftBytes))
  }

  /** What is only counted takes its part of the line, but never all of it. */
  #hasRoom(): boolean {
    let active = 0
    let queued = 0
    for (const { hasTurn, queues } of this.#tickets.values()) {
      if (!hasTurn) continue
      active++
      if (queues) queued++
    }
    return active < this.#slots || queued < LEAST_SLOTS
  }

  #countOf(address: string): number {
    let count = 0
    for (const ticket of this.#tickets.values()) if (ticket.address === address) count++
    return count
  }

  /** Those that wait, the next one first. */
  #line(): Ticket[] {
    const turns = new Map(this.#turns)
    // Tickets stand in the order in which they came: the second of one address comes after everybody's first.
    const ranked = [...this.#tickets.values()]
      .filter(({ hasTurn }) => !hasTurn)
      .map((ticket) => {
        const rank = turns.get(ticket.address) ?? 0
        turns.set(ticket.address, rank + 1)
        return { ticket, rank }
      })
    ranked.sort((a, b) => a.rank - b.rank || a.ticket.order - b.ticket.order)
    return ranked.map(({ ticket }) => ticket)
  }

  #advance(nowMs: number): void {
    while (this.#hasRoom()) {
      const [next] = this.#line()
      if (!next) break
      next.hasTurn = true
      next.untilMs = nowMs + KEEP_TURN_MS
      this.#countTurn(next.address)
      this.#init.onTurn(next)
    }
    if (this.waiting === 0) this.#turns.clear()
  }

  #countTurn(address: string): void {
    // As many as there can be tickets: then all begin anew.
    if (this.#turns.size >= MOST_TICKETS) this.#turns.clear()
    this.#turns.set(address, (this.#turns.get(address) ?? 0) + 1)
  }

  #forget(ticket: Ticket): void {
    this.#tickets.delete(keyOf(ticket.address, ticket.cid))
  }
}

function keyOf(address: string, cid: Cid): string {
  return `${address} ${cid}`
}
