/** Which repository an address names, and who may push to it: the same over HTTP and over SSH. */
import type { Repository, RepositoryDirectory } from './git.ts'
import { isRepositoryName } from './git-names.ts'
import type { PeopleAccess, PersonId } from './people.ts'

export interface RepositoryAccess {
  people: Pick<PeopleAccess, 'named' | 'person'>
  directory: Pick<RepositoryDirectory, 'find'>
}

/** @param person the owner's name @param repository its name without `.git` */
export function findRepository(
  { people, directory }: RepositoryAccess,
  person: string,
  repository: string
): Repository | undefined {
  const owner = isRepositoryName(repository) ? people.named(person) : undefined
  return owner && directory.find(owner.id, repository)
}

/** Somebody who was removed while they were connected may nothing more. */
export function mayPush({ people }: RepositoryAccess, repository: Repository, person: PersonId): boolean {
  if (!people.person(person)) return false
  return repository.owner === person || repository.collaborators.includes(person)
}
