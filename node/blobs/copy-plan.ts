import { Bitfield } from '../../protocols/bitfield.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { hasPieceList, PIECE_BYTES } from '../../protocols/piece-list.ts'
import { type CatalogueView, viewCatalogue } from './catalogue-view.ts'
import { CopyQueue, queueOf } from './copy-queue.ts'
import type { CopyPlannerInit, Item } from './copy-request.ts'
import type { DemandPlan } from './demand-plan.ts'
import type { Holders } from './holders.ts'
import { IMPATIENT_AFTER_MS, LONG_COPY_MS, MAX_PATIENCE_MS, MAX_UNDER_WAY } from './limits.ts'
import type { OpenBlobs } from './open-blobs.ts'
import type { PeerState } from './peer-book.ts'
import { type ChoiceScene, listItem, nextPiece, type OpenBlob, waitingPiece } from './piece-choice.ts'
import { type NodeSeed, nodeSeed } from './rendezvous.ts'
import type { RequestsUnderWay } from './requests-under-way.ts'

export interface CopyPlanComponents {
  holders: Holders
  requests: RequestsUnderWay
  open: OpenBlobs
  demands: DemandPlan
}

interface Found {
  item: Item
  from: PeerState
}

const CLASSES = [0, 1, 2] as const

/**
 * What this device should hold: each device takes its own share first, and everything else from those who have just got it. Who has nothing else to do
 * for a while stops waiting for the others. Gives way to what people wait for.
 */
export class CopyPlan {
  readonly #components: CopyPlanComponents
  readonly #init: CopyPlannerInit
  readonly #seed: NodeSeed
  #view: CatalogueView = viewCatalogue([])
  #wants = new Bitfield(0)
  #queue = new CopyQueue()
  #queueIsOld = true
  #idleSinceMs: number | undefined
  /** The request for what another device was expected to fetch first. */
  #impatient: number | undefined

  constructor(components: CopyPlanComponents, init: CopyPlannerInit) {
    this.#components = components
    this.#init = init
    this.#seed = nodeSeed(init.self)
  }

  catalogueChanged(view: CatalogueView, wants: Bitfield): void {
    this.#view = view
    this.#wants = wants
    this.#queueIsOld = true
  }

  /** Peers, their inventories, or what is here: everything that is missing is looked at again. */
  changed(): void {
    this.#queueIsOld = true
  }

