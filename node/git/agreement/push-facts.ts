/** What the ref log says about a push: which tips it replaces, takes in, brings or drops. The log alone tells every device what to show then. */
import type { ObjectId, RefChange, RefName, RepositoryId } from '../../../protocols/git.ts'
import {
  type Covered,
  MAX_BROUGHT_PER_ENTRY,
  MAX_COVERED_PER_ENTRY,
  type RefsChanged
} from '../../../protocols/git-facts.ts'
import type { LocalRepositories } from '../local-repositories.ts'
import { openTips, type RepositoryLog } from './ref-fold.ts'
import type { VisibleRef } from './visible-refs.ts'

export type PushFacts = Pick<RefsChanged, 'changes' | 'covers' | 'brings' | 'dropped'>

export interface PushSurroundings {
  repositories: Pick<LocalRepositories, 'isAncestor' | 'newCommits'>
  log: RepositoryLog | undefined
  visible: ReadonlyMap<RefName, VisibleRef>
}

/** @param changes as git has made them, of branches as they are shown */
export async function describePush(
  id: RepositoryId,
  changes: readonly RefChange[],
  { repositories, log, visible }: PushSurroundings
): Promise<PushFacts> {
  const covers: Covered[] = []
  const brings: Covered[] = []
  const dropped = new Set<ObjectId>()
  const settled: RefChange[] = []
  const shown = [...new Set([...visible.values()].map(({ object }) => object))]
  for (const change of changes) {
    const { ref, old, new: now } = change
    if (old !== undefined && (now === undefined || !(await repositories.isAncestor(id, old, now)))) dropped.add(old)
    // A name that stands for a tip of another branch becomes a branch of its own. Unless it stands for another tip since git looked.
    const stands = visible.get(ref)
    const isOther = stands !== undefined && stands.branch !== ref && stands.object === old
    if (isOther) covers.push({ ref: stands.branch, object: stands.object })
    settled.push(isOther ? { ...change, old: undefined } : change)
    if (now === undefined) continue
    const branch = log?.branches.get(ref)
    for (const { object } of branch ? openTips(branch) : []) {
      if (object === old || object === now || covers.length >= MAX_COVERED_PER_ENTRY) continue
      if (await repositories.isAncestor(id, object, now)) covers.push({ ref, object })
    }
    const room = MAX_BROUGHT_PER_ENTRY - brings.length
    if (room === 0) continue
    const known = old === undefined || isOther ? shown : [old]
    for (const object of await repositories.newCommits(id, now, known, room)) brings.push({ ref, object })
  }
  return { changes: settled, covers, brings, dropped: [...dropped] }
}
