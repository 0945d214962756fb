import { join } from 'node:path'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef, ImportSource } from '../../protocols/content.ts'
import { hasCode } from '../../protocols/errors.ts'
import { decodePieceList, type PieceList, SMALL_BLOB_BYTES } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import { BlobIndex } from './blob-index.ts'
import { BlobWrites, fileSpans } from './blob-writes.ts'
import { type BlobLayout, blobLayout } from './layout.ts'
import { DEFAULT_RESERVE_BYTES, PIECE_LISTS, REMEMBERED_USES } from './limits.ts'
import { OpenFiles } from './open-files.ts'
import type { PartialBlob } from './partial-blob.ts'
import { Partials } from './partials.ts'
import { Space } from './space.ts'
import { StoreFault } from './store-fault.ts'
import { FOLDERS_READY, makeFolders, sleepingPartials } from './store-folders.ts'
import { VerifiedBytes } from './verified-bytes.ts'
import { type ReadOptions, VerifiedReads } from './verified-reads.ts'

export interface BlobStoreComponents {
  disk: Disk
  /** For this store alone. May be lost or damaged: it is rebuilt from the files. */
  index: KeyValueStore
  clock: Clock
}

export interface BlobStoreInit {
  /** Absolute; made when missing. */
  directory: string
  /** Bytes of blobs, partial ones included. */
  quotaBytes: number
  /** Bytes of the disk that are never used for blobs. */
  reserveBytes?: number
}

export interface BlobStoreEvents {
  added?(cid: Cid, sizeBytes: number): void
  removed?(cid: Cid): void
  /** Found damaged, taken out of service; to be fetched again. */
  rotten?(cid: Cid): void
  /** A sync failed: nothing is written until the next start. */
  readOnly?(cause: unknown): void
}

/**
 * Blobs on this device. Nothing is under its name before it was hashed and is durable, and nothing is given out unverified
 * (see `VerifiedReads`). Full disk and full quota refuse new blobs; reads and deletes go on.
 */
export class BlobStore {
  readonly #disk: Disk
  readonly #layout: BlobLayout
  readonly #index: BlobIndex
  readonly #indexStore: KeyValueStore
  readonly #space: Space
  readonly #fault: StoreFault
  readonly #writes: BlobWrites
  readonly #partials: Partials
  readonly #files: OpenFiles
  readonly #reads: VerifiedReads
  readonly #lists = new BoundedMap<Cid, PieceList>(PIECE_LISTS)
  readonly #uses = new BoundedMap<Cid, true>(REMEMBERED_USES)
  readonly #listeners = new Set<BlobStoreEvents>()

  private constructor(
    components: BlobStoreComponents,
    init: { layout: BlobLayout; index: BlobIndex; space: Space; sleeping: Map<Cid, number> }
  ) {
    this.#disk = components.disk
    this.#indexStore = components.index
    this.#layout = init.layout
    this.#index = init.index
    this.#space = init.space
    this.#files = new OpenFiles({ disk: components.disk })
    this.#fault = new StoreFault((cause) => {
      for (const listener of this.#listeners) listener.readOnly?.(cause)
    })
    const shared = { disk: components.disk, layout: init.layout, space: init.space, fault: this.#fault }
    this.#writes = new BlobWrites(
      { ...shared, index: init.index },
      {
        onPublished: (cid, sizeBytes) => {
          this.#reads.forget(cid)
          this.#reads.written(cid)
          for (const listener of this.#listeners) listener.added?.(cid, sizeBytes)
        }
      }
    )
    this.#partials = new Partials(
      { ...shared, clock: components.clock, writes: this.#writes, readSmall: (cid) => this.readSmall(cid) },
      { sleeping: init.sleeping }
    )
    this.#reads = new VerifiedReads(
      { disk: components.disk, clock: components.clock, files: this.#files },
      {
        path: (cid) => this.#layout.fileOf(cid),
        sizeOf: (cid) => this.#index.sizeOf(cid),
        pieceList: (cid) => this.#pieceListOf(cid),
        listMade: (cid, digests) => this.#listMade(cid, digests),
        rotten: (cid) => this.quarantine(cid)
      }
    )
  }

