/** The branches and tags that everybody sees, from the tips: pure, and the same on every device. */
import type { ObjectId, RefName } from '../../../protocols/git.ts'
import { isVisibleRef } from '../../../protocols/git-names.ts'
import { compareTips, openTips, type RepositoryLog, type Tip } from './ref-fold.ts'

export interface VisibleRef {
  object: ObjectId
  /** Where the tip really belongs; another name when it lost. */
  branch: RefName
  tip: Tip
}

const SHORT_OBJECT_CHARACTERS = 7

export function visibleRefs(log: RepositoryLog | undefined): Map<RefName, VisibleRef> {
  const names = new PlacedNames()
  const best: { branch: RefName; tip: Tip }[] = []
  const rest: { branch: RefName; tip: Tip }[] = []
  for (const [branch, history] of log?.branches ?? []) {
    const [winner, ...losers] = openTips(history)
    if (winner) best.push({ branch, tip: winner })
    for (const tip of losers) rest.push({ branch, tip })
  }
  const order = (a: { branch: RefName; tip: Tip }, b: { branch: RefName; tip: Tip }): number =>
    compareTips(a.tip, b.tip) || (a.branch < b.branch ? -1 : 1)
  for (const { branch, tip } of best.sort(order)) names.place(first(branch, tip), { object: tip.object, branch, tip })
  for (const { branch, tip } of rest.sort(order))
    names.place(namesBeside(branch, tip), { object: tip.object, branch, tip })
  return names.placed
}

/** `main-from-pi-2`; git has no `feature` beside `feature/x`, so the second try has no slashes. It never ends: some name is free. */
function* namesBeside(branch: RefName, { from, object }: Tip): Generator<RefName> {
  const [, kind = 'heads', name = branch] = /^refs\/(heads|tags)\/(.+)$/s.exec(branch) ?? []
  const flat = name.replaceAll('/', '-')
  yield `refs/${kind}/${name}-from-${from}`
  yield `refs/${kind}/${flat}-from-${from}`
  yield `refs/${kind}/${flat}-from-${from}-${object.slice(0, SHORT_OBJECT_CHARACTERS)}`
  yield `refs/${kind}/${object}-from-${from}`
  for (let number = 2; ; number++) yield `refs/${kind}/${object}-from-${from}-${number}`
}

function* first(branch: RefName, tip: Tip): Generator<RefName> {
  yield branch
  yield* namesBeside(branch, tip)
}

class PlacedNames {
  readonly placed = new Map<RefName, VisibleRef>()
  /** `refs/heads/feature` of `refs/heads/feature/x`. */
  readonly #folders = new Set<string>()

  place(names: Iterable<RefName>, visible: VisibleRef): void {
    for (const name of names) {
      // A long name with our ending may be too long for git.
      if (!isVisibleRef(name) || !this.#isFree(name)) continue
      this.placed.set(name, visible)
      for (const folder of foldersOf(name)) this.#folders.add(folder)
      return
    }
  }

  #isFree(name: RefName): boolean {
    if (this.placed.has(name) || this.#folders.has(name)) return false
    return foldersOf(name).every((folder) => !this.placed.has(folder))
  }
}

function foldersOf(name: RefName): string[] {
  const folders: string[] = []
  for (let at = name.indexOf('/', 'refs/heads/'.length); at >= 0; at = name.indexOf('/', at + 1))
    folders.push(name.slice(0, at))
  return folders
}
