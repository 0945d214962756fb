import { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobCatalogue } from '../../protocols/content.ts'
import type { JoineryError } from '../../protocols/errors.ts'
import type { InventoryMessage } from '../../protocols/inventory.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { type CatalogueView, viewCatalogue } from './catalogue-view.ts'
import { Copies } from './copies.ts'
import type { CopyPlanner } from './copy-planner.ts'
import type { EvictionScene } from './eviction.ts'
import type { Fetcher } from './fetcher.ts'
import { InventoryExchange } from './inventory-exchange.ts'
import { ABSENCE_GRACE_MS, MAX_REPLAN_DELAY_MS, REPLAN_DELAY_MS, REPLAN_REST } from './limits.ts'
import { PeerInventories } from './peer-inventories.ts'
import { type Placement, type PlacementNode, placeBlobs, rankNodes } from './placement.ts'
import type { BlobStore } from './store.ts'

/** The members of the room as the journal knows them, this device included. */
export interface PlacementMembers {
  members(): readonly PlacementNode[]
  onChange(listener: () => void): () => void
}

export interface ReplicationComponents {
  store: BlobStore
  planner: CopyPlanner
  fetcher: Fetcher
  links: PeerLinks
  clock: Clock
}

const COPIES_FOR_MS = 1_000
const ABSENCE_LOOK_MS = 30_000

/** Keeps the planner's picture of the world up to date: catalogue, members, links and inventories in; what is wanted and who holds what out. */
export class Replication {
  readonly #components: ReplicationComponents
  readonly #self: NodeId
  readonly #inventories = new PeerInventories()
  readonly #exchange: InventoryExchange
  readonly #stopListening: (() => void)[] = []
  /** Members that are not linked, and since when. */
  readonly #awaySinceMs = new Map<NodeId, number>()
  #catalogue: BlobCatalogue | undefined
  #members: PlacementMembers | undefined
  #view: CatalogueView = viewCatalogue([])
  #placement: Placement = placeBlobs(this.#view, [])
  /** The same without those who are away for long: adds copies, never takes any. */
  #repair: Placement | undefined
  #awayAtPlacement = ''
  #wants = new Bitfield(0)
  #copies: { view: CatalogueView; atMs: number; copies: Copies } | undefined
  #cancelReplan: (() => void) | undefined
  #replanTookMs = 0
  #cancelLook: () => void = () => undefined
  #stopped = false

