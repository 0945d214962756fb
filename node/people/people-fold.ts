/** The fold of what is said about people. It collects; what that amounts to is worked out by `people-view.ts`. */

import type { CborValue } from '../../protocols/cbor.ts'
import { hex } from '../../protocols/certificate.ts'
import { compareStamps, type Fold, type Stamp } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { PersonId, PersonRole } from '../../protocols/people.ts'
import {
  type AccessKeyFact,
  type CodeFact,
  decodePersonFact,
  encodePersonFact,
  PEOPLE_TOPIC,
  personOfTopic,
  personTopic
} from '../../protocols/people-facts.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../protocols/stamps.ts'
import {
  MAX_GRANTS_PER_PERSON,
  MAX_NAMES_PER_PERSON,
  MAX_REMEMBERED_ENDS,
  MAX_REMEMBERED_KEY_ENDS,
  MAX_SESSIONS_PER_PERSON
} from './limits.ts'

export type KnownAccessKey = Pick<AccessKeyFact, 'use' | 'label' | 'scopes'> & { stamp: Stamp }

export interface PersonFacts {
  /** The first claim of each name they ever had; of too many the earliest. */
  claims: Map<string, Stamp>
  /** The newest claim. */
  current?: { name: string; shownName: string; stamp: Stamp }
  code?: CodeFact & { stamp: Stamp }
  /** When a code was last made from the card of a device, and of which. */
  recovered?: { node: NodeId; stamp: Stamp }
  /** By the hash of the token in hex; the newest, whether ended or not. */
  sessions: Map<string, Stamp>
  ended: Set<string>
  /** SSH keys and tokens by hash in hex, whether ended or not; the newest. */
  keys: Map<string, KnownAccessKey>
  endedKeys: Set<string>
  roles: Map<string, PersonRole>
  takenRoles: Set<string>
}

export interface PeopleFacts {
  people: Map<PersonId, PersonFacts>
  removed: Set<PersonId>
}

export const peopleFold: Fold<PeopleFacts> = {
  name: 'people',
  version: 3,
  reads: (topic) => topic === PEOPLE_TOPIC || personOfTopic(topic) !== undefined,
  empty: () => ({ people: new Map(), removed: new Set() }),
  apply(state, entry) {
    const found = decodePersonFact(entry.topic, entry.kind, entry.body)
    if (!found) return
    const { person, fact } = found
    if (fact.kind === 'person-removed') {
      state.removed.add(person)
      // What is known of them is forgotten here too.
      state.people.delete(person)
      return
    }
    if (state.removed.has(person)) return
    const known = state.people.get(person) ?? emptyPerson()
    state.people.set(person, known)
    const stamp = stampOf(entry)
    switch (fact.kind) {
      case 'person-named':
        keepFirst(known.claims, fact.name, stamp, MAX_NAMES_PER_PERSON)
        if (!known.current || compareStamps(known.current.stamp, stamp) < 0)
          known.current = { name: fact.name, shownName: fact.shownName, stamp }
        break
      case 'person-code':
        if (!known.code || compareStamps(known.code.stamp, stamp) < 0) known.code = { ...fact, stamp }
        break
      case 'person-recovered':
        if (!known.recovered || compareStamps(known.recovered.stamp, stamp) < 0)
          known.recovered = { node: entry.node, stamp }
        break
      case 'person-session':
        keepNewest(known.sessions, hex(fact.session), stamp, MAX_SESSIONS_PER_PERSON)
        break
      case 'person-sessions-ended':
        for (const session of fact.sessions) addBounded(known.ended, hex(session), MAX_REMEMBERED_ENDS)
        break
      case 'person-key':
        keepKey(known, fact, stamp)
        break
      case 'person-keys-ended':
        for (const hash of fact.hashes) addBounded(known.endedKeys, hex(hash), MAX_REMEMBERED_KEY_ENDS)
        break
      case 'person-role':
        if (known.roles.size < MAX_GRANTS_PER_PERSON) known.roles.set(hex(fact.grant), fact.role)
        break
      case 'person-roles-taken':
        for (const grant of fact.grants) known.takenRoles.add(hex(grant))
        break
    }
  },
  save: (state): CborValue => ({
    removed: [...state.removed].sort(),
    people: [...state.people].map(([person, facts]) => [person, saveFacts(facts)])
  }),
  load(saved) {
    const { removed, people } = saved as { removed: PersonId[]; people: [PersonId, SavedFacts][] }
    return {
      removed: new Set(removed),
      people: new Map(people.map(([person, facts]) => [person, loadFacts(person, facts)]))
    }
  }
}

function emptyPerson(): PersonFacts {
  return {
    claims: new Map(),
    sessions: new Map(),
    ended: new Set(),
    keys: new Map(),
    endedKeys: new Set(),
    roles: new Map(),
    takenRoles: new Set()
  }
}

