/**
 * Reads and writes deterministic CBOR piece by piece over one buffer, where decoding to values would cost too much: a manifest
 * of 75,000 lines is looked through at every start. The same encoding as `cbor.ts`, and as strict.
 */
import { type CborValue, decodeCbor, MAX_CBOR_DEPTH } from './cbor.ts'
import { JoineryError } from './errors.ts'

export const MAJOR = { unsigned: 0, bytes: 2, text: 3, array: 4, map: 5 } as const
const NULL = 0xf6

export class CborCursor {
  readonly bytes: Uint8Array
  at: number
  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** The argument of a head of this major type: a number, or a length that is known to be there where it counts bytes. */
  head(major: number): number {
    const first = this.bytes[this.at]
    if (first === undefined || first >> 5 !== major) throw malformed()
    const argument = this.#argument(first & 31)
    if ((major === MAJOR.bytes || major === MAJOR.text) && argument > this.bytes.length - this.at) throw malformed()
    return argument
  }

  /** Starts at the first byte of the head. */
  #argument(info: number): number {
    this.at++
    if (info < 24) return info
    if (info > 27) throw malformed()
    const width = 1 << (info - 24)
    if (this.at + width > this.bytes.length) throw malformed()
    let argument = 0
    for (let i = 0; i < width; i++) argument = argument * 256 + (this.bytes[this.at + i] as number)
    // Shortest form only.
    if (argument < (width === 1 ? 24 : 2 ** (4 * width)) || argument > Number.MAX_SAFE_INTEGER) throw malformed()
    this.at += width
    return argument
  }

  /** An array of exactly, or of at least and at most, so many items. */
  array(least: number, most = least): number {
    const items = this.head(MAJOR.array)
    if (items < least || items > most) throw malformed()
    return items
  }

  unsigned(least: number, most: number): number {
    const value = this.head(MAJOR.unsigned)
    if (value < least || value > most) throw malformed()
    return value
  }

  /** A view of a byte string of exactly this length. */
  fixedBytes(length: number): Uint8Array {
    if (this.head(MAJOR.bytes) !== length) throw malformed()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** A view of a text's UTF-8 bytes; not yet known to be UTF-8. */
  textBytes(maxBytes: number): Uint8Array {
    const length = this.head(MAJOR.text)
    if (length > maxBytes) throw malformed()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  null(): undefined {
    if (this.bytes[this.at] !== NULL) throw malformed()
    this.at++
  }

  /** Passes over a map and returns its bytes. What is in it is as `decodeCbor` wants it once `valueOfMap` has accepted it. */
  mapBytes(maxBytes: number): Uint8Array {
    const start = this.at
    /** Items that are still to come, by depth. */
    const open: number[] = [2 * this.head(MAJOR.map)]
    while (open.length > 0) {
      const left = open.pop() as number
      if (left === 0) continue
      open.push(left - 1)
      const first = this.bytes[this.at]
      if (first === undefined || this.at - start > maxBytes) throw malformed()
      const major = first >> 5
      const argument = this.#argumentOfAny(major, first & 31)
      if (major === MAJOR.bytes || major === MAJOR.text) this.at += argument
      else if (major === MAJOR.array || major === MAJOR.map) open.push(major === MAJOR.map ? 2 * argument : argument)
      if (open.length > MAX_CBOR_DEPTH || this.at > this.bytes.length) throw malformed()
    }
    if (this.at - start > maxBytes) throw malformed()
    return this.bytes.subarray(start, this.at)
  }

  /** Floats and big numbers have arguments that are no lengths; `decodeCbor` looks at those. */
  #argumentOfAny(major: number, info: number): number {
    if (major !== 7 && major !== 0 && major !== 1) return this.#argument(info)
    if (info > 27) throw malformed()
    this.at += 1 + (info < 24 ? 0 : 1 << (info - 24))
    return 0
  }
}

/** Decodes and checks what `CborCursor.mapBytes` passed over. */
export function valueOfMap(bytes: Uint8Array, maxBytes: number): { [key: string]: CborValue } {
  return decodeCbor(bytes, maxBytes) as { [key: string]: CborValue }
}

/** Grows as it is written to. */
export class CborWriter {
  #bytes: Uint8Array
  #at = 0
  constructor(sizeBytes = 256) {
    this.#bytes = new Uint8Array(sizeBytes)
  }

  get length(): number {
    return this.#at
  }

  head(major: number, argument: number): void {
    this.#reserve(9)
    const width = argument < 24 ? 0 : argument < 2 ** 8 ? 1 : argument < 2 ** 16 ? 2 : argument < 2 ** 32 ? 4 : 8
    if (width === 0) {
      this.#bytes[this.#at++] = (major << 5) | argument
      return
    }
    this.#bytes[this.#at++] = (major << 5) | (24 + Math.log2(width))
    let rest = argument
    for (let i = width - 1; i >= 0; i--) {
      this.#bytes[this.#at + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    this.#at += width
  }

  byteString(bytes: Uint8Array): void {
    this.head(MAJOR.bytes, bytes.length)
    this.raw(bytes)
  }

  text(utf8: Uint8Array): void {
    this.head(MAJOR.text, utf8.length)
    this.raw(utf8)
  }

  null(): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = NULL
  }

  /** What is encoded already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** A copy of what was written; what is written next begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#at)
    this.#at = 0
    return taken
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + more))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a valid record')
}
