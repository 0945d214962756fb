import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'

/** What collections need of the blob store to add bytes. Implemented by node/blobs; in memory in tests. */
export interface BlobWriter {
  /** True when a complete blob lies on this device. */
  has(cid: Cid): boolean
  /**
   * Stores a small blob and resolves once it is on the medium; one that is there already costs its hash only.
   * What is added is kept for `session` until it ends, although nothing refers to it yet.
   */
  put(session: WriteSession, bytes: Uint8Array): Promise<BlobRef>
  /**
   * Stores what `source` yields (each valid until the next is asked for) while hashing it, with its piece list when it is over 2 MiB, and resolves once both are on the medium.
   * Nothing is kept when `source` throws or yields another length than `sizeBytes`.
   */
  putStream(
    session: WriteSession,
    source: AsyncIterable<Uint8Array>,
    sizeBytes: number,
    signal?: AbortSignal
  ): Promise<BlobRef>
  /** Garbage is not collected from under a session. */
  open(): WriteSession
  /** Bytes that may still be added here; undefined when unknown. */
  freeBytes(): Promise<number | undefined>
}

/** Holds on to blobs that no manifest names yet. */
export interface WriteSession {
  /** Also for a blob that was there before. False when it is not there. */
  keep(cid: Cid): boolean
  end(): void
}
