/**
 * tar files (ustar, pax, GNU), read as they come: `push` what arrives, `end` at the end. Sources: POSIX.1-2024 pax, GNU tar manual
 * "Basic Tar Format". Holds one header and at most `MAX_TAR_EXTENSION_BYTES` of an extended one; content goes to the caller's sink.
 */
import { JoineryError } from '../../../protocols/errors.ts'
import { safeEntryName, staysInside } from './entry-name.ts'
import { MAX_ENTRIES, MAX_TAR_EXTENSION_BYTES } from './limits.ts'

export interface TarEntry {
  /** Checked by `safeEntryName`. */
  name: string
  kind: 'file' | 'directory' | 'link'
  sizeBytes: number
}

/** Takes an entry's content as it comes; `undefined` for an entry that is skipped. */
export type TarSink = ((bytes: Uint8Array) => void) | undefined

const RECORD_BYTES = 512
const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'directory',
  '7': 'file'
}
const text = new TextDecoder()

export class TarReader {
  readonly #label: string
  readonly #onEntry: (entry: TarEntry) => TarSink
  readonly #header = new Uint8Array(RECORD_BYTES)
  #headerFilled = 0
  /** Of the current entry: content still to come, and the padding after it. */
  #contentLeft = 0
  #paddingLeft = 0
  #sink: TarSink
  #ended = false
  #extension: { type: string; bytes: Uint8Array; filled: number } | undefined
  /** From extended headers, for the next entry. */
  #path: string | undefined
  #linkPath: string | undefined
  #size: number | undefined
  #entries = 0
  readonly #files = new Set<string>()
  readonly #links = new Set<string>()

  /** @param label the archive, for messages */
  constructor(label: string, onEntry: (entry: TarEntry) => TarSink) {
    this.#label = label
    this.#onEntry = onEntry
  }

  /** @throws JoineryError ARCHIVE_BROKEN, ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#ended; ) {
      if (this.#contentLeft > 0) {
        const length = Math.min(this.#contentLeft, bytes.length - at)
        this.#content(bytes.subarray(at, at + length))
        at += length
        this.#contentLeft -= length
        if (this.#contentLeft === 0) this.#contentEnded()
      } else if (this.#paddingLeft > 0) {
        const length = Math.min(this.#paddingLeft, bytes.length - at)
        at += length
        this.#paddingLeft -= length
      } else {
        const length = Math.min(RECORD_BYTES - this.#headerFilled, bytes.length - at)
        this.#header.set(bytes.subarray(at, at + length), this.#headerFilled)
        at += length
        this.#headerFilled += length
        if (this.#headerFilled === RECORD_BYTES) {
          this.#headerFilled = 0
          this.#readHeader()
        }
      }
    }
  }

  /** Must be called at the end: only then is it known that nothing is missing. */
  end(): void {
    if (this.#contentLeft > 0 || this.#headerFilled > 0 || this.#extension) throw this.#broken('the end is missing')
    if (this.#entries === 0) throw this.#broken('is empty')
  }

  #content(bytes: Uint8Array): void {
    if (this.#extension) {
      this.#extension.bytes.set(bytes, this.#extension.filled)
      this.#extension.filled += bytes.length
    } else {
      this.#sink?.(bytes)
    }
  }

  #contentEnded(): void {
    this.#sink = undefined
    const extension = this.#extension
    if (!extension) return
    this.#extension = undefined
    if (extension.type === 'L') this.#path = untilZero(extension.bytes)
    else if (extension.type === 'K') this.#linkPath = untilZero(extension.bytes)
    else if (extension.type === 'x') this.#applyPax(extension.bytes)
    // 'g': for the whole archive, such as the commit that git writes; nothing in it changes what we check.
  }

