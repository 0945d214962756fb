import { Bitfield } from '../../protocols/bitfield.ts'
import { decodeCbor, encodeCbor, sameBytes } from '../../protocols/cbor.ts'
import { type Cid, cidOfDigest, digestOfCid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { MAX_INVENTORY_PIECES } from '../../protocols/inventory.ts'
import { PIECE_BYTES, type PieceList, pieceCount, pieceSpan } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { type Hasher, sha256, sha256Hasher } from '../platform/hash.ts'
import { isLoss, readFully } from './file-reads.ts'
import { FRESH_PIECE_MS, PARTIAL_SAVE_BYTES, SPAN_BYTES } from './limits.ts'
import type { PieceBuffers } from './piece-buffers.ts'

const VERSION = 1
const BLANK_PROBE_BYTES = 4096
const MAX_BITS_FILE_BYTES = MAX_INVENTORY_PIECES / 8 + 256

export interface SavedBits {
  sizeBytes: number
  pieces: Cid
  bits: Bitfield
}

export interface PartialBlobComponents {
  disk: Disk
  /** Of one piece each, shared by all that are open. */
  buffers: PieceBuffers
  clock: Clock
}

/**
 * A big blob of which some pieces are here. Each piece is verified before it is written; the bitfield is written only after the data was synced,
 * and is never believed: what an earlier run left is hashed again, piece by piece.
 */
export class PartialBlob {
  readonly ref: BlobRef & { pieces: Cid }
  /** Verified pieces that are in the file. */
  readonly bits: Bitfield
  readonly #disk: Disk
  readonly #buffers: PieceBuffers
  readonly #clock: Clock
  readonly #list: PieceList
  readonly #file: DiskFile
  readonly #path: string
  readonly #bitsPath: string
  /** The blob's own hash over the pieces before `#hashed`, so that publishing need not read everything again. */
  #hasher: Hasher = sha256Hasher()
  #hashed = 0
  #catchingUp: Promise<void> | undefined
  #unsavedBytes = 0
  #saving: Promise<void> = Promise.resolve()
  /** Until when a piece that was read and hashed needs no hashing. */
  readonly #freshUntilMs: Float64Array
  readonly #reads = new Set<Promise<unknown>>()

  private constructor(
    { disk, clock, buffers }: PartialBlobComponents,
    ref: BlobRef & { pieces: Cid },
    list: PieceList,
    file: DiskFile,
    paths: { path: string; bitsPath: string }
  ) {
    this.ref = ref
    this.bits = new Bitfield(list.count)
    this.#disk = disk
    this.#buffers = buffers
    this.#clock = clock
    this.#list = list
    this.#freshUntilMs = new Float64Array(list.count)
    this.#file = file
    this.#path = paths.path
    this.#bitsPath = paths.bitsPath
  }

  static async open(
    components: PartialBlobComponents,
    init: { ref: BlobRef & { pieces: Cid }; list: PieceList; path: string; bitsPath: string }
  ): Promise<PartialBlob> {
    const { disk } = components
    const { ref, list, path, bitsPath } = init
    const saved = await readBits(disk, bitsPath)
    const usable = saved?.sizeBytes === ref.sizeBytes && saved.pieces === ref.pieces && (await disk.stat(path))
    const partial = new PartialBlob(components, ref, list, await disk.open(path, usable ? 'update' : 'create'), {
      path,
      bitsPath
    })
    try {
      if (usable) await partial.#verifyAgain(saved.bits)
      else await partial.save()
    } catch (error) {
      await partial.#file.close()
      throw error
    }
    return partial
  }

  /**
   * @param bytes exactly the piece
   * @returns false when they are not the piece's bytes: then nothing was written
   */
  async write(index: number, bytes: Uint8Array): Promise<boolean> {
    const { start, end } = pieceSpan(this.ref.sizeBytes, index)
    if (bytes.length !== end - start || !this.matches(index, bytes)) return false
    if (this.bits.has(index)) return true
    await this.#file.write(bytes, start)
    if (!this.bits.add(index)) return true
    // Other devices ask for it at once.
    this.#believe(index)
    if (index === this.#hashed && !this.#catchingUp) {
      this.#hasher.update(bytes)
      this.#hashed++
    }
    this.#catchUp()
    this.#unsavedBytes += bytes.length
    if (this.#unsavedBytes >= PARTIAL_SAVE_BYTES) await this.save()
    return true
  }

  matches(index: number, bytes: Uint8Array): boolean {
    return sameBytes(sha256(bytes), this.#list.digest(index))
  }

  /**
   * Bytes from `at` on, as many as `buffer` holds or 256 KiB, up to `end` and up to the end of the piece, which is here (the caller looks at `bits` first). It is hashed before
   * any of it is given, unless that was done a moment ago. A damaged one is here no more.
   *
   * @param buffer of 256 KiB or of a piece to read into, or else the answer has its own
   * @throws JoineryError `BLOB_ROTTEN`
   */
  readSpan(at: number, end: number, buffer?: Uint8Array): Promise<Uint8Array> {
    const reading = this.#readSpan(at, end, buffer)
    const ended: Promise<unknown> = reading.then(
      () => this.#reads.delete(ended),
      () => this.#reads.delete(ended)
    )
    this.#reads.add(ended)
    return reading
  }

  async #readSpan(at: number, end: number, buffer?: Uint8Array): Promise<Uint8Array> {
    const index = Math.floor(at / PIECE_BYTES)
    const piece = pieceSpan(this.ref.sizeBytes, index)
    const length = Math.min(buffer?.length ?? SPAN_BYTES, end - at, piece.end - at)
    const bytes = buffer?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length)
    const isFresh = (this.#freshUntilMs[index] ?? 0) > this.#clock.monotonicMs()
    if (!isFresh && at === piece.start && length === piece.end - piece.start) {
      if (!(await this.#read(bytes, at)) || !this.matches(index, bytes)) throw this.#rotten(index)
      this.#believe(index)
      return bytes
    }
    if (!isFresh) {
      // Read twice, the second time from the system's memory: no visitor holds a whole piece.
      const room = buffer ?? Buffer.allocUnsafeSlow(SPAN_BYTES)
      if (!(await this.#isWhole(index, piece, room))) throw this.#rotten(index)
      this.#believe(index)
    }
    if (!(await this.#read(bytes, at))) throw this.#rotten(index)
    return bytes
  }

  async #isWhole(index: number, { start, end }: { start: number; end: number }, room: Uint8Array): Promise<boolean> {
    const hasher = sha256Hasher()
    for (let at = start; at < end; at += SPAN_BYTES) {
      const span = room.subarray(0, Math.min(SPAN_BYTES, end - at))
      if (!(await this.#read(span, at))) return false
      hasher.update(span)
    }
    return sameBytes(hasher.digest(), this.#list.digest(index))
  }

  #believe(index: number): void {
    this.#freshUntilMs[index] = this.#clock.monotonicMs() + FRESH_PIECE_MS
  }

  #rotten(index: number): JoineryError {
    this.bits.delete(index)
    this.#freshUntilMs[index] = 0
    return new JoineryError('BLOB_ROTTEN', 'a piece of a partial file was damaged')
  }

  /** False when the file ends before, or its medium cannot be read there. */
  async #read(into: Uint8Array, position: number): Promise<boolean> {
    try {
      return await readFully(this.#file, into, position)
    } catch (error) {
      if (isLoss(error)) return false
      throw error
    }
  }

  /** Syncs the data, then writes which pieces it holds. */
  save(): Promise<void> {
    // One after the other, also after one that failed: its error belongs to who asked for it.
    this.#saving = this.#saving.then(
      () => this.#save(),
      () => this.#save()
    )
    return this.#saving
  }

  async #save(): Promise<void> {
    const bits = this.bits.copy()
    this.#unsavedBytes = 0
    await this.#file.sync()
    await writeDurably(this.#disk, this.#bitsPath, encodeBits(this.ref, bits))
  }

  /**
   * Hashes the whole once. Resolves with the file, opened once more and ready to be made durable, or undefined when the pieces are not those
   * of this blob (the list lied: its author, not the peers). Until `close` the pieces can still be read here.
   *
   * @throws JoineryError `BLOB_ROTTEN` when pieces were damaged since they were written: they are not in `bits` any more
   */
  async finish(): Promise<DiskFile | undefined> {
    await this.#saving.catch(() => undefined)
    await this.#catchingUp
    if (this.#hashed < this.#list.count) await this.#hashNext()
    const whole = this.#hashed === this.#list.count && cidOfDigest(this.#hasher.digest()) === this.ref.cid
    if (whole) return this.#disk.open(this.#path, 'update')
    this.#hasher = sha256Hasher()
    this.#hashed = 0
    // The list is to blame only when every piece is what it says.
    await this.#verifyAgain(this.bits.copy())
    if (!this.bits.full) throw new JoineryError('BLOB_ROTTEN', 'pieces of a partial file were damaged')
    return undefined
  }

  /** After the reads that are under way. */
  async close(): Promise<void> {
    await this.#saving.catch(() => undefined)
    await this.#catchingUp
    await Promise.all(this.#reads)
    await this.#file.close()
  }

  /** Pieces that came before their turn are hashed as soon as it comes, from the system's memory: at the end that would be all of the blob. */
  #catchUp(): void {
    if (this.#catchingUp || !this.#isNextHere()) return
    this.#catchingUp = this.#hashNext()
      // What cannot be read now is met again by who finishes the blob.
      .catch(() => undefined)
      .finally(() => {
        this.#catchingUp = undefined
      })
  }

  #isNextHere(): boolean {
    return this.#hashed < this.#list.count && this.bits.has(this.#hashed)
  }

  /** Stops at a piece that is not here or is lost. */
  async #hashNext(): Promise<void> {
    const buffer = this.#buffers.take(PIECE_BYTES)
    try {
      for (; this.#isNextHere(); this.#hashed++) {
        const { start, end } = pieceSpan(this.ref.sizeBytes, this.#hashed)
        const piece = buffer.subarray(0, end - start)
        if (!(await this.#read(piece, start))) break
        this.#hasher.update(piece)
      }
    } finally {
      this.#buffers.giveBack(buffer)
    }
  }

  /** Also what was written after the bitfield: a device that was killed must not fetch it twice. */
  async #verifyAgain(claimed: Bitfield): Promise<void> {
    const buffer = new Uint8Array(PIECE_BYTES)
    for (let index = 0; index < this.#list.count; index++) {
      const { start, end } = pieceSpan(this.ref.sizeBytes, index)
      const piece = buffer.subarray(0, end - start)
      const there = (await this.#read(piece, start)) && (claimed.has(index) || !isBlank(piece))
      if (!there || !this.matches(index, piece)) {
        this.bits.delete(index)
        continue
      }
      this.bits.add(index)
      if (index !== this.#hashed) continue
      this.#hasher.update(piece)
      this.#hashed++
    }
  }
}

/** A hole of the file, most likely: not worth hashing (0.6 ms a piece on a PC, ten times as much on a Pi). */
function isBlank(piece: Uint8Array): boolean {
  return piece.subarray(0, BLANK_PROBE_BYTES).every((byte) => byte === 0)
}

export function encodeBits(ref: BlobRef & { pieces: Cid }, bits: Bitfield): Uint8Array {
  return encodeCbor([VERSION, ref.sizeBytes, digestOfCid(ref.pieces), bits.bytes])
}

/** What was saved; undefined when it is missing or damaged (then every piece is fetched again). */
export async function readBits(disk: Disk, path: string): Promise<SavedBits | undefined> {
  try {
    const bytes = await readSmallFile(disk, path, MAX_BITS_FILE_BYTES)
    if (!bytes) return undefined
    const value = decodeCbor(bytes, MAX_BITS_FILE_BYTES)
    if (!Array.isArray(value)) return undefined
    const [version, sizeBytes, pieces, bits] = value
    if (version !== VERSION || typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes)) return undefined
    if (!(pieces instanceof Uint8Array) || !(bits instanceof Uint8Array)) return undefined
    return { sizeBytes, pieces: cidOfDigest(pieces), bits: Bitfield.from(bits, pieceCount(sizeBytes)) }
  } catch {
    return undefined
  }
}
