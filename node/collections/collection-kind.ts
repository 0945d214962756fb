import type { ContentIndex, ContentInspector } from '../../protocols/content.ts'

/** What an import has to know about one collection; node/mirrors has one for each that it serves. */
export interface CollectionKind {
  readonly collection: string
  /** Why a file that lies at this path of the collection's folder is not wanted, or undefined. */
  leftOut(path: string): string | undefined
  readonly inspector: ContentInspector
  /** What a facilitator should know after an import about the files that it concerns; no reason not to add anything. */
  notices?(index: ContentIndex, concerns: (path: string) => boolean): { path: string; what: string }[]
}
