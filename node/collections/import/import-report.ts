import type { CborValue } from '../../../protocols/cbor.ts'
import type { Cid } from '../../../protocols/cid.ts'

export interface ImportOptions {
  /** Called at most some 5 times a second, and once at the start of each phase. */
  progress?: (progress: ImportProgress) => void
  /** Called for each problem as it is found. */
  problem?: (problem: ImportProblem) => void
  /** What is stored stays stored, nothing of it is shown, and running again continues. */
  signal?: AbortSignal
  /** Adds nothing at all when there is one problem. */
  strict?: boolean
  /** Says what would happen and changes nothing. */
  dryRun?: boolean
  /** Puts everything into this collection; without it the layout of the folder says what is what. */
  collection?: string
  /** Under which path of that collection. */
  under?: string
  /** Said by a person about every file, over what was read inside it, such as `{ system: 'linux' }`. */
  details?: { [key: string]: CborValue }
  /** More files and folders, in the same import and so in the same version. */
  others?: readonly string[]
}

export interface ImportProgress {
  phase: 'looking' | 'reading' | 'writing'
  doneFiles: number
  /** Absent while looking. */
  totalFiles?: number
  doneBytes: number
  totalBytes?: number
  current?: string
}

export interface ImportReport {
  collections: ImportedCollection[]
  /** Everything that was not added although it looks as if it should be. */
  problems: ImportProblem[]
  /** More than `problems` can hold. */
  problemsLeftOff: number
  /** What a facilitator should know of what is now there, such as pages that read addresses which the room lacks. */
  notices: { collection: string; path: string; what: string }[]
  /** What was passed over on purpose: generated indexes, crawler leftovers, folders that are no part of a workshop. */
  leftOut: { path: string; why: string }[]
  leftOutFiles: number
}

export interface ImportedCollection {
  collection: string
  added: number
  updated: number
  unchanged: number
  /** Of the added and updated files. */
  addedBytes: number
  /** Absent when nothing changed. */
  revision?: Cid
}

export interface ImportProblem {
  code: string
  /** A sentence that names the file. */
  text: string
  /** What to do next. */
  next: string
  /** Relative to the imported folder. */
  path: string
}
