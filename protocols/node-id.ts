/**
 * A node's name: the peer id of libp2p for its Ed25519 key, in base58 ("12D3KooW…"). It holds the whole public key, so a name
 * can be checked against a signature without asking anybody.
 * Form: https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md (identity multihash of the key's protobuf).
 */
import { base58btc } from 'multiformats/bases/base58'
import { JoineryError } from './errors.ts'
import type { NodeId } from './message-stream.ts'

/** identity hash, 36 bytes; protobuf: type Ed25519, 32 bytes of key */
const PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const KEY_BYTES = 32
/** Base58 takes quadratic time, so longer text is refused unread. Every id of ours has exactly this length. */
export const NODE_ID_CHARACTERS = 52

/** @param publicKey 32 bytes of Ed25519 */
export function nodeIdOfPublicKey(publicKey: Uint8Array): NodeId {
  if (publicKey.length !== KEY_BYTES) throw new JoineryError('MALFORMED', 'a node key has 32 bytes')
  const bytes = new Uint8Array(PREFIX.length + KEY_BYTES)
  bytes.set(PREFIX)
  bytes.set(publicKey, PREFIX.length)
  return base58btc.baseEncode(bytes)
}

/** @returns 32 bytes of Ed25519; throws `MALFORMED` for anything but the form that `nodeIdOfPublicKey` makes */
export function publicKeyOfNodeId(id: string): Uint8Array {
  if (id.length !== NODE_ID_CHARACTERS) throw new JoineryError('MALFORMED', 'not the id of a node')
  let bytes: Uint8Array
  try {
    bytes = base58btc.baseDecode(id)
  } catch (cause) {
    throw new JoineryError('MALFORMED', 'not the id of a node', { cause })
  }
  if (bytes.length !== PREFIX.length + KEY_BYTES || PREFIX.some((byte, i) => bytes[i] !== byte)) {
    throw new JoineryError('MALFORMED', 'not the id of a node')
  }
  return bytes.slice(PREFIX.length)
}

export function isNodeId(id: string): boolean {
  try {
    publicKeyOfNodeId(id)
    return true
  } catch {
    return false
  }
}