  #readHeader(): void {
    const header = this.#header
    if (header.every((byte) => byte === 0)) {
      this.#ended = true
      return
    }
    this.#checkSum()
    const type = String.fromCharCode(header[156] ?? 0)
    const sizeBytes = this.#size ?? this.#number(124, 12)
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      this.#beginExtension(type, this.#number(124, 12))
      return
    }
    const kind = KINDS[type]
    if (!kind) throw this.#unsafe(`has an entry of a kind that is no file (${JSON.stringify(type)})`)
    const rawName = this.#path ?? this.#headerName()
    const linkTarget = this.#linkPath ?? untilZero(header.subarray(157, 257))
    this.#path = undefined
    this.#linkPath = undefined
    this.#size = undefined
    if (++this.#entries > MAX_ENTRIES) {
      throw new JoineryError('ARCHIVE_TOO_LARGE', `${this.#label}: has more than ${MAX_ENTRIES} entries`)
    }
    const name = safeEntryName(rawName, this.#label)
    const isDirectory = kind === 'directory' || (kind === 'file' && rawName.endsWith('/'))
    const entry: TarEntry = {
      name,
      kind: isDirectory ? 'directory' : kind,
      sizeBytes: kind === 'file' && !isDirectory ? sizeBytes : 0
    }
    this.#checkPlace(entry, type, linkTarget)
    this.#begin(entry)
  }

  #begin(entry: TarEntry): void {
    this.#sink = this.#onEntry(entry)
    this.#contentLeft = entry.sizeBytes
    this.#paddingLeft = (RECORD_BYTES - (entry.sizeBytes % RECORD_BYTES)) % RECORD_BYTES
  }

  #beginExtension(type: string, sizeBytes: number): void {
    if (sizeBytes > MAX_TAR_EXTENSION_BYTES) throw this.#unsafe('has an extended header that is far too long')
    this.#paddingLeft = (RECORD_BYTES - (sizeBytes % RECORD_BYTES)) % RECORD_BYTES
    this.#contentLeft = sizeBytes
    if (sizeBytes > 0) this.#extension = { type, bytes: new Uint8Array(sizeBytes), filled: 0 }
    if (++this.#entries > MAX_ENTRIES) {
      throw new JoineryError('ARCHIVE_TOO_LARGE', `${this.#label}: has more than ${MAX_ENTRIES} entries`)
    }
  }

  #checkPlace(entry: TarEntry, type: string, linkTarget: string): void {
    if (entry.kind !== 'directory') {
      if (entry.name === '') throw this.#broken('has an entry without a name')
      if (this.#files.has(entry.name)) throw this.#unsafe(`has two entries named ${JSON.stringify(entry.name)}`)
      this.#files.add(entry.name)
    }
    if (this.#links.size > 0) {
      for (let slash = entry.name.indexOf('/'); slash >= 0; slash = entry.name.indexOf('/', slash + 1)) {
        if (this.#links.has(entry.name.slice(0, slash)))
          throw this.#unsafe(`${entry.name} would be written through a link`)
      }
    }
    if (entry.kind === 'link') {
      if (!staysInside(type === '2' ? entry.name : '', linkTarget)) {
        throw this.#unsafe(`${entry.name} is a link that leads out of the archive`)
      }
      this.#links.add(entry.name)
    }
  }

  #headerName(): string {
    const name = untilZero(this.#header.subarray(0, 100))
    const isUstar = untilZero(this.#header.subarray(257, 263)) === 'ustar'
    const prefix = isUstar ? untilZero(this.#header.subarray(345, 500)) : ''
    return prefix === '' ? name : `${prefix}/${name}`
  }

  #checkSum(): void {
    let sum = 0
    for (let i = 0; i < RECORD_BYTES; i++) sum += i >= 148 && i < 156 ? 32 : (this.#header[i] ?? 0)
    if (this.#number(148, 8) !== sum) throw this.#broken('a header is damaged')
  }

  /** Octal digits, or 256-ary where the first bit is set. */
  #number(at: number, length: number): number {
    const field = this.#header.subarray(at, at + length)
    const first = field[0] ?? 0
    if (first & 0x80) {
      let value = first & 0x7f
      for (const byte of field.subarray(1)) {
        value = value * 256 + byte
        if (value > Number.MAX_SAFE_INTEGER) throw this.#broken('has an impossible size')
      }
      return value
    }
    const digits = untilZero(field).trim()
    if (!/^[0-7]*$/.test(digits)) throw this.#broken('a header is damaged')
    return digits === '' ? 0 : Number.parseInt(digits, 8)
  }

  /** Records "<length> <key>=<value>\n"; of two with one key the last counts. */
  #applyPax(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const space = bytes.indexOf(0x20, at)
      const digits = space < 0 ? '' : text.decode(bytes.subarray(at, space))
      const length = /^[0-9]{1,6}$/.test(digits) ? Number(digits) : 0
      if (length < digits.length + 3 || at + length > bytes.length || bytes[at + length - 1] !== 0x0a) {
        throw this.#broken('an extended header is damaged')
      }
      const record = text.decode(bytes.subarray(space + 1, at + length - 1))
      at += length
      const equals = record.indexOf('=')
      if (equals < 0) throw this.#broken('an extended header is damaged')
      const key = record.slice(0, equals)
      const value = record.slice(equals + 1)
      if (key === 'path') this.#path = value
      else if (key === 'linkpath') this.#linkPath = value
      else if (key === 'size') this.#size = this.#paxSize(value)
      else if (key.startsWith('GNU.sparse.')) throw this.#unsafe('has a sparse file')
    }
  }

  #paxSize(value: string): number {
    const size = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN
    if (!Number.isSafeInteger(size)) throw this.#broken('has an impossible size')
    return size
  }

  #broken(why: string): JoineryError {
    return new JoineryError('ARCHIVE_BROKEN', `${this.#label}: ${why}`)
  }

  #unsafe(why: string): JoineryError {
    return new JoineryError('ARCHIVE_UNSAFE', `${this.#label}: ${why}`)
  }
}

function untilZero(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0)
  return text.decode(zero < 0 ? bytes : bytes.subarray(0, zero))
}
