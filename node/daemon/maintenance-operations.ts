/** Long work on this device: leaving, checking, freeing disk. */
import type { CollectGarbageResult, LeaveResult, Operations, VerifyResult } from '../control/operations.ts'
import { sleep } from '../platform/clock.ts'
import { progressStream } from './progress-stream.ts'
import type { RoomSlot } from './room-slot.ts'

/** How often a device that is being emptied looks whether it is done. */
const DRAIN_LOOK_INTERVAL_MS = 500
/** Peers that are linked have this long to hear that we are gone; those that are not hear it from them. */
const LAST_WORD_MS = 2_000

export function maintenanceOperations(slot: RoomSlot): Pick<Operations, 'leave' | 'verify' | 'gc'> {
  const { clock, identity } = slot.device
  return {
    leave: ({ drain }, signal) =>
      progressStream<LeaveResult>(async (report, stop) => {
        const { runtime } = slot
        const { blobs, journal, membership } = runtime
        const result: LeaveResult = { drained: false, movedFiles: 0, movedBytes: 0 }
        if (drain) {
          await membership.set(identity.node, 'drained', true)
          const { lost: first } = blobs.withoutThisDevice()
          while (!result.drained) {
            const { lost, safe } = blobs.withoutThisDevice()
            result.movedFiles = Math.max(0, first.blobs - lost.blobs)
            result.movedBytes = Math.max(0, first.bytes - lost.bytes)
            report({
              kind: 'step',
              phase: 'moving',
              doneFiles: result.movedFiles,
              totalFiles: first.blobs,
              doneBytes: result.movedBytes,
              totalBytes: first.bytes
            })
            result.drained = safe
            if (!safe) await sleep(clock, DRAIN_LOOK_INTERVAL_MS, stop)
          }
        }
        stop.throwIfAborted()
        await membership.leave()
        const [last] = [...journal.lastNumbers(identity.node)].filter(([writer]) => writer === journal.writer)
        if (last) await journal.savedElsewhere({ writer: last[0], number: last[1], index: 0 }, LAST_WORD_MS)
        await slot.leave()
        return result
      }, signal),

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
