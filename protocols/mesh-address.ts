/**
 * Where a node listens, as text: the part of multiaddr that the mesh uses, so that addresses from papers, peers and multicast
 * packets are checked by forty lines and not by a general parser.
 *
 *     /ip4/192.168.1.5/tcp/4001     /ip6/fd00::1/tcp/4001/ws     /dns4/room.example.org/tcp/443/tls/ws     each with /p2p/<node id>
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
  /** An IP address or a host name. */
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

/** Also takes what people write: `192.168.1.5:4001`, `[fd00::1]:4001` and `room.example.org:4001`. */
export function tryMeshAddress(text: string): MeshAddress | undefined {
  if (text.length > MAX_ADDRESS_CHARACTERS) return undefined
  if (!text.startsWith('/')) return plainAddress(text)
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
  return `/${address.kind}/${address.host}/tcp/${address.port}${transport}${node}`
}

/** The address of an IP address in text. */
export function ipMeshAddress(ip: string, port: number, transport: MeshAddress['transport'] = 'tcp'): MeshAddress {
  return { kind: isIPv6(ip) ? 'ip6' : 'ip4', host: ip, port, transport }
}

function plainAddress(text: string): MeshAddress | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text)
  if (!found) return undefined
  const host = found[1] ?? (found[2] as string).toLowerCase()
  const port = parsePort(found[3])
  if (port === undefined) return undefined
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
