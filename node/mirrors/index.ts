/**
 * What the clients of a class see: each mirror is a view of one collection that its real client accepts.
 *
 * Import: `collectionKinds()` gives for `pypi`, `cran`, `lessons` and `installers` what to leave out and an inspector that reads each file
 * before it is stored. `ImportSource.path` is the path inside the collection's folder, as it lay; `Inspection.path` is where it belongs:
 * - pypi: any folder → `<normalized name>/<normalized file name>`; attachment `metadata` of a wheel (the mirror reads its CID in `details.metadata`);
 * - cran: any folder → `src/contrib/…`, `bin/windows/contrib/<x.y>/…`, `bin/macosx/<build>/contrib/<x.y>/…`;
 * - lessons, installers: as they lie.
 *
 * Serving: `createMirrors({ index, blobs }).get('pypi')` answers what follows `/pypi`, with or without the first slash; the last slash counts.
 * Redirects are relative references. The front door does HEAD, ranges, ETags and conditions.
 */
import type { BlobReader, ContentIndex, Mirror } from '../../protocols/content.ts'
import type { CollectionKind } from './collection-kind.ts'
import { cranKind, createCranMirror } from './cran/index.ts'
import { createInstallersMirror, installersKind } from './installers/index.ts'
import { createLessonsMirror, lessonsKind } from './lessons/index.ts'
import { createPypiMirror, pypiKind } from './pypi/index.ts'

export type { CollectionKind } from './collection-kind.ts'
export { createOfflineViews, type OfflineViews } from './offline-views.ts'
export { createSearchViews } from './search-views.ts'
export { unpackZip } from './unpack-zip.ts'

export interface MirrorComponents {
  index: ContentIndex
  blobs: BlobReader
}

/** The first parts of their addresses: `/pypi`, `/cran`, `/lessons`, `/installers`. */
export const MIRRORS = ['pypi', 'cran', 'lessons', 'installers'] as const

/** By collection, which is also the first part of its address: `/pypi`, `/cran`, `/lessons`, `/installers`. */
export function createMirrors(components: MirrorComponents): ReadonlyMap<string, Mirror> {
  return new Map([
    ['pypi', createPypiMirror(components)],
    ['cran', createCranMirror(components)],
    ['lessons', createLessonsMirror(components)],
    ['installers', createInstallersMirror(components)]
  ])
}

/** By collection. Files of a collection that is not listed are stored as they are. */
export function collectionKinds(): ReadonlyMap<string, CollectionKind> {
  return new Map([pypiKind, cranKind, lessonsKind, installersKind].map((kind) => [kind.collection, kind]))
}
