import { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { decodePieceList, hasPieceList, pieceCount } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { writeDurably } from '../platform/durable-file.ts'
import type { BlobWrites } from './blob-writes.ts'
import type { BlobLayout } from './layout.ts'
import { encodeBits, PartialBlob } from './partial-blob.ts'
import { PieceBuffers } from './piece-buffers.ts'
import type { Space } from './space.ts'
import type { StoreFault } from './store-fault.ts'

export interface PartialsComponents {
  disk: Disk
  clock: Clock
  layout: BlobLayout
  space: Space
  fault: StoreFault
  writes: BlobWrites
  readSmall(cid: Cid): Promise<Uint8Array>
}

/** Big blobs that are not complete: open while they are fetched, asleep on the disk when nobody does. Each claims its whole size. */
export class Partials {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #layout: BlobLayout
  readonly #space: Space
  readonly #fault: StoreFault
  readonly #writes: BlobWrites
  readonly #readSmall: (cid: Cid) => Promise<Uint8Array>
  readonly #buffers = new PieceBuffers()
  readonly #awake = new Map<Cid, PartialBlob>()
  readonly #opening = new Map<Cid, Promise<PartialBlob>>()
  readonly #fallingAsleep = new Map<Cid, Promise<void>>()
  /** What each claims of the disk. */
  readonly #sleeping: Map<Cid, number>

  constructor(components: PartialsComponents, init: { sleeping: Map<Cid, number> }) {
    this.#disk = components.disk
    this.#clock = components.clock
    this.#layout = components.layout
    this.#space = components.space
    this.#fault = components.fault
    this.#writes = components.writes
    this.#readSmall = (cid) => components.readSmall(cid)
    this.#sleeping = init.sleeping
  }

  get(cid: Cid): PartialBlob | undefined {
    return this.#awake.get(cid)
  }

  all(): IterableIterator<PartialBlob> {
    return this.#awake.values()
  }

  sleeping(): IterableIterator<Cid> {
    return this.#sleeping.keys()
  }

  async open(ref: BlobRef): Promise<PartialBlob> {
    const open = this.#awake.get(ref.cid) ?? this.#opening.get(ref.cid)
    if (open !== undefined) return open
    const opening = this.#openAwake(ref).finally(() => this.#opening.delete(ref.cid))
    this.#opening.set(ref.cid, opening)
    return opening
  }

  /** Not while it is being put to sleep: what it has is written down then. */
  async #openAwake(ref: BlobRef): Promise<PartialBlob> {
    await this.#fallingAsleep.get(ref.cid)
    return this.#open(ref)
  }

  async #open(ref: BlobRef): Promise<PartialBlob> {
    this.#fault.checkWritable()
    const { cid, sizeBytes, pieces } = ref
    if (!pieces || !hasPieceList(sizeBytes)) throw new JoineryError('BLOB_MISSING', 'a blob without a piece list')
    const list = decodePieceList(await this.#readSmall(pieces), sizeBytes)
    const slept = this.#sleeping.get(cid)
    if (slept !== undefined) {
      this.#sleeping.delete(cid)
      this.#space.release(slept)
    }
    try {
      await this.#space.claim(sizeBytes)
      const partial = await PartialBlob.open(
        { disk: this.#disk, clock: this.#clock, buffers: this.#buffers },
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
      this.#awake.set(cid, partial)
      return partial
    } catch (error) {
      throw this.#fault.refused(error)
    }
  }

  /**
   * Publishes a partial blob that has all its pieces.
   *
   * @throws JoineryError `BLOB_MISMATCH` when the pieces are not this blob's (the list lied): the partial is gone then
   */
  async finish(cid: Cid): Promise<BlobRef> {
    const partial = this.#awake.get(cid)
    if (!partial?.bits.full) throw new JoineryError('BLOB_MISSING', 'the blob is not complete')
    this.#fault.checkWritable()
    const { ref } = partial
    let file: DiskFile | undefined
    try {
      file = await partial.finish()
    } catch (error) {
      throw this.#fault.refused(error)
    }
    if (!file) {
      await this.drop(cid)
      throw new JoineryError('BLOB_MISMATCH', 'the piece list is not that of this blob')
    }
    let published: BlobRef
    try {
      published = await this.#writes.publish({ ...ref, file, path: this.#layout.partialOf(cid) })
    } finally {
      // Only now: until the blob is in the index its pieces were served from here.
      this.#awake.delete(cid)
      await partial.close()
    }
    await this.#disk.remove(this.#layout.bitsOf(cid)).catch(() => undefined)
    return published
  }

  /** Nobody fetches it for now: saves what is here, keeps the file and what it claims, and closes it. */
  async sleep(cid: Cid): Promise<void> {
    const partial = this.#awake.get(cid)
    if (!partial) return
    this.#awake.delete(cid)
    this.#sleeping.set(cid, partial.ref.sizeBytes)
    const asleep = this.#saveAndClose(partial).finally(() => this.#fallingAsleep.delete(cid))
    this.#fallingAsleep.set(cid, asleep)
    await asleep
  }

  async #saveAndClose(partial: PartialBlob): Promise<void> {
    if (!this.#fault.cause && !this.#fault.closed)
      await partial.save().catch((error: unknown) => this.#fault.failed(error))
    await partial.close()
  }

  /** Throws away what is there of a partial blob. */
  async drop(cid: Cid): Promise<void> {
    const partial = this.#awake.get(cid)
    if (partial) {
      this.#awake.delete(cid)
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

  /**
   * A complete file that turned out to be damaged goes on as a partial one, with what it claims of the disk. Nothing of it is believed: opening hashes all its pieces.
   *
   * @returns false when the disk does not let it
   */
  async adopt(ref: BlobRef & { pieces: Cid }): Promise<boolean> {
    const { cid, sizeBytes } = ref
    if (this.#fault.cause || this.#awake.has(cid) || this.#sleeping.has(cid)) return false
    const all = new Bitfield(pieceCount(sizeBytes))
    for (let index = 0; index < all.length; index++) all.add(index)
    try {
      // The bitfield first: a partial file without one is thrown away at the next start.
      await writeDurably(this.#disk, this.#layout.bitsOf(cid), encodeBits(ref, all))
      await this.#disk.rename(this.#layout.fileOf(cid), this.#layout.partialOf(cid))
    } catch {
      return false
    }
    this.#sleeping.set(cid, sizeBytes)
    return true
  }

  /** For the partial's own writes: a failed one may mean that the disk is full or gone. */
  async writePiece(partial: PartialBlob, index: number, bytes: Uint8Array): Promise<boolean> {
    this.#fault.checkWritable()
    try {
      return await partial.write(index, bytes)
    } catch (error) {
      if (isSyncError(error)) this.#fault.failed(error)
      throw this.#fault.refused(error)
    }
  }

  /** Saves what is here and closes the files. */
  async close(): Promise<void> {
    for (const partial of this.#awake.values()) {
      if (!this.#fault.cause) await partial.save().catch((error: unknown) => this.#fault.failed(error))
      await partial.close()
    }
    this.#awake.clear()
  }
}

/** EIO and its kin come from a sync or mean that the medium is failing; a full disk does not. */
function isSyncError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === 'EIO' || code === 'EROFS'
}
