/**
 * How a room gets a cloud peer.
 *
 *     administrator   `joinery cloud invite` on the cloud peer: a text with its id, its addresses and a secret
 *     facilitator     `joinery cloud link TEXT` on any device of the room: the link becomes a fact of the journal (cloud-facts.ts)
 *     any device      as soon as one reaches the cloud peer: `/joinery/cloud-link/1`, one question and one answer
 *
 * The question carries the room's id and name, the certificate that the device signed for the cloud peer (role cloud: without the right to
 * admit), the keys for what only nodes read, and the secret. Noise has proved to the device that it talks to the peer named in the text;
 * the certificate's last signer proves to the cloud peer that it talks to a member. Goal: no state on either side unless all of it holds.
 * Not a goal: hiding the room from its cloud peer, which is trusted to read.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { isBytes, isRoomId, isWhole, MAX_CHAIN_BYTES, type RoomId } from './certificate.ts'
import { base32, unbase32 } from './cid.ts'
import { defineErrors, JoineryError } from './errors.ts'
import { crc32 } from './invitation.ts'
import { tryMeshAddress } from './mesh-address.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'
import { isName, type RingKey } from './room-facts.ts'

defineErrors({
  CLOUD_LINK_MISTYPED: {
    status: 400,
    next: 'Copy the whole link text again, from JOINERY-CLOUD: to the end. It is not the invitation of a room.'
  },
  CLOUD_LINK_NEWER: { status: 400, next: 'Update this device, then use the link text again.' }
})

export const CLOUD_LINK_PROTOCOL = '/joinery/cloud-link/1'
const LINK_VERSION = 1
const PREFIX = 'JOINERY-CLOUD:'
export const CLOUD_SECRET_BYTES = 20
/** A host name, an IPv4 and an IPv6 address, one of them also over WebSockets. */
export const MAX_CLOUD_ADDRESSES = 4
/** A region's workshops of one season; more get another text. */
export const MAX_CLOUD_USES = 1000
const MAX_LINK_BYTES = 2048
const MAX_LINK_CHARACTERS = MAX_LINK_BYTES * 2
const CHECK_BYTES = 4
/** As many as an approval hands over. */
const MAX_HANDED_KEYS = 64
export const MAX_CLOUD_LINK_MESSAGE_BYTES = MAX_CHAIN_BYTES + 4096

/** What the link text says. */
export interface CloudInvitation {
  node: NodeId
  /** Multiaddrs without `/p2p/…`, the best first; host names and WebSockets over TLS too. */
  addresses: string[]
  /** Lets rooms in; whoever has it can use the cloud peer's disk. */
  secret: Uint8Array
}

export interface CloudLinkRequest {
  room: RoomId
  roomName: string
  /** Ends at the cloud peer, signed by the device that asks. */
  chain: Uint8Array
  ringKeys: RingKey[]
  secret: Uint8Array
}

const ANSWERS = [
  /** The room is at the cloud peer now, or was already. */
  'LINKED',
  /** No such secret, or it was taken back. */
  'UNKNOWN_SECRET',
  /** It has let in as many rooms as it was made for. */
  'USED_UP',
  /** The certificate is not for this peer, not of that room, or gives a right that a cloud peer must not have. */
  'NOT_VALID',
  /** The room was taken off this cloud peer by its administrator, or the cloud peer was removed from the room. */
  'REFUSED',
  /** No disk left for another room. */
  'FULL',
  /** Too many at once; try later. */
  'BUSY'
] as const
export type CloudLinkAnswer = (typeof ANSWERS)[number]

export function encodeCloudInvitation({ node, addresses, secret }: CloudInvitation): string {
  const body = encodeCbor([node, addresses, secret])
  const bytes = new Uint8Array(1 + body.length + CHECK_BYTES)
  bytes[0] = LINK_VERSION
  bytes.set(body, 1)
  new DataView(bytes.buffer).setUint32(1 + body.length, crc32(bytes.subarray(0, 1 + body.length)))
  return PREFIX + base32(bytes).toUpperCase()
}

