import { join } from 'node:path'
import { sameBytes } from '../../protocols/cbor.ts'
import { type Cid, cidOfDigest, digestOfCid } from '../../protocols/cid.ts'
import type { BlobRef, ImportSource } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { encodePieceList, hasPieceList, MAX_BLOB_BYTES, PIECE_BYTES } from '../../protocols/piece-list.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { sha256, sha256Hasher } from '../platform/hash.ts'
import type { BlobIndex } from './blob-index.ts'
import { type Finished, GroupCommit } from './group-commit.ts'
import type { BlobLayout } from './layout.ts'
import { MAX_OPEN_PUTS } from './limits.ts'
import { PieceHashes } from './piece-hashes.ts'
import { Slots } from './slots.ts'
import type { Space } from './space.ts'
import type { StoreFault } from './store-fault.ts'
import type { VerifiedBytes } from './verified-bytes.ts'

/** Puts that may wait for a file of their own; each is a caller that waits. */
const MAX_WAITING_PUTS = 4096

export interface BlobWritesComponents {
  disk: Disk
  layout: BlobLayout
  index: BlobIndex
  space: Space
  fault: StoreFault
}

/** New blobs on their way to the disk: hashed while they are written, made durable in groups, and only then in the index. */
export class BlobWrites {
  readonly #disk: Disk
  readonly #layout: BlobLayout
  readonly #index: BlobIndex
  readonly #space: Space
  readonly #fault: StoreFault
  readonly #commit: GroupCommit
  readonly #onPublished: (cid: Cid, sizeBytes: number) => void
  readonly #puts = new Slots(MAX_OPEN_PUTS, MAX_WAITING_PUTS)
  readonly #publishing = new Map<Cid, Promise<BlobRef>>()
  #temporaries = 0

  constructor(components: BlobWritesComponents, init: { onPublished: (cid: Cid, sizeBytes: number) => void }) {
    this.#disk = components.disk
    this.#layout = components.layout
    this.#index = components.index
    this.#space = components.space
    this.#fault = components.fault
    this.#commit = new GroupCommit(components, { onFault: (error) => components.fault.failed(error) })
    this.#onPublished = init.onPublished
  }

