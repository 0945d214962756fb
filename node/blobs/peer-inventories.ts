import { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { InventoryMessage } from '../../protocols/inventory.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { CatalogueView } from './catalogue-view.ts'
import { MAX_PEER_BITS, MAX_PEER_PARTIALS, MAX_PEER_SHARDS } from './limits.ts'

interface ShardInventory {
  bits: Bitfield
  /** What it got while we were linked. */
  fresh: Bitfield
}

interface PeerInventory {
  shards: Map<Cid, ShardInventory>
  partials: Map<Cid, Bitfield>
  bitCount: number
}

/** What changed in the terms of the current view; undefined: read the whole anew. */
export interface InventoryChange {
  gained: number[]
  lost: number[]
}

/** What each linked peer says that it holds, by shard as it was told: also shards that our own catalogue does not know yet. */
export class PeerInventories {
  readonly #peers = new Map<NodeId, PeerInventory>()

  linked(peer: NodeId): void {
    this.#peers.set(peer, { shards: new Map(), partials: new Map(), bitCount: 0 })
  }

  unlinked(peer: NodeId): void {
    this.#peers.delete(peer)
  }

  /**
   * @returns what changed by number; undefined when a whole shard came or went
   * @throws JoineryError `TOO_LARGE` when the peer announces more than any room holds, `MALFORMED` for a change of what it never announced
   */
  apply(peer: NodeId, message: InventoryMessage, view: CatalogueView): InventoryChange | undefined {
    const inventory = this.#peers.get(peer)
    if (!inventory) return { gained: [], lost: [] }
    switch (message.kind) {
      case 'shard': {
        const before = inventory.shards.get(message.shard)
        inventory.bitCount += message.bits.length - (before?.bits.length ?? 0)
        inventory.shards.set(message.shard, { bits: message.bits, fresh: freshBits(before, message.bits) })
        if (inventory.shards.size > MAX_PEER_SHARDS || inventory.bitCount > MAX_PEER_BITS)
          throw new JoineryError('TOO_LARGE', 'a peer announces more files than a room holds')
        return undefined
      }
      case 'forget': {
        const before = inventory.shards.get(message.shard)
        inventory.bitCount -= before?.bits.length ?? 0
        inventory.shards.delete(message.shard)
        return undefined
      }
      case 'changed':
        return applyChange(inventory, message, view)
      case 'partial':
        inventory.partials.set(message.cid, message.bits)
        if (inventory.partials.size > MAX_PEER_PARTIALS)
          throw new JoineryError('TOO_LARGE', 'a peer announces too many partial files')
        break
      case 'pieces': {
        const bits = inventory.partials.get(message.cid)
        if (!bits) throw new JoineryError('MALFORMED', 'pieces of what was not announced')
        for (const piece of message.gained) bits.add(piece)
        break
      }
      case 'ended':
        inventory.partials.delete(message.cid)
    }
    return { gained: [], lost: [] }
  }

  partials(peer: NodeId): ReadonlyMap<Cid, Bitfield> {
    return this.#peers.get(peer)?.partials ?? new Map()
  }

  /** The same by the numbers of a view. A shard with another count of blobs than ours is a false inventory and counts as nothing. */
  read(peer: NodeId, view: CatalogueView): { have: Bitfield; fresh: Bitfield; knows: Bitfield } {
    const have = new Bitfield(view.blobs.length)
    const fresh = new Bitfield(view.blobs.length)
    const knows = new Bitfield(view.blobs.length)
    for (const [shard, { bits, fresh: freshOfShard }] of this.#peers.get(peer)?.shards ?? []) {
      const numbers = view.shards.get(shard)
      if (!numbers || numbers.length !== bits.length) continue
      numbers.forEach((number, index) => {
        knows.add(number)
        if (!bits.has(index)) return
        have.add(number)
        if (freshOfShard.has(index)) fresh.add(number)
      })
    }
    return { have, fresh, knows }
  }

  /** Bytes of bitfields that are kept, for the test that they are bounded. */
  get bitCount(): number {
    let bits = 0
    for (const { bitCount } of this.#peers.values()) bits += bitCount
    return bits
  }
}

/** A shard that is told as a whole again, because too much changed at once: what is new in it was got while we watched. */
function freshBits(before: ShardInventory | undefined, bits: Bitfield): Bitfield {
  const fresh = new Bitfield(bits.length)
  if (before?.bits.length !== bits.length) return fresh
  for (const index of bits) if (before.fresh.has(index) || !before.bits.has(index)) fresh.add(index)
  return fresh
}

function applyChange(
  inventory: PeerInventory,
  message: { shard: Cid; gained: number[]; lost: number[] },
  view: CatalogueView
): InventoryChange {
  const known = inventory.shards.get(message.shard)
  if (!known) throw new JoineryError('MALFORMED', 'a change of what was not announced')
  const numbers = view.shards.get(message.shard)
  const usable = numbers && numbers.length === known.bits.length ? numbers : new Uint32Array()
  const change: InventoryChange = { gained: [], lost: [] }
  for (const index of message.gained) {
    known.bits.add(index)
    known.fresh.add(index)
    const number = usable[index]
    if (number !== undefined) change.gained.push(number)
  }
  for (const index of message.lost) {
    known.bits.delete(index)
    known.fresh.delete(index)
    const number = usable[index]
    if (number !== undefined) change.lost.push(number)
  }
  return change
}
