/**
 * Blobs: stored durably, verified, copied between nodes, served to people.
 *
 * ```ts
 * const store = await BlobStore.open(
 *   { disk: nodeDisk, index: await openLevel(`${data}/blob-index`), clock: systemClock },
 *   { directory: `${data}/blobs`, quotaBytes: config.capacityBytes }
 * )
 * const blobs = createBlobs({ store, links: mesh, clock: systemClock }, { self: identity.node })
 * // collections: blobs.reader to read; the front door: blobs.server.serveFile and serveBlob
 * blobs.follow(collections.catalogue, members)
 * await blobs.stop()   // closes the store too
 * ```
 */
import './errors.ts'

export type { BlobSource, FetchOutcome } from './blob-source.ts'
export { type Blobs, type BlobsComponents, type BlobsEvent, type BlobsInit, createBlobs } from './blobs.ts'
export type { PlacementNode } from './placement.ts'
export type { PlacementMembers } from './replication.ts'
export { BlobServer, type ServeOptions } from './serve.ts'
export { BlobStore, type BlobStoreComponents, type BlobStoreInit } from './store.ts'
