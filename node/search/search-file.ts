/**
 * The text of all pages in one file, in the order of their paths: looked through from the beginning to the end for each question. No index of words: a
 * thousand pages are read from memory of the system in some ten milliseconds, any part of a phrase can be found, and nothing is held in between.
 *
 * `JOINERY SEARCH 1\n`, then records: length of header, of folded text and of shown text (three 32-bit numbers), a CRC-32 of what follows, the header as
 * JSON, both texts as UTF-8 with one space between words. Word n of one text is word n of the other.
 */
import { JoineryError } from '../../protocols/errors.ts'
import type { DiskFile } from '../platform/disk.ts'
import { crc32 } from '../platform/hash.ts'
import './errors.ts'
import { foldWord } from './fold.ts'
import { MAX_RECORD_BYTES, READ_BYTES } from './limits.ts'

export const FILE_BEGINNING = Buffer.from('JOINERY SEARCH 1\n')
const FIXED_BYTES = 16

export interface RecordHeader {
  path: string
  cid: string
  title: string
  /** Index of the first word, address in the page, text. */
  headings: readonly (readonly [at: number, id: string, text: string])[]
}

export interface PageRecord {
  /** Parsed when it is needed: most pages do not have what is looked for. */
  header(): RecordHeader
  /** Views into a buffer that the next record overwrites. */
  folded: Buffer
  shown: Buffer
  /** The record as it stands in the file. */
  bytes: Buffer
}

/** Of a page that is too large for a record its beginning is found; one that cannot be read back would take all others with it. */
export function recordOf(header: RecordHeader, words: readonly string[]): Buffer {
  // A word that folds to nothing would shift all behind it.
  const record = encodeRecord(header, words.map((word) => foldWord(word) || '-').join(' '), words.join(' '))
  if (record.length <= MAX_RECORD_BYTES || words.length === 0) return record
  const most = Math.floor(words.length / 2)
  return recordOf({ ...header, headings: header.headings.filter(([at]) => at < most) }, words.slice(0, most))
}

function encodeRecord(header: RecordHeader, folded: string, shown: string): Buffer {
  const parts = [Buffer.from(JSON.stringify(header)), Buffer.from(folded), Buffer.from(shown)]
  const body = Buffer.concat(parts)
  const fixed = Buffer.alloc(FIXED_BYTES)
  for (const [at, part] of parts.entries()) fixed.writeUInt32LE(part.length, 4 * at)
  fixed.writeUInt32LE(crc32(body), 12)
  return Buffer.concat([fixed, body])
}

/** @throws JoineryError `SEARCH_LIST_BROKEN` for a file that is not as it was written */
export async function* readRecords(file: DiskFile, endBytes: number, signal?: AbortSignal): AsyncGenerator<PageRecord> {
  let buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(endBytes, FIXED_BYTES)))
  let held = 0
  let at = FILE_BEGINNING.length
  let used = 0
  while (at + used < endBytes || held > used) {
    signal?.throwIfAborted()
    buffer.copyWithin(0, used, held)
    held -= used
    at += used
    used = 0
    const need = held >= FIXED_BYTES ? lengthOf(buffer) : FIXED_BYTES
    if (need > buffer.length) {
      const larger = Buffer.allocUnsafe(need)
      buffer.copy(larger, 0, 0, held)
      buffer = larger
    }
    const most = Math.min(buffer.length - held, endBytes - at - held)
    const read = most > 0 ? await file.read(buffer.subarray(held, held + most), at + held) : 0
    held += read
    if (read === 0 && (held < FIXED_BYTES || held < lengthOf(buffer))) throw broken()
    while (held - used >= FIXED_BYTES) {
      const rest = buffer.subarray(used, held)
      const length = lengthOf(rest)
      if (rest.length < length) break
      yield decodeRecord(rest.subarray(0, length))
      used += length
    }
  }
}

function lengthOf(bytes: Buffer): number {
  const length = FIXED_BYTES + bytes.readUInt32LE(0) + bytes.readUInt32LE(4) + bytes.readUInt32LE(8)
  if (length > MAX_RECORD_BYTES) throw broken()
  return length
}

function decodeRecord(bytes: Buffer): PageRecord {
  const headerEnd = FIXED_BYTES + bytes.readUInt32LE(0)
  const foldedEnd = headerEnd + bytes.readUInt32LE(4)
  if (crc32(bytes.subarray(FIXED_BYTES)) !== bytes.readUInt32LE(12)) throw broken()
  return {
    header: () => JSON.parse(bytes.toString('utf8', FIXED_BYTES, headerEnd)) as RecordHeader,
    folded: bytes.subarray(headerEnd, foldedEnd),
    shown: bytes.subarray(foldedEnd),
    bytes
  }
}

function broken(): JoineryError {
  return new JoineryError('SEARCH_LIST_BROKEN', 'the list of the words in the lessons is damaged')
}
