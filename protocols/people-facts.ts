/**
 * What the journal holds about people. All about one person stands in a topic of their own, so that it can be erased with them; that they are
 * gone stands in topic `people`. Bodies are CBOR maps; one that does not have this shape is ignored by the fold.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import { isBytes, isWhole } from './certificate.ts'
import type { Audience, NewEntry } from './journal.ts'
import { ACCESS_SCOPES, type AccessKeyUse, type AccessScope, type PersonId, type PersonRole } from './people.ts'
import { cleanShownName, isPersonName } from './person-name.ts'

export const PEOPLE_TOPIC = 'people'
const PERSON_TOPIC_PREFIX = 'person/'
export const PEOPLE_FACT_VERSION = 1

export const SESSION_HASH_BYTES = 32
export const GRANT_BYTES = 8
/** Of an SSH key, as `ssh-keygen -l` counts it, or of a token. */
export const ACCESS_KEY_HASH_BYTES = 32
export const MAX_ACCESS_KEY_LABEL_CHARACTERS = 60
export const CODE_SALT_BYTES = 16
export const CODE_HASH_BYTES = 32
/** Sessions or grants that one entry can end: more than a person can have. */
export const MAX_ENDED = 64

/**
 * Parameters of scrypt, stored with each hash so that they can grow. The upper bounds keep a hostile entry from costing more than 128 MiB
 * and some seconds: memory is 128 · blockSize · cost bytes.
 */
export interface ScryptParameters {
  cost: number
  blockSize: number
  parallel: number
}

const MAX_SCRYPT = { cost: 2 ** 17, blockSize: 8, parallel: 4 } as const

/** Claims a name. Of two people who claim one name the earlier entry keeps it; a person's newest claim is their name. */
interface NamedFact {
  kind: 'person-named'
  name: string
  shownName: string
}

/** The code that signs a person in, as a hash; the newest counts. */
export interface CodeFact {
  kind: 'person-code'
  salt: Uint8Array
  hash: Uint8Array
  parameters: ScryptParameters
}

/**
 * The code that stands with it was made by whoever holds the card of a device, and not by somebody who was signed in. Which device that was is
 * the entry's node, which signed it.
 */
interface RecoveredFact {
  kind: 'person-recovered'
}

interface SessionFact {
  kind: 'person-session'
  /** sha256 of the token in the cookie. */
  session: Uint8Array
}

/** Ended sessions stay ended, whatever else is said of them. */
interface SessionsEndedFact {
  kind: 'person-sessions-ended'
  sessions: Uint8Array[]
}

/** What programs sign in with instead of a name and a code: a public key for SSH, or a random token. Only its hash is known. */
export interface AccessKeyFact {
  kind: 'person-key'
  hash: Uint8Array
  use: AccessKeyUse
  label: string
  /** What it may be used for; of an SSH key always `push`. */
  scopes: AccessScope[]
}

/** Ended keys stay ended, whatever else is said of them. */
interface KeysEndedFact {
  kind: 'person-keys-ended'
  hashes: Uint8Array[]
}

/** A right beyond a learner's, with a number of its own so that exactly this one can be taken back. */
interface RoleFact {
  kind: 'person-role'
  grant: Uint8Array
  role: Exclude<PersonRole, 'learner'>
}

interface RolesTakenFact {
  kind: 'person-roles-taken'
  grants: Uint8Array[]
}

/** The account is gone, for good. */
interface RemovedFact {
  kind: 'person-removed'
}

export type PersonFact =
  | NamedFact
  | CodeFact
  | RecoveredFact
  | SessionFact
  | SessionsEndedFact
  | AccessKeyFact
  | KeysEndedFact
  | RoleFact
  | RolesTakenFact
  | RemovedFact

export type PersonFactKind = PersonFact['kind']

export const PERSON_FACT_KINDS: readonly PersonFactKind[] = [
  'person-named',
  'person-code',
  'person-recovered',
  'person-session',
  'person-sessions-ended',
  'person-key',
  'person-keys-ended',
  'person-role',
  'person-roles-taken',
  'person-removed'
]

/** A device that does not know these would go on trusting somebody who lost a right: it stops deciding instead. */
const CRITICAL: ReadonlySet<PersonFactKind> = new Set([
  'person-code',
  'person-sessions-ended',
  'person-keys-ended',
  'person-roles-taken',
  'person-removed'
])

/** Only members may read what could be guessed against. */
const AUDIENCES: Readonly<Record<PersonFactKind, Audience>> = {
  'person-named': 'room',
  'person-code': 'nodes',
  'person-recovered': 'nodes',
  'person-session': 'nodes',
  'person-sessions-ended': 'nodes',
  'person-key': 'nodes',
  'person-keys-ended': 'nodes',
  'person-role': 'room',
  'person-roles-taken': 'room',
  'person-removed': 'room'
}

const PERSON_ID = /^[0-9a-f]{32}$/

export function isPersonId(text: unknown): text is PersonId {
  return typeof text === 'string' && PERSON_ID.test(text)
}

export function personTopic(person: PersonId): string {
  return PERSON_TOPIC_PREFIX + person
}

/** @returns undefined for every other topic */
export function personOfTopic(topic: string): PersonId | undefined {
  if (!topic.startsWith(PERSON_TOPIC_PREFIX)) return undefined
  const id = topic.slice(PERSON_TOPIC_PREFIX.length)
  return isPersonId(id) ? id : undefined
}

