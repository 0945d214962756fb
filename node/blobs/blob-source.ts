import type { Bitfield } from '../../protocols/bitfield.ts'
import type { PeerLink } from '../../protocols/message-stream.ts'
import type { CopyRequest } from './copy-request.ts'
import type { FetchFailure } from './peer-book.ts'

export type FetchOutcome =
  /** As many bytes as were asked for; not verified yet. */
  | { kind: 'bytes'; bytes: Uint8Array }
  /** @param have of a peer that holds only some pieces */
  | { kind: 'failed'; failure: FetchFailure; have?: (length: number) => Bitfield | undefined }

/** A way to get bytes from a peer: over HTTP, over a stream of the mesh, in the simulator's own network. Never rejects. */
export interface BlobSource {
  /** @param into as long as what is asked for: a source may put the bytes there, and touches it no more once it has answered */
  fetch(link: PeerLink, request: CopyRequest, signal: AbortSignal, into?: Uint8Array): Promise<FetchOutcome>
  /** Ends what is kept open. */
  close(): void
}
