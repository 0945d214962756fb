/** What a person can ask of a node about the room as a whole; part of `Operations`. */
import type { ReadyReport } from '../../protocols/ready-report.ts'
import type { GlanceChange, RoomGlance } from '../../protocols/room-glance.ts'
import type { Progress } from './operations.ts'

export interface RoomOperations {
  /** The room at a glance, once; devices that are connected have said how they are. */
  glance(): Promise<RoomGlance>
  /** The same, followed: the first has everything, each further one what changed. Ends when the signal aborts. */
  watch(options: Record<string, never>, signal?: AbortSignal): AsyncIterable<GlanceChange>
  /** Tries pip, R, a lesson, a note and git through every device, and takes away what it made. */
  ready(options: Record<string, never>, signal?: AbortSignal): AsyncIterable<Progress<ReadyReport>>
}

export const ROOM_OPERATION_KINDS: Readonly<Record<keyof RoomOperations, 'answer' | 'stream'>> = {
  glance: 'answer',
  watch: 'stream',
  ready: 'stream'
}
