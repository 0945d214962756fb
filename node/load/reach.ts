import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { sameNetwork } from '../platform/same-network.ts'

/**
 * Whether a visitor reaches a peer without us: both are on the network by which the visitor came. Another network of ours (an access point of our own, the
 * room's cable) says nothing about where the visitor can go, and link-local IPv6 cannot be written into an address.
 *
 * @param own our address on the visitor's connection
 */
export function canReach(
  { visitor, own, peer }: { visitor: string; own: string; peer: string },
  networks: readonly NetworkAddress[]
): boolean {
  if (peer === own || /^fe80:/i.test(peer)) return false
  const network = networks.find(({ address }) => address === own)
  return network !== undefined && sameNetwork(visitor, network) && sameNetwork(peer, network)
}

/** An IPv4 address that came over an IPv6 socket is still the same device. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/i, '').replace(/%.*$/, '')
}
