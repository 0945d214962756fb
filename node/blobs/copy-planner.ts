import type { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { type CatalogueView, viewCatalogue } from './catalogue-view.ts'
import { CopyPlan } from './copy-plan.ts'
import type { CopyEffect, CopyPlannerInit } from './copy-request.ts'
import { DemandPlan } from './demand-plan.ts'
import { Holders } from './holders.ts'
import { OpenBlobs } from './open-blobs.ts'
import type { FetchFailure } from './peer-book.ts'
import { nodeSeed } from './rendezvous.ts'
import { RequestsUnderWay } from './requests-under-way.ts'

/**
 * Decides what to fetch from whom: events in, effects out, no clock, no disk, no network. Written for the case that counts, one device that has
 * everything and several that copy it: each takes its own share first (the pieces for which it comes first in rendezvous order among those who lack them), and
 * everything else from those who have just got it, so that the first holder sends its bytes about once. Nothing is fetched twice. Who has
 * nothing else to do for a while stops waiting for the others. What people wait for comes first and from whoever is quickest.
 *
 * The idea of the own share is Syncthing's (blockpullreorderer.go), rarest first is BitTorrent's. What is copied stands in `CopyPlan`, what people
 * wait for in `DemandPlan`.
 */
export class CopyPlanner {
  /** Tell it directly what peers lost, and which pieces they have. */
  readonly holders: Holders
  readonly #effects: CopyEffect[] = []
  readonly #requests: RequestsUnderWay
  readonly #open: OpenBlobs
  readonly #demands: DemandPlan
  readonly #copies: CopyPlan
  #view: CatalogueView = viewCatalogue([])
  #restUntilMs = 0

  constructor(init: CopyPlannerInit) {
    const effects = this.#effects
    const holders = new Holders({ seed: nodeSeed(init.self) })
    const requests = new RequestsUnderWay({ holders, effects })
    const open = new OpenBlobs({ hasList: (pieces) => init.hasList(pieces), effects })
    const demands = new DemandPlan({ holders, requests, open, effects }, init)
    this.holders = holders
    this.#requests = requests
    this.#open = open
    this.#demands = demands
    this.#copies = new CopyPlan({ holders, requests, open, demands }, init)
  }

  // — what the world looks like —

  /**
   * A new catalogue or placement. Inventories by number are void: call `inventory` for each peer afterwards.
   *
   * @param wants what this device should hold
   * @param wantsOf what the others should hold
   */
  catalogueChanged(view: CatalogueView, wants: Bitfield, wantsOf: (peer: NodeId) => Bitfield): void {
    this.#view = view
    this.holders.catalogueChanged(view, wantsOf)
    const numberOf = (cid: Cid): number | undefined => this.#numberOf(cid)
    this.#open.renumber(numberOf)
    this.#requests.renumber(numberOf)
    this.#demands.renumber(numberOf)
    this.#copies.catalogueChanged(view, wants)
  }

  linked(peer: NodeId, wants: Bitfield): void {
    this.holders.linked(peer, wants)
    this.#copies.changed()
  }

  unlinked(peer: NodeId): void {
    if (!this.holders.unlinked(peer)) return
    this.#requests.cancelAllOf(peer)
    this.#copies.changed()
  }

  /** The whole of a peer's inventory, by the current view's numbers. @param knows blobs of the shards that it announced */
  inventory(peer: NodeId, have: Bitfield, fresh: Bitfield, knows: Bitfield): void {
    const state = this.holders.get(peer)
    if (!state) return
    state.have = have
    state.fresh = fresh
    state.knows = knows
    this.#copies.changed()
  }

  gained(peer: NodeId, number: number): void {
    const state = this.holders.get(peer)
    if (!state?.have.add(number)) return
    state.fresh.add(number)
    this.#copies.gained(number)
  }

  /** A blob that was here is not any more (evicted, rotten). */
  removed(cid: Cid): void {
    if (this.#view.numberOf(cid) !== undefined) this.#copies.changed()
  }

  // — what people wait for —

  demand(ref: BlobRef, piece: number): void {
    this.#demands.add({ ref, piece, number: this.#numberOf(ref.cid) })
  }

  /** Nobody waits for it any more. */
  undemand(cid: Cid, piece: number): void {
    this.#demands.remove(cid, piece)
  }

  // — what became of the effects —

  opened(cid: Cid, bits: Bitfield, keeps = true): void {
    this.#open.opened(cid, bits, keeps)
  }

  /** A piece of a partial file is not what it was. */
  damaged(cid: Cid, piece: number): void {
    this.#open.get(cid)?.bits.delete(piece)
  }

  /** It could not be opened, finished or kept; it rests until then, and another one may have its place. */
  closed(cid: Cid, restUntilMs: number): void {
    const ref = this.#open.get(cid)?.ref
    if (ref && this.#open.closed(cid, restUntilMs, this.#demands.hasAnyOf(ref))) this.#copies.changed()
  }

  /**
   * The bytes are here, to be verified and written: from now on it is our own disk that takes its time, and the peer can be asked for the next. Files that wait for
   * the disk together share its syncs.
   */
  received(id: number): void {
    this.#requests.arrived(id)
  }

  /** Verified and written. @param cameBytes by this request; the rest was here before */
  arrived(id: number, tookMs: number, nowMs: number, cameBytes?: number): void {
    const item = this.#requests.get(id)
    if (!item) return
    const { ref, piece, request } = item
    this.holders.get(request.peer)?.worked(cameBytes ?? request.end - request.start, tookMs)
    this.#copies.arrived(id, nowMs)
    this.#requests.ended(id)
    this.#demands.remove(ref.cid, piece)
    // Verified, and yet not kept: the disk had no room or failed.
    if (!this.#open.get(ref.cid)) this.#copies.again(item)
    else this.#open.gained(ref.cid, piece)
  }

  /** A complete blob is here, however it came. */
  stored(cid: Cid): void {
    const pieces = this.#open.get(cid)?.bits.length ?? 1
    this.#open.stored(cid)
    for (let piece = 0; piece < pieces; piece++) this.#demands.remove(cid, piece)
  }

  /** It came when it could not be used any more. */
  dropped(id: number): void {
    const item = this.#requests.ended(id)
    if (item) this.#copies.again(item)
  }

  /** @param cameBytes of what was asked for, before it broke off */
  failed(id: number, failure: FetchFailure, nowMs: number, cameBytes = 0): void {
    const item = this.#requests.ended(id)
    if (!item) return
    const peer = this.holders.get(item.request.peer)
    peer?.failed(failure, item.number, this.holders.holderName(item), nowMs, cameBytes)
    this.#copies.again(item)
  }

  /** No room, or the disk failed: only what people wait for is fetched until then. */
  rest(untilMs: number): void {
    this.#restUntilMs = untilMs
  }

  // — decisions —

  /** What to do now. Call it after every event, and once a second while anything is missing. */
  plan(nowMs: number): CopyEffect[] {
    this.#copies.prepare(nowMs)
    this.#requests.moveSlow(nowMs)
    this.#demands.plan(nowMs)
    if (this.#demands.any && this.#copies.makeWay(nowMs)) this.#demands.plan(nowMs)
    if (nowMs >= this.#restUntilMs) this.#copies.plan(nowMs)
    return this.#effects.splice(0)
  }

  /** Blobs and bytes that are wanted and not here. Counts what is on the way. */
  missing(): { blobs: number; bytes: number } {
    return this.#copies.missing()
  }

  get requestsUnderWay(): number {
    return this.#requests.count
  }

  #numberOf(cid: Cid): number | undefined {
    return this.#view.numberOf(cid) ?? this.#view.blobOfList(cid)
  }
}
