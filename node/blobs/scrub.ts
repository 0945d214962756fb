import type { Cid } from '../../protocols/cid.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import { SCRUB_BYTES_PER_SECOND, SCRUB_FIRST_MS, SCRUB_REST_MS } from './limits.ts'
import type { BlobStore } from './store.ts'

export interface VerifyStep {
  doneFiles: number
  totalFiles: number
  doneBytes: number
  totalBytes: number
}

/** Reads everything again, slowly and for ever: rot is found before the only good copy is gone too. */
export class Scrub {
  readonly #store: BlobStore
  readonly #clock: Clock
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(components: { store: BlobStore; clock: Clock }) {
    this.#store = components.store
    this.#clock = components.clock
  }

  start(): void {
    this.#running = this.#rounds().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** Everything once, as fast as it goes, for `joinery verify`. @returns what was damaged and is out of service now */
  async verifyAll(
    onStep: (step: VerifyStep) => void,
    signal?: AbortSignal
  ): Promise<{ files: number; bytes: number; rotten: Cid[] }> {
    const cids = [...this.#store.cids()]
    const step = { doneFiles: 0, totalFiles: cids.length, doneBytes: 0, totalBytes: 0 }
    for (const cid of cids) step.totalBytes += this.#store.sizeOf(cid) ?? 0
    const rotten: Cid[] = []
    for (const cid of cids) {
      onStep({ ...step })
      const whole = await this.#store.scrub(cid, async (readBytes) => {
        signal?.throwIfAborted()
        step.doneBytes += readBytes
        onStep({ ...step })
      })
      if (!whole) rotten.push(cid)
      step.doneFiles++
    }
    return { files: step.doneFiles, bytes: step.doneBytes, rotten }
  }

  async #rounds(): Promise<void> {
    const { signal } = this.#stop
    await sleep(this.#clock, SCRUB_FIRST_MS, signal)
    // Where the last run stopped: a device that is switched off each evening would otherwise never reach its end.
    let after = await this.#store.scrubbedUpTo()
    for (;;) {
      for (const cid of [...this.#store.cids()].sort()) {
        if (after !== undefined && cid <= after) continue
        try {
          await this.#store.scrub(cid, (readBytes) =>
            sleep(this.#clock, (readBytes / SCRUB_BYTES_PER_SECOND) * 1000, signal)
          )
        } catch {
          // Too many open files and the like say nothing about the blob: it has its turn again in the next round.
          signal.throwIfAborted()
        }
        await this.#store.noteScrubbed(cid)
      }
      after = undefined
      await this.#store.noteScrubbed(undefined)
      await sleep(this.#clock, SCRUB_REST_MS, signal)
    }
  }
}
