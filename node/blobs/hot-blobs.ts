import type { Cid } from '../../protocols/cid.ts'
import { HOT_BLOB_BYTES, HOT_BYTES } from './limits.ts'

/**
 * Small blobs that were read and verified a moment ago: a class asks for the same pages and the same metadata thirty times, and opening, reading and
 * hashing a file costs more than sending it. The bytes are never written to.
 */
export class HotBlobs {
  readonly #blobs = new Map<Cid, Uint8Array>()
  #bytes = 0

  get(cid: Cid): Uint8Array | undefined {
    const bytes = this.#blobs.get(cid)
    if (bytes) {
      this.#blobs.delete(cid)
      this.#blobs.set(cid, bytes)
    }
    return bytes
  }

  /** @param bytes verified; copied, since they may lie in a buffer that is used again */
  keep(cid: Cid, bytes: Uint8Array): void {
    if (bytes.length > HOT_BLOB_BYTES || this.#blobs.has(cid)) return
    this.#blobs.set(cid, Uint8Array.from(bytes))
    this.#bytes += bytes.length
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#bytes <= HOT_BYTES) break
      this.#blobs.delete(oldest)
      this.#bytes -= length
    }
  }
}
