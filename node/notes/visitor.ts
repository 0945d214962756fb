/**
 * Who asks to open a note: checked before the WebSocket is, since browsers let any page open one to any address.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { JoineryError } from '../../protocols/errors.ts'
import { isNoteId, OWNER_BYTES } from '../../protocols/note-facts.ts'
import { NOTES_SYNC_PATH } from '../../protocols/notes-sync.ts'
import { sha256 } from '../platform/hash.ts'
import type { Owner } from './authors.ts'
import type { SignedIn } from './cursors.ts'

export interface Visitor {
  note: string
  owner: Owner
  signedIn: SignedIn
  address: string
  /** It asked for our own messages. */
  own: boolean
}

/** A person's account, as the notes need it. */
export interface Identity {
  id: string
  shownName: string
}

/** Which names and pages are ours. The front door knows more than the default. */
export interface OwnSite {
  /** A Host header: an IP address, localhost, or a name of this device. */
  allowsHost(host: string): boolean
  /** An Origin header of a page that may open notes here: of this device, or of another one of the room. */
  allowsOrigin(origin: string, host: string): boolean
}

/** An IP address cannot be rebound to somebody else's page. */
export const plainSite: OwnSite = {
  allowsHost(host) {
    const name = hostName(host)
    return name !== undefined && (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.local'))
  },
  allowsOrigin: (origin, host) => origin.toLowerCase() === `http://${host.toLowerCase()}`
}

/** Random, made by the page and kept in its browser: whoever brings it is the same person as before. */
const TOKEN = /^[A-Za-z0-9_-]{16,64}$/

/** Made by a device of the room for a page of a signed-in person: it stands for their session where its cookie does not go. */
const TICKET = /^[A-Za-z0-9_-]{16,1024}$/

/**
 * @param identify the person of a session; it wins over the token
 * @throws JoineryError
 */
export function checkVisitor(
  request: IncomingMessage,
  site: OwnSite,
  identify: (request: IncomingMessage, ticket: string | undefined) => Identity | undefined
): Visitor {
  const host = request.headers.host ?? ''
  if (!site.allowsHost(host)) throw new JoineryError('NOTES_FOREIGN_PAGE', 'asked for under a name that is not ours')
  const { origin } = request.headers
  // Every browser says from which page it comes. Other programs do not, and may come without the cookies that only a browser would send for another page.
  const foreign = origin === undefined ? request.headers.cookie !== undefined : !site.allowsOrigin(origin, host)
  if (foreign) throw new JoineryError('NOTES_FOREIGN_PAGE', 'asked for by a foreign page')
  const target = request.url ?? ''
  const [path = '', query = ''] = target.split('?', 2)
  if (!path.startsWith(NOTES_SYNC_PATH)) throw new JoineryError('NOT_FOUND', 'no such socket')
  // Never decoded: an id has no character that would need it.
  const note = path.slice(NOTES_SYNC_PATH.length)
  if (!isNoteId(note)) throw new JoineryError('NOTE_NAME_INVALID', 'not the address of a note')
  const parameters = new URLSearchParams(query)
  const token = parameters.get('token')
  if (token !== null && !TOKEN.test(token)) throw new JoineryError('NOTES_TOKEN_INVALID', 'not a token of ours')
  const address = request.socket.remoteAddress ?? ''
  const ticket = parameters.get('ticket') ?? undefined
  if (ticket !== undefined && !TICKET.test(ticket))
    throw new JoineryError('NOTES_TOKEN_INVALID', 'not a ticket of ours')
  const person = identify(request, ticket)
  const browser = token === null ? undefined : ownerOf(`token ${token}`)
  const own = parameters.get('own') === '1'
  if (!person) {
    return { note, owner: browser ?? ownerOf(`address ${address}`), signedIn: { account: null }, address, own }
  }
  const signedIn: SignedIn = { account: person.shownName, ...(browser === undefined ? {} : { also: browser }) }
  return { note, owner: ownerOf(`person ${person.id}`), signedIn, address, own }
}

function ownerOf(who: string): Owner {
  return Buffer.from(sha256(new TextEncoder().encode(who)).subarray(0, OWNER_BYTES)).toString('hex')
}

function hostName(host: string): string | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9_.-]{1,253}))(?::\d{1,5})?$/.exec(host)
  return (found?.[1] ?? found?.[2])?.toLowerCase()
}
