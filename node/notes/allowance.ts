import { BoundedMap } from '../../protocols/bounded-map.ts'

/** A token bucket: so much per second, so much at once. */
export class Allowance {
  readonly #perSecond: number
  readonly #burst: number
  #left: number
  #atMs: number

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#left = burst
    this.#atMs = nowMs
  }

  /** Nothing of it is in use. */
  isFull(nowMs: number): boolean {
    return this.#left + ((nowMs - this.#atMs) / 1_000) * this.#perSecond >= this.#burst
  }

  /** Takes `amount`, into debt if need be. @returns how many ms to wait before more is taken; 0 = none */
  take(amount: number, nowMs: number): number {
    this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#atMs) / 1_000) * this.#perSecond)
    this.#atMs = nowMs
    this.#left -= amount
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#perSecond) * 1_000)
  }
}

/** A bucket for each name, such as an address. Full ones are forgotten; when there are too many all the same, the oldest goes. */
export class Allowances {
  readonly #perSecond: number
  readonly #burst: number
  readonly #max: number
  readonly #byName: BoundedMap<string, Allowance>

  constructor(perSecond: number, burst: number, max: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#max = max
    this.#byName = new BoundedMap(max)
  }

  get size(): number {
    return this.#byName.size
  }

  of(name: string, nowMs: number): Allowance {
    const known = this.#byName.get(name)
    if (known) return known
    if (this.#byName.size >= this.#max) this.sweep(nowMs)
    const made = new Allowance(this.#perSecond, this.#burst, nowMs)
    this.#byName.set(name, made)
    return made
  }

  sweep(nowMs: number): void {
    for (const [name, one] of this.#byName) if (one.isFull(nowMs)) this.#byName.delete(name)
  }
}