  async putSmall(bytes: Uint8Array, expected?: { cid?: Cid; sizeBytes?: number }): Promise<BlobRef> {
    const cid = cidOfDigest(sha256(bytes))
    checkExpected({ cid, sizeBytes: bytes.length }, expected)
    if (this.#index.has(cid)) return { cid, sizeBytes: bytes.length }
    return this.#puts.run(() => this.#writeSmall(cid, bytes))
  }

  /** Of what fits into one piece, as `putSmall`. */
  putVerified({ cid, bytes }: VerifiedBytes): Promise<BlobRef> {
    return this.#puts.run(() => this.#writeSmall(cid, bytes))
  }

  async #writeSmall(cid: Cid, bytes: Uint8Array): Promise<BlobRef> {
    if (this.#index.has(cid)) return { cid, sizeBytes: bytes.length }
    const { file, path } = await this.#begin(bytes.length)
    try {
      await file.write(bytes, 0)
    } catch (error) {
      await this.abandon(file, path, bytes.length)
      throw this.#fault.refused(error)
    }
    return this.publish({ cid, sizeBytes: bytes.length, pieces: undefined, file, path })
  }

  /** Takes no slot of its own: whoever writes the blob has one. */
  writeList(digests: Uint8Array[]): Promise<BlobRef> {
    const bytes = encodePieceList(digests)
    return this.#writeSmall(cidOfDigest(sha256(bytes)), bytes)
  }

  putStream(
    source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    expected?: { cid?: Cid; sizeBytes?: number }
  ): Promise<BlobRef> {
    return this.#puts.run(async () => {
      let claimed = expected?.sizeBytes ?? 0
      if (claimed > MAX_BLOB_BYTES) throw new JoineryError('BLOB_TOO_LARGE', `at most ${MAX_BLOB_BYTES} bytes`)
      const { file, path } = await this.#begin(claimed)
      let sizeBytes = 0
      const whole = sha256Hasher()
      const hashes = new PieceHashes()
      let cid: Cid
      try {
        for await (const bytes of source) {
          if (sizeBytes + bytes.length > MAX_BLOB_BYTES)
            throw new JoineryError('BLOB_TOO_LARGE', `at most ${MAX_BLOB_BYTES} bytes`)
          if (expected?.sizeBytes !== undefined && sizeBytes + bytes.length > expected.sizeBytes)
            throw new JoineryError('BLOB_MISMATCH', `more than the ${expected.sizeBytes} bytes that were announced`)
          if (sizeBytes + bytes.length > claimed) {
            await this.#space.grow(claimed, sizeBytes + bytes.length)
            claimed = sizeBytes + bytes.length
          }
          const written = file.write(bytes, sizeBytes)
          whole.update(bytes)
          hashes.update(bytes)
          await written
          sizeBytes += bytes.length
        }
        cid = cidOfDigest(whole.digest())
        checkExpected({ cid, sizeBytes }, expected)
      } catch (error) {
        await this.abandon(file, path, claimed)
        throw this.#fault.refused(error)
      }
      if (this.#index.has(cid)) {
        await this.abandon(file, path, claimed)
        const pieces = this.#index.piecesOf(cid)
        return pieces ? { cid, sizeBytes, pieces } : { cid, sizeBytes }
      }
      let list: BlobRef | undefined
      try {
        if (hasPieceList(sizeBytes)) list = await this.writeList(hashes.digests())
      } catch (error) {
        await this.abandon(file, path, claimed)
        throw error
      }
      return this.publish({ cid, sizeBytes, pieces: list?.cid, file, path })
    })
  }

  async #begin(sizeBytes: number): Promise<{ file: DiskFile; path: string }> {
    this.#fault.checkWritable()
    try {
      await this.#space.claim(sizeBytes)
    } catch (error) {
      throw this.#fault.refused(error)
    }
    const path = join(this.#layout.incoming, String(this.#temporaries++))
    try {
      return { file: await this.#disk.open(path, 'create'), path }
    } catch (error) {
      this.#space.release(sizeBytes)
      throw this.#fault.refused(error)
    }
  }

  /** Gives back what a put that failed had taken; its own error is the one that counts. */
  async abandon(file: DiskFile, path: string, claimedBytes: number): Promise<void> {
    await file.close().catch(() => undefined)
    await this.#disk.remove(path).catch(() => undefined)
    this.#space.release(claimedBytes)
  }

  async publish(finished: Finished): Promise<BlobRef> {
    const { cid, sizeBytes } = finished
    // The same bytes twice at once: the second waits for the first, and is durable when that is.
    const first = this.#publishing.get(cid)
    if (first !== undefined) {
      await this.abandon(finished.file, finished.path, sizeBytes)
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
      throw this.#fault.refused(error)
    }
    if (known) this.#space.release(sizeBytes)
    const damaged = this.#layout.quarantineOf(cid)
    // Hardly ever there, and looking is a tenth of the cost of removing.
    if (!this.#disk.statNow || this.#disk.statNow(damaged)) await this.#disk.remove(damaged).catch(() => undefined)
    this.#onPublished(cid, sizeBytes)
    return pieces ? { cid, sizeBytes, pieces } : { cid, sizeBytes }
  }
}

function checkExpected(found: { cid: Cid; sizeBytes: number }, expected?: { cid?: Cid; sizeBytes?: number }): void {
  if (expected?.sizeBytes !== undefined && expected.sizeBytes !== found.sizeBytes)
    throw new JoineryError('BLOB_MISMATCH', `${found.sizeBytes} bytes instead of ${expected.sizeBytes}`)
  if (expected?.cid !== undefined && !sameBytes(digestOfCid(expected.cid), digestOfCid(found.cid)))
    throw new JoineryError('BLOB_MISMATCH', `the bytes are ${found.cid} and not ${expected.cid}`)
}

/** A file from its beginning, a piece at a time, the next one read ahead. */
export async function* fileSpans(
  source: ImportSource,
  onProgress?: (readBytes: number) => void
): AsyncIterable<Uint8Array> {
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