  static async open(components: BlobStoreComponents, init: BlobStoreInit): Promise<BlobStore> {
    const { disk } = components
    const layout = blobLayout(init.directory)
    await makeFolders(disk, layout)
    const index = await BlobIndex.open({ store: components.index, disk, layout }).catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error
      // Somebody took a folder away: its blobs are gone, the others are not.
      await disk.remove(join(layout.root, FOLDERS_READY))
      await makeFolders(disk, layout)
      return BlobIndex.open({ store: components.index, disk, layout })
    })
    const sleeping = await sleepingPartials(disk, layout, index)
    const space = await Space.open(components, {
      directory: init.directory,
      quotaBytes: init.quotaBytes,
      reserveBytes: init.reserveBytes ?? DEFAULT_RESERVE_BYTES,
      files: [...index.sizes(), ...sleeping.values()]
    })
    return new BlobStore(components, { layout, index, space, sleeping })
  }

  // — what is here —

  has(cid: Cid): boolean {
    return this.#index.has(cid)
  }

  sizeOf(cid: Cid): number | undefined {
    return this.#index.sizeOf(cid)
  }

  /** The blob and its piece list, as far as this device knows it. */
  refOf(cid: Cid): BlobRef | undefined {
    const sizeBytes = this.#index.sizeOf(cid)
    if (sizeBytes === undefined) return undefined
    const pieces = this.#index.piecesOf(cid)
    return pieces ? { cid, sizeBytes, pieces } : { cid, sizeBytes }
  }

  cids(): IterableIterator<Cid> {
    return this.#index.cids()
  }

  get count(): number {
    return this.#index.count
  }

  /** Of complete blobs. */
  get heldBytes(): number {
    return this.#index.totalBytes
  }

  get space(): { quotaBytes: number; usedBytes: number; leftBytes: number } {
    const { quotaBytes, usedBytes, leftBytes } = this.#space
    return { quotaBytes, usedBytes, leftBytes }
  }

  /** Changes how much this device offers. Less than what is used frees nothing by itself; nothing more is stored. */
  offer(quotaBytes: number): void {
    this.#space.offer(quotaBytes)
  }

  /** What still fits, by the quota and by the disk. */
  async freeBytes(): Promise<number> {
    return Math.min(this.#space.leftBytes, await this.#space.diskLeftBytes())
  }

  /** Damaged copies that lie aside. */
  async quarantined(): Promise<number> {
    return (await this.#disk.list(this.#layout.quarantine)).length
  }

  /** How far the last scrub came. */
  scrubbedUpTo(): Promise<Cid | undefined> {
    return this.#index.scrubbedUpTo()
  }

  noteScrubbed(cid: Cid | undefined): Promise<void> {
    return this.#index.noteScrubbed(cid)
  }

  /** Set after a failed sync. */
  get readOnly(): boolean {
    return this.#fault.cause !== undefined
  }

  /** Set when the index could not be written; the next start repairs it from the files. */
  get indexDamaged(): boolean {
    return this.#index.damaged !== undefined
  }

  on(listener: BlobStoreEvents): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // — writing —

  /**
   * Stores bytes or a stream of them; resolves once they are durable. Call it for many blobs at once: they share their syncs.
   *
   * @param expected what the blob must be; anything else is refused with `BLOB_MISMATCH`
   * @throws JoineryError `DISK_FULL`, `QUOTA_FULL`, `READ_ONLY`, `BLOB_TOO_LARGE`, `BLOB_MISMATCH`; then nothing is stored
   */
  async put(
    source: Uint8Array | VerifiedBytes | AsyncIterable<Uint8Array>,
    expected?: { cid?: Cid; sizeBytes?: number }
  ): Promise<BlobRef> {
    if (source instanceof VerifiedBytes) return this.#writes.putVerified(source)
    if (source instanceof Uint8Array && source.length <= SMALL_BLOB_BYTES)
      return this.#writes.putSmall(source, expected)
    return this.#writes.putStream(source instanceof Uint8Array ? [source] : source, expected)
  }

  /** Stores a file that is being imported; the source is read once, from its beginning. */
  async putFile(source: ImportSource, onProgress?: (readBytes: number) => void): Promise<BlobRef> {
    if (source.sizeBytes <= SMALL_BLOB_BYTES) {
      const bytes = await source.read(0, source.sizeBytes)
      onProgress?.(bytes.length)
      return this.put(bytes, { sizeBytes: source.sizeBytes })
    }
    return this.#writes.putStream(fileSpans(source, onProgress), { sizeBytes: source.sizeBytes })
  }

  // — big blobs that are being fetched —

  /**
   * Opens or begins a partial blob. Its piece list must be here. What an earlier run left is hashed again first.
   *
   * @throws JoineryError as `put` does, and `BLOB_MISSING` without the piece list
   */
  openPartial(ref: BlobRef): Promise<PartialBlob> {
    return this.#partials.open(ref)
  }

  partial(cid: Cid): PartialBlob | undefined {
    return this.#partials.get(cid)
  }

  partials(): IterableIterator<PartialBlob> {
    return this.#partials.all()
  }

  /** What an earlier run left and nobody opened yet. */
  sleepingPartials(): IterableIterator<Cid> {
    return this.#partials.sleeping()
  }

  /**
   * Publishes a partial blob that has all its pieces.
   *
   * @throws JoineryError `BLOB_MISMATCH` when the pieces are not this blob's (the list lied): the partial is gone then
   */
  finishPartial(cid: Cid): Promise<BlobRef> {
    return this.#partials.finish(cid)
  }

  /** Nobody fetches it for now: saves what is here, keeps the file and what it claims, and closes it. */
  sleepPartial(cid: Cid): Promise<void> {
    return this.#partials.sleep(cid)
  }

  /** Throws away what is there of a partial blob. */
  dropPartial(cid: Cid): Promise<void> {
    return this.#partials.drop(cid)
  }

  /** @returns false when the bytes are not the piece's */
  writePiece(partial: PartialBlob, index: number, bytes: Uint8Array): Promise<boolean> {
    return this.#partials.writePiece(partial, index, bytes)
  }

  // — reading —

  /**
   * A whole small blob, verified before it is given.
   *
   * @throws JoineryError `BLOB_MISSING`, `TOO_LARGE`, `BLOB_ROTTEN`
   */
  async readSmall(cid: Cid, options?: ReadOptions): Promise<Uint8Array> {
    this.#used(cid)
    return this.#reads.small(cid, options)
  }

  /**
   * Bytes `start` ≤ i < `end` in spans of at most 256 KiB, each verified.
   *
   * @param options.buffer of 256 KiB or of a whole piece that the spans share: then each is valid only until the next is asked for, which halves the cost of sending
   */
  readSpans(cid: Cid, start: number, end: number, options?: ReadOptions): AsyncIterable<Uint8Array> {
    this.#used(cid)
    return this.#reads.spans(cid, start, end, options)
  }

  /** Whether the bytes on the medium are still those of the blob; reads slowly, a span at a time. A rotten one is quarantined. */
  async scrub(cid: Cid, pause: (readBytes: number) => Promise<void>): Promise<boolean> {
    return this.#reads.scrub(cid, pause)
  }

  async #pieceListOf(cid: Cid): Promise<PieceList | undefined> {
    const pieces = this.#index.piecesOf(cid)
    const sizeBytes = this.#index.sizeOf(cid)
    if (sizeBytes === undefined) return undefined
    const kept = this.#lists.get(cid)
    if (kept) return kept
    if (!pieces || !this.#index.has(pieces)) return undefined
    const bytes = await this.#reads.small(pieces).catch((error: unknown) => {
      // A damaged list says nothing about the blob: it is made again from that.
      if (hasCode(error, 'BLOB_ROTTEN') || hasCode(error, 'BLOB_MISSING')) return undefined
      throw error
    })
    if (!bytes) return undefined
    const list = decodePieceList(bytes, sizeBytes)
    this.#lists.set(cid, list)
    return list
  }

  /** The index was rebuilt from the files and had lost the name of the list; without room for it the next read hashes again. */
  async #listMade(cid: Cid, digests: Uint8Array[]): Promise<void> {
    const sizeBytes = this.#index.sizeOf(cid)
    if (sizeBytes === undefined) return
    const list = await this.#writes.writeList(digests).catch(() => undefined)
    if (list) await this.#index.add([{ cid, sizeBytes, pieces: list.cid }])
  }

  #used(cid: Cid): void {
    this.#uses.set(cid, true)
  }

  /** Least recently used first; blobs that were not used in this run come before all others. */
  byLastUse(cids: readonly Cid[]): Cid[] {
    const order = new Map([...this.#uses.keys()].map((cid, i) => [cid, i + 1]))
    return [...cids].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
  }

  inUse(cid: Cid): boolean {
    return this.#files.inUse(cid)
  }

  // — removing —

  /** Frees the disk at once; whoever reads it just now reads on. */
  async remove(cid: Cid): Promise<void> {
    const sizeBytes = this.#index.sizeOf(cid)
    if (sizeBytes === undefined) return
    await this.#index.remove(cid)
    this.#forget(cid)
    await this.#disk.remove(this.#layout.fileOf(cid))
    this.#space.release(sizeBytes)
    for (const listener of this.#listeners) listener.removed?.(cid)
  }

  /**
   * Takes a damaged blob out of service; it stays aside until a whole copy has come. Of a big one with its list, only the pieces that are
   * damaged are fetched again: it becomes a partial blob, whose pieces are hashed when it is opened.
   */
  async quarantine(cid: Cid): Promise<void> {
    const ref = this.refOf(cid)
    if (!ref) return
    await this.#index.remove(cid)
    this.#forget(cid)
    const { pieces, sizeBytes } = ref
    const kept = pieces !== undefined && this.has(pieces) && (await this.#partials.adopt({ ...ref, pieces }))
    if (!kept) {
      this.#space.release(sizeBytes)
      // Out of the index is out of service; a file that cannot be moved (a disk gone read-only) is found and hashed again later.
      await this.#disk.rename(this.#layout.fileOf(cid), this.#layout.quarantineOf(cid)).catch(() => undefined)
    }
    for (const listener of this.#listeners) {
      listener.rotten?.(cid)
      listener.removed?.(cid)
    }
  }

  #forget(cid: Cid): void {
    this.#files.drop(cid)
    this.#reads.forget(cid)
    this.#lists.delete(cid)
    this.#uses.delete(cid)
  }

  /** Saves what partials have; the index is closed with the store. */
  async close(): Promise<void> {
    if (this.#fault.closed) return
    this.#fault.closed = true
    await this.#partials.close()
    this.#files.close()
    await this.#indexStore.close()
  }
}