  /** A peer has just got it. */
  gained(number: number): void {
    if (this.#wanted(number)) this.#queue.available(number, this.#classOf(number))
  }

  /** It was taken out of the queue and is not here. */
  again({ number }: Item): void {
    if (number !== undefined && this.#wanted(number)) this.#queue.again(number, this.#classOf(number))
  }

  /** Something came: what was taken out of impatience is no sign that the others get on. */
  arrived(id: number, nowMs: number): void {
    if (id !== this.#impatient) this.#idleSinceMs = nowMs
  }

  /** Looks at everything only when something changed. */
  prepare(nowMs: number): void {
    const { open, requests, demands } = this.#components
    if (this.#queueIsOld) {
      this.#queueIsOld = false
      const missing = [...this.#wants].filter((number) => this.#wanted(number))
      this.#queue = queueOf(this.#view, missing, this.#seed)
    }
    if (this.#impatient !== undefined && !requests.get(this.#impatient)) this.#impatient = undefined
    open.closeUnwanted(
      nowMs,
      ({ number }) => number !== undefined && this.#wanted(number),
      ({ ref }) => demands.hasAnyOf(ref) || requests.hasAnyOf(ref)
    )
  }

  plan(nowMs: number): void {
    const { requests } = this.#components
    const limit = this.#limit()
    while (requests.copies < limit && this.#hasMemory()) {
      const found = this.#next(nowMs)
      if (!found) break
      requests.begin(found.item, found.from, nowMs, true)
    }
    // What was taken out of impatience is no sign that the others get on: the next one is taken at once.
    // While our own disk has something to write, nobody keeps us waiting.
    const busy = requests.copies + requests.received
    if (busy > (this.#impatient === undefined ? 0 : 1)) this.#idleSinceMs = nowMs
    else this.#idleSinceMs ??= nowMs
    const idleMs = nowMs - (this.#idleSinceMs ?? nowMs)
    if (limit === 0 || busy > 0 || idleMs < IMPATIENT_AFTER_MS) return
    const waited = this.#nextWaiting(nowMs)
    // Where our own pieces take long, those of the others do too.
    if (waited && idleMs >= Math.min(MAX_PATIENCE_MS, 2 * waited.from.usualMs(PIECE_BYTES)))
      this.#impatient = requests.begin(waited.item, waited.from, nowMs, true)
  }

  /**
   * Copies that go on for long are paused while a person waits: they would take most of a narrow link, or all that may be asked of a peer at once. What has come
   * of them is kept, and they go on from there.
   */
  makeWay(nowMs: number): boolean {
    const { requests, demands, holders } = this.#components
    let made = false
    for (const { request, startedMs, copying, received, ref, piece, number } of requests.all()) {
      if (!copying || received || demands.has(ref.cid, piece)) continue
      const peer = holders.get(request.peer)
      const tookMs = nowMs - startedMs
      const bytes = request.end - request.start
      if (tookMs >= LONG_COPY_MS) peer?.tookAtLeast(bytes, tookMs)
      else if ((peer?.usualMs(bytes) ?? 0) < LONG_COPY_MS) continue
      requests.cancel(request.id)
      this.again({ ref, piece, number })
      made = true
    }
    return made
  }

  missing(): { blobs: number; bytes: number } {
    let blobs = 0
    let bytes = 0
    for (const number of this.#wants) {
      const blob = this.#view.blobs[number]
      if (!blob || this.#init.hasLocally(blob.cid)) continue
      blobs++
      const bits = this.#components.open.get(blob.cid)?.bits
      bytes += bits ? Math.round(blob.sizeBytes * (1 - bits.count / bits.length)) : blob.sizeBytes
    }
    return { blobs, bytes }
  }

  /** While a person waits, copying keeps one request going and no more; none where it would hold the person up. */
  #limit(): number {
    const { requests, demands, holders } = this.#components
    if (!demands.any) return this.#init.maxRequests
    for (const { request, copying, received } of requests.all())
      if (!copying && !received && (holders.get(request.peer)?.usualMs(PIECE_BYTES) ?? 0) >= LONG_COPY_MS) return 0
    return 1
  }

  /** One request is always let through, however big. */
  #hasMemory(): boolean {
    const { requests } = this.#components
    if (requests.count >= MAX_UNDER_WAY) return false
    return requests.bytes === 0 || requests.bytes + PIECE_BYTES <= this.#init.maxInFlightBytes
  }

  #next(nowMs: number): Found | undefined {
    const { holders } = this.#components
    // Asked at each change while everybody is busy: everything that is missing would be looked at each time.
    if (!holders.anyFree(nowMs)) return undefined
    for (const copyClass of CLASSES) {
      const small = this.#queue.take(copyClass, (number) => {
        const item = this.#smallItem(number)
        if (!item) return 'drop'
        const choice = holders.choose(item, nowMs)
        if (!choice) return holders.anyHolder(item) ? 'later' : 'drop'
        return choice.how === 'wait' ? 'wait' : { item, from: choice.from }
      })
      if (small) return small
      const piece = this.#nextPiece(copyClass, nowMs)
      if (piece) return piece
    }
    return undefined
  }

  #nextPiece(copyClass: number, nowMs: number): Found | undefined {
    const { open } = this.#components
    // What was begun is ended first; the rest of a long list is not looked at before there is a place.
    for (const { number } of open.all()) {
      if (number === undefined || this.#classOf(number) !== copyClass || !this.#wanted(number)) continue
      const found = this.#pieceOf(number, nowMs)
      if (found) return found
    }
    for (const number of this.#queue.bigs(copyClass)) {
      const ref = this.#view.blobs[number]
      if (ref && open.get(ref.cid)) continue
      if (!ref || this.#init.hasLocally(ref.cid)) {
        this.#queue.settled(number, this.#classOf(number))
        continue
      }
      if (!this.#canBegin(ref, number, nowMs)) continue
      if (!open.hasPlace && !this.#freePlace(nowMs)) break
      const found = this.#pieceOf(number, nowMs)
      if (found) return found
    }
    return undefined
  }

  /** A place is not given to what nobody could send. */
  #canBegin(ref: BlobRef, number: number, nowMs: number): boolean {
    const { open, holders } = this.#components
    return ref.pieces !== undefined && !open.rests(ref.cid, nowMs) && holders.anyUsable(ref.cid, number, nowMs)
  }

  /** Takes the place of a blob that nobody can send any more, with whom nothing is under way. */
  #freePlace(nowMs: number): boolean {
    const { open, holders, requests, demands } = this.#components
    for (const one of open.all()) {
      if ((one.state !== 'open' && one.state !== 'list') || !one.keeps) continue
      if (demands.hasAnyOf(one.ref) || requests.hasAnyOf(one.ref)) continue
      if (one.number !== undefined && holders.anyUsable(one.ref.cid, one.number, nowMs)) continue
      open.close(one)
      return true
    }
    return false
  }

  #pieceOf(number: number, nowMs: number): Found | undefined {
    const { open, holders, requests } = this.#components
    const ref = this.#view.blobs[number]
    const taken = ref && open.take(ref, number, nowMs, false)
    if (!taken) return undefined
    if (taken === 'list') {
      const item = listItem(ref, number)
      if (requests.isBusy(item.ref.cid, 0)) return undefined
      const from = holders.quickestHolder(item, nowMs)
      return from && { item, from }
    }
    if (taken.state !== 'open' || !taken.keeps) return undefined
    return nextPiece(taken, holders, this.#scene(nowMs))
  }

  /** What the others were expected to fetch first. */
  #nextWaiting(nowMs: number): Found | undefined {
    const { open, holders } = this.#components
    for (const number of this.#queue.waiting()) {
      if (!this.#wanted(number)) this.#queue.settled(number, this.#classOf(number))
      const item = this.#smallItem(number)
      const from = item && holders.quickestHolder(item, nowMs)
      if (item && from) return { item, from }
    }
    for (const one of open.all()) {
      if (!this.#isCopied(one)) continue
      const found = waitingPiece(one, holders, this.#scene(nowMs))
      if (found) return found
    }
    return undefined
  }

  #isCopied({ state, keeps, number }: OpenBlob): boolean {
    return state === 'open' && keeps && number !== undefined && this.#wanted(number)
  }

  #scene(nowMs: number): ChoiceScene {
    const { requests } = this.#components
    return { seed: this.#seed, isBusy: (cid, piece) => requests.isBusy(cid, piece), nowMs }
  }

  #smallItem(number: number): Item | undefined {
    const ref = this.#view.blobs[number]
    if (!ref || hasPieceList(ref.sizeBytes) || !this.#wanted(number)) return undefined
    return this.#components.requests.isBusy(ref.cid, 0) ? undefined : { ref, piece: 0, number }
  }

  #wanted(number: number): boolean {
    const blob = this.#view.blobs[number]
    return blob !== undefined && this.#wants.has(number) && !this.#init.hasLocally(blob.cid)
  }

  #classOf(number: number): (typeof CLASSES)[number] {
    return this.#view.blobs[number]?.copyClass ?? 2
  }
}
