import type { Cid } from '../../protocols/cid.ts'
import type { BlobCatalogue, BlobReader, BlobRef } from '../../protocols/content.ts'
import type { NodeId, PeerLinks } from '../../protocols/message-stream.ts'
import { PIECE_BYTES, pieceListBytes } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { BlobSource } from './blob-source.ts'
import type { CatalogueView } from './catalogue-view.ts'
import type { Copies, UnplugReport } from './copies.ts'
import { CopyPlanner } from './copy-planner.ts'
import { Distrusted } from './distrusted.ts'
import { Eviction } from './eviction.ts'
import { Fetcher } from './fetcher.ts'
import { type Collected, Garbage } from './garbage.ts'
import { createHttpSource } from './http-source.ts'
import { COPY_REQUESTS, SMALL_BOARD_IN_FLIGHT_BYTES, SMALL_BOARD_REQUESTS } from './limits.ts'
import { createPeerSource } from './peer-source.ts'
import { FetchThroughReader } from './reader.ts'
import { type PlacementMembers, Replication } from './replication.ts'
import { Scrub, type VerifyStep } from './scrub.ts'
import { BlobServer } from './serve.ts'
import type { BlobStore } from './store.ts'
import { serveStreams } from './stream-serving.ts'
import { createStreamSource } from './stream-source.ts'
import { TransferRate } from './transfer-rate.ts'
import { BlobWriting } from './write-sessions.ts'

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
  /** A peer's inventory broke the rules; nothing of it counts, and it is not asked for a while. */
  | { kind: 'peer-refused'; peer: NodeId; code: string }
  /** A copy on this device was damaged; it is fetched again. */
  | { kind: 'rotten'; cid: Cid }
  /** Something should be copied here and does not fit. */
  | { kind: 'no-room'; bytes: number }
  /** The catalogue names a piece list that is not the blob's: nobody can fetch it. */
  | { kind: 'broken'; ref: BlobRef }
  /** A sync failed: nothing is stored until the next start. */
  | { kind: 'read-only' }
  /** Something that nobody foresaw; one blob was not copied or dropped. */
  | { kind: 'failed'; error: unknown }

export interface FollowOptions {
  /** False while heads are known whose manifests are not loaded: then nothing is garbage. */
  settled?(): boolean
  /** Served by name although no shard names it. */
  alsoNamed?(cid: Cid): boolean
}

export interface BlobsStatus {
  held: number
  heldBytes: number
  /** What this device should hold and does not yet. */
  missing: number
  missingBytes: number
  quarantined: number
  quotaBytes: number
  usedBytes: number
  /** What still fits, by the quota and by the disk. */
  freeBytes: number
  readOnly: boolean
  /** What is coming in just now; 0 when nothing moves. */
  bytesPerSecond: number
  /** Until nothing is missing at this rate; absent when nothing moves. */
  remainingMs?: number
}

/** One device of the room, as far as its inventory reached us. */
export interface DeviceCopies {
  heldFiles: number
  heldBytes: number
  /** All that the room has. */
  roomFiles: number
  wantedFiles: number
  missingBytes: number
  unplug: UnplugReport
}

export interface Blobs {
  readonly store: BlobStore
  readonly reader: BlobReader
  readonly server: BlobServer
  /** What imports write with. */
  readonly writing: BlobWriting
  /** Begins to copy what the room wants this device to hold. Until then only what is asked for is fetched. */
  follow(catalogue: BlobCatalogue, members: PlacementMembers, options?: FollowOptions): void
  status(): Promise<BlobsStatus>
  /** Undefined for a device that is not linked (and is not this one). */
  device(node: NodeId): DeviceCopies | undefined
  /** Linked devices that hold it, this one included. */
  copiesOf(cid: Cid): number
  /** Linked peers that say that they hold all of it. */
  holders(cid: Cid): NodeId[]
  /** Whether fewer devices than its policy asks for hold it, as far as there are so many. */
  isShortOfCopies(cid: Cid): boolean
  /** Devices that sent wrong bytes or nonsense within the last hour. */
  distrusted(): readonly NodeId[]
  /** What would be missed if this device went: to be 0 and 0 before `leave --drain` is done. */
  withoutThisDevice(): UnplugReport
  /** All linked devices tell each other anew what they hold: for who waits for copies and sees none come. */
  askAnew(): void
  /** Everything once, as fast as it goes; what is damaged is fetched again where somebody has it. */
  verify(
    onStep: (step: VerifyStep) => void,
    signal?: AbortSignal
  ): Promise<{ files: number; bytes: number; rotten: Cid[] }>
  collectGarbage(options?: { graceMs?: number; dryRun?: boolean; signal?: AbortSignal }): Promise<Collected>
  /** Ends everything that was started, the store too. */
  stop(): Promise<void>
}

