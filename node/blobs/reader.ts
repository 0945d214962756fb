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
    let aheadOf = -1
    while (at < end) {
      signal?.throwIfAborted()
      if (this.#store.has(ref.cid)) {
        try {
          for await (const span of this.#store.readSpans(ref.cid, at, end, { buffer })) {
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
      const coming = this.#fetcher.piece(ref, piece, signal)
      // Asked for after what is needed now, so that the peer is not idle while the visitor takes it.
      if (aheadOf !== piece) this.#askAhead(ref, piece, end, signal)
      aheadOf = piece
      const bytes = await coming
      if (!bytes) {
        const span = await this.#partSpan(ref, at, end, buffer)
        if (span) yield span
        at += span?.length ?? 0
        continue
      }
      const whole = pieceSpan(ref.sizeBytes, piece)
      const until = Math.min(end, whole.end)
      for (; at < until; at += SPAN_BYTES)
        yield bytes.subarray(at - whole.start, Math.min(at + SPAN_BYTES, until) - whole.start)
      at = until
    }
  }

  /** Undefined when it is to be looked for again: the blob is complete now, or the piece turned out to be damaged. */
  async #partSpan(ref: BlobRef, at: number, end: number, buffer?: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await this.#store.partial(ref.cid)?.readSpan(at, end, buffer)
    } catch (error) {
      if (!hasCode(error, 'BLOB_ROTTEN')) throw error
      this.#fetcher.damaged(ref.cid, Math.floor(at / PIECE_BYTES))
      return undefined
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
    // Stored meanwhile, when nothing is given.
    return (await this.#fetcher.piece(ref, 0, signal)) ?? this.#small(ref, signal)
  }

  #askAhead(ref: BlobRef, piece: number, end: number, signal?: AbortSignal): void {
    const last = hasPieceList(ref.sizeBytes) ? Math.ceil(end / PIECE_BYTES) : 1
    for (let next = piece + 1; next < Math.min(last, piece + 1 + READ_AHEAD_PIECES); next++)
      this.#fetcher.readAhead(ref, next, signal)
  }
}
