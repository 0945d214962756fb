/**
 * Reads LevelDB's table files (`*.ldb`) with their checksums, which LevelDB itself does not look at when it reads: after one flipped bit its C++
 * aborts the whole process or hands out what it finds. Format: doc/table_format.md of google/leveldb. Pure: bytes in, records out.
 */
import { sameBytes } from '../../protocols/cbor.ts'

const FOOTER_BYTES = 48
const MAGIC = 0xdb4775248b80fb57n
/** Type of compression and CRC-32C behind each block. */
const TRAILER_BYTES = 5
/** Sequence number and type behind each key. */
const KEY_SUFFIX_BYTES = 8
const IS_VALUE = 1
/** Blocks are some 4 KiB; one value of ours has at most 16 MiB. */
const MAX_BLOCK_BYTES = 64 * 2 ** 20

export interface TableContent {
  /** Every checksum was right. */
  sound: boolean
  /** The newest value of each key, from blocks whose checksum is right. */
  records(): Iterable<[key: Uint8Array, value: Uint8Array]>
}

interface Handle {
  offset: number
  size: number
}

/** @param file all of a table file */
export function readTable(file: Uint8Array): TableContent {
  const { handles, sound } = findBlocks(file)
  const whole = handles.filter((handle) => isWhole(file, handle))
  return {
    sound: sound && whole.length === handles.length,
    *records() {
      let before = new Uint8Array()
      for (const handle of whole) {
        for (const [found, value] of entriesOf(contentOf(file, handle))) {
          if (found.length < KEY_SUFFIX_BYTES) continue
          const key = found.slice(0, -KEY_SUFFIX_BYTES)
          // The newest version of a key comes first, and a deletion hides what is older.
          if (sameBytes(key, before)) continue
          before = key
          if (found[found.length - KEY_SUFFIX_BYTES] === IS_VALUE) yield [key, value]
        }
      }
    }
  }
}

/** Where the blocks of values are; nobody knows when the footer or the index is spoiled. */
function findBlocks(file: Uint8Array): { handles: Handle[]; sound: boolean } {
  if (file.length < FOOTER_BYTES) return { handles: [], sound: false }
  const footer = new Reader(file.subarray(-FOOTER_BYTES))
  const meta = footer.handle()
  const index = footer.handle()
  const magic = new DataView(file.buffer, file.byteOffset + file.length - 8, 8).getBigUint64(0, true)
  const handles = index && handlesIn(file, index)
  // The filter: a wrong one hides keys that are there.
  const filters = meta && handlesIn(file, meta)
  const sound = magic === MAGIC && filters?.every((filter) => isWhole(file, filter)) === true
  return handles ? { handles, sound } : { handles: [], sound: false }
}

/** The handles that the values of a block are, or undefined when it is spoiled. */
function handlesIn(file: Uint8Array, block: Handle): Handle[] | undefined {
  if (!isWhole(file, block)) return undefined
  const handles: Handle[] = []
  for (const [, value] of entriesOf(contentOf(file, block))) {
    const handle = new Reader(value).handle()
    if (!handle) return undefined
    handles.push(handle)
  }
  return handles
}

/** Whether the block has the checksum that it had when it was written. */
function isWhole(file: Uint8Array, { offset, size }: Handle): boolean {
  const end = offset + size
  if (end + TRAILER_BYTES > file.length) return false
  const stored = new DataView(file.buffer, file.byteOffset + end + 1, 4).getUint32(0, true)
  return masked(crc32c(file, offset, end + 1)) === stored
}

/** Of a block that is whole; empty when it is packed in a way that we do not know. */
function contentOf(file: Uint8Array, { offset, size }: Handle): Uint8Array {
  const content = file.subarray(offset, offset + size)
  const compression = file[offset + size]
  if (compression === 0) return content
  return (compression === 1 ? unsnappy(content) : undefined) ?? new Uint8Array()
}

/** Keys share beginnings; the array of restarts at the end is not needed to read in order. */
function* entriesOf(block: Uint8Array): Iterable<[Uint8Array, Uint8Array]> {
  if (block.length < 4) return
  const restarts = new DataView(block.buffer, block.byteOffset + block.length - 4, 4).getUint32(0, true)
  const reader = new Reader(block.subarray(0, Math.max(0, block.length - 4 - restarts * 4)))
  let key = new Uint8Array()
  while (!reader.atEnd) {
    const shared = reader.varint()
    const added = reader.varint()
    const length = reader.varint()
    if (shared === undefined || added === undefined || length === undefined || shared > key.length) return
    const delta = reader.take(added)
    const value = reader.take(length)
    if (!delta || !value) return
    const next = new Uint8Array(shared + added)
    next.set(key.subarray(0, shared))
    next.set(delta, shared)
    key = next
    yield [key, value]
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number | undefined {
    return this.#bytes[this.#at++]
  }

  varint(): number | undefined {
    let value = 0
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.byte()
      if (byte === undefined) return undefined
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    return undefined
  }

  take(length: number): Uint8Array | undefined {
    if (length > this.#bytes.length - this.#at) return undefined
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  handle(): Handle | undefined {
    const offset = this.varint()
    const size = this.varint()
    return offset === undefined || size === undefined ? undefined : { offset, size }
  }
}

/** Snappy's block format (format_description.txt of google/snappy). */
function unsnappy(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(bytes)
  const length = reader.varint()
  if (length === undefined || length > MAX_BLOCK_BYTES) return undefined
  const out = new Uint8Array(length)
  let at = 0
  while (!reader.atEnd) {
    const tag = reader.byte() ?? 0
    let size = tag >> 2
    if ((tag & 3) === 0) {
      if (size >= 60) size = little(reader, size - 59)
      const literal = reader.take(size + 1)
      if (!literal || at + literal.length > length) return undefined
      out.set(literal, at)
      at += literal.length
      continue
    }
    const short = (tag & 3) === 1
    const offset = short ? ((tag >> 5) << 8) | little(reader, 1) : little(reader, (tag & 3) === 2 ? 2 : 4)
    size = short ? 4 + (size & 7) : size + 1
    if (offset === 0 || offset > at || at + size > length) return undefined
    // Byte by byte: a copy may run into itself.
    for (let i = 0; i < size; i++, at++) out[at] = out[at - offset] as number
  }
  return at === length ? out : undefined
}

function little(reader: Reader, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value += (reader.byte() ?? 0) * 256 ** i
  return value
}

const TABLES = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)] as const
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  TABLES[0][i] = crc
}
for (let i = 0; i < 256; i++) {
  for (const k of [1, 2, 3] as const) {
    const before = (TABLES[k - 1] as Uint32Array)[i] as number
    TABLES[k][i] = (before >>> 8) ^ (TABLES[0][before & 255] as number)
  }
}

/** Castagnoli, four bytes at a time. */
function crc32c(bytes: Uint8Array, from: number, to: number): number {
  const [t0, t1, t2, t3] = TABLES
  let crc = 0xffffffff
  let i = from
  for (; i + 4 <= to; i += 4) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    crc =
      (t3[crc & 255] as number) ^
      (t2[(crc >>> 8) & 255] as number) ^
      (t1[(crc >>> 16) & 255] as number) ^
      (t0[crc >>> 24] as number)
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[i] as number)) & 255] as number)
  return (crc ^ 0xffffffff) >>> 0
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
