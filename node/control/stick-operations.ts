/** What a person can ask of a node about sticks for learners; part of `Operations`. */
import type { LearnerSystem, StickBytes, StickBytesRequest, StickItem } from '../../protocols/stick.ts'

export interface StickOperations {
  /** What a learner's stick for this system holds. */
  stickItems(options: { system: LearnerSystem }, signal?: AbortSignal): AsyncIterable<StickItem>
  stickBytes(options: StickBytesRequest, signal?: AbortSignal): AsyncIterable<StickBytes>
}

export const STICK_OPERATION_KINDS: Readonly<Record<keyof StickOperations, 'answer' | 'stream'>> = {
  stickItems: 'stream',
  stickBytes: 'stream'
}
