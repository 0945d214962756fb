/** On how many devices what is kept, for the page: the rules of `joinery policy`, each with what it holds. */
import { prefixCovers } from '../../protocols/collection-facts.ts'
import type { Operations } from '../control/operations.ts'
import type { CopiesDoor, CopiesState } from '../http/room-door.ts'
import { countedCapacities } from './room-members.ts'
import type { RoomSlot } from './room-slot.ts'

export function roomCopies(slot: RoomSlot, operations: Pick<Operations, 'setPolicy'>): CopiesDoor {
  return {
    async state() {
      const { collections, membership } = slot.runtime
      const capacities = countedCapacities(membership).bytes()
      const rules = collections.policies().map((rule) => ({ ...rule, files: 0, sizeBytes: 0 }))
      for (const { collection } of collections.summary()) {
        // The longest path counts first, as it does for each file.
        const own = rules
          .filter((rule) => rule.collection === collection)
          .sort((a, b) => b.prefix.length - a.prefix.length)
        for (const { path, sizeBytes } of collections.list(collection)) {
          const rule = own.find(({ prefix }) => prefixCovers(prefix, path))
          if (!rule) continue
          rule.files++
          rule.sizeBytes += sizeBytes
        }
      }
      return {
        devices: capacities.length,
        offeredBytes: capacities.reduce((sum, bytes) => sum + bytes, 0),
        rules: rules.map(({ collection, prefix, ...rest }): CopiesState['rules'][number] => ({
          ...rest,
          target: prefix === '' ? collection : `${collection}/${prefix}`
        }))
      }
    },
    async set(target, policy) {
      await operations.setPolicy({ target, policy })
    }
  }
}
