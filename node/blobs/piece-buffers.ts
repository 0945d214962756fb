import { PIECE_BYTES } from '../../protocols/piece-list.ts'
import { KEPT_PIECE_BUFFERS, SHARED_PIECE_BUFFERS } from './limits.ts'

/** One buffer for many small files, one after the other. */
interface Shared {
  readonly bytes: Uint8Array
  filled: number
  /** Parts that were taken and not given back. */
  taken: number
}

/**
 * Buffers of one piece that are used again: new memory for each would be collected too late, and a copy would take half a gigabyte. Small files share them; each
 * in memory of its own brought the next collection of the whole heap nearer.
 */
export class PieceBuffers {
  readonly #free: Uint8Array[] = []
  readonly #shared = new Map<ArrayBufferLike, Shared>()
  #filling: Shared | undefined

  /** Exactly so long. What is longer than a piece is made anew. */
  take(bytes: number): Uint8Array {
    if (bytes > PIECE_BYTES) return Buffer.allocUnsafeSlow(bytes)
    if (bytes <= PIECE_BYTES / 2) return this.#part(bytes)
    return this.#whole().subarray(0, bytes)
  }

  /** Nothing may refer to it any more. */
  giveBack(taken: Uint8Array): void {
    const shared = this.#shared.get(taken.buffer)
    if (!shared) {
      if (taken.buffer.byteLength === PIECE_BYTES) this.#keep(taken.buffer)
      return
    }
    shared.taken--
    if (shared.taken > 0) return
    shared.filled = 0
    if (shared === this.#filling) return
    this.#shared.delete(taken.buffer)
    this.#keep(taken.buffer)
  }

  #whole(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES)
  }

  #keep(buffer: ArrayBufferLike): void {
    if (this.#free.length < KEPT_PIECE_BUFFERS) this.#free.push(Buffer.from(buffer as ArrayBuffer))
  }

  #part(bytes: number): Uint8Array {
    let shared = this.#filling
    if (!shared || shared.filled + bytes > PIECE_BYTES) {
      if (this.#shared.size >= SHARED_PIECE_BUFFERS) return Buffer.allocUnsafeSlow(bytes)
      shared = { bytes: this.#whole(), filled: 0, taken: 0 }
      this.#shared.set(shared.bytes.buffer, shared)
      this.#filling = shared
    }
    const part = shared.bytes.subarray(shared.filled, shared.filled + bytes)
    shared.filled += bytes
    shared.taken++
    return part
  }
}
