import { Bitfield } from '../../protocols/bitfield.ts'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import { type Cid, cidOfDigest } from '../../protocols/cid.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { hasPieceList, PIECE_BYTES, type PieceList, pieceCount, pieceSpan } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { sha256, sha256Hasher } from '../platform/hash.ts'
import { BelievedFiles } from './believed-files.ts'
import { isLoss, readFully } from './file-reads.ts'
import { SPAN_BYTES, VERIFIED_FOR_MS } from './limits.ts'
import type { OpenFiles } from './open-files.ts'
import { PieceBuffers } from './piece-buffers.ts'
import { PieceHashes } from './piece-hashes.ts'

const REMEMBERED_BLOBS = 256
/** The files of a class's packages, and some more; a name and two numbers each. */
const REMEMBERED_FILES = 2_048
/** Looking at the file's date costs as much as hashing so much. */
const ALWAYS_HASHED_BYTES = 16 * 1024

export interface ReadOptions {
  /** To read into where it is big enough; what is given is a view of it then, valid until the next is asked for. */
  buffer?: Uint8Array | undefined
  /**
   * Whoever gets the bytes hashes them, as other devices do: what this run has hashed and written within the hour is not hashed once more for them. A new file
   * goes to all devices at once, and to a board without instructions for it the hash costs as much as sending.
   */
  isHashedByReader?: boolean
}

export interface VerifiedReadsInit {
  path(cid: Cid): string
  sizeOf(cid: Cid): number | undefined
  /** Undefined when it is not here: then the whole blob is hashed before its first byte is given. */
  pieceList(cid: Cid): Promise<PieceList | undefined>
  /** The digests of all pieces of a blob whose list was not here. */
  listMade(cid: Cid, digests: Uint8Array[]): Promise<void>
  /** Takes a damaged blob out of service. */
  rotten(cid: Cid): Promise<void>
}

/** Of a big blob: which of its pieces need no hashing now. */
interface Believed {
  bits: Bitfield
  list: PieceList
  modifiedMs: number
}

/**
 * Reads from the medium that may have rotted. A very small blob is hashed at each read. Hashing at each read would more than double the cost of a
 * big one (and of one of 100 KB on boards whose processor has no instructions for it: 0.5 ms), so each of its pieces is hashed when it is first read
 * and is then believed for an hour, or until its file changes: rot takes months, a class that downloads one installer an hour. `scrub` reads everything else.
 */
export class VerifiedReads {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #files: OpenFiles
  readonly #init: VerifiedReadsInit
  readonly #pieces = new PieceBuffers()
  readonly #verified = new BoundedMap<Cid, { modifiedMs: number; untilMs: number; bits: Bitfield }>(REMEMBERED_BLOBS)
  readonly #verifiedSmall: BelievedFiles
  /** Hashed on their way to the disk and not read since: a bad card may have lost what it was given, which only a reader who hashes notices. */
  readonly #written: BelievedFiles

  constructor(components: { disk: Disk; clock: Clock; files: OpenFiles }, init: VerifiedReadsInit) {
    this.#disk = components.disk
    this.#clock = components.clock
    this.#files = components.files
    this.#init = init
    this.#verifiedSmall = new BelievedFiles(components, { limit: REMEMBERED_FILES })
    this.#written = new BelievedFiles(components, { limit: REMEMBERED_FILES })
  }

