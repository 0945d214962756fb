/**
 * ZIP files, strictly: one central directory that ends where the end record begins, local headers that agree with it, entries that neither
 * overlap nor lie about their size (the source of the overlap rule: D. Fifield, "A better zip bomb", WOOT 2019). Follows APPNOTE 6.3.9,
 * methods stored and deflated, ZIP64. A list of entries costs memory in proportion to its length only; content is streamed.
 */
import { crc32, inflateRawSync } from 'node:zlib'
import type { ImportSource } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { safeEntryName } from './entry-name.ts'
import { InflationMeter, inflate, readExactly, spans } from './inflate.ts'
import { MAX_DIRECTORY_BYTES, MAX_ENTRIES, READ_BYTES } from './limits.ts'

export interface ZipEntry {
  /** Checked by `safeEntryName`. */
  name: string
  kind: 'file' | 'directory'
  sizeBytes: number
  compressedBytes: number
}

interface Located extends ZipEntry {
  method: 0 | 8
  crc: number
  headerAt: number
  rawName: Uint8Array
}

const END_SIGNATURE = 0x06054b50
const END_BYTES = 22
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50
const ZIP64_END_SIGNATURE = 0x06064b50
const CENTRAL_SIGNATURE = 0x02014b50
const CENTRAL_BYTES = 46
const LOCAL_SIGNATURE = 0x04034b50
const LOCAL_BYTES = 30
const FLAG_ENCRYPTED = 0x0001
const FLAG_UTF8 = 0x0800
const SYMLINK_MODE = 0o120000
/** Inflated at one go when smaller: a stream for each of 5,000 small files costs more than the files. */
const SMALL_BYTES = READ_BYTES

export class ZipArchive {
  readonly entries: readonly ZipEntry[]
  readonly #located: ReadonlyMap<string, Located>
  readonly #source: ImportSource
  readonly #dataEnd: number
  readonly #meter: InflationMeter

  constructor(source: ImportSource, located: readonly Located[], dataEnd: number) {
    this.#source = source
    this.#located = new Map(located.map((entry) => [entry.name, entry]))
    this.#dataEnd = dataEnd
    this.#meter = new InflationMeter(source)
    this.entries = located
  }

