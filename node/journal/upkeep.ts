/** What the journal does for itself every minute, while nobody writes. */
import type { Clock } from '../platform/clock.ts'
import { MERGE_EVERY_MS } from './limits.ts'

export interface UpkeepComponents {
  clock: Clock
  /** Nobody writes or waits. */
  isQuiet(): boolean
}

export interface UpkeepInit {
  /** Each time, quiet or not. */
  look(): void
  work(): Promise<void>
  onFailure(error: unknown): void
}

export class Upkeep {
  readonly #components: UpkeepComponents
  readonly #init: UpkeepInit
  #cancel: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(components: UpkeepComponents, init: UpkeepInit) {
    this.#components = components
    this.#init = init
  }

  start(): void {
    this.#cancel = this.#components.clock.after(MERGE_EVERY_MS, () => {
      this.#init.look()
      // One at a time: what takes longer than a minute is not begun again beside itself.
      if (this.#components.isQuiet())
        this.#running = this.#running.then(() => this.#init.work()).catch(this.#init.onFailure)
      if (!this.#stopped) this.start()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#running
  }
}
