import { Bitfield } from '../../protocols/bitfield.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { pieceListBytes } from '../../protocols/piece-list.ts'
import type { CatalogueView } from './catalogue-view.ts'
import { type NodeSeed, nodeSeed, rendezvousScore } from './rendezvous.ts'

/** A member of the room, as its own facts in the journal describe it. */
export interface PlacementNode {
  node: NodeId
  /** Bytes that it wrote down as its offer. */
  capacityBytes: number
  /** Keeps what it holds: no laptop, stick or cloud peer, unless told to count. Only these make copies. */
  counts: boolean
  /** Holds everything that fits, whatever the policy (a cloud peer). */
  keepsAll: boolean
  /** Asked to move everything off. */
  drained: boolean
}

export interface Placement {
  /** What this node should hold, by the view's numbers; empty for a node that takes no part. */
  of(node: NodeId): Bitfield
  /** Blobs that could not get as many copies as their policy asks for, because the nodes are full. */
  readonly short: readonly number[]
}

/**
 * Who should hold what: a pure function of the catalogue and the members, so that every node computes the same. Largest blobs first; who is full is passed over
 * for the next in order. `everywhere` is every node with room, `copies` the first so many that count, `on-demand` nobody.
 */
export function placeBlobs(view: CatalogueView, members: readonly PlacementNode[]): Placement {
  const nodes = members
    .filter(({ drained, capacityBytes }) => !drained && capacityBytes > 0)
    .sort((a, b) => (a.node < b.node ? -1 : 1))
    .map((member) => ({
      ...member,
      seed: nodeSeed(member.node),
      leftBytes: member.capacityBytes,
      takes: new Bitfield(view.blobs.length)
    }))
  const short: number[] = []
  for (const number of largestFirst(view)) {
    const blob = view.blobs[number]
    if (!blob) continue
    const bytes = blob.sizeBytes + pieceListBytes(blob.sizeBytes)
    const take = (node: (typeof nodes)[number]): boolean => {
      if (node.leftBytes < bytes || !node.takes.add(number)) return false
      node.leftBytes -= bytes
      return true
    }
    if (blob.policy.kind === 'everywhere') {
      let missed = false
      for (const node of nodes) if (!take(node) && node.counts) missed = true
      if (missed) short.push(number)
      continue
    }
    if (blob.policy.kind === 'copies') {
      let wanted = blob.policy.copies
      const ranked = rankNodes(view, number, nodes)
      for (const node of ranked) {
        if (wanted === 0) break
        if (node.counts && take(node)) wanted--
      }
      if (wanted > 0) short.push(number)
    }
    for (const node of nodes) if (node.keepsAll) take(node)
  }
  const byNode = new Map(nodes.map(({ node, takes }) => [node, takes]))
  const nothing = new Bitfield(view.blobs.length)
  return { of: (node) => byNode.get(node) ?? nothing, short }
}

/** The order of nodes for a blob: who comes first keeps it longest. Ties are broken by the id. */
export function rankNodes<Node extends { node: NodeId; capacityBytes: number; seed?: NodeSeed }>(
  view: CatalogueView,
  number: number,
  nodes: readonly Node[]
): Node[] {
  const key0 = view.keys[2 * number] ?? 0
  const key1 = view.keys[2 * number + 1] ?? 0
  return nodes
    .map((node) => ({
      node,
      score: rendezvousScore(key0, key1, node.seed ?? nodeSeed(node.node), node.capacityBytes)
    }))
    .sort((a, b) => b.score - a.score || (a.node.node < b.node.node ? -1 : 1))
    .map(({ node }) => node)
}

function largestFirst(view: CatalogueView): Uint32Array {
  const order = Uint32Array.from({ length: view.blobs.length }, (_, number) => number)
  const size = (number: number): number => view.blobs[number]?.sizeBytes ?? 0
  const name = (number: number): string => view.blobs[number]?.cid ?? ''
  // By name where sizes are equal: the numbers depend on the order of the shards, the names do not.
  return order.sort((a, b) => size(b) - size(a) || (name(a) < name(b) ? -1 : 1))
}
