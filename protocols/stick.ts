/** What goes on a learner's stick, as the device that has the content tells it to the program that writes. Plain data. */

export const LEARNER_SYSTEMS = ['windows', 'macos', 'linux'] as const
export type LearnerSystem = (typeof LEARNER_SYSTEMS)[number]

/** Where the bytes of one file come from. */
export type StickSource =
  /** A file of a collection, as it is. */
  | { kind: 'file'; collection: string; path: string }
  /** A page of a lesson, with addresses that work without a server. */
  | { kind: 'page'; path: string }
  /** An index or the first page, made for the stick; named by its path there. */
  | { kind: 'made'; path: string }

export interface StickEntry {
  /** On the stick, relative, with `/`; fits FAT and exFAT. */
  path: string
  /** Of a page that is made: about. */
  sizeBytes: number
  /** Hexadecimal; absent where the bytes are made on the way. */
  sha256?: string
  source: StickSource
}

export type StickItem =
  /** First. The same text means: the same files, byte for byte. */
  | { kind: 'edition'; edition: string }
  | { kind: 'entry'; entry: StickEntry }
  /** Something that a stick cannot hold, and why. */
  | { kind: 'left-out'; path: string; why: string }

export interface StickBytesRequest {
  system: LearnerSystem
  source: StickSource
  /** Of a file that is written in part already. */
  from?: number
}

/** Bytes of one file, in order, verified. */
export interface StickBytes {
  base64: string
}
