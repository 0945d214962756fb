/**
 * One shard of a manifest (the format is in `manifest.ts`). It stays the bytes that it came as: lines are found by bisection
 * over their offsets and decoded when somebody asks, so that 75,000 lines cost their bytes and four more each.
 */
import { type CborValue, encodeCbor, sameBytes } from './cbor.ts'
import { CborCursor, CborWriter, MAJOR, valueOfMap } from './cbor-cursor.ts'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from './cid.ts'
import type { BlobRef } from './content.ts'
import { MAX_PATH_BYTES, pathFault } from './content-path.ts'
import { JoineryError } from './errors.ts'
import {
  AUTHOR_BYTES,
  type Author,
  authorBytes,
  authorOf,
  MANIFEST_VERSION,
  MAX_LAMPORT,
  MAX_SHARD_BYTES,
  MAX_SHARD_LINES,
  MEAN_SHARD_LINES
} from './manifest.ts'
import { hasPieceList, MAX_BLOB_BYTES } from './piece-list.ts'

/** What an index wants to know of a package; METADATA and DESCRIPTION are attachments or a few of their fields. */
export const MAX_DETAILS_BYTES = 16 * 1024
/** The one that is shown and seven that lost: more devices do not import different bytes for one path while they are apart. */
export const MAX_VERSIONS = 8

/** What one revision said about a path. */
export interface LineVersion {
  lamport: number
  author: Author
  /** Undefined: the path was removed. */
  file: LineFile | undefined
}

export interface LineFile extends BlobRef {
  details: { [key: string]: CborValue }
}

export interface ManifestLine {
  path: string
  /** Never empty; the first is shown, the others lost. */
  versions: LineVersion[]
}

const utf8 = new TextEncoder()
const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Negative when `a` is shown before `b`. */
function compareVersions(a: LineVersion, b: LineVersion): number {
  if (a.lamport !== b.lamport) return b.lamport - a.lamport
  if (!a.file !== !b.file) return a.file ? -1 : 1
  if (a.author !== b.author) return a.author > b.author ? -1 : 1
  // Only a forger or a failing card gets here; the order must still be the same everywhere.
  return compareBytes(encodeVersion(b), encodeVersion(a))
}

/** Puts versions into their order, each once; of more than `MAX_VERSIONS` the last go. */
export function orderVersions(versions: readonly LineVersion[]): LineVersion[] {
  const ordered = [...versions].sort(compareVersions)
  return ordered
    .filter((one, i) => i === 0 || compareVersions(ordered[i - 1] as LineVersion, one) !== 0)
    .slice(0, MAX_VERSIONS)
}

/** @param line with its versions in order */
export function encodeLine(line: ManifestLine): Uint8Array {
  const details = line.versions.map(({ file }) => file && encodeDetails(file.details))
  const writer = lineWriter
  writer.head(MAJOR.array, 1 + line.versions.length)
  writer.text(utf8.encode(line.path))
  line.versions.forEach((version, i) => {
    writeVersion(writer, version, details[i])
  })
  return writer.take()
}

function encodeVersion(version: LineVersion): Uint8Array {
  const details = version.file && encodeDetails(version.file.details)
  writeVersion(lineWriter, version, details)
  return lineWriter.take()
}

/** One for all lines, always taken from before anything can fail. */
const lineWriter = new CborWriter()

const NO_DETAILS: Uint8Array = Uint8Array.of(0xa0)

function writeVersion(writer: CborWriter, { lamport, author, file }: LineVersion, details = NO_DETAILS): void {
  writer.head(MAJOR.array, file ? 6 : 2)
  writer.head(MAJOR.unsigned, lamport)
  writer.byteString(authorBytes(author))
  if (!file) return
  writer.byteString(digestOfCid(file.cid))
  writer.head(MAJOR.unsigned, file.sizeBytes)
  if (file.pieces) writer.byteString(digestOfCid(file.pieces))
  else writer.null()
  writer.raw(details)
}

function encodeDetails(details: LineFile['details']): Uint8Array {
  const bytes = Object.keys(details).length === 0 ? NO_DETAILS : encodeCbor(details)
  if (bytes.length > MAX_DETAILS_BYTES) throw new JoineryError('TOO_LARGE', 'too many details about one file')
  return bytes
}

export class ManifestShard {
  readonly bytes: Uint8Array
  /** Where each line begins, and the end of the last. */
  readonly #offsets: Uint32Array
  /** The newest revision of each author that a version names. */
  readonly #newest: ReadonlyMap<Author, number>
  /** Lines that show bytes, and the sum of their sizes. */
  readonly files: number
  readonly sizeBytes: number
  /** Versions with bytes that are not shown. */
  readonly lostFiles: number

