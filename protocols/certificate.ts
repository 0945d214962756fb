/**
 * Who may be in a room: a chain of certificates that begins at the founding key. Each link is signed by the subject of the one
 * before, so a device proves its right with bytes that it carries itself, although no member is near.
 *
 *     founding key ─▶ first node ─▶ token (an invitation) ─▶ a device that used it ─▶ …
 *
 * A link is {kind, subject, rights, uses, signature}; its issuer is the subject before it and is not written again.
 * What time, revocation and the counting of uses add is decided by the fold of topic `room`, never here.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { base32 } from './cid.ts'
import { defineErrors, JoineryError } from './errors.ts'
import type { NodeId } from './message-stream.ts'
import { nodeIdOfPublicKey } from './node-id.ts'

defineErrors({
  CERTIFICATE_INVALID: { status: 403, next: 'Ask a facilitator of the room for a new invitation.' },
  CERTIFICATE_OTHER_ROOM: { status: 403, next: 'Use an invitation of this room.' }
})

/** base32 of the first 20 bytes of sha2-256 of the founding key: 32 characters. */
export type RoomId = string

const CERTIFICATE_VERSION = 1
/** A device that was let in by one that was let in by …: longer chains are refused, since each link costs a verification (0.8 ms on a Pi 5). */
export const MAX_CHAIN_LINKS = 32
/** A link takes at most 110 bytes. */
export const MAX_CHAIN_BYTES = 4096
/** More than one invitation can sensibly serve; `null` uses mean no limit. */
export const MAX_TOKEN_USES = 1000
const ROOM_ID_BYTES = 20
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** May sign certificates for others. A cloud peer has no right at all. */
export const RIGHT_ADMIT = 1
const ALL_RIGHTS = RIGHT_ADMIT

export type CertificateKind = 'node' | 'token'

export interface ChainLink {
  kind: CertificateKind
  /** 32 bytes of Ed25519. */
  subject: Uint8Array
  /** Bits; see `RIGHT_ADMIT`. Never more than the issuer's. */
  rights: number
  /** Of a token: how many devices may use it. Null: no limit, and for nodes. */
  uses: number | null
  signature: Uint8Array
}

export interface CertificateChain {
  /** 32 bytes of Ed25519: what the room id is the hash of. */
  foundingKey: Uint8Array
  links: readonly ChainLink[]
}

