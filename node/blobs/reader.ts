import { type Cid, cidOfDigest } from '../../protocols/cid.ts'
import type { BlobReader, BlobRef } from '../../protocols/content.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { hasPieceList, PIECE_BYTES, pieceSpan } from '../../protocols/piece-list.ts'
import { sha256 } from '../platform/hash.ts'
import type { Fetcher } from './fetcher.ts'
import { READ_AHEAD_PIECES, SPAN_BYTES } from './limits.ts'
import type { BlobStore } from './store.ts'

const EMPTY = cidOfDigest(sha256(new Uint8Array()))

/** Reads from this device, or through a peer while it is stored here: verified pieces only, in order, the asked ones first. */
export class FetchThroughReader implements BlobReader {
  readonly #store: BlobStore
  readonly #fetcher: Fetcher

  constructor(components: { store: BlobStore; fetcher: Fetcher }) {
    this.#store = components.store
    this.#fetcher = components.fetcher
  }

  hasLocally(cid: Cid): boolean {
    return this.#store.has(cid)
  }

  /** @throws JoineryError `TOO_LARGE`, `BLOB_MISSING` */
  async bytes(ref: BlobRef, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (ref.sizeBytes > maxBytes)
      throw new JoineryError('TOO_LARGE', `${ref.sizeBytes} bytes, at most ${maxBytes} are expected`)
    if (!hasPieceList(ref.sizeBytes)) return this.#small(ref, signal)
    const whole = new Uint8Array(ref.sizeBytes)
    let at = 0
    for await (const span of this.stream(ref, 0, ref.sizeBytes, signal)) {
      whole.set(span, at)
      at += span.length
    }
    return whole
  }

  stream(ref: BlobRef, start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.spans(ref, start, end, signal)
  }

  /** As `stream`. @param buffer of 256 KiB that spans may share: each is valid until the next is asked for */
  async *spans(
    ref: BlobRef,
    start: number,
    end: number,
    signal?: AbortSignal,
    buffer?: Uint8Array
  ): AsyncGenerator<Uint8Array> {
    if (start < 0 || end > ref.sizeBytes) throw new JoineryError('BAD_REQUEST', 'a span outside the blob')
    // Nothing is fetched for it, so its name is checked here.
    if (ref.sizeBytes === 0 && ref.cid !== EMPTY)
      throw new JoineryError('BLOB_MISSING', 'not the name of an empty file')
    let at = start
    while (at < end) {
      signal?.throwIfAborted()
      if (this.#store.has(ref.cid)) {
        try {
          for await (const span of this.#store.readSpans(ref.cid, at, end, buffer)) {
            signal?.throwIfAborted()
            yield span
            at += span.length
          }
          return
        } catch (error) {
          // Damaged or evicted while it was read: the rest comes from a peer.
          if (!hasCode(error, 'BLOB_ROTTEN') && !hasCode(error, 'BLOB_MISSING')) throw error
          if (this.#store.has(ref.cid)) throw error
          continue
        }
      }
      const piece = hasPieceList(ref.sizeBytes) ? Math.floor(at / PIECE_BYTES) : 0
      const span = pieceSpan(ref.sizeBytes, piece)
      const bytes = await this.#piece(ref, piece, Math.min(end, ref.sizeBytes), signal)
      const until = Math.min(end, span.end)
      for (; at < until; at += SPAN_BYTES)
        yield bytes.subarray(at - span.start, Math.min(at + SPAN_BYTES, until) - span.start)
      at = until
    }
  }

  async #small(ref: BlobRef, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#store.has(ref.cid)) {
      try {
        return await this.#store.readSmall(ref.cid)
      } catch (error) {
        if (!hasCode(error, 'BLOB_ROTTEN') && !hasCode(error, 'BLOB_MISSING')) throw error
      }
    }
    return this.#fetcher.piece(ref, 0, signal)
  }

  /** Asks for the next pieces too, so that the peer is not idle while the visitor takes this one. */
  async #piece(ref: BlobRef, piece: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = this.#fetcher.piece(ref, piece, signal)
    const last = hasPieceList(ref.sizeBytes) ? Math.ceil(end / PIECE_BYTES) : 1
    for (let next = piece + 1; next < Math.min(last, piece + 1 + READ_AHEAD_PIECES); next++)
      this.#fetcher.readAhead(ref, next, signal)
    return bytes
  }
}
