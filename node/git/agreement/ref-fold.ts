/**
 * The ref log of every repository, folded. Of each branch there are *tips*: values that some push made and no later push replaced, took in or
 * deleted. One tip is the normal case. Several are what two sides of a split network did: the best one stays on the branch, the others are shown
 * as `<branch>-from-<device>` until somebody merges them. Healing writes nothing: all devices compute the same from the same entries.
 *
 * A value counts as replaced when an entry with a later stamp names it as the old one (or covers it): that entry's author had seen it.
 * A tip that another tip contains, as far as the entries say what contains what, stands for nothing of its own and is not shown.
 */
import type { CborValue } from '../../../protocols/cbor.ts'
import type { ObjectId, RefName, RepositoryId } from '../../../protocols/git.ts'
import {
  decodeHomeClaimed,
  decodeRefsChanged,
  HOME_CLAIMED_KIND,
  type HomeClaimed,
  REFS_CHANGED_KIND,
  repositoryOfTopic
} from '../../../protocols/git-facts.ts'
import { compareStamps, type Fold, type Stamp } from '../../../protocols/journal.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../../protocols/stamps.ts'

export interface Tip {
  object: ObjectId
  stamp: Stamp
  side: 'home' | 'local'
  epoch: number
  /** Of the deciding device, as it stands in names of branches. */
  from: string
  node: NodeId
}

export interface BranchLog {
  /** Latest maker of each value that may still be a tip. */
  made: Map<ObjectId, Tip>
  /** When a value was last replaced, taken in or deleted. */
  replaced: Map<ObjectId, Stamp>
  /** Commits, each with newer ones that contain it. */
  within: Map<ObjectId, Set<ObjectId>>
}

export interface RepositoryLog {
  branches: Map<RefName, BranchLog>
  home: (HomeClaimed & { stamp: Stamp }) | undefined
  /** Values that a forced push or a deletion did away with, and when. Every device keeps them. */
  dropped: Map<ObjectId, Stamp>
}

export type RefLogs = Map<RepositoryId, RepositoryLog>

export const refFold: Fold<RefLogs> = {
  name: 'refs',
  version: 2,
  reads: (topic) => repositoryOfTopic(topic) !== undefined,
  empty: () => new Map(),
  apply(logs, entry) {
    const id = repositoryOfTopic(entry.topic)
    if (id === undefined) return
    if (entry.kind === HOME_CLAIMED_KIND) {
      const claim = decodeHomeClaimed(entry.body)
      if (!claim) return
      const log = logOf(logs, id)
      if (!log.home || compareClaims(log.home, { ...claim, stamp: entry }) < 0)
        log.home = { ...claim, stamp: stampOf(entry) }
      return
    }
    if (entry.kind !== REFS_CHANGED_KIND) return
    const fact = decodeRefsChanged(entry.body)
    if (!fact) return
    const log = logOf(logs, id)
    const stamp = stampOf(entry)
    const { side, epoch, from } = fact
    const dropped = new Set(fact.dropped)
    const tips = new Map<RefName, ObjectId>()
    for (const { ref, old, new: now } of fact.changes) {
      if (old === now) continue
      const branch = branchOf(log, ref)
      if (old !== undefined) replace(branch, old, stamp)
      if (now === undefined) continue
      make(branch, { object: now, stamp, side, epoch, from, node: entry.node })
      tips.set(ref, now)
      if (old !== undefined && !dropped.has(old)) contain(branch, old, now)
    }
    for (const { ref, object } of fact.covers) replace(branchOf(log, ref), object, stamp)
    for (const { ref, object } of fact.brings) {
      const tip = tips.get(ref)
      if (tip !== undefined) contain(branchOf(log, ref), object, tip)
    }
    for (const object of dropped) {
      const known = log.dropped.get(object)
      if (!known || compareStamps(known, stamp) < 0) log.dropped.set(object, stamp)
    }
  },
  save: (logs): CborValue =>
    [...logs].map(([id, { branches, home, dropped }]) => [
      id,
      home ? [home.epoch, home.node, saveStamp(home.stamp)] : null,
      [...branches].map(([ref, { made, replaced, within }]) => [
        ref,
        [...made.values()].map((tip) => [tip.object, saveStamp(tip.stamp), tip.side, tip.epoch, tip.from, tip.node]),
        [...replaced].map(([object, stamp]) => [object, saveStamp(stamp)]),
        [...within].map(([object, containers]) => [object, [...containers]])
      ]),
      [...dropped].map(([object, stamp]) => [object, saveStamp(stamp)])
    ]),
  load(saved) {
    const logs: RefLogs = new Map()
    for (const [id, home, branches, dropped] of saved as SavedLog[]) {
      const log: RepositoryLog = {
        branches: new Map(),
        home: home ? { epoch: home[0], node: home[1], stamp: loadStamp(home[2]) } : undefined,
        dropped: new Map(dropped.map(([object, stamp]) => [object, loadStamp(stamp)]))
      }
      for (const [ref, made, replaced, within] of branches) {
        log.branches.set(ref, {
          made: new Map(
            made.map(([object, stamp, side, epoch, from, node]) => [
              object,
              { object, stamp: loadStamp(stamp), side, epoch, from, node }
            ])
          ),
          replaced: new Map(replaced.map(([object, stamp]) => [object, loadStamp(stamp)])),
          within: new Map(within.map(([object, containers]) => [object, new Set(containers)]))
        })
      }
      logs.set(id, log)
    }
    return logs
  }
}

