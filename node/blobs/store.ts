import { dirname, join } from 'node:path'
import { sameBytes } from '../../protocols/cbor.ts'
import { type Cid, cidOfDigest, digestOfCid } from '../../protocols/cid.ts'
import type { BlobRef, ImportSource } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import {
  decodePieceList,
  encodePieceList,
  hasPieceList,
  MAX_BLOB_BYTES,
  PIECE_BYTES,
  type PieceList,
  SMALL_BLOB_BYTES
} from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { writeDurably } from '../platform/durable-file.ts'
import { sha256, sha256Hasher } from '../platform/hash.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import { BlobIndex } from './blob-index.ts'
import { diskError } from './errors.ts'
import { type Finished, GroupCommit } from './group-commit.ts'
import { type BlobLayout, blobLayout, cidOfFileName } from './layout.ts'
import { DEFAULT_RESERVE_BYTES, MAX_OPEN_PUTS, PIECE_LISTS, REMEMBERED_USES } from './limits.ts'
import { OpenFiles } from './open-files.ts'
import { PartialBlob, readBits } from './partial-blob.ts'
import { PieceHashes } from './piece-hashes.ts'
import { Slots } from './slots.ts'
import { Space } from './space.ts'
import { VerifiedReads } from './verified-reads.ts'

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
  readonly #commit: GroupCommit
  readonly #files: OpenFiles
  readonly #reads: VerifiedReads
  readonly #puts = new Slots(MAX_OPEN_PUTS, 4096)
  readonly #partials = new Map<Cid, PartialBlob>()
  readonly #publishing = new Map<Cid, Promise<BlobRef>>()
  readonly #opening = new Map<Cid, Promise<PartialBlob>>()
  /** Partials of an earlier run that nobody opened yet, and what they claim of the disk. */
  readonly #sleeping = new Map<Cid, number>()
  readonly #lists = new Map<Cid, PieceList>()
  readonly #uses = new Map<Cid, true>()
  readonly #listeners = new Set<BlobStoreEvents>()
  #fault: unknown
  #temporaries = 0
  #closed = false

  private constructor(
    components: BlobStoreComponents,
    init: { layout: BlobLayout; index: BlobIndex; space: Space; sleeping: Map<Cid, number> }
  ) {
    this.#disk = components.disk
    this.#indexStore = components.index
    this.#layout = init.layout
    this.#index = init.index
    this.#space = init.space
    this.#sleeping = init.sleeping
    this.#files = new OpenFiles({ disk: components.disk })
    this.#commit = new GroupCommit(
      { disk: components.disk, layout: init.layout, index: init.index },
      { onFault: (error) => this.#failed(error) }
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
    let usedBytes = index.totalBytes
    for (const bytes of sleeping.values()) usedBytes += bytes
    const space = new Space(components, {
      directory: init.directory,
      quotaBytes: init.quotaBytes,
      reserveBytes: init.reserveBytes ?? DEFAULT_RESERVE_BYTES,
      usedBytes
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
    return this.#fault !== undefined
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
    source: Uint8Array | AsyncIterable<Uint8Array>,
    expected?: { cid?: Cid; sizeBytes?: number }
  ): Promise<BlobRef> {
    if (source instanceof Uint8Array && source.length <= SMALL_BLOB_BYTES) return this.#putSmall(source, expected)
    return this.#putStream(source instanceof Uint8Array ? [source] : source, expected)
  }

  /** Stores a file that is being imported; the source is read once, from its beginning. */
  async putFile(source: ImportSource, onProgress?: (readBytes: number) => void): Promise<BlobRef> {
    if (source.sizeBytes <= SMALL_BLOB_BYTES) {
      const bytes = await source.read(0, source.sizeBytes)
      onProgress?.(bytes.length)
      return this.put(bytes, { sizeBytes: source.sizeBytes })
    }
    return this.#putStream(fileSpans(source, onProgress), { sizeBytes: source.sizeBytes })
  }

  async #putSmall(bytes: Uint8Array, expected?: { cid?: Cid; sizeBytes?: number }): Promise<BlobRef> {
    const cid = cidOfDigest(sha256(bytes))
    checkExpected({ cid, sizeBytes: bytes.length }, expected)
    if (this.#index.has(cid)) return { cid, sizeBytes: bytes.length }
    return this.#puts.run(() => this.#writeSmall(cid, bytes))
  }

  async #writeSmall(cid: Cid, bytes: Uint8Array): Promise<BlobRef> {
    if (this.#index.has(cid)) return { cid, sizeBytes: bytes.length }
    const { file, path } = await this.#begin(bytes.length)
    try {
      await file.write(bytes, 0)
    } catch (error) {
      await this.#abandon(file, path, bytes.length)
      throw this.#refused(error)
    }
    return this.#publish({ cid, sizeBytes: bytes.length, pieces: undefined, file, path })
  }

  /** Takes no slot of its own: whoever writes the blob has one. */
  #writeList(digests: Uint8Array[]): Promise<BlobRef> {
    const bytes = encodePieceList(digests)
    return this.#writeSmall(cidOfDigest(sha256(bytes)), bytes)
  }

  #putStream(
    source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    expected?: { cid?: Cid; sizeBytes?: number }
  ): Promise<BlobRef> {
    return this.#puts.run(async () => {
      let claimed = expected?.sizeBytes ?? 0
      if (claimed > MAX_BLOB_BYTES) throw new JoineryError('BLOB_TOO_LARGE', `at most ${MAX_BLOB_BYTES} bytes`)
      const { file, path } = await this.#begin(claimed)
      let sizeBytes = 0
      const whole = sha256Hasher()
      const pieces = new PieceHashes()
      let cid: Cid
      try {
        for await (const bytes of source) {
          if (sizeBytes + bytes.length > MAX_BLOB_BYTES)
            throw new JoineryError('BLOB_TOO_LARGE', `at most ${MAX_BLOB_BYTES} bytes`)
          if (expected?.sizeBytes !== undefined && sizeBytes + bytes.length > expected.sizeBytes)
            throw new JoineryError('BLOB_MISMATCH', `more than the ${expected.sizeBytes} bytes that were announced`)
          if (sizeBytes + bytes.length > claimed) {
            await this.#space.claim(bytes.length)
            claimed += bytes.length
          }
          const written = file.write(bytes, sizeBytes)
          whole.update(bytes)
          pieces.update(bytes)
          await written
          sizeBytes += bytes.length
        }
        cid = cidOfDigest(whole.digest())
        checkExpected({ cid, sizeBytes }, expected)
      } catch (error) {
        await this.#abandon(file, path, claimed)
        throw this.#refused(error)
      }
      if (this.#index.has(cid)) {
        await this.#abandon(file, path, claimed)
        return this.refOf(cid) ?? { cid, sizeBytes }
      }
      let list: BlobRef | undefined
      try {
        if (hasPieceList(sizeBytes)) list = await this.#writeList(pieces.digests())
      } catch (error) {
        await this.#abandon(file, path, claimed)
        throw error
      }
      return this.#publish({ cid, sizeBytes, pieces: list?.cid, file, path })
    })
  }

  async #begin(sizeBytes: number): Promise<{ file: DiskFile; path: string }> {
    this.#checkWritable()
    try {
      await this.#space.claim(sizeBytes)
    } catch (error) {
      throw this.#refused(error)
    }
    const path = join(this.#layout.incoming, String(this.#temporaries++))
    try {
      return { file: await this.#disk.open(path, 'create'), path }
    } catch (error) {
      this.#space.release(sizeBytes)
      throw this.#refused(error)
    }
  }

  /** Gives back what a put that failed had taken; its own error is the one that counts. */
  async #abandon(file: DiskFile, path: string, claimedBytes: number): Promise<void> {
    await file.close().catch(() => undefined)
    await this.#disk.remove(path).catch(() => undefined)
    this.#space.release(claimedBytes)
  }

  async #publish(finished: Finished): Promise<BlobRef> {
    const { cid, sizeBytes } = finished
    // The same bytes twice at once: the second waits for the first, and is durable when that is.
    const first = this.#publishing.get(cid)
    if (first !== undefined) {
      await this.#abandon(finished.file, finished.path, sizeBytes)
      return first
    }
    const publishing = this.#publishFirst(finished).finally(() => this.#publishing.delete(cid))
    this.#publishing.set(cid, publishing)
    return publishing
  }

  async #publishFirst(finished: Finished): Promise<BlobRef> {
    const { cid, sizeBytes, pieces } = finished
    const known = this.#index.has(cid)
    try {
      await this.#commit.add(finished)
    } catch (error) {
      this.#space.release(sizeBytes)
      throw this.#refused(error)
    }
    if (known) this.#space.release(sizeBytes)
    this.#reads.forget(cid)
    await this.#disk.remove(this.#layout.quarantineOf(cid)).catch(() => undefined)
    for (const listener of this.#listeners) listener.added?.(cid, sizeBytes)
    return pieces ? { cid, sizeBytes, pieces } : { cid, sizeBytes }
  }

  // — big blobs that are being fetched —

  /**
   * Opens or begins a partial blob. Its piece list must be here. What an earlier run left is hashed again first.
   *
   * @throws JoineryError as `put` does, and `BLOB_MISSING` without the piece list
   */
  async openPartial(ref: BlobRef): Promise<PartialBlob> {
    const open = this.#partials.get(ref.cid) ?? this.#opening.get(ref.cid)
    if (open) return open
    const opening = this.#openPartial(ref).finally(() => this.#opening.delete(ref.cid))
    this.#opening.set(ref.cid, opening)
    return opening
  }

  async #openPartial(ref: BlobRef): Promise<PartialBlob> {
    this.#checkWritable()
    const { cid, sizeBytes, pieces } = ref
    if (!pieces || !hasPieceList(sizeBytes)) throw new JoineryError('BLOB_MISSING', 'a blob without a piece list')
    const list = decodePieceList(await this.readSmall(pieces), sizeBytes)
    const slept = this.#sleeping.get(cid)
    if (slept !== undefined) {
      this.#sleeping.delete(cid)
      this.#space.release(slept)
    }
    try {
      await this.#space.claim(sizeBytes)
      const partial = await PartialBlob.open(
        { disk: this.#disk },
        {
          ref: { cid, sizeBytes, pieces },
          list,
          path: this.#layout.partialOf(cid),
          bitsPath: this.#layout.bitsOf(cid)
        }
      ).catch((error: unknown) => {
        this.#space.release(sizeBytes)
        throw error
      })
      this.#partials.set(cid, partial)
      return partial
    } catch (error) {
      throw this.#refused(error)
    }
  }

  partial(cid: Cid): PartialBlob | undefined {
    return this.#partials.get(cid)
  }

  partials(): IterableIterator<PartialBlob> {
    return this.#partials.values()
  }

  /** What an earlier run left and nobody opened yet. */
  sleepingPartials(): IterableIterator<Cid> {
    return this.#sleeping.keys()
  }

  /**
   * Publishes a partial blob that has all its pieces.
   *
   * @throws JoineryError `BLOB_MISMATCH` when the pieces are not this blob's (the list lied): the partial is gone then
   */
  async finishPartial(cid: Cid): Promise<BlobRef> {
    const partial = this.#partials.get(cid)
    if (!partial?.bits.full) throw new JoineryError('BLOB_MISSING', 'the blob is not complete')
    this.#checkWritable()
    const { ref } = partial
    let file: DiskFile | undefined
    try {
      file = await partial.finish()
    } catch (error) {
      throw this.#refused(error)
    }
    if (!file) {
      await this.dropPartial(cid)
      throw new JoineryError('BLOB_MISMATCH', 'the piece list is not that of this blob')
    }
    let published: BlobRef
    try {
      published = await this.#publish({ ...ref, file, path: this.#layout.partialOf(cid) })
    } finally {
      // Only now: until the blob is in the index its pieces were served from here.
      this.#partials.delete(cid)
      await partial.close()
    }
    await this.#disk.remove(this.#layout.bitsOf(cid)).catch(() => undefined)
    return published
  }

  /** Nobody fetches it for now: saves what is here, keeps the file and what it claims, and closes it. */
  async sleepPartial(cid: Cid): Promise<void> {
    const partial = this.#partials.get(cid)
    if (!partial) return
    this.#partials.delete(cid)
    this.#sleeping.set(cid, partial.ref.sizeBytes)
    if (!this.#fault && !this.#closed) await partial.save().catch((error: unknown) => this.#failed(error))
    await partial.close()
  }

  /** Throws away what is there of a partial blob. */
  async dropPartial(cid: Cid): Promise<void> {
    const partial = this.#partials.get(cid)
    if (partial) {
      this.#partials.delete(cid)
      await partial.close()
      this.#space.release(partial.ref.sizeBytes)
    }
    const slept = this.#sleeping.get(cid)
    if (slept !== undefined) {
      this.#sleeping.delete(cid)
      this.#space.release(slept)
    }
    await this.#disk.remove(this.#layout.partialOf(cid))
    await this.#disk.remove(this.#layout.bitsOf(cid))
  }

  /** For the partial's own writes: a failed one may mean that the disk is full or gone. */
  async writePiece(partial: PartialBlob, index: number, bytes: Uint8Array): Promise<boolean> {
    this.#checkWritable()
    try {
      return await partial.write(index, bytes)
    } catch (error) {
      if (isSyncError(error)) this.#failed(error)
      throw this.#refused(error)
    }
  }

  // — reading —

  /**
   * A whole small blob, hashed before it is given.
   *
   * @param buffer to read into where it is big enough
   * @throws JoineryError `BLOB_MISSING`, `TOO_LARGE`, `BLOB_ROTTEN`
   */
  async readSmall(cid: Cid, buffer?: Uint8Array): Promise<Uint8Array> {
    this.#used(cid)
    return this.#reads.small(cid, buffer)
  }

  /**
   * Bytes `start` ≤ i < `end` in spans of at most 256 KiB, each verified.
   *
   * @param buffer of 256 KiB that the spans share: then each is valid only until the next is asked for, which halves the cost of sending
   */
  readSpans(cid: Cid, start: number, end: number, buffer?: Uint8Array): AsyncIterable<Uint8Array> {
    this.#used(cid)
    return this.#reads.spans(cid, start, end, buffer)
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
    const list = decodePieceList(await this.#reads.small(pieces), sizeBytes)
    this.#lists.set(cid, list)
    if (this.#lists.size > PIECE_LISTS) this.#lists.delete(this.#lists.keys().next().value as Cid)
    return list
  }

  /** The index was rebuilt from the files and had lost the name of the list; without room for it the next read hashes again. */
  async #listMade(cid: Cid, digests: Uint8Array[]): Promise<void> {
    const sizeBytes = this.#index.sizeOf(cid)
    if (sizeBytes === undefined) return
    const list = await this.#puts.run(() => this.#writeList(digests)).catch(() => undefined)
    if (list) await this.#index.add([{ cid, sizeBytes, pieces: list.cid }])
  }

  #used(cid: Cid): void {
    this.#uses.delete(cid)
    this.#uses.set(cid, true)
    if (this.#uses.size > REMEMBERED_USES) this.#uses.delete(this.#uses.keys().next().value as Cid)
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

  /** Takes a damaged blob out of service; it stays aside until a whole copy has come. */
  async quarantine(cid: Cid): Promise<void> {
    const sizeBytes = this.#index.sizeOf(cid)
    if (sizeBytes === undefined) return
    await this.#index.remove(cid)
    this.#forget(cid)
    this.#space.release(sizeBytes)
    // Out of the index is out of service; a file that cannot be moved (a disk gone read-only) is found and hashed again later.
    await this.#disk.rename(this.#layout.fileOf(cid), this.#layout.quarantineOf(cid)).catch(() => undefined)
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
    if (this.#closed) return
    this.#closed = true
    for (const partial of this.#partials.values()) {
      if (!this.#fault) await partial.save().catch((error: unknown) => this.#failed(error))
      await partial.close()
    }
    this.#partials.clear()
    this.#files.close()
    await this.#indexStore.close()
  }

  #checkWritable(): void {
    if (this.#closed) throw new JoineryError('STOPPED', 'the store is closed')
    if (this.#fault)
      throw new JoineryError('READ_ONLY', 'a sync failed, nothing is written any more', { cause: this.#fault })
  }

  #failed(error: unknown): void {
    if (this.#fault) return
    this.#fault = error ?? new Error('unknown')
    for (const listener of this.#listeners) listener.readOnly?.(error)
  }

  #refused(error: unknown): JoineryError {
    if (this.#fault)
      return new JoineryError('READ_ONLY', 'saving failed, nothing is written any more', { cause: error })
    return diskError(error, 'storing a blob')
  }
}

function checkExpected(found: { cid: Cid; sizeBytes: number }, expected?: { cid?: Cid; sizeBytes?: number }): void {
  if (expected?.sizeBytes !== undefined && expected.sizeBytes !== found.sizeBytes)
    throw new JoineryError('BLOB_MISMATCH', `${found.sizeBytes} bytes instead of ${expected.sizeBytes}`)
  if (expected?.cid !== undefined && !sameBytes(digestOfCid(expected.cid), digestOfCid(found.cid)))
    throw new JoineryError('BLOB_MISMATCH', `the bytes are ${found.cid} and not ${expected.cid}`)
}

/** EIO and its kin come from a sync or mean that the medium is failing; a full disk does not. */
function isSyncError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === 'EIO' || code === 'EROFS'
}

async function* fileSpans(source: ImportSource, onProgress?: (readBytes: number) => void): AsyncIterable<Uint8Array> {
  let next = source.read(0, Math.min(PIECE_BYTES, source.sizeBytes))
  for (let at = 0; at < source.sizeBytes; ) {
    const bytes = await next
    if (bytes.length === 0) throw new JoineryError('BLOB_MISMATCH', `${source.path} became shorter while it was read`)
    at += bytes.length
    const left = Math.min(PIECE_BYTES, source.sizeBytes - at)
    // Read ahead while the caller hashes and writes; a failure is met at the next turn.
    if (left > 0) {
      next = source.read(at, left)
      next.catch(() => undefined)
    }
    yield bytes
    onProgress?.(at)
  }
}

/** Present once all folders are there and durable: making sure of that again at each start would cost a second on a slow card. */
const FOLDERS_READY = 'folders-ready'

async function makeFolders(disk: Disk, layout: BlobLayout): Promise<void> {
  // What was being written when the last run ended is nobody's.
  await disk.remove(layout.incoming)
  for (const folder of [layout.incoming, layout.partials, layout.quarantine]) await disk.makeDirectory(folder)
  const ready = join(layout.root, FOLDERS_READY)
  if (await disk.stat(ready)) return
  const blobs = join(layout.root, 'blobs')
  const parents = new Set<string>()
  for (const folder of layout.folders()) {
    await disk.makeDirectory(folder)
    parents.add(dirname(folder))
  }
  for (const folder of [...parents, blobs, layout.root, dirname(layout.root)]) await disk.syncDirectory(folder)
  await writeDurably(disk, ready, new Uint8Array())
}

async function sleepingPartials(disk: Disk, layout: BlobLayout, index: BlobIndex): Promise<Map<Cid, number>> {
  const sleeping = new Map<Cid, number>()
  for (const entry of await disk.list(layout.partials)) {
    const cid = cidOfFileName(entry.name.replace(/\.have$/, ''))
    const path = join(layout.partials, entry.name)
    const saved = cid && !index.has(cid) ? await readBits(disk, layout.bitsOf(cid)) : undefined
    if (cid && saved && (await disk.stat(layout.partialOf(cid)))) sleeping.set(cid, saved.sizeBytes)
    else await disk.remove(path)
  }
  return sleeping
}
