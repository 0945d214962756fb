/**
 * Whether this device knows enough of its room to say that something is not there. One that has only just joined or started has not heard yet
 * what the others have, and a "not here" would be final for pip, R and git.
 */
import type { Collections } from '../collections/index.ts'
import type { RoomHearing } from '../http/front-door.ts'
import type { JournalSync } from '../journal/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Membership, Standing } from '../room/index.ts'
import type { RoomSlot } from './room-slot.ts'

/** Within so long a device that has others in reach has found them: then nobody is there who could tell it more. */
export const ALONE_AFTER_MS = 10_000
/** A list whose bytes do not come, or a journal that never comes to rest, is no reason to keep everybody waiting for what is not there. */
export const HEARING_MOST_MS = 60_000
/** What peers sent counts once it is on the disk, which the journal promises within a second. */
const WRITTEN_AFTER_MS = 1_200
/** How often it is looked at, until the room was heard; later only when somebody asks. */
const LOOK_MS = 250

export interface HeardSoFar {
  standing: Standing
  /** The journal was compared with that of a member since this device was started, and what came is written. */
  compared: boolean
  /** Members linked just now. */
  links: number
  /** Members beside this device. */
  others: number
  /** Since the room was opened. */
  openMs: number
  /** A list of the collection is here; true where no collection is asked for. */
  hasList: boolean
  /** A newer list, or the first one, is known by name and being fetched. */
  listComing: boolean
}

/** Pure. @returns false: what is not here may well be in the room */
export function hasHeard(so: HeardSoFar): boolean {
  // Never met the room: it knows nothing, for however long.
  if (so.standing === 'waiting' && !so.compared) return false
  const isLate = so.openMs >= HEARING_MOST_MS
  // What the room is known to have and no list says yet.
  if (so.listComing && !(so.hasList && isLate)) return false
  if (so.compared || so.others === 0 || isLate) return true
  return so.links === 0 && so.openMs >= ALONE_AFTER_MS
}

export interface OpenRoomHearing {
  /** @param collection undefined: facts only, such as which repositories there are */
  hasHeard(collection: string | undefined): boolean
  stop(): void
}

/** From when a room is opened on. */
export function openRoomHearing(components: {
  clock: Clock
  membership: Pick<Membership, 'standing' | 'view'>
  collections: Pick<Collections, 'index' | 'pending'>
  sync: Pick<JournalSync, 'status'>
}): OpenRoomHearing {
  const { clock, membership, collections, sync } = components
  const openedMs = clock.monotonicMs()
  let quietMs: number | undefined
  let cancel = (): void => undefined
  const look = (): void => {
    if (quietMs === undefined && sync.status().some(({ quiet }) => quiet)) quietMs = clock.monotonicMs()
  }
  const lookOn = (): void => {
    look()
    const isOver = quietMs !== undefined || clock.monotonicMs() - openedMs >= HEARING_MOST_MS
    if (!isOver) cancel = clock.after(LOOK_MS, lookOn)
  }
  lookOn()
  return {
    hasHeard(collection) {
      look()
      const nowMs = clock.monotonicMs()
      const { members } = membership.view()
      const standing = membership.standing()
      return hasHeard({
        standing,
        compared: quietMs !== undefined && nowMs - quietMs >= WRITTEN_AFTER_MS,
        links: sync.status().length,
        others: members.size - (standing === 'member' ? 1 : 0),
        openMs: nowMs - openedMs,
        hasList: collection === undefined || collections.index.revision(collection) !== '',
        listComing: collection !== undefined && collections.pending().some((one) => one.collection === collection)
      })
    },
    stop: () => cancel()
  }
}

/** Of the room that the device is in just now. */
export function roomHearing(slot: RoomSlot): RoomHearing {
  return {
    known(collection) {
      if (slot.isChanging) return { opening: true, heard: false, revision: '' }
      const { current } = slot
      const revision = collection === undefined ? undefined : current?.collections.index.revision(collection)
      return { opening: false, heard: current?.hearing.hasHeard(collection) ?? true, revision: revision ?? '' }
    }
  }
}