export function personEntry(person: PersonId, fact: PersonFact): NewEntry {
  const { kind } = fact
  return {
    topic: kind === 'person-removed' ? PEOPLE_TOPIC : personTopic(person),
    kind,
    version: PEOPLE_FACT_VERSION,
    critical: CRITICAL.has(kind),
    audience: AUDIENCES[kind],
    body: kind === 'person-removed' ? { person } : encodePersonFact(fact)
  }
}

export function encodePersonFact(fact: Exclude<PersonFact, RemovedFact>): CborValue {
  switch (fact.kind) {
    case 'person-named':
      return { name: fact.name, shown: fact.shownName }
    case 'person-code': {
      const { cost, blockSize, parallel } = fact.parameters
      return { salt: fact.salt, hash: fact.hash, scrypt: [cost, blockSize, parallel] }
    }
    case 'person-recovered':
      return {}
    case 'person-session':
      return { session: fact.session }
    case 'person-sessions-ended':
      return { sessions: [...fact.sessions] }
    case 'person-key':
      return { hash: fact.hash, use: fact.use, label: fact.label, scopes: [...fact.scopes] }
    case 'person-keys-ended':
      return { hashes: [...fact.hashes] }
    case 'person-role':
      return { grant: fact.grant, role: fact.role }
    case 'person-roles-taken':
      return { grants: [...fact.grants] }
  }
}

/** @returns undefined for what says nothing we understand */
export function decodePersonFact(
  topic: string,
  kind: string,
  body: CborValue | undefined
): { person: PersonId; fact: PersonFact } | undefined {
  if (!isCborMap(body)) return undefined
  if (topic === PEOPLE_TOPIC) {
    if (kind !== 'person-removed' || !isPersonId(body.person)) return undefined
    return { person: body.person, fact: { kind } }
  }
  const person = personOfTopic(topic)
  const fact = person === undefined ? undefined : decodeFact(kind, body)
  return person !== undefined && fact ? { person, fact } : undefined
}

function decodeFact(kind: string, body: { [key: string]: CborValue }): PersonFact | undefined {
  switch (kind) {
    case 'person-named': {
      const { name, shown } = body
      if (typeof name !== 'string' || !isPersonName(name) || typeof shown !== 'string') return undefined
      const shownName = cleanShownName(shown)
      return shownName === undefined ? undefined : { kind, name, shownName }
    }
    case 'person-code': {
      const parameters = decodeParameters(body.scrypt)
      if (!parameters || !isBytes(body.salt, CODE_SALT_BYTES) || !isBytes(body.hash, CODE_HASH_BYTES)) return undefined
      return { kind, salt: body.salt, hash: body.hash, parameters }
    }
    case 'person-recovered':
      return Object.keys(body).length === 0 ? { kind } : undefined
    case 'person-session':
      return isBytes(body.session, SESSION_HASH_BYTES) ? { kind, session: body.session } : undefined
    case 'person-sessions-ended': {
      const sessions = decodeList(body.sessions, SESSION_HASH_BYTES)
      return sessions && { kind, sessions }
    }
    case 'person-key': {
      const { hash, use, label, scopes } = body
      if (!isBytes(hash, ACCESS_KEY_HASH_BYTES) || (use !== 'ssh' && use !== 'token')) return undefined
      if (typeof label !== 'string' || cleanKeyLabel(label) !== label || !areScopes(scopes)) return undefined
      return { kind, hash, use, label, scopes }
    }
    case 'person-keys-ended': {
      const hashes = decodeList(body.hashes, ACCESS_KEY_HASH_BYTES)
      return hashes && { kind, hashes }
    }
    case 'person-role': {
      const { grant, role } = body
      if (!isBytes(grant, GRANT_BYTES) || (role !== 'helper' && role !== 'facilitator')) return undefined
      return { kind, grant, role }
    }
    case 'person-roles-taken': {
      const grants = decodeList(body.grants, GRANT_BYTES)
      return grants && { kind, grants }
    }
  }
  return undefined
}

function areScopes(value: CborValue | undefined): value is AccessScope[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > ACCESS_SCOPES.length) return false
  return value.every((one, at) => ACCESS_SCOPES.some((scope) => scope === one) && value.indexOf(one) === at)
}

/** One line without control or direction characters; never empty. */
export function cleanKeyLabel(text: string): string | undefined {
  const line = Array.from(
    text
      .normalize('NFC')
      .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim()
  )
  return line.slice(0, MAX_ACCESS_KEY_LABEL_CHARACTERS).join('').trim() || undefined
}

function decodeParameters(value: CborValue | undefined): ScryptParameters | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [cost, blockSize, parallel] = value
  if (!isWhole(cost, 2, MAX_SCRYPT.cost) || !isWhole(blockSize, 1, MAX_SCRYPT.blockSize)) return undefined
  if (!isWhole(parallel, 1, MAX_SCRYPT.parallel) || (cost & (cost - 1)) !== 0) return undefined
  return { cost, blockSize, parallel }
}

function decodeList(value: CborValue | undefined, bytes: number): Uint8Array[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ENDED) return undefined
  return value.every((one) => isBytes(one, bytes)) ? (value as Uint8Array[]) : undefined
}