/** The newest entry of a key counts, and of all keys the newest: the same whatever order they come in. */
function keepKey(known: PersonFacts, { hash, use, label, scopes }: AccessKeyFact, stamp: Stamp): void {
  const name = hex(hash)
  const before = known.keys.get(name)
  if (before && compareStamps(before.stamp, stamp) >= 0) return
  known.keys.set(name, { use, label, scopes, stamp })
  if (known.keys.size <= MAX_REMEMBERED_KEY_ENDS) return
  const [oldest] = [...known.keys].sort(([, a], [, b]) => compareStamps(a.stamp, b.stamp))
  if (oldest) known.keys.delete(oldest[0])
}

function keepFirst(claims: Map<string, Stamp>, name: string, stamp: Stamp, most: number): void {
  const known = claims.get(name)
  if (!known || compareStamps(stamp, known) < 0) claims.set(name, stamp)
  dropBeyond(claims, most, (a, b) => compareStamps(a, b))
}

function keepNewest(sessions: Map<string, Stamp>, session: string, stamp: Stamp, most: number): void {
  const known = sessions.get(session)
  if (!known || compareStamps(stamp, known) > 0) sessions.set(session, stamp)
  dropBeyond(sessions, most, (a, b) => compareStamps(b, a))
}

/** What is dropped could never come back: only what stands before it in the order counts, and that only grows. */
function dropBeyond(kept: Map<string, Stamp>, most: number, order: (a: Stamp, b: Stamp) => number): void {
  if (kept.size <= most) return
  const last = [...kept].sort(([, a], [, b]) => order(a, b)).at(-1)
  if (last) kept.delete(last[0])
}

function addBounded(set: Set<string>, value: string, most: number): void {
  if (set.has(value)) return
  set.add(value)
  if (set.size <= most) return
  const [oldest] = set
  if (oldest !== undefined) set.delete(oldest)
}

interface SavedFacts {
  [key: string]: CborValue
  claims: [string, SavedStamp][]
  current: [name: string, shownName: string, stamp: SavedStamp] | []
  code: [body: CborValue, stamp: SavedStamp] | []
  recovered: [node: NodeId, stamp: SavedStamp] | []
  sessions: [string, SavedStamp][]
  ended: string[]
  keys: [hash: string, body: CborValue, stamp: SavedStamp][]
  endedKeys: string[]
  roles: [string, string][]
  takenRoles: string[]
}

function saveFacts({
  claims,
  current,
  code,
  recovered,
  sessions,
  ended,
  keys,
  endedKeys,
  roles,
  takenRoles
}: PersonFacts): SavedFacts {
  return {
    claims: [...claims].map(([name, stamp]) => [name, saveStamp(stamp)]),
    current: current ? [current.name, current.shownName, saveStamp(current.stamp)] : [],
    code: code ? [encodePersonFact(code), saveStamp(code.stamp)] : [],
    recovered: recovered ? [recovered.node, saveStamp(recovered.stamp)] : [],
    sessions: [...sessions].map(([session, stamp]) => [session, saveStamp(stamp)]),
    ended: [...ended],
    keys: [...keys].map(([hash, { use, label, scopes, stamp }]) => [hash, { use, label, scopes }, saveStamp(stamp)]),
    endedKeys: [...endedKeys],
    roles: [...roles],
    takenRoles: [...takenRoles]
  }
}

function loadFacts(person: PersonId, saved: SavedFacts): PersonFacts {
  const [body, codeStamp] = saved.code
  const decoded = body === undefined ? undefined : decodePersonFact(personTopic(person), 'person-code', body)
  const [name, shownName, stamp] = saved.current
  const [node, recoveredStamp] = saved.recovered
  return {
    claims: new Map(saved.claims.map(([claim, at]) => [claim, loadStamp(at)])),
    ...(name !== undefined &&
      shownName !== undefined &&
      stamp && { current: { name, shownName, stamp: loadStamp(stamp) } }),
    ...(decoded?.fact.kind === 'person-code' &&
      codeStamp && { code: { ...decoded.fact, stamp: loadStamp(codeStamp) } }),
    ...(node !== undefined && recoveredStamp && { recovered: { node, stamp: loadStamp(recoveredStamp) } }),
    sessions: new Map(saved.sessions.map(([session, at]) => [session, loadStamp(at)])),
    ended: new Set(saved.ended),
    keys: new Map(
      saved.keys.map(([hash, body, at]) => [hash, { ...(body as Omit<KnownAccessKey, 'stamp'>), stamp: loadStamp(at) }])
    ),
    endedKeys: new Set(saved.endedKeys),
    roles: new Map(saved.roles as [string, PersonRole][]),
    takenRoles: new Set(saved.takenRoles)
  }
}