  constructor(
    components: ReplicationComponents,
    init: {
      self: NodeId
      asksToKeep(peer: NodeId, cid: Cid): boolean
      refused(peer: NodeId, error: JoineryError): void
    }
  ) {
    this.#components = components
    this.#self = init.self
    const { store, planner, fetcher, links, clock } = components
    this.#exchange = new InventoryExchange(
      {
        links,
        clock,
        has: (cid) => store.has(cid),
        partials: () => [...store.partials()].map(({ ref, bits }) => ({ cid: ref.cid, bits }))
      },
      this.#view,
      {
        opened: (peer) => this.#inventories.linked(peer),
        received: (peer, message) => this.#received(peer, message),
        refused: (peer, error) => {
          this.#inventories.linked(peer)
          this.#readInventory(peer)
          // Told once and not at each new attempt.
          if (planner.holders.offended(peer, clock.monotonicMs())) init.refused(peer, error)
          fetcher.wake()
        },
        asksToKeep: (peer, cid) => init.asksToKeep(peer, cid)
      }
    )
  }

  /** Links and inventories; without a catalogue nothing is copied yet, but what is asked for is fetched. */
  start(): void {
    const { store, planner, fetcher, links, clock } = this.#components
    this.#stopListening.push(
      links.onLink(({ peer }) => {
        this.#awaySinceMs.delete(peer)
        this.#inventories.linked(peer)
        planner.linked(peer, this.wantsOf(peer))
        fetcher.wake()
      }),
      links.onLinkLost(({ peer }) => {
        this.#awaySinceMs.set(peer, clock.monotonicMs())
        this.#inventories.unlinked(peer)
        planner.unlinked(peer)
        fetcher.wake()
      }),
      store.on({
        added: (cid) => {
          planner.stored(cid)
          this.#exchange.gained(cid)
        },
        removed: (cid) => {
          planner.removed(cid)
          this.#exchange.lost(cid)
          fetcher.wake()
        }
      })
    )
    this.#exchange.start()
    this.#lookForAbsent()
  }

  follow(catalogue: BlobCatalogue, members: PlacementMembers): void {
    this.#catalogue = catalogue
    this.#members = members
    this.#stopListening.push(
      catalogue.onChange(() => this.replanSoon()),
      members.onChange(() => this.replanSoon())
    )
    this.#replan()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelReplan?.()
    this.#cancelLook()
    for (const stop of this.#stopListening) stop()
    this.#exchange.stop()
  }

  get view(): CatalogueView {
    return this.#view
  }

  get placement(): Placement {
    return this.#placement
  }

  get wants(): Bitfield {
    return this.#wants
  }

  get exchange(): InventoryExchange {
    return this.#exchange
  }

  members(): readonly PlacementNode[] {
    return this.#members?.members() ?? []
  }

  linkedPeers(): readonly PeerLink[] {
    return this.#components.links.links()
  }

  link(peer: NodeId): PeerLink | undefined {
    return this.#components.links.links().find((link) => link.peer === peer)
  }

  /** What this device or a linked peer holds, by the view's numbers. */
  held(node: NodeId): Bitfield | undefined {
    if (node !== this.#self) return this.#components.planner.holders.get(node)?.have
    const have = new Bitfield(this.#view.blobs.length)
    this.#view.blobs.forEach(({ cid }, number) => {
      if (this.#components.store.has(cid)) have.add(number)
    })
    return have
  }

  /** Copies on this device and those that are linked; counted anew at most once a second. */
  copies(): Copies {
    // What was imported a moment ago counts at once: whoever asks may be about to pull the plug.
    this.catchUp()
    const nowMs = this.#components.clock.monotonicMs()
    const kept = this.#copies
    if (kept && kept.view === this.#view && nowMs - kept.atMs < COPIES_FOR_MS) return kept.copies
    const members = new Map(this.members().map((member) => [member.node, member]))
    const holders = [this.#self, ...this.linkedPeers().map(({ peer }) => peer)].map((node) => {
      const member = members.get(node)
      const counts = member?.counts === true && !member.drained
      return { node, counts, have: this.held(node) ?? new Bitfield(this.#view.blobs.length) }
    })
    const copies = new Copies(this.#view, holders)
    this.#copies = { view: this.#view, atMs: nowMs, copies }
    return copies
  }

  /** A device that will go does not promise to stay. */
  mayPromise(): boolean {
    const own = this.members().find(({ node }) => node === this.#self)
    return own?.counts === true && !own.drained
  }

  evictionScene(): EvictionScene {
    const { store } = this.#components
    return {
      view: this.#view,
      self: this.#self,
      members: this.members(),
      peers: this.linkedPeers().flatMap(({ peer }) => {
        const have = this.held(peer)
        return have ? [{ node: peer, have }] : []
      }),
      wants: this.#wants,
      held: store.byLastUse([...store.cids()])
    }
  }

  wantsOf(peer: NodeId): Bitfield {
    return union(this.#placement.of(peer), this.#repair?.of(peer))
  }

  piece(cid: Cid, piece: number): void {
    this.#exchange.piece(cid, piece)
  }

  partialEnded(cid: Cid): void {
    this.#exchange.partialEnded(cid)
  }

  /** Whatever was missed of what devices tell each other about their files is made up for. */
  askAnew(): void {
    this.#exchange.beginAnew()
    this.replanSoon()
  }

  replanSoon(): void {
    if (this.#stopped) return
    const delayMs = Math.min(MAX_REPLAN_DELAY_MS, Math.max(REPLAN_DELAY_MS, REPLAN_REST * this.#replanTookMs))
    this.#cancelReplan ??= this.#components.clock.after(delayMs, () => this.#replan())
  }

  /** Does at once what was to be done soon. @returns whether there was anything */
  catchUp(): boolean {
    if (!this.#cancelReplan || this.#stopped) return false
    this.#replan()
    return true
  }

  #replan(): void {
    this.#cancelReplan?.()
    this.#cancelReplan = undefined
    const { planner, fetcher, clock } = this.#components
    const startedMs = clock.monotonicMs()
    this.#view = viewCatalogue(this.#catalogue?.shards() ?? [])
    this.#place()
    this.#exchange.catalogueChanged(this.#view)
    planner.catalogueChanged(this.#view, this.#wants, (peer) => this.wantsOf(peer))
    for (const { peer } of this.linkedPeers()) this.#readInventory(peer)
    this.#replanTookMs = clock.monotonicMs() - startedMs
    fetcher.wake()
  }

  /** Nothing tells that somebody has been away for too long, or that a leaving device still has the only copy: looked at now and then. */
  #lookForAbsent(): void {
    this.#cancelLook = this.#components.clock.after(ABSENCE_LOOK_MS, () => {
      const members = this.members()
      const away = [...this.#awayForLong(members)].sort().join()
      if (away !== this.#awayAtPlacement || members.some(({ drained }) => drained)) this.replanSoon()
      this.#lookForAbsent()
    })
  }

  #place(): void {
    const members = this.members()
    this.#placement = placeBlobs(this.#view, members)
    const away = this.#awayForLong(members)
    this.#awayAtPlacement = [...away].sort().join()
    this.#repair =
      away.size > 0
        ? placeBlobs(
            this.#view,
            members.filter(({ node }) => !away.has(node))
          )
        : undefined
    this.#wants = union(union(this.#placement.of(this.#self), this.#repair?.of(this.#self)), this.#rescue(members))
  }

  /**
   * Where only devices that were asked to leave hold a blob, the first of the others that are linked takes it over: on-demand blobs have no place of their
   * own, and the place of another one may be away just now. A place that is linked is that first one, as long as it has room.
   * Also with two devices that see different links somebody takes it; at worst both do.
   */
  #rescue(members: readonly PlacementNode[]): Bitfield {
    const rescued = new Bitfield(this.#view.blobs.length)
    const linked = new Set([this.#self, ...this.linkedPeers().map(({ peer }) => peer)])
    const live = members.filter(({ node }) => linked.has(node))
    const leaving = live.filter(({ drained, node }) => drained && node !== this.#self)
    if (leaving.length === 0) return rescued
    const staying = live.filter(({ drained, counts }) => counts && !drained)
    const inventory = (node: NodeId): Bitfield => this.#inventories.read(node, this.#view).have
    const leavingHave = leaving.map(({ node }) => inventory(node))
    const stayingHave = staying.filter(({ node }) => node !== this.#self).map(({ node }) => inventory(node))
    this.#view.blobs.forEach((_blob, number) => {
      if (!leavingHave.some((have) => have.has(number))) return
      if (stayingHave.some((have) => have.has(number))) return
      if (rankNodes(this.#view, number, staying)[0]?.node === this.#self) rescued.add(number)
    })
    return rescued
  }

  #awayForLong(members: readonly PlacementNode[]): Set<NodeId> {
    const { clock } = this.#components
    const nowMs = clock.monotonicMs()
    const linked = new Set(this.linkedPeers().map(({ peer }) => peer))
    const known = new Set(members.map(({ node }) => node))
    for (const node of this.#awaySinceMs.keys()) if (!known.has(node)) this.#awaySinceMs.delete(node)
    const away = new Set<NodeId>()
    for (const { node } of members) {
      if (node === this.#self || linked.has(node)) continue
      const sinceMs = this.#awaySinceMs.get(node) ?? nowMs
      this.#awaySinceMs.set(node, sinceMs)
      if (nowMs - sinceMs >= ABSENCE_GRACE_MS) away.add(node)
    }
    return away
  }

  #received(peer: NodeId, message: InventoryMessage): void {
    const { planner, fetcher } = this.#components
    const change = this.#inventories.apply(peer, message, this.#view)
    if (!change) this.#readInventory(peer)
    // What a leaving device alone holds is known only now.
    if (message.kind === 'shard' && this.members().some(({ node, drained }) => drained && node === peer))
      this.replanSoon()
    for (const number of change?.gained ?? []) planner.gained(peer, number)
    for (const number of change?.lost ?? []) planner.holders.lost(peer, number)
    if (message.kind === 'partial' || message.kind === 'pieces' || message.kind === 'ended')
      planner.holders.partial(peer, message.cid, this.#inventories.partials(peer).get(message.cid))
    fetcher.wake()
  }

  #readInventory(peer: NodeId): void {
    const { have, fresh, knows } = this.#inventories.read(peer, this.#view)
    this.#components.planner.inventory(peer, have, fresh, knows)
  }
}

function union(a: Bitfield, b: Bitfield | undefined): Bitfield {
  if (!b || b.length !== a.length) return a
  const both = a.copy()
  for (const number of b) both.add(number)
  return both
}
