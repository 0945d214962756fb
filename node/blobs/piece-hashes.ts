import { PIECE_BYTES } from '../../protocols/piece-list.ts'
import { sha256Hasher } from '../platform/hash.ts'

/** The digests of pieces of a stream whose parts end anywhere. */
export class PieceHashes {
  readonly #digests: Uint8Array[] = []
  #hasher = sha256Hasher()
  #filled = 0

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = Math.min(PIECE_BYTES - this.#filled, bytes.length - at)
      this.#hasher.update(bytes.subarray(at, at + taken))
      at += taken
      this.#filled += taken
      if (this.#filled === PIECE_BYTES) this.#end()
    }
  }

  digests(): Uint8Array[] {
    if (this.#filled > 0) this.#end()
    return this.#digests
  }

  #end(): void {
    this.#digests.push(this.#hasher.digest())
    this.#hasher = sha256Hasher()
    this.#filled = 0
  }
}
