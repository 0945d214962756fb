/** The end of a class: what it made goes into an archive, and only then leaves the room. Plain data between a node and whoever asks it. */

export type ClassArchiveItem =
  | { kind: 'bytes'; base64: string }
  /** Last. What was archived, summed up: `newClass` removes only this. */
  | { kind: 'done'; state: string }

export interface NewClassResult {
  people: number
  notes: number
  repositories: number
}
