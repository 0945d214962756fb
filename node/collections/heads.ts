/** Which manifests make up a collection: pure functions over the heads that the journal knows and the manifests that are loaded. */
import type { Cid } from '../../protocols/cid.ts'
import { compareStamps } from '../../protocols/journal.ts'
import type { KnownHead } from './collection-fold.ts'
import type { LoadedManifest } from './loaded-manifest.ts'

export type Heads = ReadonlyMap<Cid, KnownHead>
/** The manifest if it is in memory. */
export type Loaded = (manifest: Cid) => LoadedManifest | undefined

/**
 * Heads that no other has taken in. A head takes in a parent only if it is later in the collection's time (so that no ring of heads
 * hides a collection) and, as soon as its manifest can be read, if that knows of the parent (so that nothing is hidden that was not merged).
 */
export function openHeads(heads: Heads, loaded: Loaded): KnownHead[] {
  const closed = new Set<Cid>()
  for (const head of heads.values()) {
    for (const parent of head.fact.parents) {
      const known = heads.get(parent)
      if (known && takesIn(head, known, loaded)) closed.add(parent)
    }
  }
  return [...heads.values()].filter((head) => !closed.has(head.fact.manifest.cid)).sort(byStamp)
}

function takesIn(head: KnownHead, parent: KnownHead, loaded: Loaded): boolean {
  if (parent.fact.lamport >= head.fact.lamport) return false
  const manifest = loaded(head.fact.manifest.cid)
  return !manifest || (manifest.root.vector.get(parent.fact.author) ?? 0) >= parent.fact.lamport
}

/** What can be shown now: each open head, or in its place the nearest loaded ones that it came from. */
export function shownManifests(heads: Heads, loaded: Loaded): LoadedManifest[] {
  const shown = new Map<Cid, LoadedManifest>()
  const seen = new Set<Cid>()
  const waiting = openHeads(heads, loaded)
  for (let head = waiting.pop(); head; head = waiting.pop()) {
    const { cid } = head.fact.manifest
    if (seen.has(cid)) continue
    seen.add(cid)
    const manifest = loaded(cid)
    if (manifest) shown.set(cid, manifest)
    else for (const parent of head.fact.parents) waiting.push(...orNone(heads.get(parent)))
  }
  return dropTakenIn([...shown.values()]).sort((a, b) => (a.ref.cid < b.ref.cid ? -1 : 1))
}

/** A manifest that another one knows of adds nothing. */
function dropTakenIn(manifests: LoadedManifest[]): LoadedManifest[] {
  return manifests.filter((one) => !manifests.some((other) => knows(other, one) && !knows(one, other)))
}

function knows({ root }: LoadedManifest, { root: other }: LoadedManifest): boolean {
  return (root.vector.get(other.author) ?? 0) >= other.lamport
}

/** Revisions before these, newest first. */
export function ancestors(heads: Heads, from: readonly KnownHead[], most: number): KnownHead[] {
  const found = new Map<Cid, KnownHead>()
  let level = from
  while (level.length > 0 && found.size < most) {
    const parents = level.flatMap((head) => head.fact.parents.flatMap((parent) => orNone(heads.get(parent))))
    level = parents
      .filter((head) => !found.has(head.fact.manifest.cid))
      .sort(byStamp)
      .reverse()
    for (const head of level) if (found.size < most) found.set(head.fact.manifest.cid, head)
  }
  return [...found.values()]
}

function orNone<Item>(item: Item | undefined): Item[] {
  return item === undefined ? [] : [item]
}

function byStamp(a: KnownHead, b: KnownHead): number {
  return compareStamps(a.stamp, b.stamp)
}
