/**
 * Where a node listens, as text: the part of multiaddr that the mesh uses, so that addresses from papers, peers and multicast
 * packets are checked by forty lines and not by a general parser.
 *
 *     /ip4/192.168.1.5/tcp/4001     /ip6/fd00::1/tcp/4001/ws     /dns4/room.example.org/tcp/443/tls/ws     each with /p2p/<node id>
 *     /ip6zone/eth0/ip6/fe80::1/tcp/4001     a link-local address, as this device alone knows it
 */
import { defineErrors, JoineryError } from './errors.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'

defineErrors({
  ADDRESS_INVALID: { status: 400, next: 'Write it as 192.168.1.5:4001; `joinery status` on the other device shows it.' }
})

export const MAX_ADDRESS_CHARACTERS = 200
const HOST_NAME = /^(?=.{1,100}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

export interface MeshAddress {
  /** An IP address or a host name; a link-local one with its zone, such as `fe80::1%eth0`. */
  host: string
  kind: 'ip4' | 'ip6' | 'dns4' | 'dns6' | 'dns'
  port: number
  transport: 'tcp' | 'ws' | 'wss'
  node?: NodeId
}

/** @throws JoineryError `ADDRESS_INVALID` */
export function parseMeshAddress(text: string): MeshAddress {
  const found = tryMeshAddress(text)
  if (!found)
    throw new JoineryError('ADDRESS_INVALID', `not the address of a device: ${text.slice(0, MAX_ADDRESS_CHARACTERS)}`)
  return found
}

/** Also takes what people write: `192.168.1.5:4001`, `[fd00::1]:4001`, `[fe80::1%eth0]:4001` and `room.example.org:4001`. */
export function tryMeshAddress(text: string): MeshAddress | undefined {
  if (text.length > MAX_ADDRESS_CHARACTERS) return undefined
  if (!text.startsWith('/')) return plainAddress(text)
  if (text.startsWith('/ip6zone/')) return zonedAddress(text)
  const [, kind, host, tcp, portText, ...rest] = text.split('/')
  const port = parsePort(portText)
  if (host === undefined || tcp !== 'tcp' || port === undefined || !hostMatches(kind, host)) return undefined
  let transport: MeshAddress['transport'] = 'tcp'
  if (rest[0] === 'ws') {
    transport = 'ws'
    rest.shift()
  } else if (rest[0] === 'wss') {
    transport = 'wss'
    rest.shift()
  } else if (rest[0] === 'tls' && rest[1] === 'ws') {
    transport = 'wss'
    rest.splice(0, 2)
  }
  const address: MeshAddress = { kind: kind as MeshAddress['kind'], host, port, transport }
  if (rest.length === 0) return address
  const [p2p, node] = rest
  if (rest.length !== 2 || p2p !== 'p2p' || node === undefined || !isNodeId(node)) return undefined
  return { ...address, node }
}

export function formatMeshAddress(address: MeshAddress): string {
  const transport = address.transport === 'tcp' ? '' : address.transport === 'ws' ? '/ws' : '/tls/ws'
  const node = address.node === undefined ? '' : `/p2p/${address.node}`
  const [host = '', zone] = address.host.split('%')
  return `${zone === undefined ? '' : `/ip6zone/${zone}`}/${address.kind}/${host}/tcp/${address.port}${transport}${node}`
}

/** The address of an IP address in text. */
export function ipMeshAddress(ip: string, port: number, transport: MeshAddress['transport'] = 'tcp'): MeshAddress {
  return { kind: ip.includes(':') ? 'ip6' : 'ip4', host: ip, port, transport }
}

/** It means something on one link only, and can be dialled with the zone that names this link. */
export function isLinkLocal(host: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(host)
}

export function hasZone(host: string): boolean {
  return host.includes('%')
}

function zonedAddress(text: string): MeshAddress | undefined {
  const [, , zone = '', ...rest] = text.split('/')
  const address = tryMeshAddress(`/${rest.join('/')}`)
  return address && !hasZone(address.host) && isZoned(address.host, zone)
    ? { ...address, host: `${address.host}%${zone}` }
    : undefined
}

function isZoned(host: string, zone: string): boolean {
  return isLinkLocal(host) && ZONE.test(zone)
}

function plainAddress(text: string): MeshAddress | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)(?:%([^\]]+))?\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text)
  if (!found) return undefined
  const [, ip, zone, name = ''] = found
  const host = ip ?? name.toLowerCase()
  const port = parsePort(found[4])
  if (port === undefined) return undefined
  if (zone !== undefined) {
    const isGood = isIPv6(host) && isZoned(host, zone)
    return isGood ? { kind: 'ip6', host: `${host}%${zone}`, port, transport: 'tcp' } : undefined
  }
  for (const kind of ['ip4', 'ip6', 'dns4'] as const) {
    if (hostMatches(kind, host)) return { kind, host, port, transport: 'tcp' }
  }
  return undefined
}

function hostMatches(kind: string | undefined, host: string): boolean {
  if (kind === 'ip4') return isIPv4(host)
  if (kind === 'ip6') return isIPv6(host)
  // A last label of digits only would be read as an IPv4 address by some resolvers.
  return (kind === 'dns4' || kind === 'dns6' || kind === 'dns') && HOST_NAME.test(host) && !/(^|\.)\d+$/.test(host)
}

/** The name of a network interface (on Linux at most 15 characters), or its number. */
const ZONE = /^[A-Za-z0-9_.-]{1,15}$/
const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${BYTE}(\\.${BYTE}){3}$`)

export function isIPv4(text: string): boolean {
  return IPV4.test(text)
}

/** Without a zone: it means something on one device only. */
export function isIPv6(text: string): boolean {
  return text.includes(':') && /^[0-9a-fA-F:.]{2,45}$/.test(text) && URL.canParse(`http://[${text}]/`)
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || !/^[1-9]\d{0,4}$/.test(text)) return undefined
  const port = Number(text)
  return port <= 65_535 ? port : undefined
}