/** What pure code needs of cryptography. */
export interface CertificateCrypto {
  sha256(bytes: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

export interface VerifiedChain {
  /** The last subject: whom the chain speaks for. */
  subject: Uint8Array
  kind: CertificateKind
  rights: number
  /** The subjects of all links, first one first. Each but the last signed the next. */
  path: ChainStep[]
}

export type ChainStep =
  | { kind: 'node'; node: NodeId }
  /** The token's public key in hex; how many may use it. */
  | { kind: 'token'; token: string; uses: number | null }

export function roomIdOf(foundingKey: Uint8Array, sha256: CertificateCrypto['sha256']): RoomId {
  return base32(sha256(foundingKey).subarray(0, ROOM_ID_BYTES))
}

export function isRoomId(text: string): boolean {
  return /^[a-z2-7]{32}$/.test(text)
}

/** What an issuer signs. */
function certificateMessage(
  issuer: Uint8Array,
  link: Pick<ChainLink, 'kind' | 'subject' | 'rights' | 'uses'>
): Uint8Array {
  return encodeCbor([
    'joinery certificate',
    CERTIFICATE_VERSION,
    kindNumber(link.kind),
    issuer,
    link.subject,
    link.rights,
    link.uses
  ])
}

/** Adds a link signed by the chain's last subject (or by the founding key when there is none yet). */
export function extendChain(
  chain: CertificateChain,
  link: Omit<ChainLink, 'signature'>,
  sign: (message: Uint8Array) => Uint8Array
): CertificateChain {
  const issuer = chain.links.at(-1)?.subject ?? chain.foundingKey
  return { ...chain, links: [...chain.links, { ...link, signature: sign(certificateMessage(issuer, link)) }] }
}

export function encodeChain(chain: CertificateChain): Uint8Array {
  return encodeCbor(chainToCbor(chain))
}

export function chainToCbor(chain: CertificateChain): CborValue[] {
  const links = chain.links.map((link) => [kindNumber(link.kind), link.subject, link.rights, link.uses, link.signature])
  return [CERTIFICATE_VERSION, chain.foundingKey, links]
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeChain(bytes: Uint8Array): CertificateChain {
  return chainFromCbor(decodeCbor(bytes, MAX_CHAIN_BYTES))
}

export function chainFromCbor(value: CborValue | undefined): CertificateChain {
  if (!Array.isArray(value) || value.length !== 3) throw malformed()
  const [version, foundingKey, links] = value
  if (version !== CERTIFICATE_VERSION || !isBytes(foundingKey, KEY_BYTES) || !Array.isArray(links)) throw malformed()
  if (links.length === 0 || links.length > MAX_CHAIN_LINKS) throw malformed()
  return { foundingKey, links: links.map(linkFromCbor) }
}

function linkFromCbor(value: CborValue): ChainLink {
  if (!Array.isArray(value) || value.length !== 5) throw malformed()
  const [kind, subject, rights, uses, signature] = value
  if ((kind !== 0 && kind !== 1) || !isBytes(subject, KEY_BYTES) || !isBytes(signature, SIGNATURE_BYTES))
    throw malformed()
  if (!isWhole(rights, 0, ALL_RIGHTS)) throw malformed()
  if (uses !== null && (kind === 0 || !isWhole(uses, 1, MAX_TOKEN_USES))) throw malformed()
  return { kind: kind === 0 ? 'node' : 'token', subject, rights, uses, signature }
}

/**
 * Checks that the chain begins at the room's founding key, that every link is signed by the one before, that rights only shrink, and
 * that only those sign who may: a node with the right to admit signs anything, a token only one node.
 *
 * @throws JoineryError `CERTIFICATE_INVALID`, or `CERTIFICATE_OTHER_ROOM`
 */
export function verifyChain(chain: CertificateChain, room: RoomId, crypto: CertificateCrypto): VerifiedChain {
  if (roomIdOf(chain.foundingKey, crypto.sha256) !== room) {
    throw new JoineryError('CERTIFICATE_OTHER_ROOM', 'the certificate belongs to another room')
  }
  if (chain.links.length === 0 || chain.links.length > MAX_CHAIN_LINKS) throw invalid('its length')
  let issuer = chain.foundingKey
  let rights = ALL_RIGHTS
  let kind: CertificateKind = 'node'
  const path: ChainStep[] = []
  for (const link of chain.links) {
    if ((link.rights & ~rights) !== 0) throw invalid('a right that the signer did not have')
    if (kind === 'token' && link.kind !== 'node') throw invalid('a token that signed a token')
    if (kind === 'node' && (rights & RIGHT_ADMIT) === 0) throw invalid('a signer without the right to admit')
    if (!crypto.verify(issuer, certificateMessage(issuer, link), link.signature)) throw invalid('a signature')
    path.push(
      link.kind === 'node'
        ? { kind: 'node', node: nodeIdOfPublicKey(link.subject) }
        : { kind: 'token', token: hex(link.subject), uses: link.uses }
    )
    issuer = link.subject
    rights = link.rights
    kind = link.kind
  }
  return { subject: issuer, kind, rights, path }
}

function kindNumber(kind: CertificateKind): number {
  return kind === 'node' ? 0 : 1
}

export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0')
  return out
}

/** @param text whole bytes, as `hex` writes them */
export function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

export function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}

export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a chain of certificates')
}

function invalid(what: string): JoineryError {
  return new JoineryError('CERTIFICATE_INVALID', `the certificate is not valid: ${what}`)
}
