/**
 * `/joinery/ask/1`: a device that has no invitation asks a member to be let in; a person compares six digits on both devices.
 *
 *     device   commit   sha2-256 of its nonce, its name and role
 *     member   nonce    and the room's id and name
 *     device   reveal   its nonce: now both know the code
 *     member   answer   a grant, or no
 *
 * The code is a hash of both ids and both nonces, and each side is bound to its nonce before it sees the other's: somebody in between
 * has one try in a million per question. (A code made of the ids alone is matched in 40 s by making keys.)
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { isBytes, isRoomId, isWhole, MAX_CHAIN_BYTES, type RoomId } from './certificate.ts'
import { JoineryError } from './errors.ts'
import { NONCE_BYTES } from './hello.ts'
import type { NodeId } from './message-stream.ts'
import { isName, isRole, type RingKey, type Role } from './room-facts.ts'

export const ASK_PROTOCOL = '/joinery/ask/1'
/** A person has to walk to the other device; a question that is older is dropped. */
export const ASK_LIFETIME_MS = 10 * 60_000
export const MAX_ASK_BYTES = MAX_CHAIN_BYTES + 4096
/** A room of ten devices is set up in one go; more questions at once are an attack or a mistake. */
export const MAX_PENDING_ASKS = 16
/** Keys of earlier epochs that a newcomer needs to read what was written under them. */
export const MAX_GRANTED_KEYS = 64

/** What makes a device a member. */
export interface Grant {
  room: RoomId
  roomName: string
  chain: Uint8Array
  ringKeys: RingKey[]
}

export type AskMessage =
  | { step: 'commit'; commitment: Uint8Array; name: string; role: Role }
  | { step: 'nonce'; nonce: Uint8Array; room: RoomId; roomName: string }
  | { step: 'reveal'; nonce: Uint8Array }
  | { step: 'grant'; grant: Grant }
  | { step: 'refusal'; code: AskRefusal }

const ASK_REFUSALS = ['DECLINED', 'EXPIRED', 'BUSY', 'NOT_ALLOWED'] as const
export type AskRefusal = (typeof ASK_REFUSALS)[number]

/** @returns six digits, such as "042917" */
export function approvalCode(
  asking: { id: NodeId; nonce: Uint8Array },
  member: { id: NodeId; nonce: Uint8Array },
  sha256: (bytes: Uint8Array) => Uint8Array
): string {
  const digest = sha256(encodeCbor(['joinery ask', asking.id, member.id, asking.nonce, member.nonce]))
  // 2^48 is so much more than 10^6 that no code is likelier than another by more than 10^-8.
  let number = 0
  for (const byte of digest.subarray(0, 6)) number = number * 256 + byte
  return String(number % 1_000_000).padStart(6, '0')
}

export function nonceCommitment(nonce: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  return sha256(encodeCbor(['joinery ask nonce', nonce]))
}

export function encodeAsk(message: AskMessage): Uint8Array {
  switch (message.step) {
    case 'commit':
      return encodeCbor([0, message.commitment, message.name, message.role])
    case 'nonce':
      return encodeCbor([1, message.nonce, message.room, message.roomName])
    case 'reveal':
      return encodeCbor([2, message.nonce])
    case 'grant': {
      const { room, roomName, chain, ringKeys } = message.grant
      return encodeCbor([3, room, roomName, chain, ringKeys.map(({ epoch, key }) => [epoch, key])])
    }
    case 'refusal':
      return encodeCbor([4, message.code])
  }
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeAsk(bytes: Uint8Array): AskMessage {
  const value = decodeCbor(bytes, MAX_ASK_BYTES)
  if (!Array.isArray(value)) throw malformed()
  switch (value[0]) {
    case 0: {
      const [, commitment, name, role] = value
      if (value.length !== 4 || !isBytes(commitment, 32) || !isName(name) || !isRole(role)) throw malformed()
      return { step: 'commit', commitment, name, role }
    }
    case 1: {
      const [, nonce, room, roomName] = value
      if (value.length !== 4 || !isBytes(nonce, NONCE_BYTES) || !isRoom(room) || !isName(roomName)) throw malformed()
      return { step: 'nonce', nonce, room, roomName }
    }
    case 2: {
      const [, nonce] = value
      if (value.length !== 2 || !isBytes(nonce, NONCE_BYTES)) throw malformed()
      return { step: 'reveal', nonce }
    }
    case 3:
      return { step: 'grant', grant: grantFromCbor(value) }
    case 4: {
      const code = ASK_REFUSALS.find((refusal) => refusal === value[1])
      if (value.length !== 2 || !code) throw malformed()
      return { step: 'refusal', code }
    }
    default:
      throw malformed()
  }
}

function grantFromCbor(value: CborValue[]): Grant {
  const [, room, roomName, chain, keys] = value
  if (value.length !== 5 || !isRoom(room) || !isName(roomName)) throw malformed()
  if (!(chain instanceof Uint8Array) || chain.length > MAX_CHAIN_BYTES) throw malformed()
  return { room, roomName, chain, ringKeys: ringKeysFromCbor(keys) }
}

function ringKeysFromCbor(value: CborValue | undefined): RingKey[] {
  if (!Array.isArray(value) || value.length > MAX_GRANTED_KEYS) throw malformed()
  return value.map((one) => {
    if (!Array.isArray(one) || one.length !== 2) throw malformed()
    const [epoch, key] = one
    if (!isWhole(epoch, 0, 2 ** 32) || !isBytes(key, 32)) throw malformed()
    return { epoch, key }
  })
}

function isRoom(value: CborValue | undefined): value is RoomId {
  return typeof value === 'string' && isRoomId(value)
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a question to be let in')
}
