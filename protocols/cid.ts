/**
 * Names of blobs: CIDv1, codec raw, sha2-256, in base32 ("bafkrei…", 59 characters).
 * Every blob has exactly this form, so a name is checked without a table of codecs.
 */
import { JoineryError } from './errors.ts'

/** A blob's name in text. Only `cidOfDigest` and `parseCid` make one. */
export type Cid = string & { readonly __cid: unique symbol }

export const DIGEST_BYTES = 32
/** version 1, codec raw (0x55), hash sha2-256 (0x12), 32 bytes */
const PREFIX = Uint8Array.of(0x01, 0x55, 0x12, 0x20)
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
/** By character code; -1 where it is no digit. A manifest is 75,000 names at every import. */
const DIGITS = new Int8Array(128).fill(-1)
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i
export const CID_CHARACTERS = 1 + Math.ceil(((PREFIX.length + DIGEST_BYTES) * 8) / 5)

/** @param digest 32 bytes of sha2-256 */
export function cidOfDigest(digest: Uint8Array): Cid {
  if (digest.length !== DIGEST_BYTES) throw new JoineryError('MALFORMED', 'a digest has 32 bytes')
  const bytes = new Uint8Array(PREFIX.length + DIGEST_BYTES)
  bytes.set(PREFIX)
  bytes.set(digest, PREFIX.length)
  return textOf(['b'.charCodeAt(0)], bytes) as Cid
}

/** Accepts exactly the form that `cidOfDigest` makes. */
export function parseCid(text: string): Cid {
  return cidOfDigest(digestOfText(text))
}

export function isCid(text: string): text is Cid {
  try {
    return cidOfDigest(digestOfText(text)) === text
  } catch {
    return false
  }
}

/** @returns 32 bytes of sha2-256 */
export function digestOfCid(cid: Cid): Uint8Array {
  return digestOfText(cid)
}

function digestOfText(text: string): Uint8Array {
  if (text.length !== CID_CHARACTERS || text[0] !== 'b') throw new JoineryError('MALFORMED', 'not the name of a blob')
  const bytes = unbase32(text.slice(1))
  for (let i = 0; i < PREFIX.length; i++) {
    if (bytes[i] !== PREFIX[i]) throw new JoineryError('MALFORMED', 'not the name of a blob')
  }
  return bytes.subarray(PREFIX.length)
}

/** Lower-case base32 of RFC 4648 without padding. */
export function base32(bytes: Uint8Array): string {
  return textOf([], bytes)
}

/** Made of character codes: adding one character after another would leave a chain of strings, 1 KB for each name that is kept. */
function textOf(codes: number[], bytes: Uint8Array): string {
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      codes.push(ALPHABET.charCodeAt((value >> bits) & 31))
    }
  }
  if (bits > 0) codes.push(ALPHABET.charCodeAt((value << (5 - bits)) & 31))
  let text = ''
  for (let at = 0; at < codes.length; at += MOST_ARGUMENTS)
    text += String.fromCharCode(...codes.slice(at, at + MOST_ARGUMENTS))
  return text
}

/** Far under what engines allow in one call. */
const MOST_ARGUMENTS = 4096

export function unbase32(text: string): Uint8Array {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8))
  let bits = 0
  let value = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const digit = DIGITS[text.charCodeAt(i)] ?? -1
    if (digit < 0) throw new JoineryError('MALFORMED', 'not base32')
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out[at++] = (value >> bits) & 255
    }
  }
  if ((value & ((1 << bits) - 1)) !== 0) throw new JoineryError('MALFORMED', 'not base32')
  return out
}
