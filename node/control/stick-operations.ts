/** What a person can ask of a node about taking content along: sticks for learners, and what to bring next time; part of `Operations`. */
import type { LearnerSystem, StickBytes, StickBytesRequest, StickItem } from '../../protocols/stick.ts'
import type { Want } from '../../protocols/wants.ts'

export interface StickOperations {
  /** What people asked this device for and the room lacks: what most laptops asked for first. */
  wants(): Promise<Want[]>
  /** What a learner's stick for this system holds. */
  stickItems(options: { system: LearnerSystem }, signal?: AbortSignal): AsyncIterable<StickItem>
  stickBytes(options: StickBytesRequest, signal?: AbortSignal): AsyncIterable<StickBytes>
}

export const STICK_OPERATION_KINDS: Readonly<Record<keyof StickOperations, 'answer' | 'stream'>> = {
  wants: 'answer',
  stickItems: 'stream',
  stickBytes: 'stream'
}
