/** What the rest of the program can do with collections: the index, the catalogue, and the operations of the command line. */
import type { Cid } from '../../protocols/cid.ts'
import type { BlobCatalogue, ContentFile, ContentIndex, PlacementPolicy } from '../../protocols/content.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { ImportOptions, ImportReport } from './import/import-report.ts'

export interface Collections {
  readonly index: ContentIndex
  readonly catalogue: BlobCatalogue

  /**
   * Adds what a folder (or one file) holds. Bad files are left out and listed; the rest is added in one new revision per collection,
   * written last. Running it again continues, and adds nothing when nothing changed.
   */
  importFolder(folder: string, options?: ImportOptions): Promise<ImportReport>
  /** Takes out one path, or with a final `/` all that is below it (`''` = everything). Fails with `NOT_FOUND` when that is nothing. */
  remove(collection: string, path: string): Promise<{ removed: number; revision: string }>
  /**
   * Makes the collection what it was at `revision` (as `history` names it, or the beginning of that name), as a new revision.
   * @throws `COLLECTION_BYTES_GONE` when its list or files of that time are on no reachable device; nothing is changed then
   */
  rollback(collection: string, revision: string): Promise<{ revision: string }>
  /** Newest first. */
  history(collection: string): Revision[]
  summary(): CollectionSummary[]
  /** In byte order of the path. */
  list(collection: string, options?: { prefix?: string; after?: string }): Iterable<ContentFile>
  /** Files that lost against another device's file of the same path, which nobody has looked at yet. */
  conflicts(collection: string): Iterable<ContentConflict>
  /** `undefined` returns to the standard. */
  setPolicy(collection: string, prefix: string, policy: PlacementPolicy | undefined): Promise<void>
  policies(): PolicyRule[]
  /** Files whose bytes are not all on this device, the piece list included. */
  missingHere(collection: string): Iterable<ContentFile>
  /** Collections whose newest revision is still being fetched. */
  pending(): { collection: string; revision: string; lastError?: string }[]
  /** Resolves once every revision known now is loaded. */
  settled(signal?: AbortSignal): Promise<void>
  /** Try now what is still to be fetched: a peer has come. */
  retry(): void
  stop(): Promise<void>
}

export interface Revision {
  /** The manifest's CID. */
  revision: Cid
  action: 'import' | 'remove' | 'rollback'
  /** In plain words, such as the name of the folder. */
  label: string
  device: NodeId
  /** What that device believed the time was; for showing only. */
  wallMs?: number
  files: number
  sizeBytes: number
  parents: Cid[]
  /** Part of what is shown now. */
  current: boolean
}

export interface CollectionSummary {
  collection: string
  files: number
  sizeBytes: number
  /** As `ContentIndex.revision`. */
  revision: string
  policy: PlacementPolicy
  conflicts: number
}

export interface ContentConflict {
  /** What is shown; undefined when the path is removed. */
  shown: ContentFile | undefined
  lost: ContentFile
  /** Which device imported the bytes that are not shown, when it is known. */
  lostFrom: NodeId | undefined
}

export interface PolicyRule {
  collection: string
  prefix: string
  policy: PlacementPolicy
  /** Nobody set it: it follows from the room's size. */
  standard: boolean
}
