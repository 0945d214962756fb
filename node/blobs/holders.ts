import { Bitfield } from '../../protocols/bitfield.ts'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { type CatalogueView, viewCatalogue } from './catalogue-view.ts'
import type { Item, UnderWay } from './copy-request.ts'
import { MOVE_WHEN_QUICKER, PATIENCE_MS, REMEMBERED_PEERS, REQUESTS_PER_PEER } from './limits.ts'
import { PeerState } from './peer-book.ts'
import { type NodeSeed, rendezvousHash } from './rendezvous.ts'

export type Choice = { how: 'fresh' | 'own' | 'wait'; from: PeerState } | undefined

/** The linked peers, and of whom to ask for what. */
export class Holders {
  readonly #seed: NodeSeed
  readonly #peers = new Map<NodeId, PeerState>()
  readonly #gone = new BoundedMap<NodeId, PeerState>(REMEMBERED_PEERS)
  view: CatalogueView = viewCatalogue([])

  constructor(init: { seed: NodeSeed }) {
    this.#seed = init.seed
  }

  get(peer: NodeId): PeerState | undefined {
    return this.#peers.get(peer)
  }

  /** Inventories by number are void. */
  catalogueChanged(view: CatalogueView, wantsOf: (peer: NodeId) => Bitfield): void {
    this.view = view
    for (const state of this.#peers.values()) this.#begin(state, wantsOf(state.peer))
  }

  linked(peer: NodeId, wants: Bitfield): void {
    const state = new PeerState(peer)
    this.#begin(state, wants)
    const before = this.#gone.get(peer)
    if (before) state.remember(before)
    this.#gone.delete(peer)
    this.#peers.set(peer, state)
  }

  /** False for one that was not linked. */
  unlinked(peer: NodeId): boolean {
    const state = this.#peers.get(peer)
    if (!state) return false
    this.#peers.delete(peer)
    this.#gone.set(peer, state)
    // How it behaved is remembered, what it held is not.
    state.forget()
    return true
  }

  /** What it told was nonsense: as bad as wrong bytes. @returns false when it is not asked for anything just now anyway */
  offended(peer: NodeId, nowMs: number): boolean {
    const state = this.#peers.get(peer)
    const wasUsable = state?.usable(nowMs) ?? false
    state?.offended(nowMs)
    state?.partials.clear()
    return wasUsable
  }

  lost(peer: NodeId, number: number): void {
    const state = this.#peers.get(peer)
    state?.have.delete(number)
    state?.fresh.delete(number)
  }

  partial(peer: NodeId, cid: Cid, bits: Bitfield | undefined): void {
    const state = this.#peers.get(peer)
    if (!state) return
    if (bits) state.partials.set(cid, bits)
    else state.partials.delete(cid)
  }

  #begin(state: PeerState, wants: Bitfield): void {
    state.have = new Bitfield(this.view.blobs.length)
    state.fresh = new Bitfield(this.view.blobs.length)
    state.knows = new Bitfield(this.view.blobs.length)
    state.wants = wants
  }

