import { compareStamps } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { PersonId } from '../../protocols/people.ts'
import type { PersonFacts } from './people-fold.ts'
import type { KnownPerson } from './people-view.ts'

/** Somebody whose code was made by whoever holds the card of this device. */
export interface RecoveredCode {
  person: KnownPerson
  node: NodeId
}

/** As long as that code counts: signing in with it says nothing about who did, and it stands on the card. */
export function findRecovered(
  people: readonly KnownPerson[],
  factsOf: (id: PersonId) => PersonFacts | undefined
): RecoveredCode[] {
  return people.flatMap((person) => {
    const { code, recovered } = factsOf(person.id) ?? {}
    const stands = recovered && !(code && compareStamps(recovered.stamp, code.stamp) < 0)
    return stands ? [{ person, node: recovered.node }] : []
  })
}
