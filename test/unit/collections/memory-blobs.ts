/** Blobs in memory: what collections need of a store, with the rules that the real one keeps, and peers to read from. */
import '../../../node/blobs/errors.ts'
import { createHash } from 'node:crypto'
import type { BlobWriter, WriteSession } from '../../../node/collections/index.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'
import type { BlobReader, BlobRef } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { encodePieceList, hasPieceList, PIECE_BYTES } from '../../../protocols/piece-list.ts'

export class MemoryBlobs implements BlobReader, BlobWriter {
  readonly blobs = new Map<Cid, Uint8Array>()
  readonly #refs = new Map<Cid, BlobRef>()
  readonly #sessions = new Set<Set<Cid>>()
  /** Where what is not here is read from. */
  peers: MemoryBlobs[] = []
  free: number | undefined
  /** Called before each write; throws to make it fail. */
  beforeWrite: (what: string) => void = () => undefined
  /** Called before each read of a whole blob. */
  beforeRead: (cid: Cid) => Promise<void> | void = () => undefined
  writtenBytes = 0
  reads = 0

  has(cid: Cid): boolean {
    return this.blobs.has(cid)
  }

  hasLocally(cid: Cid): boolean {
    return this.has(cid)
  }

  async put(session: WriteSession, bytes: Uint8Array): Promise<BlobRef> {
    const cid = cidOf(bytes)
    if (!this.blobs.has(cid)) {
      this.beforeWrite('put')
      this.blobs.set(cid, Uint8Array.from(bytes))
      this.writtenBytes += bytes.length
      this.#refs.set(cid, { cid, sizeBytes: bytes.length })
    }
    session.keep(cid)
    return { cid, sizeBytes: bytes.length }
  }

  async putStream(
    session: WriteSession,
    source: AsyncIterable<Uint8Array>,
    sizeBytes: number,
    signal?: AbortSignal
  ): Promise<BlobRef> {
    const parts: Uint8Array[] = []
    for await (const part of source) {
      signal?.throwIfAborted()
      this.beforeWrite('stream')
      // As a writer must expect: the next one comes in the same buffer.
      parts.push(Uint8Array.from(part))
    }
    const bytes = Buffer.concat(parts)
    if (bytes.length !== sizeBytes) throw new Error(`${bytes.length} bytes instead of ${sizeBytes}`)
    if (!hasPieceList(sizeBytes)) return this.put(session, bytes)
    const digests: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) digests.push(sha256(bytes.subarray(at, at + PIECE_BYTES)))
    const pieces = (await this.put(session, encodePieceList(digests))).cid
    const ref = { ...(await this.put(session, bytes)), pieces }
    this.#refs.set(ref.cid, ref)
    return ref
  }

  open(): WriteSession {
    const kept = new Set<Cid>()
    this.#sessions.add(kept)
    return {
      keep: (cid) => {
        if (!this.blobs.has(cid)) return false
        kept.add(cid)
        return true
      },
      end: () => void this.#sessions.delete(kept)
    }
  }

  get openSessions(): number {
    return this.#sessions.size
  }

  async freeBytes(): Promise<number | undefined> {
    return this.free
  }

  /** As a collection of garbage: what no session keeps and `used` does not name. */
  collectGarbage(used: ReadonlySet<Cid>): void {
    for (const cid of this.blobs.keys()) {
      if (used.has(cid) || [...this.#sessions].some((kept) => kept.has(cid))) continue
      this.blobs.delete(cid)
    }
  }

  async bytes(ref: BlobRef, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    this.reads++
    await this.beforeRead(ref.cid)
    signal?.throwIfAborted()
    const bytes = this.anywhere(ref.cid)
    if (!bytes) throw new JoineryError('BLOB_MISSING', `no device has ${ref.cid}`)
    if (bytes.length > maxBytes || bytes.length !== ref.sizeBytes) throw new Error('another size')
    this.blobs.set(ref.cid, bytes)
    return bytes
  }

  /** Here or at a peer. */
  anywhere(cid: Cid): Uint8Array | undefined {
    return [this, ...this.peers].map((one) => one.blobs.get(cid)).find((found) => found !== undefined)
  }

  async *stream(ref: BlobRef, start: number, end: number): AsyncIterable<Uint8Array> {
    yield (await this.bytes(ref, Number.MAX_SAFE_INTEGER)).subarray(start, end)
  }
}

export function cidOf(bytes: Uint8Array): Cid {
  return cidOfDigest(sha256(bytes))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}
