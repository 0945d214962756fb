import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { hasPieceList } from '../../protocols/piece-list.ts'
import type { CopyEffect, Item } from './copy-request.ts'
import type { Holders } from './holders.ts'
import { MAX_UNDER_WAY, PEOPLE_REQUESTS } from './limits.ts'
import type { OpenBlobs } from './open-blobs.ts'
import { keyOf, listItem } from './piece-choice.ts'
import type { RequestsUnderWay } from './requests-under-way.ts'

export interface DemandPlanComponents {
  holders: Holders
  requests: RequestsUnderWay
  open: OpenBlobs
  effects: CopyEffect[]
}

/** What people wait for: fetched at once and from whoever is quickest, or said to be unavailable. */
export class DemandPlan {
  readonly #components: DemandPlanComponents
  readonly #maxRequests: number
  readonly #demands = new Map<string, Item>()

  /** @param init.maxRequests for copying; people get some more */
  constructor(components: DemandPlanComponents, init: { maxRequests: number }) {
    this.#components = components
    this.#maxRequests = init.maxRequests
  }

  get any(): boolean {
    return this.#demands.size > 0
  }

  add(item: Item): void {
    this.#demands.set(keyOf(item.ref.cid, item.piece), item)
  }

  remove(cid: Cid, piece: number): void {
    this.#demands.delete(keyOf(cid, piece))
  }

  has(cid: Cid, piece: number): boolean {
    return this.#demands.has(keyOf(cid, piece))
  }

  /** Of a blob, or of its piece list. */
  hasAnyOf({ cid, pieces }: BlobRef): boolean {
    for (const { ref } of this.#demands.values()) if (ref.cid === cid || ref.cid === pieces) return true
    return false
  }

  renumber(numberOf: (cid: Cid) => number | undefined): void {
    for (const item of this.#demands.values()) item.number = numberOf(item.ref.cid)
  }

  plan(nowMs: number): void {
    for (const item of this.#demands.values()) this.#plan(item, nowMs)
  }

  #plan(item: Item, nowMs: number): void {
    const { holders, requests, open, effects } = this.#components
    const { ref, piece, number } = item
    if (requests.isBusy(ref.cid, piece)) return
    if (requests.count - requests.received >= this.#maxRequests + PEOPLE_REQUESTS) return
    if (requests.count >= MAX_UNDER_WAY + PEOPLE_REQUESTS) return
    let asked = item
    if (hasPieceList(ref.sizeBytes)) {
      if (!ref.pieces) {
        this.#giveUp(item)
        return
      }
      const opened = open.take(ref, number, nowMs, true)
      if (opened === 'list') asked = listItem(ref, number)
      else if (opened?.state !== 'open') return
      else if (opened.bits.has(piece)) {
        this.remove(ref.cid, piece)
        effects.push({ kind: 'present', ref, piece })
        return
      }
    }
    if (requests.isBusy(asked.ref.cid, asked.piece)) return
    const from = holders.quickest(asked, nowMs)
    if (from === 'busy') return
    if (from) requests.begin(asked, from, nowMs, false)
    else this.#giveUp(item)
  }

  #giveUp({ ref, piece }: Item): void {
    this.remove(ref.cid, piece)
    this.#components.effects.push({ kind: 'unavailable', cid: ref.cid, piece })
  }
}
