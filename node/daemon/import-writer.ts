import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { BlobStore } from '../blobs/index.ts'
import type { BlobWriter, WriteSession } from '../collections/index.ts'

/** Lets collections add bytes to the blob store, and knows which of them no manifest names yet. */
export class ImportWriter implements BlobWriter {
  readonly #store: BlobStore
  readonly #sessions = new Set<Session>()

  constructor(store: BlobStore) {
    this.#store = store
  }

  has(cid: Cid): boolean {
    return this.#store.has(cid)
  }

  async put(session: WriteSession, bytes: Uint8Array): Promise<BlobRef> {
    return keep(session, await this.#store.put(bytes))
  }

  async putStream(
    session: WriteSession,
    source: AsyncIterable<Uint8Array>,
    sizeBytes: number,
    signal?: AbortSignal
  ): Promise<BlobRef> {
    return keep(session, await this.#store.put(abortable(source, signal), { sizeBytes }))
  }

  open(): WriteSession {
    const session = new Session(this.#store, (ended) => this.#sessions.delete(ended))
    this.#sessions.add(session)
    return session
  }

  async freeBytes(): Promise<number | undefined> {
    return this.#store.space.leftBytes
  }

  /** For the collection of garbage: an import under way still needs it. */
  holds(cid: Cid): boolean {
    for (const session of this.#sessions) if (session.holds(cid)) return true
    return false
  }
}

class Session implements WriteSession {
  readonly #store: BlobStore
  readonly #onEnd: (session: Session) => void
  readonly #kept = new Set<Cid>()

  constructor(store: BlobStore, onEnd: (session: Session) => void) {
    this.#store = store
    this.#onEnd = onEnd
  }

  keep(cid: Cid): boolean {
    if (!this.#store.has(cid)) return false
    this.#kept.add(cid)
    const pieces = this.#store.refOf(cid)?.pieces
    if (pieces) this.#kept.add(pieces)
    return true
  }

  holds(cid: Cid): boolean {
    return this.#kept.has(cid)
  }

  end(): void {
    this.#onEnd(this)
  }
}

function keep(session: WriteSession, ref: BlobRef): BlobRef {
  session.keep(ref.cid)
  return ref
}

async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    signal?.throwIfAborted()
    yield bytes
  }
}
