import { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { hasPieceList, PIECE_BYTES, pieceCount, pieceListBytes, pieceSpan } from '../../protocols/piece-list.ts'
import { type CatalogueView, viewCatalogue } from './catalogue-view.ts'
import { CopyQueue, queueOf } from './copy-queue.ts'
import type { CopyEffect, CopyPlannerInit, Item, UnderWay } from './copy-request.ts'
import { Holders } from './holders.ts'
import {
  CLOSE_AFTER_MS,
  IMPATIENT_AFTER_MS,
  LONG_COPY_MS,
  MAX_PARTIALS,
  MAX_PATIENCE_MS,
  MAX_UNDER_WAY,
  PEOPLE_REQUESTS,
  SLOW_AFTER_MS
} from './limits.ts'
import type { FetchFailure, PeerState } from './peer-book.ts'
import { keyOf, nextPiece, type OpenBlob, waitingPiece } from './piece-choice.ts'
import { nodeSeed } from './rendezvous.ts'

/**
 * Decides what to fetch from whom: events in, effects out, no clock, no disk, no network. Written for the case that counts, one device that has
 * everything and several that copy it: each takes its own share first (the pieces for which it comes first in rendezvous order among those who lack them), and
 * everything else from those who have just got it, so that the first holder sends its bytes about once. Nothing is fetched twice. Who has
 * nothing else to do for a while stops waiting for the others. What people wait for comes first and from whoever is quickest.
 *
 * The idea of the own share is Syncthing's (blockpullreorderer.go), rarest first is BitTorrent's.
 */
export class CopyPlanner {
  readonly #init: CopyPlannerInit
  readonly #seed
  /** Tell it directly what peers lost, and which pieces they have. */
  readonly holders: Holders
  readonly #underWay = new Map<number, UnderWay>()
  readonly #busy = new Set<string>()
  readonly #open = new Map<Cid, OpenBlob>()
  readonly #demands = new Map<string, Item>()
  readonly #effects: CopyEffect[] = []
  #view: CatalogueView = viewCatalogue([])
  #wants = new Bitfield(0)
  #queue = new CopyQueue()
  #queueIsOld = true
  #inFlightBytes = 0
  #copyRequests = 0
  /** Of those under way, which only wait for our disk. */
  #receivedCount = 0
  #nextId = 1
  #idleSinceMs: number | undefined
  /** The request for what another device was expected to fetch first. */
  #impatient: number | undefined
  #restUntilMs = 0

  constructor(init: CopyPlannerInit) {
    this.#init = init
    this.#seed = nodeSeed(init.self)
    this.holders = new Holders({ seed: this.#seed })
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
    this.#wants = wants
    this.holders.catalogueChanged(view, wantsOf)
    for (const open of this.#open.values()) open.number = view.numberOf(open.ref.cid)
    for (const item of [...this.#underWay.values(), ...this.#demands.values()])
      item.number = this.#numberOf(item.ref.cid)
    this.#queueIsOld = true
  }

  linked(peer: NodeId, wants: Bitfield): void {
    this.holders.linked(peer, wants)
    this.#queueIsOld = true
  }

  unlinked(peer: NodeId): void {
    if (!this.holders.unlinked(peer)) return
    for (const { request, received } of [...this.#underWay.values()]) {
      // What is here already is written, whoever sent it.
      if (request.peer !== peer || received) continue
      this.#ended(request.id)
      this.#effects.push({ kind: 'cancel', id: request.id })
    }
    this.#queueIsOld = true
  }

  /** The whole of a peer's inventory, by the current view's numbers. @param knows blobs of the shards that it announced */
  inventory(peer: NodeId, have: Bitfield, fresh: Bitfield, knows: Bitfield): void {
    const state = this.holders.get(peer)
    if (!state) return
    state.have = have
    state.fresh = fresh
    state.knows = knows
    this.#queueIsOld = true
  }

  gained(peer: NodeId, number: number): void {
    const state = this.holders.get(peer)
    if (!state?.have.add(number)) return
    state.fresh.add(number)
    if (this.#wanted(number)) this.#queue.available(number, this.#classOf(number))
  }

  /** A blob that was here is not any more (evicted, rotten). */
  removed(cid: Cid): void {
    if (this.#view.numberOf(cid) !== undefined) this.#queueIsOld = true
  }

  // — what people wait for —

  demand(ref: BlobRef, piece: number): void {
    this.#demands.set(keyOf(ref.cid, piece), { ref, piece, number: this.#numberOf(ref.cid) })
  }

  /** Nobody waits for it any more. */
  undemand(cid: Cid, piece: number): void {
    this.#demands.delete(keyOf(cid, piece))
  }

  // — what became of the effects —

  opened(cid: Cid, bits: Bitfield, keeps = true): void {
    const open = this.#open.get(cid)
    if (!open) return
    open.state = 'open'
    open.bits = bits.copy()
    open.keeps = keeps
    this.#checkComplete(open)
  }

  /** A piece of a partial file is not what it was. */
  damaged(cid: Cid, piece: number): void {
    this.#open.get(cid)?.bits.delete(piece)
  }

  /** It could not be opened, finished or kept; copying it rests until then. */
  closed(cid: Cid, restUntilMs: number): void {
    const open = this.#open.get(cid)
    if (!open) return
    open.state = 'opening'
    open.restUntilMs = restUntilMs
    this.#queueIsOld = true
  }

  /**
   * The bytes are here, to be verified and written: from now on it is our own disk that takes its time, and the peer can be asked for the next. Files that wait for
   * the disk together share its syncs.
   */
  received(id: number): void {
    const item = this.#underWay.get(id)
    if (!item || item.received) return
    item.received = true
    this.#receivedCount++
    this.#notOnItsWay(item)
  }

  /** Verified and written. @param cameBytes by this request; the rest was here before */
  arrived(id: number, tookMs: number, nowMs: number, cameBytes?: number): void {
    const item = this.#underWay.get(id)
    if (!item) return
    this.holders.get(item.request.peer)?.worked(cameBytes ?? item.request.end - item.request.start, tookMs)
    if (id !== this.#impatient) this.#idleSinceMs = nowMs
    this.#ended(id)
    const key = keyOf(item.ref.cid, item.piece)
    this.#demands.delete(key)
    const open = this.#open.get(item.ref.cid)
    // Verified, and yet not kept: the disk had no room or failed.
    if (!open) this.#queueAgain(item)
    if (!open?.keeps) return
    open.bits.add(item.piece)
    this.#checkComplete(open)
  }

  /** A complete blob is here, however it came. */
  stored(cid: Cid): void {
    const open = this.#open.get(cid)
    this.#open.delete(cid)
    for (let piece = 0; piece < (open?.bits.length ?? 1); piece++) this.#demands.delete(keyOf(cid, piece))
  }

  /** It came when it could not be used any more. */
  dropped(id: number): void {
    const item = this.#underWay.get(id)
    this.#ended(id)
    if (item) this.#queueAgain(item)
  }

  /** @param cameBytes of what was asked for, before it broke off */
  failed(id: number, failure: FetchFailure, nowMs: number, cameBytes = 0): void {
    const item = this.#underWay.get(id)
    if (!item) return
    this.#ended(id)
    const peer = this.holders.get(item.request.peer)
    peer?.failed(failure, item.number, this.holders.holderName(item), nowMs, cameBytes)
    this.#queueAgain(item)
  }

  /** No room, or the disk failed: only what people wait for is fetched until then. */
  rest(untilMs: number): void {
    this.#restUntilMs = untilMs
  }

  // — decisions —

  /** What to do now. Call it after every event, and once a second while anything is missing. */
  plan(nowMs: number): CopyEffect[] {
    if (this.#queueIsOld) this.#rebuildQueue()
    this.#closeUnwanted(nowMs)
    this.#moveSlow(nowMs)
    for (const item of this.#demands.values()) this.#planDemand(item, nowMs)
    if (this.#demands.size > 0 && this.#makeWay(nowMs))
      for (const item of this.#demands.values()) this.#planDemand(item, nowMs)
    if (nowMs >= this.#restUntilMs) this.#planCopies(nowMs)
    return this.#effects.splice(0)
  }

  /** Blobs and bytes that are wanted and not here. Counts what is on the way. */
  missing(): { blobs: number; bytes: number } {
    let blobs = 0
    let bytes = 0
    for (const number of this.#wants) {
      const blob = this.#view.blobs[number]
      if (!blob || this.#init.hasLocally(blob.cid)) continue
      blobs++
      const open = this.#open.get(blob.cid)
      bytes += open ? Math.round(blob.sizeBytes * (1 - open.bits.count / open.bits.length)) : blob.sizeBytes
    }
    return { blobs, bytes }
  }

  get requestsUnderWay(): number {
    return this.#underWay.size
  }

  /** Also where nothing ever stalls: a peer that sends a byte now and then would hold on to its requests for minutes. */
  #moveSlow(nowMs: number): void {
    for (const slow of [...this.#underWay.values()]) {
      const { request, startedMs, copying, received } = slow
      if (received || nowMs - startedMs < SLOW_AFTER_MS) continue
      const from = this.holders.muchQuicker(slow, nowMs)
      if (!from) continue
      this.holders.get(request.peer)?.tooSlow(request.end - request.start, nowMs - startedMs, nowMs)
      this.#ended(request.id)
      this.#effects.push({ kind: 'cancel', id: request.id })
      this.#request({ ref: slow.ref, piece: slow.piece, number: slow.number }, from, nowMs, copying)
    }
  }

  /**
   * Copies that go on for long are paused while a person waits: they would take most of a narrow link, or all that may be asked of a peer at once. What has come
   * of them is kept, and they go on from there.
   */
  #makeWay(nowMs: number): boolean {
    let made = false
    for (const { request, startedMs, copying, received, ref, piece, number } of [...this.#underWay.values()]) {
      if (!copying || received || this.#demands.has(keyOf(ref.cid, piece))) continue
      const peer = this.holders.get(request.peer)
      const tookMs = nowMs - startedMs
      const bytes = request.end - request.start
      if (tookMs >= LONG_COPY_MS) peer?.tookAtLeast(bytes, tookMs)
      else if ((peer?.usualMs(bytes) ?? 0) < LONG_COPY_MS) continue
      this.#ended(request.id)
      this.#effects.push({ kind: 'cancel', id: request.id })
      this.#queueAgain({ ref, piece, number })
      made = true
    }
    return made
  }

  /** While a person waits, copying keeps one request going and no more; none where it would hold the person up. */
  #copyLimit(): number {
    if (this.#demands.size === 0) return this.#init.maxRequests
    for (const { request, copying, received } of this.#underWay.values())
      if (!copying && !received && (this.holders.get(request.peer)?.usualMs(PIECE_BYTES) ?? 0) >= LONG_COPY_MS) return 0
    return 1
  }

  #planDemand(item: Item, nowMs: number): void {
    const { ref, piece, number } = item
    if (this.#busy.has(keyOf(ref.cid, piece))) return
    if (this.#underWay.size - this.#receivedCount >= this.#init.maxRequests + PEOPLE_REQUESTS) return
    if (this.#underWay.size >= MAX_UNDER_WAY + PEOPLE_REQUESTS) return
    let asked = item
    if (hasPieceList(ref.sizeBytes)) {
      if (!ref.pieces) {
        this.#giveUp(item)
        return
      }
      const open = this.#openBlob(ref, number, nowMs, true)
      if (open === 'list') asked = this.#listItem(ref, number)
      else if (open?.state !== 'open') return
      else if (open.bits.has(piece)) {
        this.#demands.delete(keyOf(ref.cid, piece))
        this.#effects.push({ kind: 'present', ref, piece })
        return
      }
    }
    if (this.#busy.has(keyOf(asked.ref.cid, asked.piece))) return
    const from = this.holders.quickest(asked, nowMs)
    if (from === 'busy') return
    if (from) this.#request(asked, from, nowMs, false)
    else this.#giveUp(item)
  }

  #giveUp({ ref, piece }: Item): void {
    this.#demands.delete(keyOf(ref.cid, piece))
    this.#effects.push({ kind: 'unavailable', cid: ref.cid, piece })
  }

  #planCopies(nowMs: number): void {
    const limit = this.#copyLimit()
    while (this.#copyRequests < limit && this.#hasMemory()) {
      const found = this.#nextCopy(nowMs)
      if (!found) break
      this.#request(found.item, found.from, nowMs, true)
    }
    // What was taken out of impatience is no sign that the others get on: the next one is taken at once.
    // While our own disk has something to write, nobody keeps us waiting.
    const busy = this.#copyRequests + this.#receivedCount
    if (busy > (this.#impatient === undefined ? 0 : 1)) this.#idleSinceMs = nowMs
    else this.#idleSinceMs ??= nowMs
    const idleMs = nowMs - (this.#idleSinceMs ?? nowMs)
    if (limit === 0 || busy > 0 || idleMs < IMPATIENT_AFTER_MS) return
    const waited = this.#nextWaiting(nowMs)
    // Where our own pieces take long, those of the others do too.
    if (waited && idleMs >= Math.min(MAX_PATIENCE_MS, 2 * waited.from.usualMs(PIECE_BYTES)))
      this.#impatient = this.#request(waited.item, waited.from, nowMs, true)
  }

  /** One request is always let through, however big. */
  #hasMemory(): boolean {
    if (this.#underWay.size >= MAX_UNDER_WAY) return false
    return this.#inFlightBytes === 0 || this.#inFlightBytes + PIECE_BYTES <= this.#init.maxInFlightBytes
  }

  #nextCopy(nowMs: number): { item: Item; from: PeerState } | undefined {
    // Asked at each change while everybody is busy: everything that is missing would be looked at each time.
    if (!this.holders.anyFree(nowMs)) return undefined
    for (const copyClass of [0, 1, 2] as const) {
      const small = this.#queue.take(copyClass, (number) => {
        const item = this.#smallItem(number)
        if (!item) return 'drop'
        const choice = this.holders.choose(item, nowMs)
        if (!choice) return this.holders.anyHolder(item) ? 'later' : 'drop'
        return choice.how === 'wait' ? 'wait' : { item, from: choice.from }
      })
      if (small) return small
      const piece = this.#nextPiece(copyClass, nowMs)
      if (piece) return piece
    }
    return undefined
  }

  #nextPiece(copyClass: number, nowMs: number): { item: Item; from: PeerState } | undefined {
    // What was begun is ended first; the rest of a long list is not looked at before there is a place.
    for (const { number } of this.#open.values()) {
      if (number === undefined || this.#classOf(number) !== copyClass || !this.#wanted(number)) continue
      const found = this.#pieceOf(number, nowMs)
      if (found) return found
    }
    for (const number of this.#queue.bigs(copyClass)) {
      if (this.#open.size >= MAX_PARTIALS) break
      const ref = this.#view.blobs[number]
      if (ref && this.#open.has(ref.cid)) continue
      if (!ref || this.#init.hasLocally(ref.cid)) {
        this.#queue.settled(number, this.#classOf(number))
        continue
      }
      const found = this.#pieceOf(number, nowMs)
      if (found) return found
    }
    return undefined
  }

  #pieceOf(number: number, nowMs: number): { item: Item; from: PeerState } | undefined {
    const ref = this.#view.blobs[number]
    const open = ref && this.#openBlob(ref, number, nowMs, false)
    if (!open) return undefined
    if (open === 'list') {
      const item = this.#listItem(ref, number)
      if (this.#busy.has(keyOf(item.ref.cid, 0))) return undefined
      const from = this.holders.quickestHolder(item, nowMs)
      return from && { item, from }
    }
    if (open.state !== 'open' || !open.keeps) return undefined
    return nextPiece(open, this.holders, { seed: this.#seed, isBusy: this.#isBusy, nowMs })
  }

  /** What the others were expected to fetch first. */
  #nextWaiting(nowMs: number): { item: Item; from: PeerState } | undefined {
    for (const number of this.#queue.waiting()) {
      if (!this.#wanted(number)) this.#queue.settled(number, this.#classOf(number))
      const item = this.#smallItem(number)
      const from = item && this.holders.quickestHolder(item, nowMs)
      if (item && from) return { item, from }
    }
    for (const open of this.#open.values()) {
      if (open.state !== 'open' || !open.keeps || open.number === undefined || !this.#wanted(open.number)) continue
      const found = waitingPiece(open, this.holders, { seed: this.#seed, isBusy: this.#isBusy, nowMs })
      if (found) return found
    }
    return undefined
  }

  #openBlob(
    ref: BlobRef,
    number: number | undefined,
    nowMs: number,
    forPeople: boolean
  ): OpenBlob | 'list' | undefined {
    let open = this.#open.get(ref.cid)
    if (!open) {
      if (!ref.pieces || (!forPeople && this.#open.size >= MAX_PARTIALS)) return undefined
      open = {
        ref,
        number,
        state: 'list',
        bits: new Bitfield(pieceCount(ref.sizeBytes)),
        restUntilMs: 0,
        keeps: true,
        usedMs: nowMs
      }
      this.#open.set(ref.cid, open)
    }
    if (open.state === 'opening' && open.restUntilMs > 0) {
      if (nowMs < open.restUntilMs) return undefined
      open.restUntilMs = 0
      open.state = 'list'
    }
    if (open.state !== 'list') return open
    if (!this.#init.hasList(ref.pieces as Cid)) return 'list'
    open.state = 'opening'
    this.#effects.push({ kind: 'open', ref })
    return open
  }

  #closeUnwanted(nowMs: number): void {
    for (const [cid, open] of this.#open) {
      if (open.state === 'finishing' || (open.state === 'opening' && open.restUntilMs === 0)) continue
      if (open.keeps && open.number !== undefined && this.#wanted(open.number)) continue
      const used = [...this.#demands.values(), ...this.#underWay.values()].some(
        ({ ref }) => ref.cid === cid || ref.cid === open.ref.pieces
      )
      if (used) open.usedMs = nowMs
      if (nowMs - open.usedMs < CLOSE_AFTER_MS) continue
      this.#open.delete(cid)
      if (open.state === 'open') this.#effects.push({ kind: 'close', cid })
    }
  }

  #checkComplete(open: OpenBlob): void {
    if (open.state !== 'open' || !open.bits.full) return
    open.state = 'finishing'
    this.#effects.push({ kind: 'finish', cid: open.ref.cid })
  }

  #request(item: Item, from: PeerState, nowMs: number, copying: boolean): number {
    const { start, end } = pieceSpan(item.ref.sizeBytes, item.piece)
    const request = { id: this.#nextId++, peer: from.peer, ref: item.ref, piece: item.piece, start, end }
    from.inFlight++
    this.#busy.add(keyOf(item.ref.cid, item.piece))
    this.#inFlightBytes += end - start
    if (copying) this.#copyRequests++
    this.#underWay.set(request.id, { ...item, request, startedMs: nowMs, copying, received: false })
    this.#effects.push({ kind: 'request', request })
    return request.id
  }

  #ended(id: number): void {
    const item = this.#underWay.get(id)
    if (!item) return
    this.#underWay.delete(id)
    if (id === this.#impatient) this.#impatient = undefined
    this.#busy.delete(keyOf(item.ref.cid, item.piece))
    this.#inFlightBytes -= item.request.end - item.request.start
    if (item.received) this.#receivedCount--
    else this.#notOnItsWay(item)
  }

  #notOnItsWay({ copying, request }: UnderWay): void {
    if (copying) this.#copyRequests--
    const peer = this.holders.get(request.peer)
    if (peer) peer.inFlight--
  }

  readonly #isBusy = (cid: Cid, piece: number): boolean => this.#busy.has(keyOf(cid, piece))

  #smallItem(number: number): Item | undefined {
    const ref = this.#view.blobs[number]
    if (!ref || hasPieceList(ref.sizeBytes) || !this.#wanted(number) || this.#busy.has(keyOf(ref.cid, 0)))
      return undefined
    return { ref, piece: 0, number }
  }

  #listItem(ref: BlobRef, number: number | undefined): Item {
    return { ref: { cid: ref.pieces as Cid, sizeBytes: pieceListBytes(ref.sizeBytes) }, piece: 0, number }
  }

  #numberOf(cid: Cid): number | undefined {
    return this.#view.numberOf(cid) ?? this.#view.blobOfList(cid)
  }

  #wanted(number: number): boolean {
    const blob = this.#view.blobs[number]
    return blob !== undefined && this.#wants.has(number) && !this.#init.hasLocally(blob.cid)
  }

  #classOf(number: number): 0 | 1 | 2 {
    return this.#view.blobs[number]?.copyClass ?? 2
  }

  /** It was taken out of the queue and is not here. */
  #queueAgain({ number }: Item): void {
    if (number !== undefined && this.#wanted(number)) this.#queue.again(number, this.#classOf(number))
  }

  #rebuildQueue(): void {
    this.#queueIsOld = false
    const missing = [...this.#wants].filter((number) => this.#wanted(number))
    this.#queue = queueOf(this.#view, missing, this.#seed)
  }
}