/** Best first. */
export function openTips(branch: BranchLog): Tip[] {
  const open = new Map<ObjectId, Tip>()
  for (const tip of branch.made.values()) {
    const gone = branch.replaced.get(tip.object)
    if (!gone || compareStamps(gone, tip.stamp) < 0) open.set(tip.object, tip)
  }
  if (open.size > 1) {
    // The worst first: of tips that claim to contain one another (no honest device says so) the best one stays.
    for (const { object } of [...open.values()].sort(compareTips).reverse())
      if (isWithin(branch, object, open)) open.delete(object)
  }
  return [...open.values()].sort(compareTips)
}

/** What the home decided beats what a side without it did, then the later home, then the later push. */
export function compareTips(a: Tip, b: Tip): number {
  if (a.side !== b.side) return a.side === 'home' ? -1 : 1
  return b.epoch - a.epoch || compareStamps(b.stamp, a.stamp)
}

function compareClaims(a: HomeClaimed & { stamp: Stamp }, b: HomeClaimed & { stamp: Stamp }): number {
  return a.epoch - b.epoch || compareStamps(a.stamp, b.stamp)
}

function replace(branch: BranchLog, object: ObjectId, stamp: Stamp): void {
  const known = branch.replaced.get(object)
  if (!known || compareStamps(known, stamp) < 0) branch.replaced.set(object, stamp)
  const made = branch.made.get(object)
  const gone = branch.replaced.get(object)
  // Only the latest maker counts, and it can only be made again by an entry that comes later than this one.
  if (made && gone && compareStamps(made.stamp, gone) < 0) branch.made.delete(object)
}

function make(branch: BranchLog, tip: Tip): void {
  const gone = branch.replaced.get(tip.object)
  if (gone && compareStamps(tip.stamp, gone) < 0) return
  const known = branch.made.get(tip.object)
  if (!known || compareStamps(known.stamp, tip.stamp) < 0) branch.made.set(tip.object, tip)
}

function contain(branch: BranchLog, object: ObjectId, container: ObjectId): void {
  if (object === container) return
  const containers = branch.within.get(object)
  if (containers) containers.add(container)
  else branch.within.set(object, new Set([container]))
}

function isWithin({ within }: BranchLog, object: ObjectId, others: ReadonlyMap<ObjectId, Tip>): boolean {
  const seen = new Set([object])
  const rest = [object]
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    for (const container of within.get(one) ?? []) {
      if (seen.has(container)) continue
      if (others.has(container)) return true
      seen.add(container)
      rest.push(container)
    }
  }
  return false
}

function logOf(logs: RefLogs, id: RepositoryId): RepositoryLog {
  const known = logs.get(id)
  if (known) return known
  const log: RepositoryLog = { branches: new Map(), home: undefined, dropped: new Map() }
  logs.set(id, log)
  return log
}

function branchOf(log: RepositoryLog, ref: RefName): BranchLog {
  const known = log.branches.get(ref)
  if (known) return known
  const branch: BranchLog = { made: new Map(), replaced: new Map(), within: new Map() }
  log.branches.set(ref, branch)
  return branch
}

type SavedTip = [ObjectId, SavedStamp, 'home' | 'local', number, string, NodeId]
type SavedDates = [ObjectId, SavedStamp][]
type SavedBranch = [RefName, SavedTip[], SavedDates, [ObjectId, ObjectId[]][]]
type SavedLog = [RepositoryId, [number, NodeId, SavedStamp] | null, SavedBranch[], SavedDates]
