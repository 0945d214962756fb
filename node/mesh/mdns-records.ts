/**
 * Multicast DNS of libp2p (https://github.com/libp2p/specs/blob/master/discovery/mdns.md), as records: what we put into packets and what
 * we believe of theirs. Pure; the names and lengths inside a packet were checked by the DNS decoder before.
 */
import type { Answer, Packet, Question, StringAnswer } from 'dns-packet'
import { type MeshAddress, tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'

export const SERVICE = '_p2p._udp.local'
/** RFC 6762 section 10: 75 minutes for records that hold no host name. With it a known answer outlives our slowest query. */
export const RECORD_TTL_S = 75 * 60
/** A packet that fits an Ethernet frame; so many known answers do. */
export const MAX_KNOWN_ANSWERS = 16
/** A packet is one node's; stock nodes list each address of each interface. */
const MAX_RECORDS_READ = 64
const MAX_ADDRESSES_ANNOUNCED = 8
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
export function peerQuery(known: Iterable<string>): { questions: Question[]; answers: Answer[] } {
  const answers = [...known].slice(0, MAX_KNOWN_ANSWERS).map((instance) => pointer(instance, RECORD_TTL_S))
  return { questions: [{ name: SERVICE, type: 'PTR' }], answers }
}

/** @param addresses multiaddrs with `/p2p/…` */
export function peerAnnouncement(instance: string, addresses: string[]): { answers: Answer[]; additionals: Answer[] } {
  const texts = addresses.slice(0, MAX_ADDRESSES_ANNOUNCED).map((address): Answer => {
    return { name: `${instance}.${SERVICE}`, type: 'TXT', class: 'IN', ttl: RECORD_TTL_S, data: PREFIX + address }
  })
  return { answers: [pointer(instance, RECORD_TTL_S)], additionals: texts }
}

/** Time to live 0: forget me (RFC 6762 section 10.1). */
export function peerGoodbye(instance: string): { answers: Answer[] } {
  return { answers: [pointer(instance, 0)] }
}

/** Undefined when the packet does not ask for peers. */
export function readPeerQuery(packet: Packet): PeerQuery | undefined {
  if (
    !packet.questions?.some((question) => isService(question.name) && (question.type === 'PTR' || isAny(question.type)))
  ) {
    return undefined
  }
  const known = new Set<string>()
  for (const answer of (packet.answers ?? []).slice(0, MAX_RECORDS_READ)) {
    const instance = instanceOf(answer)
    // RFC 6762 section 7.1: an answer that has lived through more than half of its time does not count.
    if (instance !== undefined && ttlOf(answer) >= RECORD_TTL_S / 2) known.add(instance)
  }
  return { known }
}

/** Undefined when it is not an announcement, says goodbye, or contradicts itself. */
export function readAnnouncement(packet: Packet): Announcement | undefined {
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])].slice(0, MAX_RECORDS_READ)
  const pointers = records.filter((record) => instanceOf(record) !== undefined && ttlOf(record) > 0)
  const instance = pointers[0] && instanceOf(pointers[0])
  if (instance === undefined || instance.length > 63) return undefined
  const addresses: MeshAddress[] = []
  for (const record of records) {
    if (record.type !== 'TXT') continue
    for (const text of [record.data].flat()) {
      const line = text.toString()
      const address = line.startsWith(PREFIX) ? tryMeshAddress(line.slice(PREFIX.length)) : undefined
      if (address?.node !== undefined && line[PREFIX.length] === '/') addresses.push(address)
    }
  }
  const node = addresses[0]?.node
  if (node === undefined || addresses.some((address) => address.node !== node)) return undefined
  return { instance, node, addresses }
}

function pointer(instance: string, ttl: number): StringAnswer {
  return { name: SERVICE, type: 'PTR', class: 'IN', ttl, data: `${instance}.${SERVICE}` }
}

function instanceOf(record: Answer): string | undefined {
  if (record.type !== 'PTR' || !isService(record.name) || typeof record.data !== 'string') return undefined
  const end = record.data.length - SERVICE.length - 1
  return end > 0 && record.data.slice(end).toLowerCase() === `.${SERVICE}` ? record.data.slice(0, end) : undefined
}

function ttlOf(record: Answer): number {
  return 'ttl' in record && typeof record.ttl === 'number' ? record.ttl : 0
}

function isService(name: string): boolean {
  return name.toLowerCase() === SERVICE
}

function isAny(type: string): boolean {
  return type === 'ANY' || type === '*'
}
