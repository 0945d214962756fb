/**
 * What a note looked like when it was last closed here, so that opening it reads only what came since. A cache: the entries are the truth,
 * and a file that is torn, old or of another version is passed over.
 */
import { join } from 'node:path'
import { type CborValue, decodeCbor, encodeCbor, sameBytes } from '../../protocols/cbor.ts'
import type { WriterId } from '../../protocols/journal.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { sha256 } from '../platform/hash.ts'
import type { NoteDocument } from './document.ts'
import { MAX_SNAPSHOT_BYTES } from './limits.ts'

const VERSION = 1
const HASH_BYTES = 32
/** CBOR of an author list and a vector beside the state. */
const MAX_FILE_BYTES = MAX_SNAPSHOT_BYTES + 2 ** 20

export class SnapshotStore {
  readonly #disk: Disk
  readonly #directory: string
  #made = false

  /** @param directory made when first needed */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.note`)
  }

  async save(id: string, document: NoteDocument): Promise<void> {
    const state = document.state()
    if (state.length > MAX_SNAPSHOT_BYTES) return
    const authors: CborValue[] = document.authors.all().map(([clientId, owner]) => [clientId, owner])
    const progress: CborValue[] = [...document.progress].map(([writer, [number, index]]) => [writer, number, index])
    const body = encodeCbor([VERSION, progress, state, authors])
    const bytes = new Uint8Array(HASH_BYTES + body.length)
    bytes.set(sha256(body))
    bytes.set(body, HASH_BYTES)
    if (!this.#made) {
      await this.#disk.makeDirectory(this.#directory)
      this.#made = true
    }
    await writeDurably(this.#disk, this.#path(id), bytes)
  }

  /** Fills an empty document. @returns false when there is no usable snapshot */
  async load(id: string, document: NoteDocument): Promise<boolean> {
    const bytes = await readSmallFile(this.#disk, this.#path(id), MAX_FILE_BYTES).catch(() => undefined)
    if (!bytes || bytes.length <= HASH_BYTES) return false
    const body = bytes.subarray(HASH_BYTES)
    if (!sameBytes(sha256(body), bytes.subarray(0, HASH_BYTES))) return false
    // Its hash says that it is what we wrote: what does not decode now is a defect, and is told.
    const parsed = decodeCbor(body, MAX_FILE_BYTES)
    if (!Array.isArray(parsed) || parsed[0] !== VERSION) return false
    const [, progress, state, authors] = parsed as [
      number,
      [WriterId, number, number][],
      Uint8Array,
      [number, Uint8Array][]
    ]
    document.load(state, authors)
    for (const [writer, number, index] of progress) document.markRead({ writer, number, index })
    return true
  }

  async remove(id: string): Promise<void> {
    await this.#disk.remove(this.#path(id))
  }
}
