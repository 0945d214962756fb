import type { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { pieceListBytes } from '../../protocols/piece-list.ts'
import type { Item } from './copy-request.ts'
import type { Holders } from './holders.ts'
import type { PeerState } from './peer-book.ts'
import type { NodeSeed } from './rendezvous.ts'

/** A big blob of which pieces are being fetched. */
export interface OpenBlob {
  ref: BlobRef
  number: number | undefined
  /** `list`: its piece list is on the way; `opening`: the driver opens the file. */
  state: 'list' | 'opening' | 'open' | 'finishing'
  bits: Bitfield
  /** False: there is no room, pieces that people ask for are passed on and forgotten. */
  keeps: boolean
  /** When somebody last waited for it. */
  usedMs: number
}

export interface ChoiceScene {
  seed: NodeSeed
  /** Asked for already. */
  isBusy(cid: Cid, piece: number): boolean
  nowMs: number
}

type Chosen = { item: Item; from: PeerState } | undefined

/** The first piece of our own share, so that the whole is hashed as it comes; or else the rarest that somebody has just got, of equals one of our own order. */
export function nextPiece(open: OpenBlob, holders: Holders, { seed, isBusy, nowMs }: ChoiceScene): Chosen {
  let rarest: Chosen
  let rarestHolders = Number.POSITIVE_INFINITY
  let rarestTurn = 0
  for (const item of missingPieces(open, 0, isBusy)) {
    const choice = holders.choose(item, nowMs)
    if (!choice || choice.how === 'wait') continue
    if (choice.how === 'own') return { item, from: choice.from }
    const count = holders.holders(item)
    const turn = (item.piece - (seed.a % open.bits.length) + open.bits.length) % open.bits.length
    if (count > rarestHolders || (count === rarestHolders && turn >= rarestTurn)) continue
    rarest = { item, from: choice.from }
    rarestHolders = count
    rarestTurn = turn
  }
  return rarest
}

/** A piece that another device was expected to fetch first. */
export function waitingPiece(open: OpenBlob, holders: Holders, { seed, isBusy, nowMs }: ChoiceScene): Chosen {
  for (const item of missingPieces(open, seed.b, isBusy)) {
    const from = holders.quickestHolder(item, nowMs)
    if (from) return { item, from }
  }
  return undefined
}

/** The piece list of a big blob. */
export function listItem({ pieces, sizeBytes }: BlobRef, number: number | undefined): Item {
  return { ref: { cid: pieces as Cid, sizeBytes: pieceListBytes(sizeBytes) }, piece: 0, number }
}

export function keyOf(cid: Cid, piece: number): string {
  return `${cid}:${piece}`
}

/** @param from another one for each device that waits, so that two do not begin with the same piece */
function* missingPieces({ bits, ref, number }: OpenBlob, from: number, isBusy: ChoiceScene['isBusy']): Generator<Item> {
  for (let i = 0; i < bits.length; i++) {
    const piece = (from + i) % bits.length
    if (!bits.has(piece) && !isBusy(ref.cid, piece)) yield { ref, piece, number }
  }
}
