import type { Cid } from '../../protocols/cid.ts'
import type { Clock } from '../platform/clock.ts'
import { GARBAGE_GRACE_MS, GARBAGE_SWEEP_MS } from './limits.ts'
import type { BlobStore } from './store.ts'

export interface GarbageComponents {
  store: BlobStore
  clock: Clock
  /** A shard names it, or it is a piece list of such a blob, or a shard itself. */
  named(cid: Cid): boolean
  /** An import holds on to it, it is being read, or another device relies on it. */
  kept(cid: Cid): boolean
  /** The catalogue is complete: every head that is known is loaded. Before that everything looks like garbage. */
  settled(): boolean
}

export interface Collected {
  removedFiles: number
  removedBytes: number
  removedPartials: number
}

/** Removes what no collection names any more, some time after it ceased to be named. Never what is being read or fetched. */
export class Garbage {
  readonly #components: GarbageComponents
  readonly #unnamedSinceMs = new Map<Cid, number>()
  #cancel: () => void = () => undefined

  constructor(components: GarbageComponents) {
    this.#components = components
  }

  start(): void {
    const again = (): void => {
      this.#cancel = this.#components.clock.after(GARBAGE_SWEEP_MS, () => {
        // What could not be removed now (a disk gone read-only) is tried again at the next sweep.
        this.collect()
          .catch(() => undefined)
          .finally(again)
      })
    }
    again()
  }

  stop(): void {
    this.#cancel()
  }

  /**
   * @param options.graceMs what ceased to be named less than so long ago stays
   * @param options.dryRun counts and removes nothing
   */
  async collect(options: { graceMs?: number; dryRun?: boolean; signal?: AbortSignal } = {}): Promise<Collected> {
    const { store, clock, named, kept, settled } = this.#components
    const { graceMs = GARBAGE_GRACE_MS, dryRun = false, signal } = options
    const collected: Collected = { removedFiles: 0, removedBytes: 0, removedPartials: 0 }
    if (!settled()) return collected
    const nowMs = clock.monotonicMs()
    for (const cid of [...this.#unnamedSinceMs.keys()])
      if (named(cid) || !store.has(cid)) this.#unnamedSinceMs.delete(cid)
    for (const cid of [...store.cids()]) {
      signal?.throwIfAborted()
      if (named(cid) || kept(cid) || store.inUse(cid)) continue
      const sinceMs = this.#unnamedSinceMs.get(cid) ?? nowMs
      this.#unnamedSinceMs.set(cid, sinceMs)
      if (nowMs - sinceMs < graceMs) continue
      collected.removedFiles++
      collected.removedBytes += store.sizeOf(cid) ?? 0
      if (dryRun) continue
      await store.remove(cid)
      this.#unnamedSinceMs.delete(cid)
    }
    for (const cid of [...store.sleepingPartials()]) {
      if (named(cid)) continue
      collected.removedPartials++
      if (!dryRun) await store.dropPartial(cid)
    }
    return collected
  }
}
