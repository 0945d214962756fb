import { BlockList, isIP } from 'node:net'
import type { NetworkAddress } from './network-interfaces.ts'

/** Whether an address, without a zone, is of this network; false for host names and for the other family. */
export function sameNetwork(address: string, network: NetworkAddress): boolean {
  if (isIP(address) !== network.family) return false
  const family = network.family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network.address, network.prefix, family)
  return list.check(address, family)
}
