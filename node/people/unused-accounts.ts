import type { PersonId } from '../../protocols/people.ts'
import type { PersonFacts } from './people-fold.ts'
import type { KnownPerson } from './people-view.ts'

/** Learners without a key and with the name that they began with, by how often a browser signed in with the account. */
export interface UnusedAccounts {
  /** Never: made for somebody, such as a card that was not handed out. */
  cards: KnownPerson[]
  /** Once: signed up, and never came back. */
  once: KnownPerson[]
  again: KnownPerson[]
}

export function findUnused(
  people: readonly KnownPerson[],
  factsOf: (id: PersonId) => PersonFacts | undefined
): UnusedAccounts {
  const found: UnusedAccounts = { cards: [], once: [], again: [] }
  for (const person of people) {
    const known = factsOf(person.id)
    // Who chose another name, or added a key, did something with it.
    if (!known || person.role !== 'learner' || known.claims.size > 1 || known.keys.size > 0) continue
    const { size } = known.sessions
    found[size === 0 ? 'cards' : size === 1 ? 'once' : 'again'].push(person)
  }
  return found
}
