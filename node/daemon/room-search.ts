/** The search of whichever room the device is in. Nothing is read or kept before somebody searches. */
import type { SearchAnswer } from '../../protocols/search.ts'
import { createSearchViews } from '../mirrors/index.ts'
import type { Search } from '../search/index.ts'
import { FOLDERS } from './device.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

export interface RoomSearch {
  search(query: string): Promise<SearchAnswer | undefined>
  stop(): Promise<void>
}

export function roomSearch(slot: RoomSlot): RoomSearch {
  const { clock, config, disk, log } = slot.device
  let made: { of: RoomRuntime; search: Search } | undefined
  return {
    async search(query) {
      const { current } = slot
      if (!current) return undefined
      // Most devices start long before somebody searches.
      const { Search } = await import('../search/index.ts')
      if (made?.of !== current) {
        const before = made?.search
        const content = createSearchViews({ index: current.collections.index, blobs: current.blobs.reader })
        const onProblem = (err: unknown): void => log.warn({ err }, 'search')
        made = {
          of: current,
          search: new Search({ disk, clock, content }, { folder: FOLDERS.search(config), onProblem })
        }
        await before?.stop()
      }
      return await made.search.search(query)
    },
    async stop() {
      await made?.search.stop()
      made = undefined
    }
  }
}
