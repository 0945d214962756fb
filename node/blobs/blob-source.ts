import type { Bitfield } from '../../protocols/bitfield.ts'
import type { PeerLink } from '../../protocols/message-stream.ts'
import type { Arrival } from './arrival.ts'
import type { CopyRequest } from './copy-request.ts'
import type { FetchFailure } from './peer-book.ts'

export type FetchOutcome =
  /** The whole piece; not verified yet. */
  | { kind: 'bytes'; bytes: Uint8Array }
  /** @param have of a peer that holds only some pieces */
  | { kind: 'failed'; failure: FetchFailure; have?: (length: number) => Bitfield | undefined }

/** A way to get bytes from a peer: over HTTP, over a stream of the mesh, in the simulator's own network. Never rejects. */
export interface BlobSource {
  /** @param into where the bytes go; what is there already is not asked for. Not touched any more after the answer or an abort */
  fetch(link: PeerLink, request: CopyRequest, signal: AbortSignal, into?: Arrival): Promise<FetchOutcome>
  /** Ends what is kept open. */
  close(): void
}
