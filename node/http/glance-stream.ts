/** What a dashboard is told, and how fast: changes only, never more than a slow line carries. */
import { changeBetween, type GlanceChange, type RoomGlance } from '../../protocols/room-glance.ts'
import type { RoomLive } from '../live/index.ts'
import type { Clock } from '../platform/clock.ts'

/** Changes of one second are told once. */
const TELL_EVERY_MS = 1_000
/** On the average of some seconds; 10 KB/s is the most that a dashboard of ten devices may take. */
export const MAX_BYTES_PER_SECOND = 8 * 1024
/** What devices copy and who waits outside is asked for anew at least so often. */
const LOOK_EVERY_MS = 3_000

export interface GlanceStreamComponents {
  clock: Clock
  live: RoomLive
  glance(): Promise<RoomGlance>
  /** @returns how many bytes that was */
  tell(change: GlanceChange): number
  onProblem(cause: unknown): void
}

/** Goes on until the returned function is called. */
export function followGlance({ clock, live, glance, tell, onProblem }: GlanceStreamComponents): () => void {
  let told: RoomGlance | undefined
  let cancel: (() => void) | undefined
  let isDirty = true
  let isStopped = false
  const stopLooking = live.look()
  const stopListening = live.onChange(() => {
    isDirty = true
  })
  let sinceLookMs = 0

  const step = async (): Promise<void> => {
    let waitMs = TELL_EVERY_MS
    if (isDirty || sinceLookMs >= LOOK_EVERY_MS) {
      isDirty = false
      sinceLookMs = 0
      const now = await glance()
      const change = changeBetween(told, now)
      told = now
      // Whatever was sent has its time before the next: the average stays below the limit.
      if (change && !isStopped) waitMs = Math.max(waitMs, (tell(change) / MAX_BYTES_PER_SECOND) * 1000)
    }
    sinceLookMs += waitMs
    if (!isStopped) cancel = clock.after(waitMs, next)
  }
  const next = (): void => {
    step().catch((cause: unknown) => {
      onProblem(cause)
      if (!isStopped) cancel = clock.after(LOOK_EVERY_MS, next)
    })
  }
  next()
  return () => {
    isStopped = true
    stopListening()
    stopLooking()
    cancel?.()
  }
}
