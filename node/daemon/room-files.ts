import type { FilesReport } from './files-report.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

export function filesReport(slot: RoomSlot, runtime: RoomRuntime): FilesReport {
  const self = slot.device.identity.node
  return {
    copiesOf: (cid) => Number(runtime.blobs.store.has(cid)),
    isShortOfCopies: () => false,
    device: (node) => {
      const here = node === self
      const { store } = runtime.blobs
      return {
        heldFiles: here ? store.count : 0,
        wantedFiles: here ? store.count : 0,
        usedBytes: here ? store.space.usedBytes : 0,
        missingBytes: 0,
        safeToUnplug: false,
        onlyHereFiles: 0,
        onlyHereBytes: 0
      }
    }
  }
}
