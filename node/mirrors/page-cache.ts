import { sha256 } from '../platform/hash.ts'

/** A page that a mirror made itself. */
export interface Page {
  bytes: Uint8Array
  etag: string
}

export function pageOf(content: string | Uint8Array): Page {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { bytes, etag: Buffer.from(sha256(bytes)).toString('base64url') }
}

/** Pages made from a collection, kept until it changes, the least recently used dropped first. */

export class PageCache {
  readonly #maxBytes: number
  #revision = ''
  #bytes = 0
  readonly #pages = new Map<string, Page>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @param revision of the collection: another one than the last time empties the cache */
  get(revision: string, key: string): Page | undefined {
    if (revision !== this.#revision) {
      this.#pages.clear()
      this.#bytes = 0
      this.#revision = revision
    }
    const page = this.#pages.get(key)
    if (page) {
      this.#pages.delete(key)
      this.#pages.set(key, page)
    }
    return page
  }

  /** For the revision that was asked for last. A page that is larger than the whole cache is not kept. */
  set(key: string, page: Page): void {
    const size = page.bytes.length + key.length
    if (size > this.#maxBytes) return
    this.#drop(key)
    this.#pages.set(key, page)
    this.#bytes += size
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    const page = this.#pages.get(key)
    if (!page) return
    this.#pages.delete(key)
    this.#bytes -= page.bytes.length + key.length
  }
}
