/**
 * Refs out of sight (`refs/mesh/kept/<object>`) that need not be there any more. Every fetch from a device makes one, so that without this a busy repository
 * would gather one for each push that it ever had. Two kinds go, and nothing that people can see or ask for:
 *
 * - what a branch or a tag of today contains: it stays without a ref of its own, and gets one again in the moment in which a branch moves away from it;
 * - what the ref log knows to be overwritten or deleted longer ago than the newest so many (`MAX_KEPT_OBJECTS` of the directory).
 *
 * What the ref log never named (a push that a power cut broke off) stays.
 */
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import type { DiskRepositories } from './local-repositories.ts'

export const KEPT = 'refs/mesh/kept'
/** Commits out of sight that are listed to see which are contained; a repository with more is left as it is. */
const MAX_LISTED_BYTES = 16 * 1024 * 1024
/** Of one transaction: a line of 70 bytes each. */
const REMOVED_AT_ONCE = 1_000

/**
 * For whoever holds the lock, while nobody brings anything.
 *
 * @param isSpent whether the ref log says that an object may go which nothing visible contains
 * @returns whether objects lost their last name
 */
export async function pruneKeptRefs(
  repositories: DiskRepositories,
  id: RepositoryId,
  isSpent: (object: ObjectId) => boolean
): Promise<boolean> {
  const kept = await listKept(repositories, id)
  if (kept.size === 0) return false
  const words = ['rev-list', `--glob=${KEPT}/*`, '--not', '--branches', '--tags']
  const { bytes, cut } = await repositories.runCut(id, words, MAX_LISTED_BYTES)
  if (cut) return false
  const outside = new Set(bytes.toString('latin1').split('\n'))
  const visible = new Set([...(await repositories.knownRefs(id)).values()].map(({ object }) => object))
  const spent = new Set<ObjectId>()
  const gone: ObjectId[] = []
  for (const [object, type] of kept) {
    // A tag object is contained in nothing but its own tag.
    const isContained = visible.has(object) || (type === 'commit' && !outside.has(object))
    if (!isContained && !isSpent(object)) continue
    if (!isContained) spent.add(object)
    gone.push(object)
  }
  for (let at = 0; at < gone.length; at += REMOVED_AT_ONCE) {
    const lines = gone.slice(at, at + REMOVED_AT_ONCE).map((object) => `delete ${KEPT}/${object} ${object}`)
    await repositories.changeRefs(id, lines)
  }
  return spent.size > 0
}

async function listKept(repositories: DiskRepositories, id: RepositoryId): Promise<Map<ObjectId, string>> {
  const words = ['for-each-ref', '--format=%(objectname) %(objecttype)', KEPT]
  const { bytes, cut } = await repositories.runCut(id, words, MAX_LISTED_BYTES)
  const kept = new Map<ObjectId, string>()
  if (cut) return kept
  for (const line of bytes.toString('latin1').split('\n')) {
    const [object, type] = line.split(' ')
    if (object && type !== undefined) kept.set(object, type)
  }
  return kept
}
