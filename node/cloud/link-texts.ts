/**
 * The link texts that a cloud peer gave out, and what it answers to a room that shows one. Decided without any I/O: the desk asks, writes down,
 * and then answers.
 */
import { type CborValue, sameBytes } from '../../protocols/cbor.ts'
import { isBytes, isRoomId, isWhole, type RoomId, type VerifiedChain } from '../../protocols/certificate.ts'
import type { CloudLinkAnswer } from '../../protocols/cloud-link.ts'
import { MAX_CLOUD_USES } from '../../protocols/cloud-link.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { MAX_LINK_TEXTS } from './limits.ts'

/** Of the secret only a hash is kept: who reads the folder cannot bring a room in. */
export interface LinkText {
  hash: Uint8Array
  uses: number
  /** Rooms that came in with it. A room that asks again uses nothing up. */
  rooms: RoomId[]
}

export interface Question {
  room: RoomId
  secretHash: Uint8Array
  /** Undefined: it does not hold for that room. */
  chain: VerifiedChain | undefined
  /** Who asks, as noise proved it. */
  peer: NodeId
}

/** @returns the answer, and the text that it uses up one of */
export function judgeQuestion(
  question: Question,
  state: {
    self: Uint8Array
    texts: readonly LinkText[]
    hasRoomFor(room: RoomId): boolean
    isRefused(room: RoomId): boolean
  }
): { answer: CloudLinkAnswer; uses?: LinkText } {
  const { room, chain, peer } = question
  const text = state.texts.find(({ hash }) => sameBytes(hash, question.secretHash))
  if (!text) return { answer: 'UNKNOWN_SECRET' }
  const signer = chain?.path.at(-2)
  const isOurs = chain?.kind === 'node' && chain.rights === 0 && sameBytes(chain.subject, state.self)
  // Signed by whoever asks: a certificate that somebody else got hold of brings nobody in.
  if (!isOurs || signer?.kind !== 'node' || signer.node !== peer) return { answer: 'NOT_VALID' }
  if (state.isRefused(room)) return { answer: 'REFUSED' }
  if (text.rooms.includes(room)) return { answer: 'LINKED' }
  if (text.rooms.length >= text.uses) return { answer: 'USED_UP' }
  if (!state.hasRoomFor(room)) return { answer: 'FULL' }
  return { answer: 'LINKED', uses: text }
}

export function linkTextsToCbor(texts: readonly LinkText[]): CborValue {
  return [1, texts.map(({ hash, uses, rooms }) => [hash, uses, rooms])]
}

/** Throws when it is not what was written. */
export function linkTextsFromCbor(value: CborValue): LinkText[] {
  const [version, texts] = Array.isArray(value) && value.length === 2 ? value : []
  if (version !== 1 || !Array.isArray(texts) || texts.length > MAX_LINK_TEXTS) throw new Error('not link texts')
  return texts.map((one): LinkText => {
    const [hash, uses, rooms] = Array.isArray(one) && one.length === 3 ? one : []
    if (!isBytes(hash, 32) || !isWhole(uses, 1, MAX_CLOUD_USES) || !Array.isArray(rooms)) throw new Error('no text')
    return { hash, uses, rooms: rooms.filter((room): room is RoomId => typeof room === 'string' && isRoomId(room)) }
  })
}
