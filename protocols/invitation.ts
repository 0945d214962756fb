/**
 * An invitation: what lets a device into a room, as text that can be read out, pasted or scanned.
 *
 *     JOINERY:<base32 of version, CBOR and CRC-32>      (only A-Z, 2-7 and ":", the cheap alphabet of QR codes)
 *
 * It holds the token's secret seed: whoever reads it can use it. Case, spaces, line breaks and hyphens do not matter; anything
 * else that was mistyped is found by the check sum before anything is tried.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type CertificateChain, chainFromCbor, chainToCbor, isBytes, isWhole, MAX_CHAIN_BYTES } from './certificate.ts'
import { base32, unbase32 } from './cid.ts'
import { defineErrors, JoineryError } from './errors.ts'
import { tryMeshAddress } from './mesh-address.ts'
import { isName, type RingKey } from './room-facts.ts'

defineErrors({
  INVITATION_MISTYPED: {
    status: 400,
    next: 'Copy the whole invitation again, from JOINERY: to the end, or scan its QR code.'
  },
  INVITATION_NEWER: { status: 400, next: 'Update this device, then use the invitation again.' }
})

const INVITATION_VERSION = 1
const PREFIX = 'JOINERY:'
/** Room for two addresses of each kind; more only make the QR code harder to scan. */
export const MAX_INVITATION_ADDRESSES = 4
/** A room of 60 devices is a campus; whoever needs more makes another invitation. */
export const MAX_INVITED_DEVICES = 100
/** A usual room, with devices to spare. */
export const USUAL_INVITED_DEVICES = 10
const MAX_INVITATION_BYTES = MAX_CHAIN_BYTES + 1024
/** Base32 of that, plus spaces and line breaks that people add. */
const MAX_INVITATION_CHARACTERS = MAX_INVITATION_BYTES * 2
const SEED_BYTES = 32
const CHECK_BYTES = 4

export interface Invitation {
  roomName: string
  /** Ends at the token's certificate; it begins with the founding key, of which the room id is the hash. */
  chain: CertificateChain
  /** 32 secret bytes: signs the certificate of the device that uses it. */
  tokenSeed: Uint8Array
  /** The keys for what only nodes may read, so that two invited devices can talk although no member is near. */
  ringKey: RingKey
  /** Multiaddrs of members, such as "/ip4/192.168.1.5/tcp/4001". */
  addresses: string[]
}

export function encodeInvitation(invitation: Invitation): string {
  const { roomName, chain, tokenSeed, ringKey, addresses } = invitation
  const body = encodeCbor([roomName, chainToCbor(chain), tokenSeed, ringKey.epoch, ringKey.key, addresses])
  const bytes = new Uint8Array(1 + body.length + CHECK_BYTES)
  bytes[0] = INVITATION_VERSION
  bytes.set(body, 1)
  new DataView(bytes.buffer).setUint32(1 + body.length, crc32(bytes.subarray(0, 1 + body.length)))
  return PREFIX + base32(bytes).toUpperCase()
}

/** @throws JoineryError `INVITATION_MISTYPED`, or `INVITATION_NEWER` when a later version of Joinery made it */
export function decodeInvitation(text: string): Invitation {
  if (text.length > MAX_INVITATION_CHARACTERS) throw mistyped('it is too long')
  const compact = text.replace(/[\s-]/g, '').toUpperCase()
  if (!compact.startsWith(PREFIX)) throw mistyped('it does not begin with JOINERY:')
  let bytes: Uint8Array
  try {
    bytes = unbase32(compact.slice(PREFIX.length).toLowerCase())
  } catch (cause) {
    throw new JoineryError('INVITATION_MISTYPED', 'a character is not a letter A-Z or a digit 2-7', { cause })
  }
  const end = bytes.length - CHECK_BYTES
  if (end < 2) throw mistyped('it is cut short')
  const check = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end)
  if (check !== crc32(bytes.subarray(0, end))) throw mistyped('the check sum is wrong')
  if (bytes[0] !== INVITATION_VERSION) {
    throw new JoineryError('INVITATION_NEWER', 'a newer version of Joinery made this invitation')
  }
  let value: CborValue
  try {
    value = decodeCbor(bytes.slice(1, end), MAX_INVITATION_BYTES)
  } catch (cause) {
    throw new JoineryError('INVITATION_MISTYPED', 'the invitation is damaged', { cause })
  }
  return invitationFromCbor(value)
}

function invitationFromCbor(value: CborValue): Invitation {
  if (!Array.isArray(value) || value.length !== 6) throw mistyped('it is damaged')
  const [roomName, chain, tokenSeed, epoch, key, addresses] = value
  if (!isName(roomName)) throw mistyped('it is damaged')
  if (!isBytes(tokenSeed, SEED_BYTES) || !isWhole(epoch, 0, 2 ** 32) || !isBytes(key, 32))
    throw mistyped('it is damaged')
  if (!Array.isArray(addresses) || addresses.length > MAX_INVITATION_ADDRESSES || !addresses.every(isAddress)) {
    throw mistyped('it is damaged')
  }
  try {
    return { roomName, chain: chainFromCbor(chain), tokenSeed, ringKey: { epoch, key }, addresses }
  } catch (cause) {
    throw new JoineryError('INVITATION_MISTYPED', 'the invitation is damaged', { cause })
  }
}

function isAddress(value: CborValue): value is string {
  return typeof value === 'string' && tryMeshAddress(value) !== undefined
}

function mistyped(why: string): JoineryError {
  return new JoineryError('INVITATION_MISTYPED', `this is not a whole invitation: ${why}`)
}

/** CRC-32 of ISO 3309, as in PNG: finds every mistyped character and nearly every pair of swapped ones. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
