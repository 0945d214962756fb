/**
 * Refuses to write before the disk is full. A LevelDB on a disk without a free byte cannot be opened any more (it rewrites its log at each
 * start), so a reserve must stay that nothing of ours touches.
 */
import type { Clock } from '../platform/clock.ts'
import { SPACE_CHECK_BYTES, SPACE_CHECK_MS } from './limits.ts'

export interface SpaceGuardComponents {
  clock: Clock
  /** Free bytes where the journal lies; undefined: nobody looks. */
  freeBytes: (() => Promise<number>) | undefined
}

export class SpaceGuard {
  readonly #components: SpaceGuardComponents
  readonly #reserveBytes: number
  #isFull = false
  #checkedMs = Number.NEGATIVE_INFINITY
  #writtenBytes = 0
  #checking = false

  constructor(components: SpaceGuardComponents, reserveBytes: number) {
    this.#components = components
    this.#reserveBytes = reserveBytes
  }

  /** Looks again now and then: whoever makes room is noticed. */
  get isFull(): boolean {
    if (this.#components.clock.monotonicMs() - this.#checkedMs >= SPACE_CHECK_MS) void this.check()
    return this.#isFull
  }

  wrote(bytes: number): void {
    this.#writtenBytes += bytes
    if (this.#writtenBytes >= SPACE_CHECK_BYTES) void this.check()
  }

  async check(): Promise<void> {
    const { freeBytes, clock } = this.#components
    if (!freeBytes || this.#checking) return
    this.#checking = true
    this.#checkedMs = clock.monotonicMs()
    this.#writtenBytes = 0
    try {
      this.#isFull = (await freeBytes()) < this.#reserveBytes
    } catch {
      // A disk that cannot be asked is noticed by the next write.
    } finally {
      this.#checking = false
    }
  }
}
