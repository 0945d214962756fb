/** Several manifests of one collection as one: the rule stands in protocols/manifest.ts. */
import { comparePaths } from '../../protocols/content-path.ts'
import type { ManifestRoot } from '../../protocols/manifest.ts'
import {
  compareBytes,
  encodeLine,
  type LineVersion,
  type ManifestLine,
  orderVersions
} from '../../protocols/manifest-shard.ts'
import type { LineCursor, LoadedManifest } from './loaded-manifest.ts'

const utf8 = new TextEncoder()

/** What one manifest has at a path; undefined where it has no line. */
interface Side {
  manifest: { root: Pick<ManifestRoot, 'vector'> }
  line: ManifestLine | undefined
}

/** A version stays when each manifest has it or has never heard of the revision that made it. */
export function mergeLine(path: string, sides: readonly Side[]): ManifestLine | undefined {
  const kept: LineVersion[] = []
  for (const { line } of sides) {
    for (const version of line?.versions ?? []) {
      if (sides.every((side) => holds(side, version) || !knows(side.manifest, version))) kept.push(version)
    }
  }
  return kept.length > 0 ? { path, versions: orderVersions(kept) } : undefined
}

function holds({ line }: Side, { lamport, author }: LineVersion): boolean {
  return line?.versions.some((version) => version.lamport === lamport && version.author === author) ?? false
}

function knows({ root }: Side['manifest'], { lamport, author }: LineVersion): boolean {
  return (root.vector.get(author) ?? 0) >= lamport
}

export function findMerged(manifests: readonly LoadedManifest[], path: string): ManifestLine | undefined {
  const key = utf8.encode(path)
  const only = manifests[0]
  if (manifests.length === 1 && only) return only.find(key)
  const sides = manifests.map((manifest) => ({ manifest, line: manifest.find(key) }))
  return sides.some((side) => side.line) ? mergeLine(path, sides) : undefined
}

/** In byte order of the path, from the first path that is not before `from`. */
export function* mergedLines(manifests: readonly LoadedManifest[], from = ''): Generator<ManifestLine> {
  const cursors = manifests.map((manifest) => manifest.cursor(utf8.encode(from)))
  const only = cursors[0]
  if (cursors.length === 1 && only) {
    for (; only.path; only.next()) yield only.line()
    return
  }
  for (let least = leastPath(cursors); least; least = leastPath(cursors)) {
    const line = takeMerged(cursors, least)
    if (line) yield line
  }
}

/** Two lists of lines in order, side by side. */
export function* alignLines(
  left: Iterator<ManifestLine>,
  right: Iterator<ManifestLine>
): Generator<{ path: string; left: ManifestLine | undefined; right: ManifestLine | undefined }> {
  let a = left.next()
  let b = right.next()
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : comparePaths(a.value.path, b.value.path)
    const one = order <= 0 ? (a.value as ManifestLine) : undefined
    const other = order >= 0 ? (b.value as ManifestLine) : undefined
    yield { path: (one ?? (other as ManifestLine)).path, left: one, right: other }
    if (order <= 0) a = left.next()
    if (order >= 0) b = right.next()
  }
}

export function leastPath(cursors: readonly LineCursor[]): Uint8Array | undefined {
  let least: Uint8Array | undefined
  for (const { path } of cursors) if (path && (!least || compareBytes(path, least) < 0)) least = path
  return least
}

/** The line at `path`, where no cursor stands before; all go past it. */
function takeMerged(cursors: readonly LineCursor[], path: Uint8Array): ManifestLine | undefined {
  const sides = cursors.map((cursor): Side => {
    const here = cursor.path !== undefined && compareBytes(cursor.path, path) === 0
    const side = { manifest: cursor.manifest, line: here ? cursor.line() : undefined }
    if (here) cursor.next()
    return side
  })
  const text = sides.find((side) => side.line)?.line?.path
  return text === undefined ? undefined : mergeLine(text, sides)
}

/** As `takeMerged`, encoded; what lies in one manifest alone is not decoded. */
export function takeMergedRaw(cursors: readonly LineCursor[], path: Uint8Array): Uint8Array | undefined {
  const only = cursors[0]
  if (cursors.length === 1 && only) {
    const raw = only.raw()
    only.next()
    return raw
  }
  const line = takeMerged(cursors, path)
  return line && encodeLine(line)
}
