import type { ContentFile, ContentIndex } from '../../protocols/content.ts'

/** A class downloads the same files: 200 packages and their metadata. Each is some 500 bytes here. */
const MAX_FOUND = 1024

/**
 * Files of one collection that were asked for, kept while it does not change: finding one means decoding a line of the manifest, which costs more
 * than sending a small file.
 */
export class FoundFiles {
  readonly #index: ContentIndex
  readonly #collection: string
  #revision = ''
  readonly #found = new Map<string, ContentFile>()

  constructor(index: ContentIndex, collection: string) {
    this.#index = index
    this.#collection = collection
  }

  get(path: string): ContentFile | undefined {
    const revision = this.#index.revision(this.#collection)
    if (revision !== this.#revision) {
      this.#found.clear()
      this.#revision = revision
    }
    const known = this.#found.get(path)
    if (known) return known
    const file = this.#index.get(this.#collection, path)
    if (!file) return undefined
    // What a class does not download any more makes room for what it does: all anew is as good as the oldest first, and costs nothing at each hit.
    if (this.#found.size >= MAX_FOUND) this.#found.clear()
    this.#found.set(path, file)
    return file
  }
}
