/**
 * Blobs: stored durably, verified, copied between nodes, served to people.
 *
 * ```ts
 * const index = await openBlobIndex({ disk: nodeDisk, open: openLevel }, `${data}/blob-index`)
 * const store = await BlobStore.open({ disk: nodeDisk, index, clock }, { directory: `${data}/blobs`, quotaBytes })
 * const blobs = createBlobs({ store, links: mesh, clock }, { self: identity.node, smallBoard, onEvent: log })
 * // collections: blobs.reader and blobs.writing; the front door: blobs.server
 * blobs.follow(collections.catalogue, members, { settled: () => collections.pending().length === 0 })
 * await blobs.stop()   // closes the store and its index too
 * ```
 */
import './errors.ts'

export type { BlobSource, FetchOutcome } from './blob-source.ts'
export {
  type Blobs,
  type BlobsComponents,
  type BlobsEvent,
  type BlobsInit,
  type BlobsStatus,
  createBlobs,
  type DeviceCopies,
  type FollowOptions
} from './blobs.ts'
export type { UnplugReport } from './copies.ts'
export type { Collected } from './garbage.ts'
export { createHttpSource } from './http-source.ts'
export { openBlobIndex } from './index-store.ts'
export { DEFAULT_RESERVE_BYTES } from './limits.ts'
export { createPeerSource } from './peer-source.ts'
export type { PlacementNode } from './placement.ts'
export type { PlacementMembers } from './replication.ts'
export type { VerifyStep } from './scrub.ts'
export { BlobServer, type ServeOptions } from './serve.ts'
export { BlobStore, type BlobStoreComponents, type BlobStoreInit } from './store.ts'
export { createStreamSource } from './stream-source.ts'
export type { BlobWriting, WriteSession } from './write-sessions.ts'
