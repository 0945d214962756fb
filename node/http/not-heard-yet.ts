/**
 * A device that has only just joined or started does not say "not here" of what it does not know yet: it waits a moment, and then asks to come
 * again. For pip, R and git a "not here" is final, and people believe it.
 */
import type { ServerResponse } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import { HEARING_LOOK_MS, HEARING_PATIENCE_MS } from './limits.ts'

/** What this device has heard of its room. */
export interface RoomHearing {
  /** @param collection undefined: facts only, such as which repositories there are */
  known(collection?: string): HeardOfRoom
}

export interface HeardOfRoom {
  /** The room is being opened or left just now: nothing can be said of it. */
  opening: boolean
  /** What is not here is not in the room, as far as anybody in reach could tell. */
  heard: boolean
  /** Of the list of the collection that is here; empty without one. What is in it is right, if perhaps not the newest. */
  revision: string
}

export interface Hearing {
  clock: Clock
  /** Absent: all is known. */
  hearing?: RoomHearing
}

const ALL: HeardOfRoom = { opening: false, heard: true, revision: '' }

/**
 * Looks, and while nothing is found and not all was heard, looks again whenever this device knows more.
 *
 * @returns undefined when there is nothing, or nothing yet (`heard` tells which) after `patienceMs`
 * @throws JoineryError `CLOSED` when the visitor has left
 */
export async function findPatiently<Found>(
  { clock, hearing }: Hearing,
  { collection, patienceMs, response }: { collection?: string; patienceMs: number; response: ServerResponse },
  find: (known: HeardOfRoom) => Found | undefined | Promise<Found | undefined>
): Promise<{ found: Found | undefined; heard: boolean }> {
  const endMs = clock.monotonicMs() + patienceMs
  const gone = new AbortController()
  const leave = (): void => gone.abort(new JoineryError('CLOSED', 'the visitor has left'))
  response.once('close', leave)
  try {
    for (;;) {
      const known = hearing?.known(collection) ?? ALL
      const found = await find(known)
      if (found !== undefined || known.heard) return { found, heard: known.heard }
      for (let now = known; isSame(known, now); now = hearing?.known(collection) ?? ALL) {
        const leftMs = endMs - clock.monotonicMs()
        if (leftMs <= 0) return { found, heard: false }
        await sleep(clock, Math.min(HEARING_LOOK_MS, leftMs), gone.signal)
      }
    }
  } finally {
    response.off('close', leave)
  }
}

/** Resolves once the room is open. @throws JoineryError `NOT_HEARD_YET`, `CLOSED` */
export async function whenOpen(hearing: Hearing, response: ServerResponse): Promise<void> {
  if (hearing.hearing?.known().opening !== true) return
  const { found } = await findPatiently(hearing, { patienceMs: HEARING_PATIENCE_MS, response }, ({ opening }) =>
    opening ? undefined : true
  )
  if (!found) throw notHeardYet()
}

/** What to say instead of "not here". */
export function orNotHeardYet({ hearing }: Hearing, error: JoineryError): JoineryError {
  return error.status === 404 && hearing?.known().heard === false ? notHeardYet() : error
}

export function notHeardYet(): JoineryError {
  return new JoineryError('NOT_HEARD_YET', 'this device does not know yet what the room has')
}

function isSame(a: HeardOfRoom, b: HeardOfRoom): boolean {
  return a.opening === b.opening && a.heard === b.heard && a.revision === b.revision
}
