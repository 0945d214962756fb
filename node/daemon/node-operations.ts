/** All that a person can ask of this node: the operations of its parts, in one object. */
import type { RoomOverview } from '../../protocols/room-overview.ts'
import type { Operations } from '../control/operations.ts'
import { cloudLinkOperations } from './cloud-link-operations.ts'
import { type ContentOperations, contentOperations } from './content-operations.ts'
import { type Asking, deviceOperations } from './device-operations.ts'
import { findingsOf } from './findings.ts'
import { maintenanceOperations } from './maintenance-operations.ts'
import { archiveClass, beginNewClass } from './new-class.ts'
import { personOperations } from './person-operations.ts'
import { ReadyCheck } from './ready/ready-check.ts'
import { RoomGlances } from './room-glances.ts'
import { roomOperations } from './room-operations.ts'
import type { RoomOverviews } from './room-overviews.ts'
import type { RoomSlot } from './room-slot.ts'
import type { RoomWants } from './room-wants.ts'
import { statusOperations } from './status-operations.ts'
import { stickOperations } from './stick-operations.ts'
import { withUnpacked } from './unpacked-folder.ts'
import { type WantOperationsInit, wantOperations } from './want-operations.ts'

/** A large manifest takes a second on a small board. */
const LOADING_LIMIT_MS = 3_000

export interface NodeOperationsInit {
  overviews: RoomOverviews
  wants: Pick<RoomWants, 'list'>
  fetching: WantOperationsInit['fetching']
  /** For people, the most useful first. */
  addresses(): string[]
  httpPort(): number
  uptimeMs(): number
  onAsking(asking: Asking | undefined): void
  /** Those that the pages show too; absent where there are no pages. */
  glances?: RoomGlances
  check?: ReadyCheck
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
      unpacked: (zip, signal, use) => withUnpacked(slot.device, zip, signal, use),
      nameOf: (node) => runtime.membership.view().members.get(node)?.name ?? node.slice(-8)
    })
  }
  /** Manifests that are on this device are read soon after a start; those that have to come from a peer are not waited for. */
  const loaded = async (): Promise<ContentOperations> => {
    const { collections } = slot.runtime
    if (collections.pending().length > 0) {
      const limit = new AbortController()
      const cancel = slot.device.clock.after(LOADING_LIMIT_MS, () => limit.abort())
      // It rejects only when the limit is reached: then what is loaded so far is answered.
      await collections.settled(limit.signal).catch(() => undefined)
      cancel()
    }
    return content()
  }
  const overview = (): Promise<RoomOverview> => init.overviews.overview()
  const glances = init.glances ?? new RoomGlances(slot, overview)
  const check = init.check ?? new ReadyCheck(slot, { overview, ownAddress: () => init.addresses()[0] ?? '' })
  return {
    ...statusOperations(slot, init),
    ...deviceOperations(slot, init),
    ...maintenanceOperations(slot),
    ...personOperations(slot),
    ...cloudLinkOperations(slot),
    ...stickOperations(slot, loaded),
    ...roomOperations(slot, { glances, check }),
    ...wantOperations(init),
    classArchive: (_options, signal) => archiveClass(slot.runtime, signal ?? new AbortController().signal),
    newClass: ({ state }) => beginNewClass(slot.runtime, state),
    doctor: () => findingsOf(slot),
    import: (request, signal) => content().import(request, signal),
    collections: async () => (await loaded()).collections(),
    ls: async (options) => (await loaded()).ls(options),
    removePath: async (options) => (await loaded()).removePath(options),
    history: async (options) => (await loaded()).history(options),
    rollback: async (options) => (await loaded()).rollback(options),
    policies: async () => (await loaded()).policies(),
    setPolicy: async (options) => (await loaded()).setPolicy(options)
  }
}
