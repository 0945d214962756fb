/** A device leaves its room: with everything moved off before, or at once. */
import { JoineryError } from '../../protocols/errors.ts'
import type { PeerLink } from '../../protocols/message-stream.ts'
import type { LeaveResult, ProgressNotice, ProgressStep } from '../control/operations.ts'
import type { Journal } from '../journal/index.ts'
import { sleep } from '../platform/clock.ts'
import { whyNotEmpty } from './drain-words.ts'
import './errors.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

/** How often a device that is being emptied looks whether it is done. */
const DRAIN_LOOK_INTERVAL_MS = 500
/** Without any progress for so long, everything is told anew and the person is told what is waited for. Slow links make some in this time. */
const STUCK_AFTER_MS = 15_000
/** Peers that are linked have this long to hear that we are gone; those that are not hear it from them. A slow card needs a second. */
const LAST_WORD_MS = 3_000
const LAST_WORD_LOOK_MS = 100

/**
 * @throws JoineryError `NOBODY_TO_DRAIN_TO` when no other device is in the room, `REMOVED_FROM_ROOM` for a drain that no device would
 * answer. The signal's reason when it aborts: the device then stays in the room, as it was.
 */
export async function leaveRoom(
  slot: RoomSlot,
  { drain }: { drain: boolean },
  report: (what: ProgressStep | ProgressNotice) => void,
  signal: AbortSignal
): Promise<LeaveResult> {
  const { runtime } = slot
  const { membership } = runtime
  const standing = membership.standing()
  const result: LeaveResult = { drained: false, movedFiles: 0, movedBytes: 0 }
  if (drain) await moveOff(slot, runtime, result, report, signal)
  signal.throwIfAborted()
  // Whoever was taken out or not let in has nothing to say there.
  if (standing === 'member' || standing === 'waiting') {
    const hadOthers = membership.policy.members().length > 0
    const linked = runtime.network?.mesh.links() ?? []
    await membership.leave()
    if (hadOthers && !(await isHeard(slot, linked))) {
      report({
        kind: 'notice',
        level: 'warning',
        code: 'NOBODY_HEARD',
        text: 'No other device heard that this one left: the room goes on waiting for it.',
        next: `\`joinery remove ${slot.device.config.name}\` on another device.`
      })
    }
  }
  await slot.leave()
  return result
}

/** Files and the room's record: both have to be elsewhere before the device counts as empty. */
async function moveOff(
  slot: RoomSlot,
  { blobs, collections, journal, membership, network }: RoomRuntime,
  result: LeaveResult,
  report: (what: ProgressStep | ProgressNotice) => void,
  signal: AbortSignal
): Promise<void> {
  const { clock, identity } = slot.device
  const standing = membership.standing()
  if (standing === 'removed' || standing === 'unwelcome') {
    throw new JoineryError('REMOVED_FROM_ROOM', 'no device of the room takes files of this one any more')
  }
  if (membership.policy.members().length === 0) {
    throw new JoineryError('NOBODY_TO_DRAIN_TO', 'no other device is in this room')
  }
  const connected = (): number => network?.mesh.links().length ?? 0
  let told: string | undefined
  const tellWhy = (onlyHere: number): void => {
    const unread = [...new Set(collections.pending().map(({ collection }) => collection))]
    const reason = whyNotEmpty({ connected: connected(), onlyHere, unread })
    if (reason.text !== told) report({ kind: 'notice', level: 'warning', ...reason })
    told = reason.text
  }
  if (connected() === 0) tellWhy(0)
  await membership.set(identity.node, 'drained', true)
  try {
    let before = ''
    let sinceMs = clock.monotonicMs()
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
      const now = [lost.blobs, collections.pending().length, connected()].join()
      if (now !== before) {
        before = now
        sinceMs = clock.monotonicMs()
      } else if (clock.monotonicMs() - sinceMs >= STUCK_AFTER_MS) {
        sinceMs = clock.monotonicMs()
        tellWhy(lost.blobs)
        blobs.askAnew()
      }
      // What this device alone was told of and has not read yet cannot be counted.
      const isKnown = collections.pending().length === 0
      if (safe && isKnown && (await isSavedElsewhere(journal, DRAIN_LOOK_INTERVAL_MS))) result.drained = true
      else await sleep(clock, DRAIN_LOOK_INTERVAL_MS, signal)
    }
  } catch (error) {
    // Somebody changed their mind: the device goes on taking its share.
    await membership.set(identity.node, 'drained', false)
    throw error
  }
}

/**
 * A peer that hears that we are gone ends its link to us, mostly before it says that it has our last word on its disk.
 *
 * @param linked as it was before
 */
async function isHeard({ device, runtime }: RoomSlot, linked: readonly PeerLink[]): Promise<boolean> {
  const { journal, network } = runtime
  const endMs = device.clock.monotonicMs() + LAST_WORD_MS
  while (linked.length > 0 && device.clock.monotonicMs() < endMs) {
    if (await isSavedElsewhere(journal, LAST_WORD_LOOK_MS)) return true
    const now = network?.mesh.links() ?? []
    if (linked.some((link) => !now.includes(link))) return true
  }
  return false
}

/** What this run of this device wrote last, and with it all before. */
async function isSavedElsewhere(journal: Journal, withinMs: number): Promise<boolean> {
  const last = journal.lastNumbers(journal.node).get(journal.writer)
  return (
    last === undefined || (await journal.savedElsewhere({ writer: journal.writer, number: last, index: 0 }, withinMs))
  )
}
