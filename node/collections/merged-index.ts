import type { ContentFile, ContentIndex } from '../../protocols/content.ts'
import type { LineVersion } from '../../protocols/manifest-shard.ts'
import { findMerged, mergedLines } from './merged-lines.ts'
import type { ShownContent } from './shown-content.ts'

/** The merged content of all collections, decoded line by line as it is asked for. */
export class MergedIndex implements ContentIndex {
  readonly #content: ShownContent
  constructor(components: { content: ShownContent }) {
    this.#content = components.content
  }

  collections(): string[] {
    return this.#content.collections()
  }

  get(collection: string, path: string): ContentFile | undefined {
    const shown = findMerged(this.#content.manifests(collection), path)?.versions[0]
    return shown && fileOf(collection, path, shown)
  }

  list(collection: string, prefix = ''): Iterable<ContentFile> {
    return this.listFrom(collection, prefix, prefix)
  }

  /** @param from the first path; must begin with the prefix or come before all that do */
  *listFrom(collection: string, prefix: string, from: string): Generator<ContentFile> {
    for (const line of mergedLines(this.#content.manifests(collection), from)) {
      if (!line.path.startsWith(prefix)) return
      const file = fileOf(collection, line.path, line.versions[0])
      if (file) yield file
    }
  }

  revision(collection: string): string {
    return this.#content.revision(collection)
  }

  onChange(listener: (collection: string) => void): () => void {
    return this.#content.onChange(listener)
  }
}

/** Undefined where the path is removed. */
export function fileOf(collection: string, path: string, version: LineVersion | undefined): ContentFile | undefined {
  return version?.file && { collection, path, ...version.file }
}
