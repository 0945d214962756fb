import { formatMeshAddress, ipMeshAddress, isLinkLocal } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'

/**
 * Where this node can be reached, as multiaddrs with its id, IPv4 first. Not by link-local addresses, which mean something with a zone
 * only; by loopback where there is nothing else.
 */
export function ownAddresses(
  networks: readonly NetworkAddress[],
  init: { node: NodeId; port: number; hidden: ReadonlySet<string> }
): string[] {
  const ips = networks
    .filter(({ address }) => !init.hidden.has(address) && !isLinkLocal(address))
    .sort((a, b) => a.family - b.family)
    .map(({ address }) => address)
  if (ips.length === 0) ips.push('127.0.0.1')
  return ips.map((ip) => formatMeshAddress({ ...ipMeshAddress(ip, init.port), node: init.node }))
}
