/**
 * Deterministic CBOR (RFC 8949 section 4.2): the only encoding of our wire formats and stored records.
 * Decoding is strict: one value, one encoding. A length is never trusted before the bytes are seen to be there.
 */
import { decode as cborgDecode, encode as cborgEncode, rfc8949EncodeOptions } from 'cborg'
import { JoineryError } from './errors.ts'

export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | CborValue[]
  | { [key: string]: CborValue }

/** Nothing of ours nests deeper; a deeper value is an attack on the stack. */
export const MAX_CBOR_DEPTH = 8

/** Encodes deterministically. Throws a TypeError for `undefined`, functions and other things that CBOR should not carry. */
export function encodeCbor(value: CborValue): Uint8Array {
  return cborgEncode(value, { ...rfc8949EncodeOptions, ignoreUndefinedProperties: true })
}

/**
 * Decodes one deterministic value that fills `bytes` completely.
 *
 * @param maxBytes the limit of the format that calls: longer input is refused unread
 * @throws JoineryError `MALFORMED` with no detail of the input
 */
export function decodeCbor(bytes: Uint8Array, maxBytes: number): CborValue {
  if (bytes.length > maxBytes)
    throw new JoineryError('TOO_LARGE', `${bytes.length} bytes, at most ${maxBytes} are allowed`)
  checkShape(bytes)
  let value: CborValue
  try {
    value = cborgDecode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
      allowBigInt: true,
      rejectDuplicateMapKeys: true
    }) as CborValue
  } catch (cause) {
    throw new JoineryError('MALFORMED', 'not a valid record', { cause })
  }
  if (!sameBytes(encodeCbor(value), bytes)) throw new JoineryError('MALFORMED', 'not the deterministic encoding')
  return value
}

/**
 * Walks the heads without recursion: depth, lengths that run past the end, indefinite lengths, tags and the key `__proto__` are refused. As a text the
 * same word is as good as any other: somebody may call themselves, or a note, so.
 */
function checkShape(bytes: Uint8Array): void {
  /** How many items each open container still waits for. */
  const open: number[] = [1]
  /** And whether it is a map: its keys come first, third and so on, with an even number of items left. */
  const maps: boolean[] = [false]
  let at = 0
  while (open.length > 0) {
    const left = open[open.length - 1] as number
    if (left === 0) {
      open.pop()
      maps.pop()
      continue
    }
    open[open.length - 1] = left - 1
    const head = bytes[at++]
    if (head === undefined) throw malformed('the record is cut short')
    const major = head >> 5
    const info = head & 31
    let argument = info
    if (info >= 24) {
      if (info > 27) throw malformed('indefinite length')
      const width = 1 << (info - 24)
      if (at + width > bytes.length) throw malformed('the record is cut short')
      argument = 0
      for (let i = 0; i < width; i++) argument = argument * 256 + (bytes[at + i] as number)
      at += width
    }
    if (major === 2 || major === 3) {
      if (argument > bytes.length - at) throw malformed('a length runs past the end')
      const isKey = left % 2 === 0 && maps[maps.length - 1] === true
      if (isKey && major === 3 && argument === 9 && isProto(bytes, at)) throw malformed('a reserved name')
      at += argument
    } else if (major === 4 || major === 5) {
      const items = major === 4 ? argument : argument * 2
      if (items > bytes.length - at) throw malformed('a length runs past the end')
      // The first frame is the value itself, so a container at depth 8 makes nine frames.
      if (open.length > MAX_CBOR_DEPTH) throw malformed('nested too deeply')
      open.push(items)
      maps.push(major === 5)
    } else if (major === 6) throw malformed('tags are not used')
  }
  if (at !== bytes.length) throw malformed('bytes after the record')
}

function malformed(why: string): JoineryError {
  return new JoineryError('MALFORMED', why)
}

const PROTO = new TextEncoder().encode('__proto__')

function isProto(bytes: Uint8Array, at: number): boolean {
  return PROTO.every((byte, i) => bytes[at + i] === byte)
}

/** A map, and none of the other values that are objects in JavaScript. */
export function isCborMap(value: CborValue | undefined): value is { [key: string]: CborValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