/** Case, spaces, line breaks and hyphens do not matter. @throws JoineryError `CLOUD_LINK_MISTYPED` or `CLOUD_LINK_NEWER` */
export function decodeCloudInvitation(text: string): CloudInvitation {
  if (text.length > MAX_LINK_CHARACTERS) throw mistyped('it is too long')
  const compact = text.replace(/[\s-]/g, '').toUpperCase()
  const prefix = PREFIX.replace('-', '')
  if (!compact.startsWith(prefix)) throw mistyped(`it does not begin with ${PREFIX}`)
  let bytes: Uint8Array
  try {
    bytes = unbase32(compact.slice(prefix.length).toLowerCase())
  } catch (cause) {
    throw new JoineryError('CLOUD_LINK_MISTYPED', 'a character is not a letter A-Z or a digit 2-7', { cause })
  }
  const end = bytes.length - CHECK_BYTES
  if (end < 2) throw mistyped('it is cut short')
  const check = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end)
  if (check !== crc32(bytes.subarray(0, end))) throw mistyped('the check sum is wrong')
  if (bytes[0] !== LINK_VERSION) throw new JoineryError('CLOUD_LINK_NEWER', 'a newer version of Joinery made this text')
  let value: CborValue
  try {
    value = decodeCbor(bytes.slice(1, end), MAX_LINK_BYTES)
  } catch (cause) {
    throw new JoineryError('CLOUD_LINK_MISTYPED', 'the link text is damaged', { cause })
  }
  const [node, addresses, secret] = Array.isArray(value) && value.length === 3 ? value : []
  if (typeof node !== 'string' || !isNodeId(node) || !isBytes(secret, CLOUD_SECRET_BYTES) || !areAddresses(addresses)) {
    throw mistyped('it is damaged')
  }
  return { node, addresses, secret }
}

export function areAddresses(value: CborValue | undefined): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_CLOUD_ADDRESSES &&
    value.every((one) => {
      const address = typeof one === 'string' ? tryMeshAddress(one) : undefined
      return address !== undefined && address.node === undefined
    })
  )
}

export function encodeCloudLinkRequest({ room, roomName, chain, ringKeys, secret }: CloudLinkRequest): Uint8Array {
  return encodeCbor([room, roomName, chain, ringKeys.map(({ epoch, key }) => [epoch, key]), secret])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeCloudLinkRequest(bytes: Uint8Array): CloudLinkRequest {
  const value = decodeCbor(bytes, MAX_CLOUD_LINK_MESSAGE_BYTES)
  if (!Array.isArray(value) || value.length !== 5) throw malformed()
  const [room, roomName, chain, keys, secret] = value
  if (typeof room !== 'string' || !isRoomId(room) || !isName(roomName)) throw malformed()
  if (!(chain instanceof Uint8Array) || chain.length > MAX_CHAIN_BYTES) throw malformed()
  if (!isBytes(secret, CLOUD_SECRET_BYTES)) throw malformed()
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_HANDED_KEYS) throw malformed()
  const ringKeys = keys.map((one): RingKey => {
    const [epoch, key] = Array.isArray(one) && one.length === 2 ? one : []
    if (!isWhole(epoch, 0, 2 ** 32) || !isBytes(key, 32)) throw malformed()
    return { epoch, key }
  })
  return { room, roomName, chain, ringKeys, secret }
}

export function encodeCloudLinkAnswer(answer: CloudLinkAnswer): Uint8Array {
  return encodeCbor([answer])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeCloudLinkAnswer(bytes: Uint8Array): CloudLinkAnswer {
  const value = decodeCbor(bytes, MAX_CLOUD_LINK_MESSAGE_BYTES)
  const answer = ANSWERS.find((one) => Array.isArray(value) && value.length === 1 && value[0] === one)
  if (!answer) throw malformed()
  return answer
}

function mistyped(why: string): JoineryError {
  return new JoineryError('CLOUD_LINK_MISTYPED', `this is not a whole link text: ${why}`)
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a question of a room to its cloud peer')
}
