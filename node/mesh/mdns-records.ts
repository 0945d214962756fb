/**
 * Multicast DNS of libp2p (https://github.com/libp2p/specs/blob/master/discovery/mdns.md), as records: what we put into packets and what
 * we believe of theirs. Pure; the bytes are `mdns-wire.ts`.
 */
import { type MeshAddress, tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { ipBytes } from './ip-bytes.ts'
import {
  type DnsHostRecord,
  type DnsPacket,
  type DnsRecord,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_PTR,
  TYPE_SRV,
  TYPE_TXT
} from './mdns-wire.ts'

const SERVICE = '_p2p._udp.local'
/** RFC 6762 section 10: 75 minutes for records that hold no host name. With it a known answer outlives our slowest query. */
export const RECORD_TTL_S = 75 * 60
/** A packet that fits an Ethernet frame; so many known answers do. */
export const MAX_KNOWN_ANSWERS = 30
const MAX_ADDRESSES_ANNOUNCED = 8
/** An interface has one IPv4 address or two, and some IPv6 ones of its providers. */
const MAX_HOST_ADDRESSES = 8
/** RFC 6762 section 10: two minutes for records that hold a host name. */
const HOST_TTL_S = 120
const PREFIX = 'dnsaddr='

export interface Announcement {
  /** A random name that the sender chose for its process. */
  instance: string
  node: NodeId
  /** Of any interface of the sender; which ones to believe is the caller's decision. */
  addresses: MeshAddress[]
}

export interface PeerQuery {
  /** Instances that the asker knows well enough: they need not answer. */
  known: Set<string>
}

/** @param known instances whose answer we do not need, our own among them */
export function peerQuery(known: Iterable<string>): DnsPacket {
  const answers = [...known].slice(0, MAX_KNOWN_ANSWERS).map((instance) => pointer(instance, RECORD_TTL_S))
  return { kind: 'query', questions: [{ name: SERVICE, type: TYPE_PTR }], answers, additionals: [] }
}

/** By this name a stock resolver finds a process's addresses: random like its instance, so that no two devices claim one name. */
function hostOf(instance: string): string {
  return `${instance}.local`
}

/** The IP addresses of an interface, without a zone, and the port of the mesh. */
export interface Host {
  addresses: readonly string[]
  port: number
}

/**
 * libp2p reads the addresses in the TXT records; everybody else resolves the host: its A and AAAA records stand among the answers, whatever was asked,
 * so that those who listen on IPv4 alone learn of IPv6 as well.
 *
 * @param addresses multiaddrs with `/p2p/…`
 */
export function peerAnnouncement(
  instance: string,
  addresses: string[],
  host: Host
): DnsPacket<DnsRecord | DnsHostRecord> {
  const name = `${instance}.${SERVICE}`
  const additionals = addresses.slice(0, MAX_ADDRESSES_ANNOUNCED).map((address): DnsRecord => {
    return { type: 'TXT', name, ttlS: RECORD_TTL_S, texts: [PREFIX + address] }
  })
  const service: DnsHostRecord = { type: 'SRV', name, ttlS: HOST_TTL_S, port: host.port, target: hostOf(instance) }
  const answers = [pointer(instance, RECORD_TTL_S), service, ...hostRecords(instance, host.addresses, HOST_TTL_S)]
  return { kind: 'response', questions: [], answers, additionals }
}

function hostRecords(instance: string, addresses: readonly string[], ttlS: number): DnsHostRecord[] {
  return addresses.slice(0, MAX_HOST_ADDRESSES).flatMap((text): DnsHostRecord[] => {
    const address = ipBytes(text)
    return address ? [{ type: address.length === 4 ? 'A' : 'AAAA', name: hostOf(instance), ttlS, address }] : []
  })
}

/** Time to live 0: forget me (RFC 6762 section 10.1). */
export function peerGoodbye(instance: string, host: Host): DnsPacket<DnsRecord | DnsHostRecord> {
  const answers = [pointer(instance, 0), ...hostRecords(instance, host.addresses, 0)]
  return { kind: 'response', questions: [], answers, additionals: [] }
}

/** Whether it asks what one of our records says: the addresses of our host, or where our instance is. */
export function asksForHost(packet: DnsPacket, instance: string): boolean {
  if (packet.kind !== 'query') return false
  return packet.questions.some(({ name, type }) => {
    const asked = name.toLowerCase()
    if (asked === hostOf(instance)) return type === TYPE_A || type === TYPE_AAAA || type === TYPE_ANY
    return asked === `${instance}.${SERVICE}` && (type === TYPE_SRV || type === TYPE_TXT || type === TYPE_ANY)
  })
}

/** Undefined when the packet does not ask for peers. */
export function readPeerQuery(packet: DnsPacket): PeerQuery | undefined {
  const asks = packet.questions.some(({ name, type }) => isService(name) && (type === TYPE_PTR || type === TYPE_ANY))
  if (packet.kind !== 'query' || !asks) return undefined
  const known = new Set<string>()
  for (const answer of packet.answers) {
    const instance = instanceOf(answer)
    // RFC 6762 section 7.1: an answer that has lived through more than half of its time does not count.
    if (instance !== undefined && answer.ttlS >= RECORD_TTL_S / 2) known.add(instance)
  }
  return { known }
}

/** Undefined when it is not an announcement, says goodbye, or contradicts itself. */
export function readAnnouncement(packet: DnsPacket): Announcement | undefined {
  if (packet.kind !== 'response') return undefined
  // The specification puts addresses into additional records, some implementations into answers.
  const records = [...packet.answers, ...packet.additionals]
  const instance = records
    .map((record) => (record.ttlS > 0 ? instanceOf(record) : undefined))
    .find((name) => name !== undefined)
  if (instance === undefined) return undefined
  const addresses: MeshAddress[] = []
  for (const record of records) {
    if (record.type !== 'TXT') continue
    for (const text of record.texts) {
      const address = text.startsWith(`${PREFIX}/`) ? tryMeshAddress(text.slice(PREFIX.length)) : undefined
      if (address?.node !== undefined) addresses.push(address)
    }
  }
  const node = addresses[0]?.node
  if (node === undefined || addresses.some((address) => address.node !== node)) return undefined
  return { instance, node, addresses }
}

function pointer(instance: string, ttlS: number): DnsRecord {
  return { type: 'PTR', name: SERVICE, ttlS, target: `${instance}.${SERVICE}` }
}

function instanceOf(record: DnsRecord): string | undefined {
  if (record.type !== 'PTR' || !isService(record.name)) return undefined
  const end = record.target.length - SERVICE.length - 1
  return end > 0 && record.target.slice(end).toLowerCase() === `.${SERVICE}` ? record.target.slice(0, end) : undefined
}

function isService(name: string): boolean {
  return name.toLowerCase() === SERVICE
}
