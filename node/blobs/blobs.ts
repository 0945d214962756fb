import type { Cid } from '../../protocols/cid.ts'
import type { BlobCatalogue, BlobReader, BlobRef } from '../../protocols/content.ts'
import type { NodeId, PeerLinks } from '../../protocols/message-stream.ts'
import { pieceListBytes } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { BlobSource } from './blob-source.ts'
import { CopyPlanner } from './copy-planner.ts'
import { Fetcher } from './fetcher.ts'
import { createHttpSource } from './http-source.ts'
import { COPY_REQUESTS, SMALL_BOARD_IN_FLIGHT_BYTES, SMALL_BOARD_REQUESTS } from './limits.ts'
import { createPeerSource } from './peer-source.ts'
import { FetchThroughReader } from './reader.ts'
import { type PlacementMembers, Replication } from './replication.ts'
import { BlobServer } from './serve.ts'
import type { BlobStore } from './store.ts'
import { serveStreams } from './stream-serving.ts'
import { createStreamSource } from './stream-source.ts'

export interface BlobsComponents {
  store: BlobStore
  links: PeerLinks
  clock: Clock
  /** Another way to peers' bytes; for the simulator. */
  source?: BlobSource
}

export interface BlobsInit {
  self: NodeId
  /** A board with 512 MB: fewer and smaller requests at once. */
  smallBoard?: boolean
  /** For the log and the dashboard. */
  onEvent?(event: BlobsEvent): void
}

export type BlobsEvent =
  /** A peer sent bytes that are not what was asked for; it is not asked for a while. */
  | { kind: 'peer-lied'; peer: NodeId; cid: Cid }
  /** A copy on this device was damaged; it is fetched again. */
  | { kind: 'rotten'; cid: Cid }
  | { kind: 'no-room'; bytes: number }
  /** The catalogue names a piece list that is not the blob's. */
  | { kind: 'broken'; ref: BlobRef }
  | { kind: 'read-only' }

export interface Blobs {
  readonly store: BlobStore
  readonly reader: BlobReader
  readonly server: BlobServer
  /** Begins to copy what the room wants this device to hold. Until then only what is asked for is fetched. */
  follow(catalogue: BlobCatalogue, members: PlacementMembers, alsoNamed?: (cid: Cid) => boolean): void
  stop(): Promise<void>
}

export function createBlobs(components: BlobsComponents, init: BlobsInit): Blobs {
  const { store, links, clock } = components
  const { self, smallBoard = false, onEvent = () => undefined } = init
  const planner = new CopyPlanner({
    self,
    maxRequests: smallBoard ? SMALL_BOARD_REQUESTS : COPY_REQUESTS,
    maxInFlightBytes: smallBoard ? SMALL_BOARD_IN_FLIGHT_BYTES : 2 * COPY_REQUESTS * 2 ** 20,
    hasLocally: (cid) => store.has(cid)
  })
  const source =
    components.source ??
    createPeerSource({ clock, http: createHttpSource({ clock }), stream: createStreamSource({ clock }) })
  const fetcher: Fetcher = new Fetcher(
    { store, planner, source, clock, link: (peer) => replication.link(peer) },
    {
      lied: (peer, cid) => onEvent({ kind: 'peer-lied', peer, cid }),
      partial: (peer, cid, bits) => planner.partial(peer, cid, bits),
      piece: (cid, piece) => replication.piece(cid, piece),
      ended: (cid) => replication.partialEnded(cid),
      noRoom: (bytes) => onEvent({ kind: 'no-room', bytes }),
      broken: (ref) => onEvent({ kind: 'broken', ref })
    }
  )
  const replication: Replication = new Replication(
    { store, planner, fetcher, links, clock },
    { self, asksToKeep: (_peer, cid) => store.has(cid) }
  )
  const reader = new FetchThroughReader({ store, fetcher })
  let alsoNamed: (cid: Cid) => boolean = () => false
  const nameOf = (cid: Cid): BlobRef | undefined =>
    named(replication, store, cid) ?? (alsoNamed(cid) ? store.refOf(cid) : undefined)
  const server = new BlobServer({
    store,
    reader,
    clock,
    named: nameOf
  })
  serveStreams({ links, store, named: nameOf })
  const stopListening = store.on({
    rotten: (cid) => onEvent({ kind: 'rotten', cid }),
    readOnly: () => onEvent({ kind: 'read-only' })
  })
  replication.start()
  return {
    store,
    reader,
    server,
    follow(catalogue, members, names) {
      if (names) alsoNamed = names
      replication.follow(catalogue, members)
    },
    async stop() {
      stopListening()
      replication.stop()
      await fetcher.stop()
      await store.close()
    }
  }
}

/** What the catalogue names: its blobs, their piece lists, and the shards themselves. */
function named({ view }: Replication, store: BlobStore, cid: Cid): BlobRef | undefined {
  const number = view.numberOf(cid)
  if (number !== undefined) return view.blobs[number]
  const listed = view.blobOfList(cid)
  if (listed !== undefined) return { cid, sizeBytes: pieceListBytes(view.blobs[listed]?.sizeBytes ?? 0) }
  return view.shards.has(cid) ? store.refOf(cid) : undefined
}
