/**
 * What devices agree on about repositories.
 *
 * ```ts
 * const agreement = await GitAgreement.open({ journal, links, clock, random, repositories, members, onProblem })
 * const local = new LocalService({ git, disk, clock, repositories, recorder: agreement })
 * agreement.start(local)
 * agreement.directory.find(person.id, 'recipes')
 * await agreement.answer(repository.id, request, signal)
 * ```
 */
import {
  COLLABORATOR_KIND,
  GIT_FACT_VERSION,
  HOME_CLAIMED_KIND,
  REFS_CHANGED_KIND,
  REPOSITORY_MADE_KIND,
  REPOSITORY_REMOVED_KIND
} from '../../../protocols/git-facts.ts'

export { type AgreementComponents, GitAgreement } from './agreement.ts'

/** Kinds of entries that the git host writes, with the highest version that is understood. */
export const understoodGitKinds: ReadonlyMap<string, number> = new Map(
  [REPOSITORY_MADE_KIND, COLLABORATOR_KIND, REPOSITORY_REMOVED_KIND, REFS_CHANGED_KIND, HOME_CLAIMED_KIND].map(
    (kind) => [kind, GIT_FACT_VERSION]
  )
)

/** A push is reported when another device has it: its entry must not wait there for others. */
export const waitedForGitKinds: ReadonlySet<string> = new Set([REFS_CHANGED_KIND, HOME_CLAIMED_KIND])