  private constructor(bytes: Uint8Array, offsets: Uint32Array, seen: SeenVersions) {
    this.bytes = bytes
    this.#offsets = offsets
    this.#newest = seen.newest
    this.files = seen.files
    this.sizeBytes = seen.sizeBytes
    this.lostFiles = seen.lostFiles
  }

  /**
   * Checks every byte.
   *
   * @throws JoineryError `MALFORMED` or `TOO_LARGE`
   */
  static decode(bytes: Uint8Array): ManifestShard {
    if (bytes.length > MAX_SHARD_BYTES) throw new JoineryError('TOO_LARGE', 'a shard is longer than is allowed')
    const cursor = new CborCursor(bytes)
    cursor.array(2)
    cursor.unsigned(MANIFEST_VERSION, MANIFEST_VERSION)
    const lines = cursor.array(1, MAX_SHARD_LINES)
    const offsets = new Uint32Array(lines + 1)
    const seen = new SeenVersions()
    let before: Uint8Array | undefined
    for (let i = 0; i < lines; i++) {
      offsets[i] = cursor.at
      const path = checkLine(cursor, seen)
      if (before && compareBytes(before, path) >= 0) throw malformed('lines out of order')
      before = path
    }
    offsets[lines] = cursor.at
    if (cursor.at !== bytes.length) throw malformed('bytes after the shard')
    return new ManifestShard(bytes, offsets, seen)
  }

