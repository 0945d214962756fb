/** The cookie of a session. It carries a random token; the journal knows the token's hash only. */

import { hex } from '../../protocols/certificate.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'

const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/
/** What browsers keep a cookie for at most (RFC 6265bis). Counted by the browser; here a session ends by a fact, never by a date. */
const COOKIE_SECONDS = 400 * 24 * 3600

/** Cookies do not know ports: two rooms on one computer would take each other's. */
export function cookieName(roomId: string): string {
  return `joinery-${roomId.slice(0, 8)}`
}

export function makeToken(random: Random): { token: string; session: Uint8Array } {
  const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
  return { token, session: hashOfToken(token) }
}

/** Also of the tokens for programs. */
export function hashOfToken(token: string): Uint8Array {
  return sha256(Buffer.from(token, 'ascii'))
}

/** `Set-Cookie`. No `Secure`: a room has no certificate that browsers know. */
export function sessionCookie(name: string, token: string): string {
  return `${name}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${COOKIE_SECONDS}`
}

export function endedCookie(name: string): string {
  return `${name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`
}

/**
 * @param cookies the `Cookie` header
 * @returns the hash of the token in hex; undefined when there is none of ours
 */
export function sessionOfCookies(cookies: string | undefined, name: string): string | undefined {
  for (const one of cookies?.split(';') ?? []) {
    const at = one.indexOf('=')
    if (at < 0 || one.slice(0, at).trim() !== name) continue
    const token = one.slice(at + 1).trim()
    if (TOKEN.test(token)) return hex(hashOfToken(token))
  }
  return undefined
}
