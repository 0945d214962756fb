/** Whom the mesh knows and wants to be linked to: members, their addresses, and what is passed on of them. */
import type { KnownPeer } from '../../protocols/known-peers.ts'
import { isLinkLocal, tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { DialPlan } from './dial-plan.ts'
import { MAX_ADDRESSES_PER_NODE } from './limits.ts'
import { chooseLinks } from './link-choice.ts'

/** A member that did not answer so often is left out of the ring until it is heard of again; it is still dialled by those next to it. */
const ABSENT_AFTER_FAILURES = 3

export interface RosterComponents {
  self: NodeId
  plan: DialPlan
  /** The boot id of a linked peer, in hex; undefined when it is not linked. */
  linkedBootId(node: NodeId): string | undefined
  linked(): Iterable<NodeId>
}

export class Roster {
  readonly #components: RosterComponents
  #members: ReadonlySet<NodeId> = new Set()

  constructor(components: RosterComponents) {
    this.#components = components
  }

  get members(): ReadonlySet<NodeId> {
    return this.#members
  }

  setMembers(members: Iterable<NodeId>): void {
    this.#members = new Set(members)
  }

  /**
   * Whom to dial now. Who is not a member (yet) is always met once: it may have come in with an invitation, or be a neighbour.
   * Members of a big room are dialled by a few only, over those that seem to be there and, so that nobody is given up, over all.
   */
  wanted(): (node: NodeId) => boolean {
    const { self, linkedBootId } = this.#components
    const chosen = chooseLinks(self, this.#present())
    const ofAll = chooseLinks(self, this.#members)
    return (node) => {
      if (node === self || linkedBootId(node) !== undefined) return false
      return chosen.has(node) || ofAll.has(node) || !this.#members.has(node)
    }
  }

  *#present(): Generator<NodeId> {
    const { plan, linkedBootId } = this.#components
    for (const node of this.#members) {
      const target = plan.get(node)
      const seemsThere = target !== undefined && target.addresses.length > 0 && target.failures < ABSENT_AFTER_FAILURES
      if (seemsThere || linkedBootId(node) !== undefined) yield node
    }
  }

  /** What may be told to members: linked peers and members, never strangers, never what means something here only. */
  known(): KnownPeer[] {
    const { plan, linkedBootId, linked } = this.#components
    const known: KnownPeer[] = []
    for (const node of new Set([...linked(), ...this.#members])) {
      const bootId = linkedBootId(node)
      const addresses = (plan.get(node)?.addresses ?? []).filter((address) => !isOnlyHere(address))
      if (bootId === undefined && addresses.length === 0) continue
      known.push({
        node,
        bootId: bootId === undefined ? null : Buffer.from(bootId, 'hex'),
        addresses: addresses.slice(0, MAX_ADDRESSES_PER_NODE)
      })
    }
    return known
  }

  /** A peer said where others are. */
  told(peers: readonly KnownPeer[], nowMs: number): void {
    for (const { node, addresses } of peers) {
      for (const address of addresses)
        if (!isOnlyHere(address)) this.#components.plan.learn(node, address, nowMs, false)
    }
  }
}

function isOnlyHere(address: string): boolean {
  const host = tryMeshAddress(address)?.host ?? ''
  return host.startsWith('127.') || host === '::1' || isLinkLocal(host)
}
