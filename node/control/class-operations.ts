/** What a person can ask of a node when a class ends; part of `Operations`. */
import type { ClassArchiveItem, NewClassResult } from '../../protocols/new-class.ts'

export interface ClassOperations {
  /** What the class has made, as a ZIP. `CLASS_CHANGED` instead of its end when somebody worked meanwhile. */
  classArchive(options: Record<string, never>, signal?: AbortSignal): AsyncIterable<ClassArchiveItem>
  /** Takes away what was archived. @throws JoineryError `CLASS_CHANGED` */
  newClass(options: { state: string }): Promise<NewClassResult>
}

export const CLASS_OPERATION_KINDS: Readonly<Record<keyof ClassOperations, 'answer' | 'stream'>> = {
  classArchive: 'stream',
  newClass: 'answer'
}
