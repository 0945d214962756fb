/**
 * Which facts of a room are registers: one value, and of several the one with the highest stamp counts. When a node has written one again, its older
 * value is of no use to anybody and shrinks to its hash (node/journal/covers.ts). Nodes must agree on this list, as on a wire format.
 *
 * Not here, because an older one still says something: claims of a person's name (the earliest keeps it), sessions and roles (their ends only
 * grow), heads of collections (a late one must not look open, and the history names them), the ref log of a repository (what a push replaced must
 * not come back) and who is its home (the epoch decides, not the stamp), and everything about membership.
 */
import type { CborValue } from './cbor.ts'
import { CLOUD_TOPIC, decodeCloudFact } from './cloud-facts.ts'
import { COLLECTIONS_TOPIC, readPolicy } from './collection-facts.ts'
import { COLLABORATOR_KIND, decodeCollaboratorSet, REPOSITORIES_TOPIC } from './git-facts.ts'
import type { Registers } from './journal.ts'
import { decodeNoteNamed, NOTE_NAMED_KIND, NOTES_TOPIC } from './note-facts.ts'
import { decodePersonFact, personOfTopic } from './people-facts.ts'
import { decodeRoomFact, ROOM_TOPIC } from './room-facts.ts'
import { decodeSignUp, SIGN_UP_KIND, SIGN_UP_TOPIC } from './sign-up-facts.ts'
import { decodeToldWants, WANTS_KIND, WANTS_TOPIC } from './want-facts.ts'
import { decodeWantFetch, decodeWantSetting, WANT_FETCH_KIND, WANT_SETTING_KIND } from './want-fetching.ts'
import { decodeWifi, WIFI_KIND, WIFI_TOPIC } from './wifi-facts.ts'

/** @returns the register among those of its topic; undefined for a body that says nothing */
type Naming = (body: CborValue, topic: string) => string | undefined

const inRoom: Record<string, Naming> = {
  'node-setting': (body) => {
    const fact = decodeRoomFact('node-setting', body)
    return fact?.kind === 'node-setting' ? `${fact.setting} ${fact.node}` : undefined
  },
  'room-named': (body) => (decodeRoomFact('room-named', body) ? 'room' : undefined)
}

const ofCollections: Record<string, Naming> = {
  policy: (body) => {
    const fact = readPolicy({ kind: 'policy', version: 1, body })
    return fact && `${fact.collection} ${fact.prefix}`
  }
}

const ofNotes: Record<string, Naming> = { [NOTE_NAMED_KIND]: (body) => decodeNoteNamed(body)?.id }

const ofRepositories: Record<string, Naming> = {
  [COLLABORATOR_KIND]: (body) => {
    const fact = decodeCollaboratorSet(body)
    return fact && `${fact.id} ${fact.person}`
  }
}

/** Linked or not is one register. */
const ofClouds: Record<string, Naming> = {
  'cloud-linked': (body) => decodeCloudFact('cloud-linked', body)?.node,
  'cloud-unlinked': (body) => decodeCloudFact('cloud-unlinked', body)?.node
}

const ofPerson: Record<string, Naming> = {
  'person-code': (body, topic) => (decodePersonFact(topic, 'person-code', body) ? 'code' : undefined)
}

const ofWants: Record<string, Naming> = {
  [WANTS_KIND]: (body) => decodeToldWants(body)?.node,
  [WANT_FETCH_KIND]: (body) => {
    const told = decodeWantFetch(body)
    return told && `fetch ${told.node}`
  },
  [WANT_SETTING_KIND]: (body) => (decodeWantSetting(body) ? 'setting' : undefined)
}

/** A password that was changed is not kept for ever. */
const ofWifi: Record<string, Naming> = { [WIFI_KIND]: (body) => (decodeWifi(body) ? 'wifi' : undefined) }

const ofSignUp: Record<string, Naming> = {
  [SIGN_UP_KIND]: (body) => (decodeSignUp(body) === undefined ? undefined : 'sign-up')
}

const BY_TOPIC: ReadonlyMap<string, Record<string, Naming>> = new Map([
  [ROOM_TOPIC, inRoom],
  [COLLECTIONS_TOPIC, ofCollections],
  [NOTES_TOPIC, ofNotes],
  [REPOSITORIES_TOPIC, ofRepositories],
  [CLOUD_TOPIC, ofClouds],
  [WANTS_TOPIC, ofWants],
  [WIFI_TOPIC, ofWifi],
  [SIGN_UP_TOPIC, ofSignUp]
])

function namingsOf(topic: string): Record<string, Naming> | undefined {
  return BY_TOPIC.get(topic) ?? (personOfTopic(topic) === undefined ? undefined : ofPerson)
}

function namingOf(topic: string, kind: string): Naming | undefined {
  const namings = namingsOf(topic)
  return namings && Object.hasOwn(namings, kind) ? namings[kind] : undefined
}

export const ROOM_REGISTERS: Registers = {
  reads: (topic) => namingsOf(topic) !== undefined,
  covers: (topic, kind) => namingOf(topic, kind) !== undefined,
  registerOf: (topic, kind, body) => namingOf(topic, kind)?.(body, topic)
}
