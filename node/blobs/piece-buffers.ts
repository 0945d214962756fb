import { PIECE_BYTES } from '../../protocols/piece-list.ts'
import { KEPT_PIECE_BUFFERS } from './limits.ts'

/** Buffers of one piece that are used again: new memory for each would be collected too late, and a copy would take half a gigabyte. */
export class PieceBuffers {
  readonly #free: Uint8Array[] = []

  /** Exactly so long. What is longer than a piece, or much shorter, is made anew. */
  take(bytes: number): Uint8Array {
    // A small file would hold a whole piece's memory while it waits for the disk.
    if (bytes > PIECE_BYTES || bytes <= PIECE_BYTES / 2) return Buffer.allocUnsafeSlow(bytes)
    const whole = this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES)
    return whole.subarray(0, bytes)
  }

  /** Nothing may refer to it any more. */
  giveBack(taken: Uint8Array): void {
    if (taken.buffer.byteLength !== PIECE_BYTES || this.#free.length >= KEPT_PIECE_BUFFERS) return
    this.#free.push(Buffer.from(taken.buffer as ArrayBuffer))
  }
}
