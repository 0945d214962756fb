import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { Clock } from '../platform/clock.ts'
import { VERIFIED_FOR_MS } from './limits.ts'

/** Files whose bytes were hashed a while ago. Each is believed for an hour, or until its date changes. */
export class BelievedFiles {
  readonly #clock: Clock
  readonly #files: BoundedMap<Cid, { modifiedMs: number; untilMs: number }>

  constructor(components: { clock: Clock }, init: { limit: number }) {
    this.#clock = components.clock
    this.#files = new BoundedMap(init.limit)
  }

  has(cid: Cid, modifiedMs: number | undefined): boolean {
    const file = this.#files.get(cid)
    return file !== undefined && file.modifiedMs === modifiedMs && file.untilMs >= this.#clock.monotonicMs()
  }

  /** @param modifiedMs undefined where the disk cannot tell: it is not believed then */
  add(cid: Cid, modifiedMs: number | undefined): void {
    if (modifiedMs !== undefined)
      this.#files.set(cid, { modifiedMs, untilMs: this.#clock.monotonicMs() + VERIFIED_FOR_MS })
  }

  delete(cid: Cid): void {
    this.#files.delete(cid)
  }
}
