/** On which networks multicast is spoken, over which sockets, and which addresses can be reached there. */
import { createSocket, type Socket } from 'node:dgram'
import { isLinkLocal } from '../../protocols/mesh-address.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { sameNetwork } from '../platform/same-network.ts'
import { MAX_MULTICAST_SOCKETS } from './limits.ts'

export interface MulticastNetwork {
  /** Differs whenever the socket has to be opened anew. */
  key: string
  /** The address to speak from. */
  own: NetworkAddress
  /** IPv4: only `own`. IPv6: all addresses of the interface, the link-local one first. */
  addresses: NetworkAddress[]
  /** As they stand in packets that come back to us. */
  ownHosts: ReadonlySet<string>
  group: string
  port: number
}

/** RFC 6762 section 3. */
const GROUP = { 4: '224.0.0.251', 6: 'ff02::fb' } as const
const PORT = 5353
/** Of one interface; several providers and privacy addresses make more, and one is enough. */
const MAX_IPV6_ANNOUNCED = 3

/** @param hidden addresses of an access point: nothing is spoken on its interface, whichever family */
export function multicastNetworks(all: readonly NetworkAddress[], hidden: ReadonlySet<string>): MulticastNetwork[] {
  const closed = new Set(all.filter(({ address }) => hidden.has(address)).map((one) => one.interface))
  const seen = all.filter((one) => !closed.has(one.interface))
  const ofIpv6 = Map.groupBy(
    seen.filter(({ family }) => family === 6),
    (one) => one.interface
  )
  const networks = [
    ...seen.filter(({ family }) => family === 4).map((own) => network([own])),
    ...[...ofIpv6.values()].map((addresses) => {
      return network(addresses.sort((a, b) => Number(isLinkLocal(b.address)) - Number(isLinkLocal(a.address))))
    })
  ]
  return networks.slice(0, MAX_MULTICAST_SOCKETS)
}

function network(addresses: NetworkAddress[]): MulticastNetwork {
  const own = addresses[0] as NetworkAddress
  return {
    key: [own.interface, ...addresses.map(({ address, prefix }) => `${address}/${prefix}`)].join(' '),
    own,
    addresses,
    ownHosts: new Set(addresses.map((one) => hostOf(one))),
    group: GROUP[own.family],
    port: PORT
  }
}

function hostOf({ address, interface: name }: NetworkAddress): string {
  return isLinkLocal(address) ? `${address}%${name}` : address
}

/** `failed` may come at any time, `ready` once. */
export function openSocket(
  { own, group, port }: MulticastNetwork,
  on: { failed(error: string): void; received(bytes: Uint8Array, from: string): void; ready(): void }
): Socket {
  const isIpv4 = own.family === 4
  const socket = createSocket({ type: isIpv4 ? 'udp4' : 'udp6', reuseAddr: true, ipv6Only: !isIpv4 })
  socket.on('error', (error) => on.failed(error.message))
  socket.on('message', (bytes, from) => on.received(bytes, from.address))
  const via = isIpv4 ? own.address : `::%${own.interface}`
  // Bound to all addresses: a socket bound to one address gets no multicast on Linux.
  socket.bind(port, isIpv4 ? '0.0.0.0' : '::', () => {
    try {
      socket.addMembership(group, via)
      socket.setMulticastInterface(via)
      socket.setMulticastTTL(255)
      // Other nodes may run on this device.
      socket.setMulticastLoopback(true)
    } catch (error) {
      on.failed(error instanceof Error ? error.message : 'no multicast')
      return
    }
    on.ready()
  })
  return socket
}

/**
 * The host by which `host` is dialled on this network: a link-local address gets our own zone.
 * @returns undefined when it is of another network
 */
export function reachable(host: string, { addresses, own }: MulticastNetwork): string | undefined {
  const [address = '', zone] = host.split('%')
  if (isLinkLocal(address)) {
    if (own.family !== 6 || (zone !== undefined && zone !== own.interface)) return undefined
    return `${address}%${own.interface}`
  }
  return addresses.some((one) => sameNetwork(host, one)) ? host : undefined
}

/** libp2p accepts no WebSocket from a link-local address. */
export function addressesToAnnounce({ addresses }: MulticastNetwork): { host: string; webSocket: boolean }[] {
  return addresses
    .slice(0, MAX_IPV6_ANNOUNCED)
    .map(({ address }) => ({ host: address, webSocket: !isLinkLocal(address) }))
}
