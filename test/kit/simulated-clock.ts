/**
 * Simulated time: one queue of events for the whole world, and for each device a clock of its own on top of it that can be wrong,
 * can jump, and dies with the device. Nothing waits for real time; promises are let run dry between two events.
 */
import type { Clock } from '../../node/platform/clock.ts'

interface Due {
  atMs: number
  /** Events of one instant run in the order in which they were made. */
  order: number
  action: (() => void) | undefined
}

export class SimulatedTime {
  #nowMs = 0
  #order = 0
  #pending = 0
  /** A binary heap by time and order. */
  readonly #heap: Due[] = []
  /** Events run so far. */
  steps = 0
  /** Called after each event, when everything that it caused without waiting has run: the place for checkers. */
  onStep: (() => void) | undefined

  get nowMs(): number {
    return this.#nowMs
  }

  /** Events that still wait: 0 once everything was stopped, or something leaks timers. */
  get pending(): number {
    return this.#pending
  }

  after(delayMs: number, action: () => void): () => void {
    if (!Number.isFinite(delayMs)) throw new Error(`a delay of ${delayMs} ms`)
    // In whole microseconds, rounded up: a rest of 1e-13 ms would never pass.
    const atMs = Math.ceil((this.#nowMs + Math.max(0, delayMs)) * 1000) / 1000
    const due: Due = { atMs, order: this.#order++, action }
    this.#push(due)
    this.#pending++
    return () => {
      if (!due.action) return
      due.action = undefined
      this.#pending--
    }
  }

  /**
   * Runs events until `done` or until `untilMs`, whichever comes first.
   *
   * @returns true when `done` said so
   */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    await settle()
    while (!done()) {
      const due = this.#heap[0]
      if (!due || due.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        return done()
      }
      this.#pop()
      if (!due.action) continue
      const action = due.action
      due.action = undefined
      this.#pending--
      this.#nowMs = due.atMs
      action()
      await settle()
      this.steps++
      this.onStep?.()
    }
    return true
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above] as Due
      if (!isBefore(due, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Due, heap[below] as Due)) below++
      if (!isBefore(heap[below] as Due, last)) break
      heap[at] = heap[below] as Due
      at = below
    }
    heap[at] = last
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** Lets every promise that can go on go on, until nothing is left that does not wait for an event. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A device's own clock: starts with the device, ends with it, and believes in any year it likes. */
export class SimulatedClock implements Clock {
  readonly #time: SimulatedTime
  readonly #bornMs: number
  #wallOffsetMs: number
  #alive = true
  readonly #timers = new Map<() => void, string>()
  readonly #watchTimers: boolean

  /**
   * @param init.wallMs what the device believes at its start; 0 is 1970, as on a board without a battery
   * @param init.watchTimers remembers where each timer was made: for finding one that a stop forgot
   */
  constructor(time: SimulatedTime, init: { wallMs?: number; watchTimers?: boolean } = {}) {
    this.#time = time
    this.#bornMs = time.nowMs
    this.#wallOffsetMs = init.wallMs ?? 0
    this.#watchTimers = init.watchTimers ?? false
  }

  monotonicMs(): number {
    return this.#time.nowMs - this.#bornMs
  }

  wallMs(): number {
    return this.monotonicMs() + this.#wallOffsetMs
  }

  /** Somebody sets the clock, or it learns the time: forward or back, by years. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** One line for each timer that this device waits for; empty after a clean stop. */
  get timers(): string[] {
    return [...this.#timers.values()]
  }

  get alive(): boolean {
    return this.#alive
  }

  /** The device is off: no timer of it fires any more, and what it waits for never comes. */
  kill(): void {
    this.#alive = false
    for (const cancel of [...this.#timers.keys()]) cancel()
    this.#timers.clear()
  }

  after(delayMs: number, action: () => void): () => void {
    if (!this.#alive) return () => {}
    const cancelDue = this.#time.after(delayMs, () => {
      this.#timers.delete(cancel)
      action()
    })
    const cancel = (): void => {
      this.#timers.delete(cancel)
      cancelDue()
    }
    const where = this.#watchTimers ? (new Error().stack?.split('\n').slice(2, 5).join(' ') ?? '') : 'a timer'
    this.#timers.set(cancel, where)
    return cancel
  }
}
