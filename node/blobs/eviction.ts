import type { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { CatalogueView } from './catalogue-view.ts'
import { KEEP_PROMISE_MS, MAX_PROMISES } from './limits.ts'
import { type PlacementNode, rankNodes } from './placement.ts'

/** What eviction looks at when it begins. */
export interface EvictionScene {
  view: CatalogueView
  self: NodeId
  members: readonly PlacementNode[]
  /** Linked peers and what they hold. */
  peers: readonly { node: NodeId; have: Bitfield }[]
  /** What this device should hold. */
  wants: Bitfield
  /** Held here, least recently used first. */
  held: readonly Cid[]
}

export interface EvictionComponents {
  clock: Clock
  has(cid: Cid): boolean
  /** Being read, fetched, or held on to by an import. */
  inUse(cid: Cid): boolean
  askToKeep(peer: NodeId, cid: Cid): Promise<boolean>
  remove(cid: Cid): Promise<void>
}

/**
 * Who may be asked to keep a blob so that this device can drop it: the holders that come before us in rendezvous order, count, and stay.
 * Empty for the first of them: it never drops. So the order alone sees to it that one copy always stays, however many devices want room at once.
 */
export function keepersBefore(scene: EvictionScene, number: number): NodeId[] {
  const holding = new Set(scene.peers.filter(({ have }) => have.has(number)).map(({ node }) => node))
  const candidates = scene.members.filter(
    ({ node, counts, drained }) => node === scene.self || (holding.has(node) && counts && !drained)
  )
  const ranked = rankNodes(scene.view, number, candidates).map(({ node }) => node)
  const ours = ranked.indexOf(scene.self)
  return ours < 0 ? [] : ranked.slice(0, ours)
}

/** What may go, in this order: what was only cached for people who asked, then what placement gave to others. Named by the catalogue, not wanted here. */
export function evictable(scene: EvictionScene): { cid: Cid; number: number }[] {
  const found: { cid: Cid; number: number; rank: number }[] = []
  for (const cid of scene.held) {
    const number = scene.view.numberOf(cid)
    if (number === undefined || scene.wants.has(number)) continue
    found.push({ cid, number, rank: scene.view.blobs[number]?.policy.kind === 'on-demand' ? 0 : 1 })
  }
  return found.sort((a, b) => a.rank - b.rank)
}

/** Makes room, never at the cost of the last copy, and promises others to keep theirs. */
export class Eviction {
  readonly #components: EvictionComponents
  /** What this device is about to drop: it promises nothing about these. */
  readonly #leaving = new Set<Cid>()
  readonly #promised = new Map<Cid, number>()

  constructor(components: EvictionComponents) {
    this.#components = components
  }

  /** @returns bytes that were freed; less than asked for when nothing more may go */
  async makeRoom(bytes: number, scene: EvictionScene): Promise<number> {
    let freed = 0
    for (const { cid, number } of evictable(scene)) {
      if (freed >= bytes) break
      if (await this.#drop(cid, keepersBefore(scene, number))) freed += scene.view.blobs[number]?.sizeBytes ?? 0
    }
    return freed
  }

  /** Another device wants to drop its copy. True promises that ours stays for an hour. */
  promiseToKeep(cid: Cid): boolean {
    const { clock, has } = this.#components
    const nowMs = clock.monotonicMs()
    if (!has(cid) || this.#leaving.has(cid)) return false
    for (const [promised, untilMs] of this.#promised) if (untilMs < nowMs) this.#promised.delete(promised)
    if (this.#promised.size >= MAX_PROMISES && !this.#promised.has(cid)) return false
    this.#promised.delete(cid)
    this.#promised.set(cid, nowMs + KEEP_PROMISE_MS)
    return true
  }

  isPromised(cid: Cid): boolean {
    return (this.#promised.get(cid) ?? 0) >= this.#components.clock.monotonicMs()
  }

  async #drop(cid: Cid, keepers: readonly NodeId[]): Promise<boolean> {
    const { has, inUse, askToKeep, remove } = this.#components
    if (keepers.length === 0 || inUse(cid) || this.isPromised(cid)) return false
    // From here on nobody gets a promise from us: of two devices that ask each other at the same time, both keep.
    this.#leaving.add(cid)
    try {
      for (const keeper of keepers) {
        if (!(await askToKeep(keeper, cid))) continue
        if (!has(cid) || inUse(cid) || this.isPromised(cid)) return false
        await remove(cid)
        return true
      }
      return false
    } finally {
      this.#leaving.delete(cid)
    }
  }
}