  /** Whether a manifest with this vector may name it. */
  isKnownTo(vector: ReadonlyMap<Author, number>): boolean {
    for (const [author, lamport] of this.#newest) if ((vector.get(author) ?? 0) < lamport) return false
    return true
  }

  get lines(): number {
    return this.#offsets.length - 1
  }

  /** UTF-8. */
  pathBytes(index: number): Uint8Array {
    const cursor = new CborCursor(this.bytes, this.#offset(index))
    cursor.array(2, 1 + MAX_VERSIONS)
    return cursor.textBytes(MAX_PATH_BYTES)
  }

  line(index: number): ManifestLine {
    const cursor = new CborCursor(this.bytes, this.#offset(index))
    const items = cursor.array(2, 1 + MAX_VERSIONS)
    const path = strictText.decode(cursor.textBytes(MAX_PATH_BYTES))
    const versions: LineVersion[] = []
    for (let i = 1; i < items; i++) versions.push(readVersion(cursor))
    return { path, versions }
  }

  /** The line as it is encoded; the same in every shard. */
  raw(index: number): Uint8Array {
    return this.bytes.subarray(this.#offset(index), this.#offset(index + 1))
  }

  /** Where the first line stands whose path is not before this one; `lines` when there is none. */
  lowerBound(path: Uint8Array): number {
    let low = 0
    let high = this.lines
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBytes(this.pathBytes(middle), path) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #offset(index: number): number {
    const offset = this.#offsets[index]
    if (offset === undefined) throw new RangeError(`no line ${index}`)
    return offset
  }
}

/** @returns the path's bytes */
function checkLine(cursor: CborCursor, seen: SeenVersions): Uint8Array {
  const items = cursor.array(2, 1 + MAX_VERSIONS)
  const path = cursor.textBytes(MAX_PATH_BYTES)
  if (!isPlainPath(path) && pathFault(decodeText(path))) throw malformed('not a path')
  const first = cursor.at
  for (let i = 1; i < items; i++) checkVersion(cursor, seen, i === 1)
  if (items === 2) return path
  cursor.at = first
  let before = readVersion(cursor)
  for (let i = 2; i < items; i++) {
    const version = readVersion(cursor)
    if (compareVersions(before, version) >= 0) throw malformed('versions out of order')
    before = version
  }
  return path
}

/** As strict as `readVersion`, without making what most callers never ask for. */
function checkVersion(cursor: CborCursor, seen: SeenVersions, shown: boolean): void {
  const items = cursor.array(2, 6)
  const lamport = cursor.unsigned(1, MAX_LAMPORT)
  seen.add(cursor.fixedBytes(AUTHOR_BYTES), lamport)
  if (items === 2) return
  if (items !== 6) throw malformed('not a version')
  cursor.fixedBytes(DIGEST_BYTES)
  const sizeBytes = cursor.unsigned(0, MAX_BLOB_BYTES)
  if (hasPieceList(sizeBytes)) cursor.fixedBytes(DIGEST_BYTES)
  else cursor.null()
  if (shown) seen.count(sizeBytes)
  else seen.lostFiles++
  const details = cursor.mapBytes(MAX_DETAILS_BYTES)
  if (details.length > 1) valueOfMap(details, MAX_DETAILS_BYTES)
}

/** What a shard's versions come to. */
class SeenVersions {
  readonly newest = new Map<Author, number>()
  files = 0
  sizeBytes = 0
  lostFiles = 0
  /** Neighbouring versions mostly have the same author. */
  #lastAuthor: Uint8Array = new Uint8Array()
  #lastLamport = 0

  add(author: Uint8Array, lamport: number): void {
    if (lamport <= this.#lastLamport && sameBytes(author, this.#lastAuthor)) return
    const name = authorOf(author)
    const newest = Math.max(lamport, this.newest.get(name) ?? 0)
    this.newest.set(name, newest)
    this.#lastAuthor = author
    this.#lastLamport = newest
  }

  count(sizeBytes: number): void {
    this.files++
    this.sizeBytes += sizeBytes
  }
}

function readVersion(cursor: CborCursor): LineVersion {
  const items = cursor.array(2, 6)
  const lamport = cursor.unsigned(1, MAX_LAMPORT)
  const author = authorOf(cursor.fixedBytes(AUTHOR_BYTES))
  if (items === 2) return { lamport, author, file: undefined }
  if (items !== 6) throw malformed('not a version')
  const cid = cidOfDigest(cursor.fixedBytes(DIGEST_BYTES))
  const sizeBytes = cursor.unsigned(0, MAX_BLOB_BYTES)
  const pieces = hasPieceList(sizeBytes) ? cidOfDigest(cursor.fixedBytes(DIGEST_BYTES)) : cursor.null()
  const map = cursor.mapBytes(MAX_DETAILS_BYTES)
  const details = map.length === 1 ? {} : valueOfMap(map, MAX_DETAILS_BYTES)
  return { lamport, author, file: fileOf(cid, sizeBytes, pieces, details) }
}

function fileOf(cid: Cid, sizeBytes: number, pieces: Cid | undefined, details: LineFile['details']): LineFile {
  return pieces ? { cid, sizeBytes, pieces, details } : { cid, sizeBytes, details }
}

/** True for what nearly all paths are, without making a string: printable ASCII that keeps the rules of `pathFault`. */
function isPlainPath(path: Uint8Array): boolean {
  let partStart = 0
  let parts = 1
  for (let i = 0; i <= path.length; i++) {
    const byte = i < path.length ? (path[i] as number) : 0x2f
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false
    if (byte !== 0x2f) continue
    const length = i - partStart
    if (length === 0 || length > 255) return false
    if (path[partStart] === 0x2e && (length === 1 || (length === 2 && path[partStart + 1] === 0x2e))) return false
    // "__proto__" goes the slow way.
    if (length === 9 && path[partStart] === 0x5f) return false
    partStart = i + 1
    parts++
  }
  return parts <= 32
}

function decodeText(bytes: Uint8Array): string {
  try {
    return strictText.decode(bytes)
  } catch (cause) {
    throw new JoineryError('MALFORMED', 'not a text', { cause })
  }
}

/** Makes shards of lines that come in order. */
export class ShardBuilder {
  readonly #lines: Uint8Array[] = []
  #sizeBytes = 0

  /** True when nothing is open, so that a shard may start here whatever came before. */
  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** @returns the shard that ends before this line, if one does */
  add(path: Uint8Array, line: Uint8Array): Uint8Array | undefined {
    const full = this.#lines.length >= MAX_SHARD_LINES || this.#sizeBytes + line.length > MAX_SHARD_BYTES - HEADS_BYTES
    const ended = full || startsShard(path) ? this.end() : undefined
    this.#lines.push(line)
    this.#sizeBytes += line.length
    return ended
  }

  /** The last shard. */
  end(): Uint8Array | undefined {
    if (this.isEmpty) return undefined
    const writer = new CborWriter(this.#sizeBytes + HEADS_BYTES)
    writer.head(MAJOR.array, 2)
    writer.head(MAJOR.unsigned, MANIFEST_VERSION)
    writer.head(MAJOR.array, this.#lines.length)
    for (const line of this.#lines) writer.raw(line)
    this.#lines.length = 0
    this.#sizeBytes = 0
    return writer.take()
  }
}

/** What surrounds the lines of a shard, at most. */
const HEADS_BYTES = 16

/** FNV-1a over the path, mixed once more (its low bits alone are poor), so that equal paths begin shards everywhere. */
export function startsShard(path: Uint8Array): boolean {
  let hash = 0x811c9dc5
  for (const byte of path) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0 < 2 ** 32 / MEAN_SHARD_LINES
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function malformed(why: string): JoineryError {
  return new JoineryError('MALFORMED', why)
}
