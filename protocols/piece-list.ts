/**
 * Pieces: what is verified and sent at once. A blob over 2 MiB has a list of the sha2-256 of each 1 MiB piece; the list is
 * a blob itself and its name stands beside the blob's in the manifest, so that a lie is caught within one piece and several
 * peers can send at once. A flat list and not a tree: 9.6 KB for 300 MB. A smaller blob is one piece, checked by its own name.
 *
 * The list is the digests one after another, 32 bytes each, nothing else.
 */
import { JoineryError } from './errors.ts'

export const PIECE_BYTES = 2 ** 20
/** Up to here a blob is one piece, held in memory as a whole while it is fetched or served. */
export const SMALL_BLOB_BYTES = 2 * PIECE_BYTES
const DIGEST_BYTES = 32
/** 64 GiB: the list of a blob of this size is just still a small blob. */
export const MAX_BLOB_BYTES = (SMALL_BLOB_BYTES / DIGEST_BYTES) * PIECE_BYTES

export function hasPieceList(sizeBytes: number): boolean {
  return sizeBytes > SMALL_BLOB_BYTES
}

/** 1 for a small blob, the empty one included. */
export function pieceCount(sizeBytes: number): number {
  return hasPieceList(sizeBytes) ? Math.ceil(sizeBytes / PIECE_BYTES) : 1
}

/** Where piece `index` lies: bytes `start` ≤ i < `end`. */
export function pieceSpan(sizeBytes: number, index: number): { start: number; end: number } {
  if (!hasPieceList(sizeBytes)) return { start: 0, end: sizeBytes }
  return { start: index * PIECE_BYTES, end: Math.min((index + 1) * PIECE_BYTES, sizeBytes) }
}

/** Bytes of the list of a blob of this size; 0 for a small one. */
export function pieceListBytes(sizeBytes: number): number {
  return hasPieceList(sizeBytes) ? pieceCount(sizeBytes) * DIGEST_BYTES : 0
}

export function encodePieceList(digests: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(digests.length * DIGEST_BYTES)
  digests.forEach((digest, i) => {
    bytes.set(digest, i * DIGEST_BYTES)
  })
  return bytes
}

export interface PieceList {
  readonly count: number
  /** 32 bytes. */
  digest(index: number): Uint8Array
}

/** @throws JoineryError `MALFORMED` when it is not as long as a blob of `sizeBytes` needs */
export function decodePieceList(bytes: Uint8Array, sizeBytes: number): PieceList {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes > MAX_BLOB_BYTES || bytes.length !== pieceListBytes(sizeBytes))
    throw new JoineryError('MALFORMED', 'a piece list of another length')
  return {
    count: bytes.length / DIGEST_BYTES,
    digest: (index) => bytes.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
  }
}
