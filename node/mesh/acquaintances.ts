/** The peers that were linked at some time: what they said of themselves, and where they can be found again. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { formatMeshAddress, ipMeshAddress, tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId, PeerProfile } from '../../protocols/message-stream.ts'
import type { AddressBook } from './address-book.ts'
import type { DialPlan } from './dial-plan.ts'
import { MAX_KNOWN_NODES } from './limits.ts'
import type { Link } from './links.ts'
import type { PeerStatus } from './mesh-status.ts'

export class Acquaintances {
  readonly #book: AddressBook
  readonly #plan: DialPlan
  /** Last profiles; newest last. */
  readonly #profiles = new BoundedMap<NodeId, PeerProfile>(MAX_KNOWN_NODES)

  constructor(components: { book: AddressBook; plan: DialPlan }) {
    this.#book = components.book
    this.#plan = components.plan
  }

  /** Where the connection comes from and where its node listens is an address that others can use too. */
  remember(link: Link, nowMs: number): void {
    this.#profiles.set(link.peer, link.profile)
    const address = formatMeshAddress(ipMeshAddress(link.remoteAddress, link.meshPort))
    // A cloud peer that was dialled by name has none: it is found by that name again.
    if (link.meshPort > 0 && tryMeshAddress(address)) this.#plan.learn(link.peer, address, nowMs, false)
    this.noteAddresses(link.peer)
  }

  noteAddresses(node: NodeId): void {
    this.#book.remember(node, this.#plan.get(node)?.addresses ?? [])
  }

  statusOf(node: NodeId, link: Link | undefined): PeerStatus {
    const target = this.#plan.get(node)
    const profile = link?.profile ?? this.#profiles.get(node)
    return {
      node,
      linked: link !== undefined,
      ...(profile ? { profile } : {}),
      addresses: target?.addresses ?? [],
      ...(link ? { remoteAddress: link.remoteAddress, dialer: link.dialer } : {}),
      failures: target?.failures ?? 0,
      ...(target?.lastFailure === undefined ? {} : { lastFailure: target.lastFailure })
    }
  }
}
