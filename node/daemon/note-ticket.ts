/**
 * Tickets for the sockets of notes. A browser sends a session's cookie only to the device that set it, and a page whose device has died opens its
 * socket on another one. So a page carries its cookie sealed under the members' key ring: every device of the room can open it, nobody else can read
 * or make one, and it is worth what the session is worth, until that ends.
 */
import type { BodySeal } from '../journal/index.ts'

const PREFIX = new TextEncoder().encode('joinery note ticket 1\n')
/** Ours is some 80 bytes; what other programs on this address have set may stand beside it. */
const MAX_COOKIE_BYTES = 512

/** @returns undefined when there is nothing to put in it */
export function noteTicket(seal: BodySeal, cookies: string | undefined): string | undefined {
  const bytes = new TextEncoder().encode(cookies ?? '')
  if (bytes.length === 0 || bytes.length > MAX_COOKIE_BYTES) return undefined
  return Buffer.from(seal.seal(new Uint8Array(Buffer.concat([PREFIX, bytes])))).toString('base64url')
}

/** @returns the cookies; undefined for what no device of this room has made */
export function cookiesOfTicket(seal: BodySeal, ticket: string): string | undefined {
  const opened = seal.open(new Uint8Array(Buffer.from(ticket, 'base64url')))
  if (!opened || !Buffer.from(opened).subarray(0, PREFIX.length).equals(PREFIX)) return undefined
  return new TextDecoder().decode(opened.subarray(PREFIX.length))
}
