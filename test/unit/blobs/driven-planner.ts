/** A planner with its small world around it: blobs, peers that hold all or nothing, answers that come when a test says so. */
import { viewCatalogue } from '../../../node/blobs/catalogue-view.ts'
import { CopyPlanner } from '../../../node/blobs/copy-planner.ts'
import type { CopyEffect, CopyRequest } from '../../../node/blobs/copy-request.ts'
import { Bitfield } from '../../../protocols/bitfield.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'
import type { CatalogueBlob, CopyClass, PlacementPolicy } from '../../../protocols/content.ts'
import { hasPieceList, PIECE_BYTES, pieceCount } from '../../../protocols/piece-list.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'

export function randomCid(random: SeededRandom): Cid {
  return cidOfDigest(random.bytes(32))
}

/** Of random names; big ones have a piece list. */
export function blobOf(
  random: SeededRandom,
  sizeBytes: number,
  copyClass: CopyClass = 1,
  policy: PlacementPolicy = { kind: 'everywhere' }
): CatalogueBlob {
  const cid = randomCid(random)
  return { cid, sizeBytes, policy, copyClass, ...(hasPieceList(sizeBytes) ? { pieces: randomCid(random) } : {}) }
}

export function bitsOf(length: number, numbers: Iterable<number>): Bitfield {
  const bits = new Bitfield(length)
  for (const number of numbers) bits.add(number)
  return bits
}

export function allBits(length: number): Bitfield {
  return bitsOf(length, Array(length).keys())
}

const STEP_MS = 10

export interface DrivenPlannerInit {
  seed: number
  blobs: (random: SeededRandom) => CatalogueBlob[]
  /** By number; all when it is left out. */
  wants?: readonly number[]
  maxRequests?: number
  /** Whether the piece lists are here already. */
  hasLists?: boolean
  /** Called when the planner looks whether something is here. */
  onLook?: () => void
}

export class DrivenPlanner {
  readonly planner: CopyPlanner
  readonly blobs: readonly CatalogueBlob[]
  readonly stored = new Set<Cid>()

  constructor({ seed, blobs, wants, maxRequests = 4, hasLists = false, onLook }: DrivenPlannerInit) {
    const random = seededRandom(seed)
    this.blobs = blobs(random)
    this.planner = new CopyPlanner({
      self: 'me',
      maxRequests,
      maxInFlightBytes: 2 * maxRequests * PIECE_BYTES,
      hasLocally: (name) => {
        onLook?.()
        return this.stored.has(name)
      },
      hasList: (name) => hasLists || this.stored.has(name)
    })
    const all = allBits(this.blobs.length)
    const mine = wants ? bitsOf(this.blobs.length, wants) : all
    const view = viewCatalogue([{ shard: randomCid(random), blobs: [...this.blobs] }])
    this.planner.catalogueChanged(view, mine, () => all)
  }

  get complete(): boolean {
    return this.blobs.every(({ cid }) => this.stored.has(cid))
  }

  /** A peer that wants everything. @param have what it holds, by number; all when it is left out */
  link(peer: string, have?: Iterable<number>): void {
    const all = allBits(this.blobs.length)
    this.planner.linked(peer, all)
    const holds = have ? bitsOf(this.blobs.length, have) : all.copy()
    this.planner.inventory(peer, holds, new Bitfield(this.blobs.length), all)
  }

  /** Plans once; files are opened and finished at once, requests are the caller's. */
  plan(nowMs: number): { effects: CopyEffect[]; requests: CopyRequest[] } {
    const effects = this.planner.plan(nowMs)
    const requests: CopyRequest[] = []
    for (const effect of effects) {
      if (effect.kind === 'request') requests.push(effect.request)
      else if (effect.kind === 'open')
        this.planner.opened(effect.ref.cid, new Bitfield(pieceCount(effect.ref.sizeBytes)))
      else if (effect.kind === 'finish') this.#store(effect.cid)
    }
    return { effects, requests }
  }

  /** Its bytes came and were written. */
  arrive({ id, ref }: CopyRequest, nowMs: number, tookMs = 5): void {
    this.planner.received(id)
    const small = !hasPieceList(ref.sizeBytes)
    if (small) this.stored.add(ref.cid)
    this.planner.arrived(id, tookMs, nowMs)
    if (small) this.planner.stored(ref.cid)
  }

  /** Answers everything at once until all is here. @returns how long it took */
  run({ fromMs = 0, withinMs = 10_000_000 } = {}): number {
    for (let nowMs = fromMs; nowMs < fromMs + withinMs; nowMs += STEP_MS) {
      if (this.complete) return nowMs - fromMs
      for (const request of this.plan(nowMs).requests) this.arrive(request, nowMs)
    }
    throw new Error(`not complete after ${withinMs} ms`)
  }

  #store(cid: Cid): void {
    this.stored.add(cid)
    this.planner.stored(cid)
  }
}
