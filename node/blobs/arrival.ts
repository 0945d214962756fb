import type { NodeId } from '../../protocols/message-stream.ts'

/** Who sent the bytes up to `end`, from where the sender before ended. */
export interface Sender {
  peer: NodeId
  end: number
}

/** The bytes of a piece as they come, in order. A source asks for what is missing and adds it; what came before a transfer broke off is there already. */
export class Arrival {
  /** As long as the piece. */
  readonly bytes: Uint8Array
  #filled: number
  #over = false

  constructor(bytes: Uint8Array, filled = 0) {
    this.bytes = bytes
    this.#filled = filled
  }

  get filled(): number {
    return this.#filled
  }

  /** Where the next bytes go. */
  get missing(): Uint8Array {
    return this.bytes.subarray(this.#filled)
  }

  get full(): boolean {
    return this.#filled === this.bytes.length
  }

  /** So many were written at the beginning of `missing`. */
  came(bytes: number): void {
    if (!this.#over) this.#filled += bytes
  }

  /** @returns false when it is more than is missing, or when nobody wants it any more */
  add(part: Uint8Array): boolean {
    if (this.#over || part.length > this.bytes.length - this.#filled) return false
    this.bytes.set(part, this.#filled)
    this.#filled += part.length
    return true
  }

  /** The transfer was given up: nothing is added any more. */
  end(): void {
    this.#over = true
  }
}
