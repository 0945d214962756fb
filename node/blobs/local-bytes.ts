import type { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { PIECE_BYTES, pieceSpan } from '../../protocols/piece-list.ts'
import { SPAN_BYTES } from './limits.ts'
import type { PartialBlob } from './partial-blob.ts'
import type { BlobStore } from './store.ts'

/** What this device can give of a blob without asking anybody. */
export type LocalBytes =
  | { kind: 'bytes'; spans: AsyncIterable<Uint8Array> }
  | { kind: 'missing'; have: Bitfield | undefined }

/**
 * Verified bytes `start` ≤ i < `end`, of a complete blob or of the pieces of one that is being fetched.
 *
 * @param buffer of 256 KiB or of a whole piece that the spans share: each is valid until the next is asked for
 */
export function localBytes(store: BlobStore, cid: Cid, start: number, end: number, buffer?: Uint8Array): LocalBytes {
  const sizeBytes = store.sizeOf(cid)
  if (sizeBytes !== undefined) {
    if (end > sizeBytes) return { kind: 'missing', have: undefined }
    return { kind: 'bytes', spans: store.readSpans(cid, start, end, { buffer }) }
  }
  const partial = store.partial(cid)
  if (!partial || end > partial.ref.sizeBytes || !hasPieces(partial, start, end))
    return { kind: 'missing', have: partial?.bits }
  return { kind: 'bytes', spans: partialSpans(store, cid, { start, end }, buffer) }
}

function hasPieces({ ref, bits }: PartialBlob, start: number, end: number): boolean {
  for (let index = 0; index < bits.length; index++) {
    const span = pieceSpan(ref.sizeBytes, index)
    if (span.start < end && span.end > start && !bits.has(index)) return false
  }
  return true
}

/** @throws JoineryError `BLOB_ROTTEN`, or `BLOB_MISSING` when the file was put aside while it was read */
async function* partialSpans(
  store: BlobStore,
  cid: Cid,
  { start, end }: { start: number; end: number },
  buffer: Uint8Array | undefined
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    // It was completed meanwhile: the partial file is closed then.
    if (store.has(cid)) return yield* store.readSpans(cid, at, end, { buffer })
    // Or nobody fetches it any more, and it is closed as well.
    const partial = store.partial(cid)
    if (!partial?.bits.has(Math.floor(at / PIECE_BYTES))) throw new JoineryError('BLOB_MISSING', 'no longer here')
    const span = await partial.readSpan(at, end, buffer)
    at += span.length
    for (let sent = 0; sent < span.length; sent += SPAN_BYTES) yield span.subarray(sent, sent + SPAN_BYTES)
  }
}
