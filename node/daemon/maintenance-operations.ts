import type { CollectGarbageResult, LeaveResult, Operations, VerifyResult } from '../control/operations.ts'
import { sleep } from '../platform/clock.ts'
import { progressStream } from './progress-stream.ts'
import { filesReport } from './room-files.ts'
import type { RoomSlot } from './room-slot.ts'

/** How often a device that is being emptied looks whether it is done. */
const DRAIN_LOOK_INTERVAL_MS = 500

export function maintenanceOperations(slot: RoomSlot): Pick<Operations, 'leave' | 'verify' | 'gc'> {
  const { clock, identity } = slot.device
  return {
    leave: ({ drain }, signal) =>
      progressStream<LeaveResult>(async (report, stop) => {
        const { runtime } = slot
        const moved = { movedFiles: 0, movedBytes: 0 }
        let drained = false
        if (drain) {
          await runtime.membership.set(identity.node, 'drained', true)
          const first = filesReport(slot, runtime).device(identity.node)
          for (;;) {
            const now = filesReport(slot, runtime).device(identity.node)
            moved.movedFiles = Math.max(0, first.onlyHereFiles - now.onlyHereFiles)
            moved.movedBytes = Math.max(0, first.onlyHereBytes - now.onlyHereBytes)
            report({
              kind: 'step',
              phase: 'moving',
              doneFiles: moved.movedFiles,
              totalFiles: first.onlyHereFiles,
              doneBytes: moved.movedBytes,
              totalBytes: first.onlyHereBytes
            })
            drained = now.safeToUnplug
            if (drained) break
            await sleep(clock, DRAIN_LOOK_INTERVAL_MS, stop)
          }
        }
        await runtime.membership.leave()
        await slot.leave()
        return { drained, ...moved }
      }, signal),

    verify: ({ repair }, signal) =>
      progressStream<VerifyResult>(async (report, stop) => {
        const { blobs, collections } = slot.runtime
        const { store } = blobs
        const result: VerifyResult = { files: 0, bytes: 0, rotten: [] }
        const total = { totalFiles: store.count, totalBytes: store.space.usedBytes }
        for (const cid of [...store.cids()]) {
          stop.throwIfAborted()
          const ref = store.refOf(cid)
          if (!ref) continue
          report({ kind: 'step', phase: 'checking', doneFiles: result.files, doneBytes: result.bytes, ...total })
          const whole = await store.scrub(cid, async () => stop.throwIfAborted())
          result.files++
          result.bytes += ref.sizeBytes
          if (!whole) result.rotten.push({ cid, repaired: false })
        }
        void repair
        void collections
        return result
      }, signal),

    gc: (_options, signal) =>
      progressStream<CollectGarbageResult>(async () => {
        return { removedFiles: 0, removedBytes: 0, removedPartials: 0 }
      }, signal)
  }
}
