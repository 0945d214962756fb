/**
 * Who there is, worked out from the facts alone: two nodes that have the same facts show the same people, whatever the order they came in.
 * A name belongs to whoever claimed it first and stays with them; who claimed it later (on the other side of a split network) has it with a
 * number that follows from their own id, so that nobody's address depends on who else there is.
 */
import { compareStamps, type Stamp } from '../../protocols/journal.ts'
import type { AccessKeyUse, AccessScope, Person, PersonId, PersonRole } from '../../protocols/people.ts'
import { isReservedName, MAX_PERSON_NAME_CHARACTERS } from '../../protocols/person-name.ts'
import { MAX_ACCESS_KEYS_PER_PERSON } from './limits.ts'
import type { KnownAccessKey, PeopleFacts, PersonFacts } from './people-fold.ts'

export interface KnownPerson extends Person {
  /** The name they asked for was somebody else's already: they are asked to choose another one. */
  readonly mustChoose: boolean
}

export interface PeopleView {
  readonly people: ReadonlyMap<PersonId, KnownPerson>
  /** Names as they are, and names that people had before. */
  readonly names: ReadonlyMap<string, PersonId>
  /** Sessions that count, by the hash of their token in hex. */
  readonly sessions: ReadonlyMap<string, PersonId>
  /** SSH keys and tokens that count, by their hash in hex. */
  readonly keys: ReadonlyMap<string, OwnedAccessKey>
}

/** An SSH key or a token, and whose it is. */
export interface OwnedAccessKey {
  /** Of the key, in hexadecimal. */
  readonly hash: string
  readonly person: PersonId
  readonly use: AccessKeyUse
  readonly label: string
  readonly scopes: readonly AccessScope[]
}

const RANKS: Readonly<Record<PersonRole, number>> = { learner: 1, helper: 2, facilitator: 3 }

export function workOutPeople({ people: facts, removed }: PeopleFacts): PeopleView {
  const owners = new Map<string, { person: PersonId; stamp: Stamp }>()
  for (const [person, { claims }] of facts) {
    if (removed.has(person)) continue
    for (const [name, stamp] of claims) {
      const known = owners.get(name)
      if (!isReservedName(name) && (!known || compareStamps(stamp, known.stamp) < 0))
        owners.set(name, { person, stamp })
    }
  }
  const names = new Map([...owners].map(([name, { person }]) => [name, person]))
  const people = new Map<PersonId, KnownPerson>()
  const sessions = new Map<string, PersonId>()
  const keys = new Map<string, OwnedAccessKey & { stamp: Stamp }>()
  const byClaim = [...facts].filter(([person, { current }]) => current && !removed.has(person)).sort(byCurrent)
  for (const [id, known] of byClaim) {
    const { current } = known
    if (!current) continue
    const { shownName } = current
    const role = roleOf(known)
    const mine = owners.get(current.name)?.person === id
    const name = mine ? current.name : numberedName(current.name, id, (taken) => names.has(taken))
    names.set(name, id)
    people.set(id, { id, name, shownName, role, mustChoose: !mine })
    for (const session of known.sessions.keys()) if (!known.ended.has(session)) sessions.set(session, id)
    for (const [hash, key] of countingKeys(known)) {
      // Of two people who claim one key the earlier has it: nobody signs in as somebody else with a key that is known to both.
      const other = keys.get(hash)
      if (!other || compareStamps(key.stamp, other.stamp) < 0) keys.set(hash, { hash, person: id, ...key })
    }
  }
  return { people, names, sessions, keys }
}

/** The newest of those that were not ended. */
function countingKeys({ keys, endedKeys }: PersonFacts): [string, KnownAccessKey][] {
  return [...keys]
    .filter(([hash]) => !endedKeys.has(hash))
    .sort(([, a], [, b]) => compareStamps(b.stamp, a.stamp))
    .slice(0, MAX_ACCESS_KEYS_PER_PERSON)
}

function byCurrent([idA, a]: [PersonId, PersonFacts], [idB, b]: [PersonId, PersonFacts]): number {
  if (a.current && b.current) return compareStamps(a.current.stamp, b.current.stamp)
  return idA < idB ? -1 : 1
}

function roleOf({ roles, takenRoles }: PersonFacts): PersonRole {
  let best: PersonRole = 'learner'
  for (const [grant, role] of roles) if (!takenRoles.has(grant) && RANKS[role] > RANKS[best]) best = role
  return best
}

/** `ana-417`; the digits come from the id. Longer ones where even that is taken. */
function numberedName(name: string, id: PersonId, isTaken: (name: string) => boolean): string {
  for (let at = 0; at + 8 <= id.length; at += 4) {
    const numbered = withEnding(name, String(100 + (Number.parseInt(id.slice(at, at + 8), 16) % 900)))
    if (!isTaken(numbered)) return numbered
  }
  return withEnding(name, id.slice(0, 16))
}

function withEnding(name: string, ending: string): string {
  return `${name.slice(0, MAX_PERSON_NAME_CHARACTERS - ending.length - 1).replace(/-$/, '')}-${ending}`
}

/** A free name near the one that is taken, to offer. */
export function freeNameNear(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 2; ; number++) {
    const offered = withEnding(name, String(number))
    if (!isTaken(offered) && !isReservedName(offered)) return offered
  }
}
