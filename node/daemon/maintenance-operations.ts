/** Long work on this device: leaving, checking, freeing disk. */
import type { CollectGarbageResult, LeaveResult, Operations, VerifyResult } from '../control/operations.ts'
import { sleep } from '../platform/clock.ts'
import { leaveRoom } from './leaving.ts'
import { progressStream } from './progress-stream.ts'
import type { RoomSlot } from './room-slot.ts'

/** Rotten files are fetched again from linked devices; so long `verify` waits for it before it says which are not. */
const REPAIR_WAIT_MS = 10_000
const REPAIR_LOOK_INTERVAL_MS = 200

export function maintenanceOperations(slot: RoomSlot): Pick<Operations, 'leave' | 'verify' | 'gc'> {
  const { clock } = slot.device
  return {
    leave: (options, signal) =>
      progressStream<LeaveResult>((report, stop) => leaveRoom(slot, options, report, stop), signal),

    verify: (_options, signal) =>
      progressStream<VerifyResult>(async (report, stop) => {
        const { blobs, collections, journal } = slot.runtime
        const { files, bytes, rotten } = await blobs.verify(
          (step) => report({ kind: 'step', phase: 'checking', ...step }),
          stop
        )
        const record = await journal.verify(stop)
        const damaged = record.holes.length + record.rotten.length + record.hollow.length
        if (damaged > 0) {
          report({
            kind: 'notice',
            level: 'problem',
            code: 'RECORD_DAMAGED',
            text: `${damaged} places of the room's record are damaged on this device.`,
            next: 'They are fetched again from the other devices as soon as one is connected.'
          })
        }
        const isConnected = (): boolean => (slot.current?.network?.mesh.links().length ?? 0) > 0
        const untilMs = clock.monotonicMs() + REPAIR_WAIT_MS
        while (isConnected() && rotten.some((cid) => !blobs.store.has(cid)) && clock.monotonicMs() < untilMs) {
          await sleep(clock, REPAIR_LOOK_INTERVAL_MS, stop)
        }
        const paths = new Map(
          rotten.length === 0
            ? []
            : collections.index
                .collections()
                .flatMap((name) =>
                  [...collections.list(name)].map((file) => [file.cid, `${name}/${file.path}`] as const)
                )
        )
        return {
          files,
          bytes,
          rotten: rotten.map((cid) => {
            const path = paths.get(cid)
            return { cid, ...(path === undefined ? {} : { path }), repaired: blobs.store.has(cid) }
          })
        }
      }, signal),

    gc: ({ dryRun }, signal) =>
      progressStream<CollectGarbageResult>(async (report, stop) => {
        const { blobs } = slot.runtime
        report({ kind: 'step', phase: 'checking', doneFiles: 0, doneBytes: 0 })
        return await blobs.collectGarbage({ dryRun, graceMs: 0, signal: stop })
      }, signal)
  }
}
