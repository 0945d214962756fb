import { decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import type { Cid } from '../../protocols/cid.ts'
import { cidOfDigest, DIGEST_BYTES, digestOfCid } from '../../protocols/cid.ts'
import type { Disk } from '../platform/disk.ts'
import type { KeyValueChange, KeyValueStore } from '../platform/key-value.ts'
import { type BlobLayout, cidOfFileName } from './layout.ts'

interface BlobRecord {
  sizeBytes: number
  pieces: Cid | undefined
}

const PREFIX = 0x62
const SCRUB_KEY = Uint8Array.of(0x73)
const MAX_RECORD_BYTES = 128
const LISTS_AT_ONCE = 16

/**
 * Which blobs are complete on this device: a map in memory, kept in LevelDB so that a start need not ask the file system for every size.
 * The files decide, the records are a memory aid: each start lists the folders, drops records without a file and adds files without a record.
 */
export class BlobIndex {
  readonly #store: KeyValueStore
  readonly #records = new Map<Cid, BlobRecord>()
  #totalBytes = 0
  /** Set when a record could not be written: the next start finds the file. */
  damaged: unknown

  private constructor(store: KeyValueStore) {
    this.#store = store
  }

  static async open(components: { store: KeyValueStore; disk: Disk; layout: BlobLayout }): Promise<BlobIndex> {
    const { store, disk, layout } = components
    const recorded = await readRecords(store)
    const index = new BlobIndex(store)
    const found: Cid[] = []
    const folders = layout.folders()
    for (let i = 0; i < folders.length; i += LISTS_AT_ONCE) {
      const lists = await Promise.all(folders.slice(i, i + LISTS_AT_ONCE).map((folder) => disk.list(folder)))
      for (const entry of lists.flat()) {
        const cid = cidOfFileName(entry.name)
        if (!cid || entry.kind !== 'file') continue
        const record = recorded.get(cid)
        if (record) index.#put(cid, record)
        else {
          const stat = await disk.stat(layout.fileOf(cid))
          if (!stat) continue
          index.#put(cid, { sizeBytes: stat.sizeBytes, pieces: undefined })
          found.push(cid)
        }
      }
    }
    // The last run may have ended between a rename and the sync of its folder: what is counted as stored must be durable.
    for (const folder of new Set(found.map((cid) => layout.folderOf(cid)))) await disk.syncDirectory(folder)
    const gone = [...recorded.keys()].filter((cid) => !index.has(cid))
    await index.#write([...found.map((cid) => index.#change(cid)), ...gone.map((cid) => index.#change(cid))])
    return index
  }

  get count(): number {
    return this.#records.size
  }

  get totalBytes(): number {
    return this.#totalBytes
  }

  *sizes(): Generator<number> {
    for (const { sizeBytes } of this.#records.values()) yield sizeBytes
  }

  has(cid: Cid): boolean {
    return this.#records.has(cid)
  }

  sizeOf(cid: Cid): number | undefined {
    return this.#records.get(cid)?.sizeBytes
  }

  piecesOf(cid: Cid): Cid | undefined {
    return this.#records.get(cid)?.pieces
  }

  cids(): IterableIterator<Cid> {
    return this.#records.keys()
  }

  /** Call it once the files are durable. Not synced: the files are what counts. */
  async add(added: readonly { cid: Cid; sizeBytes: number; pieces: Cid | undefined }[]): Promise<void> {
    for (const { cid, sizeBytes, pieces } of added) this.#put(cid, { sizeBytes, pieces })
    await this.#write(added.map(({ cid }) => this.#change(cid)))
  }

  async remove(cid: Cid): Promise<void> {
    const record = this.#records.get(cid)
    if (!record) return
    this.#records.delete(cid)
    this.#totalBytes -= record.sizeBytes
    await this.#write([this.#change(cid)])
  }

  async scrubbedUpTo(): Promise<Cid | undefined> {
    const digest = await this.#store.get(SCRUB_KEY).catch(() => undefined)
    return digest?.length === DIGEST_BYTES ? cidOfDigest(digest) : undefined
  }

  noteScrubbed(cid: Cid | undefined): Promise<void> {
    return this.#write([
      cid ? { type: 'put', key: SCRUB_KEY, value: digestOfCid(cid) } : { type: 'del', key: SCRUB_KEY }
    ])
  }

  #put(cid: Cid, record: BlobRecord): void {
    this.#totalBytes += record.sizeBytes - (this.#records.get(cid)?.sizeBytes ?? 0)
    this.#records.set(cid, record)
  }

  #change(cid: Cid): KeyValueChange {
    const key = new Uint8Array(1 + DIGEST_BYTES)
    key[0] = PREFIX
    key.set(digestOfCid(cid), 1)
    const record = this.#records.get(cid)
    if (!record) return { type: 'del', key }
    const value = encodeCbor([record.sizeBytes, record.pieces ? digestOfCid(record.pieces) : null])
    return { type: 'put', key, value }
  }

  /** A full disk must not stop reads or deletes, so a failed record is remembered and not thrown. */
  async #write(changes: KeyValueChange[]): Promise<void> {
    if (changes.length === 0) return
    try {
      await this.#store.write(changes, { sync: false })
    } catch (error) {
      this.damaged = error
    }
  }
}

/** What the records say. A damaged store gives what can be read of it; the files add the rest. */
async function readRecords(store: KeyValueStore): Promise<Map<Cid, BlobRecord>> {
  const records = new Map<Cid, BlobRecord>()
  try {
    for await (const [key, value] of store.entries({ gte: Uint8Array.of(PREFIX), lt: Uint8Array.of(PREFIX + 1) })) {
      const record = decodeRecord(value)
      if (record && key.length === 1 + DIGEST_BYTES) records.set(cidOfDigest(key.slice(1)), record)
    }
  } catch {
    // A corrupted table ends the iteration: everything that was not read is found among the files.
  }
  return records
}

function decodeRecord(value: Uint8Array): BlobRecord | undefined {
  try {
    const decoded = decodeCbor(value, MAX_RECORD_BYTES)
    if (!Array.isArray(decoded)) return undefined
    const [sizeBytes, pieces] = decoded
    if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined
    return { sizeBytes, pieces: pieces instanceof Uint8Array ? cidOfDigest(pieces) : undefined }
  } catch {
    return undefined
  }
}
