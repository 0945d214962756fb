/** All that a person can ask of this node: the operations of its parts, in one object. */
import type { Operations } from '../control/operations.ts'
import { type ContentOperations, contentOperations } from './content-operations.ts'
import { type Asking, deviceOperations } from './device-operations.ts'
import { findingsOf } from './findings.ts'
import { maintenanceOperations } from './maintenance-operations.ts'
import type { RoomOverviews } from './room-overviews.ts'
import type { RoomSlot } from './room-slot.ts'
import { statusOperations } from './status-operations.ts'

export interface NodeOperationsInit {
  overviews: RoomOverviews
  /** For people, the most useful first. */
  addresses(): string[]
  httpPort(): number
  uptimeMs(): number
  onAsking(asking: Asking | undefined): void
}

export function nodeOperations(slot: RoomSlot, init: NodeOperationsInit): Operations {
  const content = (): ContentOperations => {
    const { runtime } = slot
    return contentOperations({
      collections: runtime.collections,
      blobs: {
        hasLocally: (cid) => runtime.blobs.store.has(cid),
        copiesOf: (cid) => runtime.blobs.copiesOf(cid),
        isShortOfCopies: (cid) => runtime.blobs.isShortOfCopies(cid)
      },
      nameOf: (node) => runtime.membership.view().members.get(node)?.name ?? node.slice(-8)
    })
  }
  return {
    ...statusOperations(slot, init),
    ...deviceOperations(slot, init),
    ...maintenanceOperations(slot),
    doctor: () => findingsOf(slot),
    import: (request, signal) => content().import(request, signal),
    collections: () => content().collections(),
    ls: (options) => content().ls(options),
    removePath: (options) => content().removePath(options),
    history: (options) => content().history(options),
    rollback: (options) => content().rollback(options),
    policies: () => content().policies(),
    setPolicy: (options) => content().setPolicy(options)
  }
}
