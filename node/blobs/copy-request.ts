import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { NodeId } from '../../protocols/message-stream.ts'

/** A piece (or a small blob as a whole) to be fetched from one peer. */
export interface CopyRequest {
  readonly id: number
  readonly peer: NodeId
  readonly ref: BlobRef
  readonly piece: number
  /** Bytes `start` ≤ i < `end` of the blob. */
  readonly start: number
  readonly end: number
}

export type CopyEffect =
  | { kind: 'request'; request: CopyRequest }
  /** The peer is gone or another one is quicker; the answer is not wanted any more. */
  | { kind: 'cancel'; id: number }
  /** A big blob's list is here: open its partial file and call `opened` or `closed`. */
  | { kind: 'open'; ref: BlobRef }
  /** All pieces are here: publish it and call `stored` or `closed`. */
  | { kind: 'finish'; cid: Cid }
  /** Nobody wants more of this big blob for now: save what is here and close the file. */
  | { kind: 'close'; cid: Cid }
  /** It is in the partial file already. */
  | { kind: 'present'; ref: BlobRef; piece: number }
  /** Nobody who is linked has it; the demand is gone. */
  | { kind: 'unavailable'; cid: Cid; piece: number }

export interface CopyPlannerInit {
  self: NodeId
  maxRequests: number
  maxInFlightBytes: number
  /** What is complete on this device. */
  hasLocally(cid: Cid): boolean
  /** The same for piece lists, also those that are only in memory for want of room. */
  hasList(pieces: Cid): boolean
}

/** What is to be fetched, from whomever. */
export interface Item {
  ref: BlobRef
  piece: number
  /** In the catalogue; undefined for what only a person asked for. */
  number: number | undefined
}

export interface UnderWay extends Item {
  request: CopyRequest
  startedMs: number
  copying: boolean
  /** Its bytes are here and being written. */
  received: boolean
}