  async small(cid: Cid, { buffer, isHashedByReader = false }: ReadOptions = {}): Promise<Uint8Array> {
    const sizeBytes = this.#size(cid)
    if (hasPieceList(sizeBytes)) throw new JoineryError('TOO_LARGE', 'not a small blob')
    const given = buffer && buffer.length >= sizeBytes ? buffer.subarray(0, sizeBytes) : undefined
    // Not from Node's pool: the buffer goes out to a socket and may live long.
    const bytes = given ?? Buffer.allocUnsafeSlow(sizeBytes)
    const modifiedMs = this.#modifiedMs(cid, sizeBytes)
    if (!(await this.#readSmall(cid, bytes))) throw await this.#rotten(cid)
    if (this.#verifiedSmall.has(cid, modifiedMs) || (isHashedByReader && this.#written.has(cid, modifiedMs)))
      return bytes
    if (cidOfDigest(sha256(bytes)) !== cid) throw await this.#rotten(cid)
    this.#verifiedSmall.add(cid, modifiedMs)
    return bytes
  }

  /** Its bytes were hashed and synced just now. */
  written(cid: Cid): void {
    const sizeBytes = this.#init.sizeOf(cid)
    if (sizeBytes !== undefined) this.#written.add(cid, this.#modifiedMs(cid, sizeBytes))
  }

  /** Undefined for what is hashed each time. */
  #modifiedMs(cid: Cid, sizeBytes: number): number | undefined {
    return sizeBytes > ALWAYS_HASHED_BYTES ? this.#disk.statNow?.(this.#init.path(cid))?.modifiedMs : undefined
  }

  /** @param options.buffer of 256 KiB or of a whole piece, which all spans share */
  async *spans(cid: Cid, start: number, end: number, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const { buffer } = options
    const sizeBytes = this.#size(cid)
    if (start < 0 || end > sizeBytes) throw new JoineryError('BAD_REQUEST', 'a span outside the blob')
    if (!hasPieceList(sizeBytes)) {
      const whole = buffer && sizeBytes > buffer.length ? this.#pieces.take(PIECE_BYTES) : buffer
      const bytes = await this.small(cid, { ...options, buffer: whole })
      for (let at = start; at < end; at += SPAN_BYTES) yield bytes.subarray(at, Math.min(at + SPAN_BYTES, end))
      if (whole && whole !== buffer) this.#pieces.giveBack(whole)
      return
    }
    const believed = await this.#believed(cid, sizeBytes)
    for (let at = start; at < end; ) {
      const index = Math.floor(at / PIECE_BYTES)
      const piece = pieceSpan(sizeBytes, index)
      const until = Math.min(end, piece.end)
      if (buffer && buffer.length >= PIECE_BYTES) {
        const bytes = await this.#pieceInto(cid, index, piece, believed, { ...options, buffer })
        for (; at < until; at += SPAN_BYTES)
          yield bytes.subarray(at - piece.start, Math.min(at + SPAN_BYTES, until) - piece.start)
        at = until
        continue
      }
      if (!believed.bits.has(index)) {
        // Read twice, the second time from the system's memory: holding the whole piece would be four times the memory for each of thirty visitors.
        await this.#verifyPiece(cid, piece, believed.list.digest(index), buffer ?? Buffer.allocUnsafeSlow(SPAN_BYTES))
        believed.bits.add(index)
      }
      const length = Math.min(SPAN_BYTES, until - at)
      const bytes = buffer?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length)
      if (!(await this.#read(cid, bytes, at))) throw await this.#rotten(cid)
      at += length
      yield bytes
    }
  }

  /** In one step: each costs more than a quarter of a piece. */
  async #pieceInto(
    cid: Cid,
    index: number,
    { start, end }: { start: number; end: number },
    { bits, list, modifiedMs }: Believed,
    { buffer, isHashedByReader = false }: ReadOptions & { buffer: Uint8Array }
  ): Promise<Uint8Array> {
    const bytes = buffer.subarray(0, end - start)
    if (!(await this.#read(cid, bytes, start))) throw await this.#rotten(cid)
    if (bits.has(index) || (isHashedByReader && this.#written.has(cid, modifiedMs))) return bytes
    if (!sameBytes(sha256(bytes), list.digest(index))) throw await this.#rotten(cid)
    bits.add(index)
    return bytes
  }

  /** False when it is damaged; it is out of service then. */
  async scrub(cid: Cid, pause: (readBytes: number) => Promise<void>): Promise<boolean> {
    const sizeBytes = this.#init.sizeOf(cid)
    if (sizeBytes === undefined) return true
    try {
      const digest = await this.#hash(cid, sizeBytes, pause)
      if (digest && cidOfDigest(digest) === cid) return true
    } catch (error) {
      if (!isLoss(error)) throw error
    }
    if (this.#init.sizeOf(cid) !== undefined) await this.#init.rotten(cid)
    return false
  }

  /** Whoever is reading it just now believes nothing of it any more either. */
  forget(cid: Cid): void {
    const bits = this.#verified.get(cid)?.bits
    for (let index = 0; index < (bits?.length ?? 0); index++) bits?.delete(index)
    this.#verified.delete(cid)
    this.#verifiedSmall.delete(cid)
    this.#written.delete(cid)
    this.#files.drop(cid)
  }

  #size(cid: Cid): number {
    const sizeBytes = this.#init.sizeOf(cid)
    if (sizeBytes === undefined) throw new JoineryError('BLOB_MISSING', 'not on this device')
    return sizeBytes
  }

  async #readSmall(cid: Cid, into: Uint8Array): Promise<boolean> {
    if (!this.#disk.readInto) return this.#read(cid, into, 0)
    try {
      return (await this.#disk.readInto(this.#init.path(cid), into)) === into.length
    } catch (error) {
      if (isLoss(error)) return false
      throw error
    }
  }

  /** False when the bytes are not there any more: cut off, deleted, or in a sector that cannot be read. */
  async #read(cid: Cid, into: Uint8Array, position: number): Promise<boolean> {
    try {
      return await this.#files.use(cid, this.#init.path(cid), (file) => readFully(file, into, position))
    } catch (error) {
      if (isLoss(error)) return false
      throw error
    }
  }

  async #verifyPiece(
    cid: Cid,
    { start, end }: { start: number; end: number },
    digest: Uint8Array,
    buffer: Uint8Array
  ): Promise<void> {
    const hasher = sha256Hasher()
    for (let at = start; at < end; at += SPAN_BYTES) {
      const span = buffer.subarray(0, Math.min(SPAN_BYTES, end - at))
      if (!(await this.#read(cid, span, at))) throw await this.#rotten(cid)
      hasher.update(span)
    }
    if (!sameBytes(hasher.digest(), digest)) throw await this.#rotten(cid)
  }

  /** Which pieces need no hashing now. The file is looked at once per read: a change of its date ends all belief. */
  async #believed(cid: Cid, sizeBytes: number): Promise<Believed> {
    const path = this.#init.path(cid)
    const stat = this.#disk.statNow ? this.#disk.statNow(path) : await this.#disk.stat(path)
    if (!stat || stat.sizeBytes !== sizeBytes) throw await this.#rotten(cid)
    const nowMs = this.#clock.monotonicMs()
    let known = this.#verified.get(cid)
    if (!known || known.modifiedMs !== stat.modifiedMs || known.untilMs < nowMs) {
      known = {
        modifiedMs: stat.modifiedMs,
        untilMs: nowMs + VERIFIED_FOR_MS,
        bits: new Bitfield(pieceCount(sizeBytes))
      }
      this.#verified.set(cid, known)
    }
    const list = (await this.#init.pieceList(cid)) ?? (await this.#hashWhole(cid, sizeBytes, known.bits))
    return { bits: known.bits, list, modifiedMs: stat.modifiedMs }
  }

  /** Without a piece list: one pass over the file proves all of it and makes the list anew. */
  async #hashWhole(cid: Cid, sizeBytes: number, bits: Bitfield): Promise<PieceList> {
    const pieces = new PieceHashes()
    const digest = await this.#hash(cid, sizeBytes, async () => undefined, pieces)
    if (!digest || cidOfDigest(digest) !== cid) throw await this.#rotten(cid)
    for (let i = 0; i < bits.length; i++) bits.add(i)
    const digests = pieces.digests()
    await this.#init.listMade(cid, digests)
    return { count: digests.length, digest: (index) => digests[index] ?? new Uint8Array() }
  }

  async #hash(
    cid: Cid,
    sizeBytes: number,
    pause: (readBytes: number) => Promise<void>,
    pieces?: PieceHashes
  ): Promise<Uint8Array | undefined> {
    const hasher = sha256Hasher()
    const buffer = Buffer.allocUnsafeSlow(Math.min(SPAN_BYTES, sizeBytes))
    return this.#files.use(cid, this.#init.path(cid), async (file) => {
      for (let at = 0; at < sizeBytes; at += SPAN_BYTES) {
        const span = buffer.subarray(0, Math.min(SPAN_BYTES, sizeBytes - at))
        if (!(await readFully(file, span, at))) return undefined
        hasher.update(span)
        pieces?.update(span)
        await pause(span.length)
      }
      return hasher.digest()
    })
  }

  async #rotten(cid: Cid): Promise<JoineryError> {
    await this.#init.rotten(cid)
    return new JoineryError('BLOB_ROTTEN', `${cid} was damaged on this device`)
  }
}
