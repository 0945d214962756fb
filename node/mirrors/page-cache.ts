import { gzipSync } from 'node:zlib'
import { sha256 } from '../platform/hash.ts'

/** A page that a mirror made itself. */
export interface Page {
  bytes: Uint8Array
  /** Where that is worth it. */
  gzip?: Uint8Array
  etag: string
}

/** A shorter page leaves in one packet either way. */
const LEAST_COMPRESSED_BYTES = 1_024
/** Compressing a longer one would hold everybody else up for tens of milliseconds. */
const MOST_COMPRESSED_BYTES = 1024 * 1024

export function pageOf(content: string | Uint8Array): Page {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { bytes, etag: Buffer.from(sha256(bytes)).toString('base64url') }
}

/** The same with its compressed form: for pages that are made once and asked for by a whole class. */
export function compressedPageOf(content: string): Page {
  const page = pageOf(content)
  const { length } = page.bytes
  if (length < LEAST_COMPRESSED_BYTES || length > MOST_COMPRESSED_BYTES) return page
  return { ...page, gzip: gzipSync(page.bytes) }
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
    const size = sizeOf(key, page)
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
    this.#bytes -= sizeOf(key, page)
  }
}

function sizeOf(key: string, page: Page): number {
  return key.length + page.bytes.length + (page.gzip?.length ?? 0)
}
