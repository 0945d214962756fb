import type { NetworkAddress } from '../platform/network-interfaces.ts'

/** A device with more networks than this is found by one of them, and the invitation stays short enough to type. */
const MAX_INVITED_ADDRESSES = 3
/** Bridges and tunnels of programs on this machine; nobody outside answers there. */
const INSIDE_ONLY = /^(docker|br-|virbr|veth|lxc|lxdbr|cni|flannel|podman)/

/**
 * Which of our own addresses an invitation carries: IPv4 of the local network first, since every device of a room speaks it; IPv6 only where
 * there is no IPv4, those of containers and this machine's loopback only where there is nothing else.
 *
 * @param addresses multiaddrs of this node, as the mesh announces them
 */
export function invitedAddresses(addresses: readonly string[], networks: readonly NetworkAddress[]): string[] {
  const interfaces = new Map(networks.map((network) => [network.address, network.interface]))
  const places = [...new Set(addresses)].map((address) => {
    const [, kind = '', ip = ''] = address.split('/')
    return { address, rank: rankOf(kind, ip, interfaces.get(ip) ?? '') }
  })
  const best = places.some(({ rank }) => rank <= RANK.otherV4) ? RANK.otherV4 : Number.POSITIVE_INFINITY
  return places
    .filter(({ rank }) => rank <= best)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_INVITED_ADDRESSES)
    .map(({ address }) => address)
}

const RANK = { localV4: 0, otherV4: 1, v6: 2, inside: 3 } as const

function rankOf(kind: string, ip: string, network: string): number {
  if (ip.startsWith('127.') || ip === '::1' || INSIDE_ONLY.test(network)) return RANK.inside
  if (kind !== 'ip4') return RANK.v6
  return /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(ip) ? RANK.localV4 : RANK.otherV4
}