  /** Whether anybody could be asked for anything. */
  anyFree(nowMs: number): boolean {
    for (const peer of this.#peers.values()) if (peer.inFlight < REQUESTS_PER_PEER && peer.usable(nowMs)) return true
    return false
  }

  /** Whether somebody who may be asked has it, or some of its pieces. */
  anyUsable(cid: Cid, number: number, nowMs: number): boolean {
    for (const peer of this.#peers.values())
      if (peer.usable(nowMs) && (peer.have.has(number) || peer.partials.has(cid))) return true
    return false
  }

  /** Whoever holds it; where nobody is known to, whoever did not deny it. */
  quickest(item: Item, nowMs: number): PeerState | 'busy' | undefined {
    let best: PeerState | undefined
    let bestHolds = false
    let busy = false
    for (const peer of this.#peers.values()) {
      const holds = this.holds(peer, item)
      if (!peer.usable(nowMs)) {
        // A stalled link is tried again in a moment: whoever waits may wait for that.
        const untilMs = peer.pausedUntilMs
        if (holds && untilMs - nowMs <= PATIENCE_MS) busy = true
        continue
      }
      if (!holds && peer.saidNotHere(this.holderName(item), nowMs)) continue
      if (peer.inFlight >= REQUESTS_PER_PEER) {
        busy = true
        continue
      }
      if (!best || (holds && !bestHolds) || (holds === bestHolds && peer.cost < best.cost)) {
        best = peer
        bestHolds = holds
      }
    }
    return best ?? (busy ? 'busy' : undefined)
  }

  /**
   * From whom, and whether it is our turn. Not the first holder while somebody else has a copy; and from the first holder only
   * what no other device that lacks it comes before us for.
   */
  choose(item: Item, nowMs: number): Choice {
    const { number } = item
    if (number === undefined) return undefined
    const mine = this.#turn(item, this.#seed)
    let fresh: PeerState | undefined
    let first: PeerState | undefined
    let slow: PeerState | undefined
    let othersTurn = false
    for (const peer of this.#peers.values()) {
      if (peer.holds(number, item.ref.cid, item.piece)) {
        if (!peer.usable(nowMs) || peer.inFlight >= REQUESTS_PER_PEER) continue
        if (peer.isSlow(nowMs)) {
          slow = !slow || peer.cost < slow.cost ? peer : slow
          continue
        }
        const isCopy = peer.fresh.has(number) || !peer.have.has(number)
        if (isCopy) fresh = !fresh || peer.cost < fresh.cost ? peer : fresh
        else first = !first || peer.cost < first.cost ? peer : first
      } else if (!othersTurn && peer.usable(nowMs) && peer.knows.has(number) && peer.wants.has(number))
        othersTurn = this.#turn(item, peer.seed) > mine
    }
    if (fresh) return { how: 'fresh', from: fresh }
    const from = first ?? slow
    return from && { how: othersTurn ? 'wait' : 'own', from }
  }

  #turn({ number, piece }: Item, seed: { a: number; b: number }): number {
    const at = 2 * (number as number)
    const { keys } = this.view
    return rendezvousHash((keys[at] as number) ^ Math.imul(piece + 1, 0x9e3779b1), keys[at + 1] as number, seed)
  }

  quickestHolder(item: Item, nowMs: number, but?: NodeId): PeerState | undefined {
    let best: PeerState | undefined
    for (const peer of this.#peers.values()) {
      if (peer.peer === but || !peer.usable(nowMs) || peer.inFlight >= REQUESTS_PER_PEER || !this.holds(peer, item))
        continue
      if (!best || peer.cost < best.cost) best = peer
    }
    return best
  }

  /** Another holder that would be done long before the one that was asked. */
  muchQuicker({ request, startedMs, ...item }: UnderWay, nowMs: number): PeerState | undefined {
    const best = this.quickestHolder(item, nowMs, request.peer)
    const expectedMs = best?.expectedMs(request.end - request.start)
    return expectedMs !== undefined && MOVE_WHEN_QUICKER * expectedMs < nowMs - startedMs ? best : undefined
  }

  anyHolder(item: Item): boolean {
    for (const peer of this.#peers.values()) if (this.holds(peer, item)) return true
    return false
  }

  holders(item: Item): number {
    let holders = 0
    for (const peer of this.#peers.values()) if (this.holds(peer, item)) holders++
    return holders
  }

  /** Whoever has a blob, or some of its pieces, has its piece list. */
  holds(peer: PeerState, { ref, piece, number }: Item): boolean {
    if (number === undefined) return peer.partials.get(ref.cid)?.has(piece) ?? false
    const blob = this.view.blobs[number]
    if (blob && blob.pieces === ref.cid) return peer.have.has(number) || peer.partials.has(blob.cid)
    return peer.holds(number, ref.cid, piece)
  }

  /** Under which name a peer that lacks this item is remembered. */
  holderName({ ref, number }: Item): Cid {
    return number === undefined ? ref.cid : (this.view.blobs[number]?.cid ?? ref.cid)
  }
}
