/** One bit per thing, first thing in the highest bit of the first byte; bits past the end are always 0. */
import { JoineryError } from './errors.ts'

export class Bitfield {
  readonly length: number
  readonly bytes: Uint8Array
  #count: number

  constructor(length: number) {
    this.length = length
    this.bytes = new Uint8Array(Math.ceil(length / 8))
    this.#count = 0
  }

  /** Copies `bytes`. Throws `MALFORMED` unless they are exactly as long as needed, with nothing after the last bit. */
  static from(bytes: Uint8Array, length: number): Bitfield {
    const field = new Bitfield(length)
    if (bytes.length !== field.bytes.length) throw new JoineryError('MALFORMED', 'a bitfield of another length')
    const spare = field.bytes.length * 8 - length
    if (spare > 0 && ((bytes[bytes.length - 1] as number) & ((1 << spare) - 1)) !== 0)
      throw new JoineryError('MALFORMED', 'bits after the end of a bitfield')
    field.bytes.set(bytes)
    for (const byte of bytes) field.#count += ONES[byte] as number
    return field
  }

  /** How many bits are set. */
  get count(): number {
    return this.#count
  }

  get full(): boolean {
    return this.#count === this.length
  }

  has(i: number): boolean {
    return i >= 0 && i < this.length && ((this.bytes[i >> 3] as number) & (0x80 >> (i & 7))) !== 0
  }

  /** True when the bit was not set before. */
  add(i: number): boolean {
    if (i < 0 || i >= this.length || this.has(i)) return false
    this.bytes[i >> 3] = (this.bytes[i >> 3] as number) | (0x80 >> (i & 7))
    this.#count++
    return true
  }

  /** True when the bit was set before. */
  delete(i: number): boolean {
    if (!this.has(i)) return false
    this.bytes[i >> 3] = (this.bytes[i >> 3] as number) & ~(0x80 >> (i & 7))
    this.#count--
    return true
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let at = 0; at < this.bytes.length; at++) {
      const byte = this.bytes[at] as number
      if (byte === 0) continue
      for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) yield at * 8 + bit
    }
  }

  copy(): Bitfield {
    return Bitfield.from(this.bytes, this.length)
  }
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0
  for (let left = byte; left > 0; left >>= 1) ones += left & 1
  return ones
})
