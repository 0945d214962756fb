/**
 * Which paths a collection may hold. The rule is checked where a path enters (an import) and again where it comes from another device
 * (a manifest), so that nothing behind it has to think of `..`.
 */

/** What file systems allow for one name (ext4, NTFS, exFAT; in UTF-8 bytes, so that no copy fails on ext4). */
export const MAX_PART_BYTES = 255
/** Long enough for every mirrored site that was tried; a fourth of what Linux allows for a path, so that a folder fits in front. */
export const MAX_PATH_BYTES = 1024
/** Deep enough for a package inside a mirrored site; a bound for code that walks. */
export const MAX_PATH_PARTS = 32
/** A collection's name is part of addresses. */
const COLLECTION = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/

export function isCollectionName(name: string): boolean {
  return COLLECTION.test(name)
}

/**
 * Control characters (also those of C1), the line separators, marks that turn the direction of text round and so hide a file's real
 * ending, and what no text should hold: U+FEFF, U+FFFD (a broken file name), halves of surrogate pairs.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd\\]|\p{Surrogate}/u

/** Why `path` may not stand in a collection, in words that fit behind its name; undefined when it may. */
export function pathFault(path: string): string | undefined {
  if (path.length === 0) return 'is empty'
  if (path.length > MAX_PATH_BYTES || utf8Bytes(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`
  if (FORBIDDEN.test(path)) return 'holds a control character, a backslash or a broken character'
  if (path.normalize('NFC') !== path) return 'is not in normal form (NFC)'
  const parts = path.split('/')
  if (parts.length > MAX_PATH_PARTS) return `has more than ${MAX_PATH_PARTS} folders`
  for (const part of parts) {
    if (part === '') return 'has an empty part'
    if (part === '.' || part === '..') return 'points out of its folder'
    // No record of ours may hold this text (see cbor.ts).
    if (part === '__proto__') return 'is reserved'
    if (utf8Bytes(part) > MAX_PART_BYTES) return `has a name of more than ${MAX_PART_BYTES} bytes`
  }
  return undefined
}

/** Two paths with one key cannot lie beside each other on Windows, macOS or a FAT stick. */
export function caseKey(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC')
}

/** Byte order of the UTF-8 texts, which JavaScript's own order of strings is not beyond U+FFFF. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates (code points over U+FFFF) sort after U+E000 … U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

function utf8Bytes(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (unit >= 0xd800 && unit < 0xdc00) {
      bytes += 4
      i++
    } else bytes += 3
  }
  return bytes
}
