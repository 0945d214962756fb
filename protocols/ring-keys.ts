/**
 * `/joinery/keys/1`: hands the members' keys to members, over an admitted link, opened by the dialler and after each change:
 *
 *     dialler    ids it has
 *     listener   ids it has, keys that the dialler lacks
 *     dialler    keys that the listener lacks
 *
 * Each key carries the devices that must not get it, so that a member that has not heard of a removal yet does not hand it on.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { isBytes, isWhole } from './certificate.ts'
import { JoineryError } from './errors.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'
import { MAX_REMOVAL_NAMES, type RingKey } from './room-facts.ts'

export const KEYS_PROTOCOL = '/joinery/keys/1'
/** One more after each theft; a room that lost so many devices has other worries. */
export const MAX_RING_KEYS = 64
/** Each key may name every device that was ever removed. */
export const MAX_RING_BYTES = 2 ** 20

export interface SharedRingKey extends RingKey {
  /** Devices that were taken out before it was made. */
  without: NodeId[]
}

export interface KeysMessage {
  /** 16 hex digits each. */
  have: string[]
  keys: SharedRingKey[]
}

export function encodeKeys(message: KeysMessage): Uint8Array {
  return encodeCbor([message.have, sharedKeysToCbor(message.keys)])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeKeys(bytes: Uint8Array): KeysMessage {
  const value = decodeCbor(bytes, MAX_RING_BYTES)
  if (!Array.isArray(value) || value.length !== 2) throw malformed()
  const [have, keys] = value
  if (!Array.isArray(have) || have.length > MAX_RING_KEYS || !have.every(isKeyId)) throw malformed()
  return { have, keys: sharedKeysFromCbor(keys) }
}

export function sharedKeysToCbor(keys: readonly SharedRingKey[]): CborValue[] {
  return keys.map(({ epoch, key, without }) => [epoch, key, without])
}

export function sharedKeysFromCbor(value: CborValue | undefined): SharedRingKey[] {
  if (!Array.isArray(value) || value.length > MAX_RING_KEYS) throw malformed()
  return value.map((one) => {
    if (!Array.isArray(one) || one.length !== 3) throw malformed()
    const [epoch, key, without] = one
    if (!isWhole(epoch, 0, 2 ** 32) || !isBytes(key, 32)) throw malformed()
    if (!Array.isArray(without) || without.length > MAX_REMOVAL_NAMES || !without.every(isNode)) throw malformed()
    return { epoch, key, without }
  })
}

function isKeyId(value: CborValue): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
}

function isNode(value: CborValue): value is NodeId {
  return typeof value === 'string' && isNodeId(value)
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message about keys')
}
