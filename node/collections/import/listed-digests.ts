import { dirname, join } from 'node:path'
import { BoundedMap } from '../../../protocols/bounded-map.ts'
import type { SourceFolder } from '../../platform/source-folder.ts'
import { isSystemError } from './folder-scan.ts'

/** A page of one project; that of the longest (some 10,000 files) has 2 MB. */
const MAX_PAGE_BYTES = 4 * 2 ** 20
/** Pages kept: files come folder by folder. */
const KEPT_PAGES = 8
const LINK = /href="([^"#?]+)#sha256=([0-9a-f]{64})"/gi

/**
 * The index pages that `offlinedatasci` writes beside wheels name their sha2-256. The pages are not content, but a wheel
 * that differs from its page was damaged or changed after it was downloaded.
 */
export class ListedDigests {
  readonly #sources: SourceFolder
  readonly #pages = new BoundedMap<string, Promise<ReadonlyMap<string, string>>>(KEPT_PAGES)

  constructor(components: { sources: SourceFolder }) {
    this.#sources = components.sources
  }

  /**
   * @param source absolute path of a file
   * @returns in hex, when a page beside it names one
   */
  async of(source: string): Promise<string | undefined> {
    const folder = dirname(source)
    let page = this.#pages.get(folder)
    if (!page) {
      page = this.#read(join(folder, 'index.html'))
      this.#pages.set(folder, page)
    }
    return (await page).get(source.slice(folder.length + 1))
  }

  async #read(path: string): Promise<ReadonlyMap<string, string>> {
    try {
      const file = await this.#sources.open(path)
      try {
        const { kind, sizeBytes } = await file.stat()
        const bytes = new Uint8Array(kind === 'file' ? Math.min(sizeBytes, MAX_PAGE_BYTES) : 0)
        const read = await file.read(bytes, 0)
        return parse(new TextDecoder().decode(bytes.subarray(0, read)))
      } finally {
        await file.close()
      }
    } catch (error) {
      // Most folders have no such page.
      if (isSystemError(error)) return new Map()
      throw error
    }
  }
}

function parse(page: string): Map<string, string> {
  const digests = new Map<string, string>()
  for (const [, link = '', digest = ''] of page.matchAll(LINK)) {
    const name = unescaped(link.slice(link.lastIndexOf('/') + 1))
    if (name !== undefined) digests.set(name, digest.toLowerCase())
  }
  return digests
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
