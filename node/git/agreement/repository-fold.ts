/** Which repositories there are, whose, and who may push. Names are worked out from the claims: the earlier one keeps the name. */
import type { CborValue } from '../../../protocols/cbor.ts'
import type { Repository, RepositoryId } from '../../../protocols/git.ts'
import {
  COLLABORATOR_KIND,
  decodeCollaboratorSet,
  decodeRepositoryMade,
  decodeRepositoryRemoved,
  REPOSITORIES_TOPIC,
  REPOSITORY_MADE_KIND,
  REPOSITORY_REMOVED_KIND
} from '../../../protocols/git-facts.ts'
import { MAX_REPOSITORY_NAME_CHARACTERS } from '../../../protocols/git-names.ts'
import { compareStamps, type Fold, type Stamp } from '../../../protocols/journal.ts'
import type { PersonId } from '../../../protocols/people.ts'
import { loadStamp, type SavedStamp, saveStamp } from '../../../protocols/stamps.ts'

export interface RepositoryFacts {
  made: Map<RepositoryId, { owner: PersonId; name: string; stamp: Stamp }>
  collaborators: Map<RepositoryId, Map<PersonId, { may: boolean; stamp: Stamp }>>
  /** Only grows: a repository that is gone does not come back, whatever the order. */
  removed: Set<RepositoryId>
}

export const repositoryFold: Fold<RepositoryFacts> = {
  name: 'repositories',
  version: 1,
  reads: (topic) => topic === REPOSITORIES_TOPIC,
  empty: () => ({ made: new Map(), collaborators: new Map(), removed: new Set() }),
  apply(state, entry) {
    const stamp: Stamp = { lamport: entry.lamport, writer: entry.writer, number: entry.number, index: entry.index }
    if (entry.kind === REPOSITORY_MADE_KIND) {
      const fact = decodeRepositoryMade(entry.body)
      if (!fact) return
      const known = state.made.get(fact.id)
      if (!known || compareStamps(stamp, known.stamp) < 0)
        state.made.set(fact.id, { owner: fact.owner, name: fact.name, stamp })
    } else if (entry.kind === COLLABORATOR_KIND) {
      const fact = decodeCollaboratorSet(entry.body)
      if (!fact) return
      const people = state.collaborators.get(fact.id) ?? new Map<PersonId, { may: boolean; stamp: Stamp }>()
      state.collaborators.set(fact.id, people)
      const known = people.get(fact.person)
      if (!known || compareStamps(known.stamp, stamp) < 0) people.set(fact.person, { may: fact.may, stamp })
    } else if (entry.kind === REPOSITORY_REMOVED_KIND) {
      const id = decodeRepositoryRemoved(entry.body)
      if (id !== undefined) state.removed.add(id)
    }
  },
  save: (state): CborValue => ({
    made: [...state.made].map(([id, { owner, name, stamp }]) => [id, owner, name, saveStamp(stamp)]),
    collaborators: [...state.collaborators].map(([id, people]) => [
      id,
      [...people].map(([person, { may, stamp }]) => [person, may, saveStamp(stamp)])
    ]),
    removed: [...state.removed].sort()
  }),
  load(saved) {
    const { made, collaborators, removed } = saved as {
      made: [RepositoryId, PersonId, string, SavedStamp][]
      collaborators: [RepositoryId, [PersonId, boolean, SavedStamp][]][]
      removed: RepositoryId[]
    }
    return {
      made: new Map(made.map(([id, owner, name, stamp]) => [id, { owner, name, stamp: loadStamp(stamp) }])),
      collaborators: new Map(
        collaborators.map(([id, people]) => [
          id,
          new Map(people.map(([person, may, stamp]) => [person, { may, stamp: loadStamp(stamp) }]))
        ])
      ),
      removed: new Set(removed)
    }
  }
}

/**
 * Of two repositories that one person made under one name on two sides of a split network, the later one gets a suffix. Whoever came first to
 * a name keeps it, also against such a suffix.
 */
export function listRepositories(facts: RepositoryFacts): Map<RepositoryId, Repository> {
  const here = [...facts.made].filter(([id]) => !facts.removed.has(id))
  const inOrder = here.sort(([, a], [, b]) => compareStamps(a.stamp, b.stamp))
  const taken = new Set<string>()
  const names = new Map<RepositoryId, string>()
  const take = (id: RepositoryId, owner: PersonId, name: string): boolean => {
    const address = `${owner}/${name.toLowerCase()}`
    if (taken.has(address)) return false
    taken.add(address)
    names.set(id, name)
    return true
  }
  const second = inOrder.filter(([id, { owner, name }]) => !take(id, owner, name))
  for (const [id, { owner, name }] of second)
    for (let number = 2; !take(id, owner, withSuffix(name, number)); ) number++
  return new Map(
    inOrder.map(([id, { owner, name }]) => {
      const people = facts.collaborators.get(id) ?? new Map<PersonId, { may: boolean }>()
      const collaborators = [...people].flatMap(([person, { may }]) => (may ? [person] : [])).sort()
      return [id, { id, owner, name: names.get(id) ?? name, collaborators }]
    })
  )
}

function withSuffix(name: string, number: number): string {
  const suffix = `-${number}`
  return name.slice(0, MAX_REPOSITORY_NAME_CHARACTERS - suffix.length) + suffix
}
