import { type CborValue, decodeCbor, encodeCbor, isCborMap } from '../../../protocols/cbor.ts'
import { type Cid, isCid } from '../../../protocols/cid.ts'
import { hasCode } from '../../../protocols/errors.ts'
import { type LineFile, MAX_DETAILS_BYTES } from '../../../protocols/manifest-shard.ts'
import { sha256 } from '../../platform/hash.ts'
import type { KeyValueChange, KeyValueStore } from '../../platform/key-value.ts'
import type { FoundFile } from './found-file.ts'

/** What reading a file gave. */
export interface Remembered {
  /** Where it belongs in its collection. */
  path: string
  file: LineFile
}

/** Records that wait to be written together; losing them costs reading those files again. */
const WRITE_TOGETHER = 256
const MAX_RECORD_BYTES = MAX_DETAILS_BYTES + 4096
/** Folders that are remembered; the one that was not imported for longest goes. */
export const MAX_REMEMBERED_FOLDERS = 16
const FOLDER_BYTES = 8
const FILE_BYTES = 16
/** Keys: 0, folder, file → record; 1, folder → how many imports ago. */
const FILES = 0
const FOLDERS = 1

/**
 * Remembers which bytes a file had, so that importing a folder again does not read it again. A record counts only while the file's device,
 * inode, size and both times of change are the same, and the program's readers are.
 */
export class ImportMemory {
  readonly #store: KeyValueStore
  readonly #folder: Uint8Array
  readonly #readerVersion: string
  #waiting: KeyValueChange[] = []

  constructor(components: { store: KeyValueStore }, init: { root: string; readerVersion: string }) {
    this.#store = components.store
    this.#folder = sha256(new TextEncoder().encode(init.root)).subarray(0, FOLDER_BYTES)
    this.#readerVersion = init.readerVersion
  }

  async recall(found: FoundFile, fingerprint: string): Promise<Remembered | undefined> {
    const bytes = await this.#store.get(this.#key(found))
    return bytes && decodeRecord(bytes, [this.#readerVersion, fingerprint])
  }

  async remember(found: FoundFile, fingerprint: string, { path, file }: Remembered): Promise<void> {
    const value: CborValue = [
      this.#readerVersion,
      fingerprint,
      path,
      file.cid,
      file.sizeBytes,
      file.pieces ?? null,
      file.details
    ]
    this.#waiting.push({ type: 'put', key: this.#key(found), value: encodeCbor(value) })
    if (this.#waiting.length >= WRITE_TOGETHER) await this.flush()
  }

  async flush(): Promise<void> {
    const changes = this.#waiting
    this.#waiting = []
    // Not synced: a power cut costs time, nothing else.
    if (changes.length > 0) await this.#store.write(changes, { sync: false })
  }

  /** Makes this folder the newest, and forgets the oldest of too many. */
  async touch(): Promise<void> {
    const ages: { folder: Uint8Array; age: number }[] = []
    for await (const [key, value] of this.#store.entries({
      gte: Uint8Array.of(FOLDERS),
      lt: Uint8Array.of(FOLDERS + 1)
    })) {
      const age = decodeCbor(value, 16)
      ages.push({ folder: key.slice(1), age: typeof age === 'number' ? age : 0 })
    }
    const next = ages.reduce((most, { age }) => Math.max(most, age), 0) + 1
    const changes: KeyValueChange[] = [{ type: 'put', key: folderKey(this.#folder), value: encodeCbor(next) }]
    const others = ages.filter(({ folder }) => !sameFolder(folder, this.#folder)).sort((a, b) => b.age - a.age)
    for (const { folder } of others.slice(MAX_REMEMBERED_FOLDERS - 1)) {
      await this.#forget(folder)
      changes.push({ type: 'del', key: folderKey(folder) })
    }
    await this.#store.write(changes, { sync: false })
  }

  async #forget(folder: Uint8Array): Promise<void> {
    const first = new Uint8Array(1 + FOLDER_BYTES + FILE_BYTES)
    first.set([FILES, ...folder])
    const last = new Uint8Array(first.length).fill(255)
    last.set([FILES, ...folder])
    let keys: KeyValueChange[] = []
    for await (const key of this.#store.keys({ gte: first, lte: last })) {
      keys.push({ type: 'del', key })
      if (keys.length < WRITE_TOGETHER) continue
      await this.#store.write(keys, { sync: false })
      keys = []
    }
    if (keys.length > 0) await this.#store.write(keys, { sync: false })
  }

  #key({ collection, path, shown }: FoundFile): Uint8Array {
    const key = new Uint8Array(1 + FOLDER_BYTES + FILE_BYTES)
    key.set([FILES, ...this.#folder])
    const name = [collection, path, shown].join('\0')
    key.set(sha256(new TextEncoder().encode(name)).subarray(0, FILE_BYTES), 1 + FOLDER_BYTES)
    return key
  }
}

function folderKey(folder: Uint8Array): Uint8Array {
  return Uint8Array.of(FOLDERS, ...folder)
}

function sameFolder(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Undefined for anything that does not match or cannot be read: the file is read again. */
function decodeRecord(bytes: Uint8Array, [readerVersion, fingerprint]: [string, string]): Remembered | undefined {
  let value: CborValue
  try {
    value = decodeCbor(bytes, MAX_RECORD_BYTES)
  } catch (error) {
    if (hasCode(error, 'MALFORMED') || hasCode(error, 'TOO_LARGE')) return undefined
    throw error
  }
  if (!Array.isArray(value) || value.length !== 7 || value[0] !== readerVersion || value[1] !== fingerprint)
    return undefined
  const [, , path, cid, sizeBytes, pieces, details] = value
  if (typeof path !== 'string' || !isName(cid) || typeof sizeBytes !== 'number') return undefined
  if (!isCborMap(details)) return undefined
  if (pieces === null) return { path, file: { cid, sizeBytes, details } }
  return isName(pieces) ? { path, file: { cid, sizeBytes, pieces, details } } : undefined
}

function isName(value: CborValue | undefined): value is Cid {
  return typeof value === 'string' && isCid(value)
}