  /**
   * An entry's content, checked against its size and CRC-32 when it is read to the end.
   *
   * @throws JoineryError ARCHIVE_BROKEN, ARCHIVE_UNSAFE, NOT_FOUND
   */
  async *read(name: string): AsyncGenerator<Uint8Array> {
    const entry = this.#located.get(name)
    if (!entry) throw new JoineryError('NOT_FOUND', `${this.#source.path}: has no ${name}`)
    const start = await this.#dataStart(entry)
    let size = 0
    let crc = 0
    for await (const bytes of this.#content(entry, start)) {
      size += bytes.length
      if (size > entry.sizeBytes) throw broken(this.#source, `${name} is larger than it says`)
      crc = crc32(bytes, crc)
      yield bytes
    }
    if (size !== entry.sizeBytes) throw broken(this.#source, `${name} is smaller than it says`)
    if (crc !== entry.crc) throw broken(this.#source, `${name} is damaged`)
  }

  /** A small entry as a whole. */
  async bytes(name: string, maxBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let size = 0
    for await (const part of this.read(name)) {
      size += part.length
      if (size > maxBytes) {
        throw new JoineryError('ARCHIVE_TOO_LARGE', `${this.#source.path}: ${name} is larger than ${maxBytes} bytes`)
      }
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  async *#content(entry: Located, start: number): AsyncGenerator<Uint8Array> {
    const end = start + entry.compressedBytes
    if (entry.method === 0) {
      this.#meter.add(entry.sizeBytes)
      yield* spans(this.#source, start, end)
    } else if (entry.compressedBytes <= SMALL_BYTES && entry.sizeBytes <= SMALL_BYTES) {
      yield inflateSmall(this.#source, entry, await readExactly(this.#source, start, entry.compressedBytes))
      this.#meter.add(entry.sizeBytes)
    } else {
      yield* inflate('raw', this.#source, start, end, this.#meter)
    }
  }

  /** The local header must say what the list says: readers differ in which of the two they believe. */
  async #dataStart(entry: Located): Promise<number> {
    const header = view(await readExactly(this.#source, entry.headerAt, LOCAL_BYTES + entry.rawName.length))
    const agrees =
      header.getUint32(0, true) === LOCAL_SIGNATURE &&
      header.getUint16(8, true) === entry.method &&
      header.getUint16(26, true) === entry.rawName.length &&
      Buffer.compare(bytesOf(header).subarray(LOCAL_BYTES), entry.rawName) === 0
    if (!agrees) throw broken(this.#source, `${entry.name} is listed otherwise than it is stored`)
    const start = entry.headerAt + LOCAL_BYTES + entry.rawName.length + header.getUint16(28, true)
    if (start + entry.compressedBytes > this.#dataEnd) throw broken(this.#source, `${entry.name} runs into the list`)
    return start
  }
}

/** @throws JoineryError ARCHIVE_BROKEN, ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE */
export async function openZip(source: ImportSource): Promise<ZipArchive> {
  const directory = await findDirectory(source)
  const entries = await listEntries(source, directory)
  checkOverlaps(source, entries, directory.offset)
  return new ZipArchive(source, entries, directory.offset)
}

interface Directory {
  offset: number
  sizeBytes: number
  entries: number
}

async function findDirectory(source: ImportSource): Promise<Directory> {
  const tailBytes = Math.min(source.sizeBytes, END_BYTES + 0xffff)
  const tailAt = source.sizeBytes - tailBytes
  const tail = view(await readExactly(source, tailAt, tailBytes))
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tailBytes) continue
    return checkDirectory(source, await readEnd(source, tail, tailAt, at))
  }
  throw broken(source, 'not a ZIP file, or its end is missing')
}

async function readEnd(
  source: ImportSource,
  tail: DataView,
  tailAt: number,
  at: number
): Promise<Directory & { endAt: number }> {
  if (tail.getUint16(at + 4, true) !== tail.getUint16(at + 6, true))
    throw broken(source, 'is a part of a split archive')
  const end = {
    entries: tail.getUint16(at + 10, true),
    sizeBytes: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
    endAt: tailAt + at
  }
  const needs64 = end.entries === 0xffff || end.sizeBytes === 0xffffffff || end.offset === 0xffffffff
  if (!needs64 || tailAt + at < 20) return end
  const locator = view(await readExactly(source, tailAt + at - 20, 20))
  if (locator.getUint32(0, true) !== ZIP64_LOCATOR_SIGNATURE) return end
  const endAt = safeInteger(source, locator.getBigUint64(8, true))
  const record = view(await readExactly(source, endAt, 56))
  if (record.getUint32(0, true) !== ZIP64_END_SIGNATURE) throw broken(source, 'its end does not fit together')
  return {
    entries: safeInteger(source, record.getBigUint64(32, true)),
    sizeBytes: safeInteger(source, record.getBigUint64(40, true)),
    offset: safeInteger(source, record.getBigUint64(48, true)),
    endAt
  }
}

function checkDirectory(source: ImportSource, found: Directory & { endAt: number }): Directory {
  const { entries, sizeBytes, offset, endAt } = found
  if (offset + sizeBytes > endAt) throw broken(source, 'its list of entries does not fit')
  if (entries > MAX_ENTRIES || sizeBytes > MAX_DIRECTORY_BYTES) throw tooLarge(source)
  return { entries, sizeBytes, offset }
}

async function listEntries(source: ImportSource, directory: Directory): Promise<Located[]> {
  const entries: Located[] = []
  const names = new Set<string>()
  const end = directory.offset + directory.sizeBytes
  let window = new Uint8Array(0)
  let windowAt = directory.offset
  for (let at = directory.offset; at < end; ) {
    // Longest possible record: 46 bytes and three lengths of 16 bits.
    const need = Math.min(CENTRAL_BYTES + 3 * 0xffff, end - at)
    if (at + need > windowAt + window.length) {
      windowAt = at
      window = new Uint8Array(await readExactly(source, at, Math.min(Math.max(need, 4 * READ_BYTES), end - at)))
    }
    const { entry, length } = readCentral(source, window.subarray(at - windowAt))
    if (names.has(entry.name)) {
      throw new JoineryError('ARCHIVE_UNSAFE', `${source.path}: has two entries named ${JSON.stringify(entry.name)}`)
    }
    names.add(entry.name)
    entries.push(entry)
    if (entries.length > directory.entries) break
    at += length
  }
  if (entries.length !== directory.entries) throw broken(source, 'has more or fewer entries than it says')
  return entries
}

function readCentral(source: ImportSource, bytes: Uint8Array): { entry: Located; length: number } {
  const record = view(bytes)
  if (record.byteLength < CENTRAL_BYTES || record.getUint32(0, true) !== CENTRAL_SIGNATURE) {
    throw broken(source, 'its list of entries is damaged')
  }
  const nameBytes = record.getUint16(28, true)
  const extraBytes = record.getUint16(30, true)
  const length = CENTRAL_BYTES + nameBytes + extraBytes + record.getUint16(32, true)
  if (length > record.byteLength) throw broken(source, 'its list of entries is damaged')
  const rawName = bytes.slice(CENTRAL_BYTES, CENTRAL_BYTES + nameBytes)
  const flags = record.getUint16(8, true)
  const method = record.getUint16(10, true)
  const rawText = decodeName(rawName, (flags & FLAG_UTF8) !== 0)
  const name = safeEntryName(rawText, source.path)
  const sizes = {
    sizeBytes: record.getUint32(24, true),
    compressedBytes: record.getUint32(20, true),
    headerAt: record.getUint32(42, true)
  }
  applyZip64(source, sizes, bytes.subarray(CENTRAL_BYTES + nameBytes, CENTRAL_BYTES + nameBytes + extraBytes))
  if (name === '') throw broken(source, 'has an entry without a name')
  if (flags & FLAG_ENCRYPTED) throw new JoineryError('ARCHIVE_UNSAFE', `${source.path}: ${name} is encrypted`)
  if (method !== 0 && method !== 8) throw broken(source, `${name} is packed in a way that nobody else reads`)
  if (method === 0 && sizes.sizeBytes !== sizes.compressedBytes) throw broken(source, `${name} lies about its size`)
  // The upper half is the mode where the entry was made on Unix; elsewhere it is zero.
  if (((record.getUint32(38, true) >>> 16) & 0o170000) === SYMLINK_MODE) {
    throw new JoineryError('ARCHIVE_UNSAFE', `${source.path}: ${name} is a link`)
  }
  const kind = rawText.endsWith('/') ? 'directory' : 'file'
  return { entry: { name, kind, method, crc: record.getUint32(16, true), rawName, ...sizes }, length }
}

interface Sizes {
  sizeBytes: number
  compressedBytes: number
  headerAt: number
}

/** Extra field 1 holds, in this order, the values that did not fit into 32 bits. */
function applyZip64(source: ImportSource, sizes: Sizes, extra: Uint8Array): void {
  const fields = view(extra)
  for (let at = 0; at + 4 <= fields.byteLength; ) {
    const length = fields.getUint16(at + 2, true)
    if (at + 4 + length > fields.byteLength) break
    if (fields.getUint16(at, true) === 1) {
      let next = at + 4
      for (const key of ['sizeBytes', 'compressedBytes', 'headerAt'] as const) {
        if (sizes[key] !== 0xffffffff) continue
        if (next + 8 > at + 4 + length) throw broken(source, 'a large entry has no size')
        sizes[key] = safeInteger(source, fields.getBigUint64(next, true))
        next += 8
      }
    }
    at += 4 + length
  }
}

/** Two entries that share bytes are how a small file unpacks to petabytes. */
function checkOverlaps(source: ImportSource, entries: readonly Located[], dataEnd: number): void {
  const inOrder = [...entries].sort((a, b) => a.headerAt - b.headerAt)
  let end = 0
  for (const entry of inOrder) {
    if (entry.headerAt < end) {
      throw new JoineryError('ARCHIVE_UNSAFE', `${source.path}: ${entry.name} overlaps with another entry`)
    }
    end = entry.headerAt + LOCAL_BYTES + entry.rawName.length + entry.compressedBytes
    if (end > dataEnd) throw broken(source, `${entry.name} runs into the list`)
  }
}

function inflateSmall(source: ImportSource, entry: Located, packed: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.sizeBytes) })
  } catch (error) {
    throw new JoineryError('ARCHIVE_BROKEN', `${source.path}: ${entry.name} is damaged`, { cause: error })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const latin1 = new TextDecoder('latin1')

/** Without the flag the encoding is unknown: UTF-8 where it is valid, which is what today's tools write, else Latin-1. */
function decodeName(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return isUtf8 ? '\ufffd' : latin1.decode(bytes)
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function bytesOf(data: DataView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function safeInteger(source: ImportSource, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken(source, 'has an impossible size')
  return Number(value)
}

function broken(source: ImportSource, why: string): JoineryError {
  return new JoineryError('ARCHIVE_BROKEN', `${source.path}: ${why}`)
}

function tooLarge(source: ImportSource): JoineryError {
  return new JoineryError('ARCHIVE_TOO_LARGE', `${source.path}: has more than ${MAX_ENTRIES} entries`)
}
