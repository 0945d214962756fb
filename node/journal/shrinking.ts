/** What makes a journal smaller by itself: text that is merged, registers that were overwritten. A minute without writing is enough for some of it. */
import type { EntryMerger, NewEntry, Registers } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { Compactor } from './compactor.ts'
import type { Covers } from './covers.ts'
import type { EntryReader } from './entry-reader.ts'
import type { Log } from './log-table.ts'
import { Overwrites } from './overwrites.ts'
import type { JournalStore } from './store.ts'
import { Upkeep } from './upkeep.ts'

export interface ShrinkingComponents {
  store: JournalStore
  reader: EntryReader
  covers: Covers
  clock: Clock
  merger: EntryMerger | undefined
  registers: Registers | undefined
  append(entries: NewEntry[]): Promise<unknown>
  /** Nobody writes or waits. */
  isQuiet(): boolean
  /** A cloud peer may not write into topic `journal`: what it overwrites of its own stays. */
  mayClaim(): boolean
}

export interface ShrinkingInit {
  node: NodeId
  isOurs(log: Log): boolean
  onFailure(error: unknown): void
}

export class Shrinking {
  readonly #compactor: Compactor | undefined
  readonly #overwrites: Overwrites | undefined
  readonly #upkeep: Upkeep
  readonly #covers: Covers
  readonly #mayClaim: () => boolean

  constructor(components: ShrinkingComponents, init: ShrinkingInit) {
    const { merger, registers, covers } = components
    this.#covers = covers
    this.#mayClaim = () => components.mayClaim()
    this.#compactor = merger && new Compactor({ ...components, merger }, init)
    this.#overwrites = registers && new Overwrites({ ...components, registers }, init)
    this.#upkeep = new Upkeep(components, {
      look: () => this.#compactor?.mark(),
      work: async () => {
        await this.#compactor?.mergeSome(false)
        await this.#claim(false)
      },
      onFailure: (error) => init.onFailure(error)
    })
  }

  start(): void {
    this.#upkeep.start()
  }

  async stop(): Promise<void> {
    this.#compactor?.stop()
    await this.#upkeep.stop()
  }

  /** @returns how many batches were merged and values let go */
  async everything(): Promise<number> {
    let shrunk = 0
    for (let merged = 1; merged > 0 && this.#compactor; shrunk += merged) merged = await this.#compactor.mergeSome(true)
    shrunk += await this.#claim(true)
    await this.#covers.run()
    return shrunk
  }

  async #claim(everything: boolean): Promise<number> {
    return this.#overwrites && this.#mayClaim() ? this.#overwrites.claim(everything) : 0
  }
}
