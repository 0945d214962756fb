/**
 * Collections: what is there, under which path, in which version.
 *
 * ```ts
 * const collections = await openCollections(
 *   { journal, blobs: blobs.reader, writer: blobs.writing, sources: nodeSourceFolder, memory, random, clock, capacities },
 *   { kinds: collectionKinds(), readerVersion: VERSION }
 * )
 * collections.index.get('pypi', 'numpy/numpy-2.0.0-….whl')
 * await collections.importFolder('/media/usb/offline', { progress: show })
 * ```
 */
export type { BlobWriter, WriteSession } from './blob-writer.ts'
export type { Collections, Revision } from './collections.ts'
export type { ImportOptions, ImportProblem, ImportReport } from './import/import-report.ts'
export { type CollectionsComponents, openCollections } from './open-collections.ts'
