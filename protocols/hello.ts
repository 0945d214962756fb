/**
 * `/joinery/hello/1`: the first stream on every connection, opened by the dialler. Both sides say the same three things in the same
 * order, each after it has the other's step before:
 *
 *     opening   room, protocol versions, boot id, nonce          nothing that a stranger may not know
 *     proof     chain of certificates, signature, profile        only to the same room
 *     verdict   OK, or a code that says why not
 *
 * The connection is encrypted and bound to both peer ids by noise; the signature over ids, nonces and room makes the proof good for
 * this connection only. Participants: two nodes. Not a goal: hiding which room a device belongs to.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { isBytes, isRoomId, isWhole, MAX_CHAIN_BYTES, type RoomId } from './certificate.ts'
import { JoineryError } from './errors.ts'
import type { NodeId, PeerProfile } from './message-stream.ts'
import { isName, isRole, type Role } from './room-facts.ts'

export const HELLO_PROTOCOL = '/joinery/hello/1'
/** The version of all protocols between nodes that this program prefers, and the oldest that it still speaks. */
export const PROTOCOL_VERSION = 1
export const OLDEST_PROTOCOL_VERSION = 1
export const MAX_HELLO_BYTES = MAX_CHAIN_BYTES + 1024
export const NONCE_BYTES = 32
export const BOOT_ID_BYTES = 16

export interface HelloOpening {
  /** Null: in no room yet. */
  room: RoomId | null
  /** What the room calls itself; for the neighbours' list. */
  roomName: string
  newestVersion: number
  oldestVersion: number
  bootId: Uint8Array
  nonce: Uint8Array
}

export interface HelloProof {
  chain: Uint8Array
  signature: Uint8Array
  profile: PeerProfile
  /** Where it listens for TCP; WebSockets are one above. 0: it cannot be dialled. */
  meshPort: number
}

/** Why a connection is not admitted. Nothing else ever goes to the other side. */
const REFUSALS = [
  /** In another room: a neighbour. */
  'OTHER_ROOM',
  /** One of the two is in no room. */
  'NO_ROOM',
  /** No common protocol version. */
  'UPDATE_NEEDED',
  /** The chain or the signature does not hold. */
  'NOT_A_MEMBER',
  /** Was taken out of the room. */
  'REMOVED',
  /** The invitation has served as many devices as it was made for. */
  'INVITATION_USED_UP',
  /** The invitation was taken back. */
  'INVITATION_REVOKED',
  /** Two running devices have one key. */
  'CLONED',
  /** The two are linked already. */
  'DUPLICATE',
  /** Too many at once; try later. */
  'BUSY'
] as const
export type Refusal = (typeof REFUSALS)[number]
export type Verdict = 'OK' | Refusal

export type HelloMessage =
  | ({ step: 'opening' } & HelloOpening)
  | ({ step: 'proof' } & HelloProof)
  | { step: 'verdict'; verdict: Verdict }

/** Who is let in; implemented by node/room, asked by node/mesh. */
export interface AdmissionPolicy {
  /** Undefined while the device is in no room. */
  room(): { id: RoomId; name: string; chain: Uint8Array } | undefined
  /** @param chain as it came; nothing in it was checked */
  admits(peer: NodeId, chain: Uint8Array, role: Role): Verdict
  /** Members that should be linked, without us. */
  members(): readonly NodeId[]
  /** Called when an answer may have become another: links are judged again. */
  onChange(listener: () => void): () => void
}

/** What the signature of a proof covers. */
export function proofMessage(
  room: RoomId,
  signer: { id: NodeId; nonce: Uint8Array; bootId: Uint8Array },
  other: { id: NodeId; nonce: Uint8Array }
): Uint8Array {
  return encodeCbor(['joinery hello', room, signer.id, other.id, signer.nonce, other.nonce, signer.bootId])
}

export function encodeHello(message: HelloMessage): Uint8Array {
  switch (message.step) {
    case 'opening': {
      const { room, roomName, newestVersion, oldestVersion, bootId, nonce } = message
      return encodeCbor([0, room, roomName, newestVersion, oldestVersion, bootId, nonce])
    }
    case 'proof': {
      const { chain, signature, profile, meshPort } = message
      const { name, role, httpPort, capacityBytes } = profile
      return encodeCbor([1, chain, signature, name, role, httpPort, capacityBytes, meshPort])
    }
    case 'verdict':
      return encodeCbor([2, message.verdict])
  }
}

/**
 * A proof's profile gets its boot id from the opening, so it is left empty here.
 *
 * @throws JoineryError `MALFORMED` or `TOO_LARGE`
 */
export function decodeHello(bytes: Uint8Array): HelloMessage {
  const value = decodeCbor(bytes, MAX_HELLO_BYTES)
  if (!Array.isArray(value)) throw malformed()
  if (value[0] === 0 && value.length === 7) return openingFromCbor(value)
  if (value[0] === 1 && value.length === 8) return proofFromCbor(value)
  if (value[0] === 2 && value.length === 2) return { step: 'verdict', verdict: verdictFromCbor(value[1]) }
  throw malformed()
}

function openingFromCbor(value: CborValue[]): HelloMessage {
  const [, room, roomName, newestVersion, oldestVersion, bootId, nonce] = value
  if (room !== null && !(typeof room === 'string' && isRoomId(room))) throw malformed()
  if (!isName(roomName) || !isWhole(newestVersion, 1, 2 ** 16) || !isWhole(oldestVersion, 1, newestVersion))
    throw malformed()
  if (!isBytes(bootId, BOOT_ID_BYTES) || !isBytes(nonce, NONCE_BYTES)) throw malformed()
  return { step: 'opening', room, roomName, newestVersion, oldestVersion, bootId, nonce }
}

function proofFromCbor(value: CborValue[]): HelloMessage {
  const [, chain, signature, name, role, httpPort, capacityBytes, meshPort] = value
  if (!(chain instanceof Uint8Array) || chain.length > MAX_CHAIN_BYTES || !isBytes(signature, 64)) throw malformed()
  if (!isName(name) || !isRole(role) || !isWhole(httpPort, 0, 65_535) || !isWhole(meshPort, 0, 65_535))
    throw malformed()
  if (!isWhole(capacityBytes, 0, Number.MAX_SAFE_INTEGER)) throw malformed()
  return { step: 'proof', chain, signature, profile: { name, role, bootId: '', httpPort, capacityBytes }, meshPort }
}

function verdictFromCbor(value: CborValue | undefined): Verdict {
  if (value === 'OK') return 'OK'
  const found = REFUSALS.find((refusal) => refusal === value)
  if (!found) throw malformed()
  return found
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a hello')
}
