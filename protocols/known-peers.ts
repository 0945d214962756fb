/**
 * `/joinery/peers/1`: one long-lived stream per link, opened by the dialler. It keeps the link alive, notices a dead one, and tells
 * each other where nodes were met and with which boot id: what was not said on this link before, and only when it changed.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { isBytes } from './certificate.ts'
import { JoineryError } from './errors.ts'
import { BOOT_ID_BYTES } from './hello.ts'
import { hasZone, MAX_ADDRESS_CHARACTERS, tryMeshAddress } from './mesh-address.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'

export const PEERS_PROTOCOL = '/joinery/peers/1'
/** The rest comes in the next message. */
export const MAX_PEERS_PER_MESSAGE = 64
export const MAX_ADDRESSES_PER_PEER = 8
export const MAX_PEERS_MESSAGE_BYTES =
  MAX_PEERS_PER_MESSAGE * (MAX_ADDRESSES_PER_PEER * (MAX_ADDRESS_CHARACTERS + 2) + 100)

export interface KnownPeer {
  node: NodeId
  /** 16 bytes: the sender is linked to it now. Null: it only heard of it. */
  bootId: Uint8Array | null
  /** Without `/p2p/…`. */
  addresses: string[]
}

export type PeersMessage = { kind: 'ping' } | { kind: 'pong' } | { kind: 'peers'; peers: KnownPeer[] }

export function encodePeers(message: PeersMessage): Uint8Array {
  if (message.kind === 'ping') return encodeCbor(0)
  if (message.kind === 'pong') return encodeCbor(1)
  return encodeCbor(message.peers.map(({ node, bootId, addresses }) => [node, bootId, addresses]))
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodePeers(bytes: Uint8Array): PeersMessage {
  const value = decodeCbor(bytes, MAX_PEERS_MESSAGE_BYTES)
  if (value === 0) return { kind: 'ping' }
  if (value === 1) return { kind: 'pong' }
  if (!Array.isArray(value) || value.length > MAX_PEERS_PER_MESSAGE) throw malformed()
  return { kind: 'peers', peers: value.map(peerFromCbor) }
}

function peerFromCbor(value: CborValue): KnownPeer {
  if (!Array.isArray(value) || value.length !== 3) throw malformed()
  const [node, bootId, addresses] = value
  if (typeof node !== 'string' || !isNodeId(node) || (bootId !== null && !isBytes(bootId, BOOT_ID_BYTES)))
    throw malformed()
  if (!Array.isArray(addresses) || addresses.length > MAX_ADDRESSES_PER_PEER || !addresses.every(isPlainAddress))
    throw malformed()
  return { node, bootId, addresses }
}

function isPlainAddress(value: CborValue): value is string {
  if (typeof value !== 'string' || !value.startsWith('/')) return false
  const address = tryMeshAddress(value)
  return address !== undefined && address.node === undefined && !hasZone(address.host)
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a list of peers')
}
