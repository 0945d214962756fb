/** Keys for programs: public keys of SSH (RFC 4253 section 6.6, RFC 8709) and tokens. The journal knows the hash of either. */
import { JoineryError } from '../../protocols/errors.ts'
import { cleanKeyLabel } from '../../protocols/people-facts.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import './errors.ts'

/** So that a token is known for one: in a search for secrets, and before it is taken for a code. */
const TOKEN_PREFIX = 'joinery_'
const TOKEN_BYTES = 24
const TOKEN = /^joinery_[A-Za-z0-9_-]{32}$/

/** A key of RSA with 8,192 bits takes some 1,100 bytes. */
const MAX_SSH_KEY_BYTES = 1_400
const LENGTH_BYTES = 4
/** Those that current clients of SSH make. DSA and RSA below 2,048 bits are broken. */
const SSH_KEY_KINDS: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa'
])
const MIN_RSA_KEY_BYTES = 256

export function makeAccessToken(random: Random): string {
  return TOKEN_PREFIX + Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
}

export function isAccessToken(text: string): boolean {
  return TOKEN.test(text)
}

/** @param blob the key as it travels in SSH: what stands in base64 in a `.pub` file */
export function hashOfSshKey(blob: Uint8Array): Uint8Array {
  return sha256(blob)
}

export interface SshKey {
  blob: Uint8Array
  /** What stands after the key: most often the name of the computer. */
  label: string
}

/**
 * One line of a `.pub` file.
 *
 * @throws JoineryError `SSH_KEY_INVALID`
 */
export function readSshKey(line: string): SshKey {
  const [kind = '', encoded = '', ...comment] = line.trim().split(/\s+/)
  if (/PRIVATE KEY/.test(line))
    throw new JoineryError('SSH_KEY_INVALID', 'this is a private key: never show it to anybody')
  if (!SSH_KEY_KINDS.has(kind) || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded))
    throw new JoineryError('SSH_KEY_INVALID', 'not a public key of SSH')
  const blob = Buffer.from(encoded, 'base64')
  const [told, ...parts] = blob.length <= MAX_SSH_KEY_BYTES ? partsOf(blob) : []
  if (told?.toString('latin1') !== kind || parts.length === 0)
    throw new JoineryError('SSH_KEY_INVALID', 'the key is cut or damaged')
  if (kind === 'ssh-rsa' && (parts[1]?.length ?? 0) < MIN_RSA_KEY_BYTES)
    throw new JoineryError('SSH_KEY_INVALID', 'an RSA key of fewer than 2048 bits is not safe')
  if (kind === 'ssh-ed25519' && parts[0]?.length !== 32)
    throw new JoineryError('SSH_KEY_INVALID', 'the key is cut or damaged')
  return { blob, label: cleanKeyLabel(comment.join(' ')) ?? kind }
}

/** @returns nothing when a length lies */
function partsOf(blob: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < blob.length; ) {
    if (at + LENGTH_BYTES > blob.length) return []
    const length = blob.readUInt32BE(at)
    at += LENGTH_BYTES
    if (at + length > blob.length) return []
    parts.push(blob.subarray(at, at + length))
    at += length
  }
  return parts
}
