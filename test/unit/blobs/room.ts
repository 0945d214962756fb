/** Devices in one process that copy over real HTTP, linked in memory: everything of node/blobs but the mesh. */
import { open } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  type BlobSource,
  BlobStore,
  type Blobs,
  type BlobsEvent,
  createBlobs,
  type PlacementNode
} from '../../../node/blobs/index.ts'
import { hexOfCid } from '../../../node/blobs/layout.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { openLevel } from '../../../node/platform/key-value.ts'
import { type Cid, cidOfDigest, isCid } from '../../../protocols/cid.ts'
import type { BlobCatalogue, CatalogueBlob } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks, StreamLimits } from '../../../protocols/message-stream.ts'
import { PATIENCE_MS } from '../../kit/child.ts'
import { seededRandom } from '../../kit/seeded-random.ts'

type Handler = { limits: StreamLimits; handler: (stream: MessageStream, link: PeerLink) => Promise<void> }

/** Links between devices of one process. */
export class MemoryLinks implements PeerLinks {
  readonly #links = new Map<NodeId, PeerLink>()
  readonly #came = new Set<(link: PeerLink) => void>()
  readonly #went = new Set<(link: PeerLink) => void>()
  readonly handlers = new Map<string, Handler>()
  links = (): readonly PeerLink[] => [...this.#links.values()]
  onLink(listener: (link: PeerLink) => void): () => void {
    this.#came.add(listener)
    for (const link of this.#links.values()) listener(link)
    return () => this.#came.delete(listener)
  }
  onLinkLost(listener: (link: PeerLink) => void): () => void {
    this.#went.add(listener)
    return () => this.#went.delete(listener)
  }
  handle(protocol: string, limits: StreamLimits, handler: Handler['handler']): void {
    this.handlers.set(protocol, { limits, handler })
  }
  add(link: PeerLink): void {
    this.#links.set(link.peer, link)
    for (const listener of [...this.#came]) listener(link)
  }
  remove(peer: NodeId): void {
    const link = this.#links.get(peer)
    this.#links.delete(peer)
    if (link) for (const listener of [...this.#went]) listener(link)
  }
}

export function streamPair(): [MessageStream, MessageStream] {
  const ends = [0, 1].map(() => ({
    queue: [] as Uint8Array[],
    wake: undefined as (() => void) | undefined,
    ended: false,
    error: undefined as Error | undefined
  }))
  const wakeAll = (): void => {
    for (const end of ends) end.wake?.()
  }
  const make = (mine: number): MessageStream => {
    const inbox = ends[mine] as (typeof ends)[number]
    const outbox = ends[1 - mine] as (typeof ends)[number]
    return {
      async send(message) {
        if (outbox.error) throw outbox.error
        outbox.queue.push(message)
        outbox.wake?.()
        await new Promise((resolve) => setImmediate(resolve))
      },
      async receive() {
        for (;;) {
          const message = inbox.queue.shift()
          if (message) return message
          if (inbox.error) throw inbox.error
          if (inbox.ended) return undefined
          await new Promise<void>((resolve) => {
            inbox.wake = resolve
          })
        }
      },
      async close() {
        outbox.ended = true
        outbox.wake?.()
      },
      abort(reason) {
        inbox.error ??= reason
        // Why is no business of the other side.
        outbox.error ??= new JoineryError('CLOSED', 'the peer broke the stream off')
        wakeAll()
      }
    }
  }
  return [make(0), make(1)]
}

export interface Device {
  id: NodeId
  blobs: Blobs
  store: BlobStore
  links: MemoryLinks
  server: Server
  port: number
  events: BlobsEvent[]
  /** Bytes of bodies that it sent over HTTP. */
  sentBytes: () => number
  /** Writes over some bytes of a stored file. */
  damage(cid: Cid, at: number): Promise<void>
  stop(): Promise<void>
}

/** A catalogue that the test changes; all devices see the same one at once. */
export class TestCatalogue implements BlobCatalogue {
  #blobs: CatalogueBlob[] = []
  #shard: Cid = cidOfDigest(new Uint8Array(32))
  #revision = 0
  readonly #listeners = new Set<() => void>()
  shards = (): { shard: Cid; blobs: CatalogueBlob[] }[] => [{ shard: this.#shard, blobs: this.#blobs }]
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  set(blobs: CatalogueBlob[]): void {
    this.#blobs = blobs
    const digest = new Uint8Array(32)
    digest[0] = ++this.#revision
    this.#shard = cidOfDigest(digest)
    for (const listener of this.#listeners) listener()
  }
}

export function memberOf(node: NodeId, more: Partial<PlacementNode> = {}): PlacementNode {
  return { node, capacityBytes: 2 ** 40, counts: true, keepsAll: false, drained: false, ...more }
}

export async function startDevice(
  folder: string,
  id: NodeId,
  more: { quotaBytes?: number; reserveBytes?: number; source?: BlobSource } = {}
): Promise<Device> {
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder, `${id}-index`)), clock: systemClock },
    { directory: join(folder, id), quotaBytes: more.quotaBytes ?? 2 ** 40, reserveBytes: more.reserveBytes ?? 0 }
  )
  const links = new MemoryLinks()
  const events: BlobsEvent[] = []
  const blobs = createBlobs(
    { store, links, clock: systemClock, ...(more.source ? { source: more.source } : {}) },
    { self: id, onEvent: (event) => events.push(event) }
  )
  const server = createServer((request, response) => {
    const cid = (request.url ?? '').replace('/blob/', '')
    if (!isCid(cid)) {
      response.writeHead(404).end()
      return
    }
    blobs.server.serveBlob(request, response, cid).catch((error: unknown) => {
      if (response.headersSent) return response.destroy()
      response.writeHead(error instanceof JoineryError ? error.status : 500, { 'content-length': 0 }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    id,
    blobs,
    store,
    links,
    server,
    port,
    events,
    sentBytes: () => blobs.server.sentToPeersBytes,
    async damage(cid, at) {
      const hex = hexOfCid(cid)
      const file = await open(join(folder, id, 'blobs', hex[0] as string, hex[1] as string, hex), 'r+')
      await file.write(Buffer.from('rotten'), 0, 6, at)
      await file.close()
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await blobs.stop()
    }
  }
}

/** Puts blobs of these sizes, with something in each that tells them apart; the same for the same seed. */
export async function fill(device: Device, sizes: readonly number[], seed = 1): Promise<CatalogueBlob[]> {
  const random = seededRandom(seed)
  const blobs: CatalogueBlob[] = []
  for (const size of sizes) {
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; at += 65_536) bytes.set(random.bytes(Math.min(32, size - at)), at)
    blobs.push({ ...(await device.store.put(bytes)), policy: { kind: 'everywhere' }, copyClass: 1 })
  }
  return blobs
}

/** What a link needs of a device. */
export type Linkable = Pick<Device, 'id' | 'links' | 'port'>

/** All are members, and know the same catalogue. */
export function followAll(
  devices: readonly Pick<Device, 'id' | 'blobs'>[],
  catalogue: TestCatalogue,
  members: readonly NodeId[] = devices.map(({ id }) => id)
): TestMembers {
  const room = new TestMembers(members.map((id) => memberOf(id)))
  for (const device of devices) device.blobs.follow(catalogue, room)
  return room
}

export class TestMembers {
  #members: readonly PlacementNode[]
  readonly #listeners = new Set<() => void>()

  constructor(members: readonly PlacementNode[]) {
    this.#members = members
  }

  members = (): readonly PlacementNode[] => this.#members

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(members: readonly PlacementNode[]): void {
    this.#members = members
    for (const listener of this.#listeners) listener()
  }
}

export function linkDevices(a: Linkable, b: Linkable): void {
  const half = (from: Linkable, to: Linkable, dialer: boolean): PeerLink => ({
    peer: to.id,
    profile: { name: to.id, role: 'node', bootId: '00'.repeat(16), httpPort: to.port, capacityBytes: 2 ** 40 },
    remoteAddress: '127.0.0.1',
    dialer,
    async open(protocol) {
      const handled = to.links.handlers.get(protocol)
      const back = to.links.links().find(({ peer }) => peer === from.id)
      if (!handled || !back) throw new JoineryError('CLOSED', 'not there')
      const [ours, theirs] = streamPair()
      handled.handler(theirs, back).catch((error: Error) => theirs.abort(error))
      return ours
    }
  })
  b.links.add(half(b, a, false))
  a.links.add(half(a, b, true))
}

export function unlinkDevices(a: Linkable, b: Linkable): void {
  a.links.remove(b.id)
  b.links.remove(a.id)
}

/** Waits until it is true; fails after `withinMs`. */
export async function until(what: () => boolean, withinMs = PATIENCE_MS): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!what()) {
    if (performance.now() > endMs) throw new Error(`did not become true: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
