import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { BlobStore } from './store.ts'

/** Holds on to blobs that no manifest names yet. */
export interface WriteSession {
  /** Also for a blob that was there before. False when it is not there. */
  keep(cid: Cid): boolean
  end(): void
}

/** What imports write with: as the collections want it. Garbage is not collected from under a session. */
export class BlobWriting {
  readonly #store: BlobStore
  /** How many sessions hold on to each. */
  readonly #kept = new Map<Cid, number>()

  constructor(components: { store: BlobStore }) {
    this.#store = components.store
  }

  has(cid: Cid): boolean {
    return this.#store.has(cid)
  }

  async put(session: WriteSession, bytes: Uint8Array): Promise<BlobRef> {
    return keepRef(session, await this.#store.put(bytes))
  }

  /** Nothing is kept when `source` throws or yields another length than `sizeBytes`. */
  async putStream(
    session: WriteSession,
    source: AsyncIterable<Uint8Array>,
    sizeBytes: number,
    signal?: AbortSignal
  ): Promise<BlobRef> {
    const spans = signal ? untilAborted(source, signal) : source
    return keepRef(session, await this.#store.put(spans, { sizeBytes }))
  }

  open(): WriteSession {
    const mine = new Set<Cid>()
    const kept = this.#kept
    return {
      keep: (cid) => {
        if (!this.#store.has(cid)) return false
        if (!mine.has(cid)) {
          mine.add(cid)
          kept.set(cid, (kept.get(cid) ?? 0) + 1)
        }
        return true
      },
      end() {
        for (const cid of mine) {
          const left = (kept.get(cid) ?? 1) - 1
          if (left > 0) kept.set(cid, left)
          else kept.delete(cid)
        }
        mine.clear()
      }
    }
  }

  freeBytes(): Promise<number> {
    return this.#store.freeBytes()
  }

  isKept(cid: Cid): boolean {
    return this.#kept.has(cid)
  }
}

function keepRef(session: WriteSession, ref: BlobRef): BlobRef {
  session.keep(ref.cid)
  if (ref.pieces) session.keep(ref.pieces)
  return ref
}

async function* untilAborted(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    signal.throwIfAborted()
    yield bytes
  }
}
