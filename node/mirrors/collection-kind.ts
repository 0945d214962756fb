import type { ContentIndex, ContentInspector } from '../../protocols/content.ts'

/**
 * What an import has to know about one collection. `leftOut` first (by path alone, before a file is opened), then `inspector`
 * (which may throw: the file is refused and named, the rest goes on). Two files that end at one path with different bytes are an
 * error of the import, which names both: canonical paths are made so that this finds `Foo_Bar-1.0.tar.gz` next to `foo-bar-1.0.tar.gz`.
 */
export interface CollectionKind {
  readonly collection: string
  /** Why a file that lies at this path of the folder is not wanted (an index that we make ourselves, a crawler's leftover), or undefined. */
  leftOut(path: string): string | undefined
  readonly inspector: ContentInspector
  /** What a facilitator should know after an import about the files that it concerns: nothing of it stopped the import. */
  notices?(index: ContentIndex, concerns: (path: string) => boolean): ImportNotice[]
}

export interface ImportNotice {
  /** In the collection. */
  path: string
  /** Goes on after the path: `reads https://…, which is not in this room`. */
  what: string
}