export function createBlobs(components: BlobsComponents, init: BlobsInit): Blobs {
  const { store, links, clock } = components
  const { self, smallBoard = false, onEvent = () => undefined } = init
  let options: FollowOptions | undefined
  let makingRoom = false
  const planner = new CopyPlanner({
    self,
    maxRequests: smallBoard ? SMALL_BOARD_REQUESTS : COPY_REQUESTS,
    maxInFlightBytes: smallBoard ? SMALL_BOARD_IN_FLIGHT_BYTES : 2 * COPY_REQUESTS * PIECE_BYTES,
    hasLocally: (cid) => store.has(cid),
    hasList: (pieces) => store.has(pieces) || fetcher.hasList(pieces)
  })
  const source =
    components.source ??
    createPeerSource({ clock, http: createHttpSource({ clock }), stream: createStreamSource({ clock }) })
  const rate = new TransferRate(clock)
  const distrusted = new Distrusted(clock)
  const fetcher: Fetcher = new Fetcher(
    { store, planner, source, clock, link: (peer) => replication.link(peer) },
    {
      lied(peer, cid) {
        distrusted.note(peer)
        onEvent({ kind: 'peer-lied', peer, cid })
      },
      partial: (peer, cid, bits) => planner.holders.partial(peer, cid, bits),
      piece: (cid, piece) => replication.piece(cid, piece),
      ended: (cid) => replication.partialEnded(cid),
      noRoom: (bytes) => void makeRoom(bytes),
      broken: (ref) => onEvent({ kind: 'broken', ref }),
      failed: (error) => onEvent({ kind: 'failed', error }),
      fetched: (bytes) => rate.add(bytes)
    }
  )
  const writing = new BlobWriting({ store })
  const eviction: Eviction = new Eviction({
    clock,
    has: (cid) => store.has(cid),
    inUse: (cid) => store.inUse(cid) || writing.isKept(cid),
    askToKeep: (peer, cid) => replication.exchange.askToKeep(peer, cid),
    remove: (cid) => store.remove(cid)
  })
  const replication: Replication = new Replication(
    { store, planner, fetcher, links, clock },
    {
      self,
      asksToKeep: (_peer, cid) => replication.mayPromise() && eviction.promiseToKeep(cid),
      refused(peer, { code }) {
        distrusted.note(peer)
        onEvent({ kind: 'peer-refused', peer, code })
      }
    }
  )
  const reader = new FetchThroughReader({ store, fetcher })
  const nameNow = (cid: Cid): BlobRef | undefined =>
    named(replication.view, store, cid) ?? (options?.alsoNamed?.(cid) ? store.refOf(cid) : undefined)
  // Who heard of a new version from us asks at once, before we have planned what the version means for us.
  const nameOf = (cid: Cid): BlobRef | undefined =>
    nameNow(cid) ?? (store.has(cid) && replication.catchUp() ? nameNow(cid) : undefined)
  const server = new BlobServer({ store, reader, clock, named: nameOf })
  serveStreams({ links, store, clock, named: nameOf })
  const garbage = new Garbage({
    store,
    clock,
    named: (cid) => nameOf(cid) !== undefined,
    kept: (cid) => writing.isKept(cid) || eviction.isPromised(cid),
    settled: () => options !== undefined && (options.settled?.() ?? true) && replication.view.shards.size > 0
  })
  const scrub = new Scrub({ store, clock })
  const stopListening = store.on({
    rotten: (cid) => onEvent({ kind: 'rotten', cid }),
    readOnly: () => onEvent({ kind: 'read-only' })
  })
  replication.start()
  garbage.start()
  scrub.start()

  /** One at a time: each looks at all that is held. */
  async function makeRoom(bytes: number): Promise<void> {
    if (makingRoom) return
    makingRoom = true
    try {
      const freed = await eviction.makeRoom(bytes, replication.evictionScene())
      if (freed > 0) {
        planner.rest(0)
        fetcher.wake()
      } else onEvent({ kind: 'no-room', bytes })
    } catch (error) {
      onEvent({ kind: 'failed', error })
    } finally {
      makingRoom = false
    }
  }

  let stopped = false
  return {
    store,
    reader,
    server,
    writing,
    follow(catalogue, members, followOptions = {}) {
      options = followOptions
      replication.follow(catalogue, members)
    },
    async status() {
      const missing = planner.missing()
      const { quotaBytes, usedBytes } = store.space
      const bytesPerSecond = rate.bytesPerSecond()
      return {
        held: store.count,
        heldBytes: store.heldBytes,
        missing: missing.blobs,
        missingBytes: missing.bytes,
        quarantined: await store.quarantined(),
        quotaBytes,
        usedBytes,
        freeBytes: await store.freeBytes(),
        readOnly: store.readOnly,
        bytesPerSecond,
        ...(bytesPerSecond > 0 && missing.bytes > 0
          ? { remainingMs: Math.round((missing.bytes / bytesPerSecond) * 1000) }
          : {})
      }
    },
    device(node) {
      const { view } = replication
      const have = replication.held(node)
      if (!have) return undefined
      const wants = node === self ? replication.wants : replication.wantsOf(node)
      let missingBytes = 0
      let heldBytes = 0
      for (const number of have) heldBytes += view.blobs[number]?.sizeBytes ?? 0
      for (const number of wants) if (!have.has(number)) missingBytes += view.blobs[number]?.sizeBytes ?? 0
      return {
        heldFiles: have.count,
        roomFiles: view.blobs.length,
        heldBytes,
        wantedFiles: wants.count,
        missingBytes,
        unplug: replication.copies().without(node)
      }
    },
    copiesOf: (cid) => askCopies((copies, number) => copies.of(number), cid) ?? (store.has(cid) ? 1 : 0),
    holders(cid) {
      const number = replication.view.numberOf(cid)
      if (number === undefined) return []
      return replication
        .linkedPeers()
        .flatMap(({ peer }) => (planner.holders.get(peer)?.have.has(number) ? [peer] : []))
    },
    isShortOfCopies: (cid) => askCopies((copies, number) => copies.isShort(number), cid) ?? false,
    distrusted: () => distrusted.list(),
    withoutThisDevice: () => replication.copies().without(self),
    askAnew: () => replication.askAnew(),
    async verify(onStep, signal) {
      const result = await scrub.verifyAll(onStep, signal)
      fetcher.wake()
      return result
    },
    collectGarbage: (collect) => garbage.collect(collect),
    async stop() {
      if (stopped) return
      stopped = true
      stopListening()
      garbage.stop()
      replication.stop()
      await scrub.stop()
      await fetcher.stop()
      await store.close()
    }
  }

  function askCopies<Answer>(ask: (copies: Copies, number: number) => Answer, cid: Cid): Answer | undefined {
    const number = replication.view.numberOf(cid)
    return number === undefined ? undefined : ask(replication.copies(), number)
  }
}

/** What the catalogue names: its blobs, their piece lists, and the shards themselves. */
function named(view: CatalogueView, store: BlobStore, cid: Cid): BlobRef | undefined {
  const number = view.numberOf(cid)
  if (number !== undefined) return view.blobs[number]
  const listed = view.blobOfList(cid)
  if (listed !== undefined) return { cid, sizeBytes: pieceListBytes(view.blobs[listed]?.sizeBytes ?? 0) }
  return view.shards.has(cid) ? store.refOf(cid) : undefined
}
