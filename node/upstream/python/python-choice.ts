/** Which file of a project is taken for a Python: the newest version that is allowed and has a wheel for it, or else the newest source. */
import { compareVersions, parseVersion } from '../../mirrors/pypi/version.ts'
import { tagPlaces } from './python-tags.ts'
import { fullVersion, type PythonTarget } from './python-target.ts'
import type { IndexFile } from './simple-index.ts'
import { allows, isPreRelease, namesPreRelease, parseSpecifiers, pinsVersion, type Specifier } from './specifier.ts'

export type ChoosableFile = Pick<IndexFile, 'version' | 'kind' | 'tags' | 'build' | 'requiresPython' | 'yanked'>

export interface ChoiceInit {
  target: PythonTarget
  /** `tagPlaces(target)`. */
  places: ReadonlyMap<string, number>
  specifiers: readonly Specifier[]
}

/** @returns undefined when none fits */
export function chooseFile<File extends ChoosableFile>(files: readonly File[], init: ChoiceInit): File | undefined {
  const fitting = files.filter((file) => fits(file, init))
  const finals = fitting.filter(({ version }) => !isPreRelease(version))
  const counted = finals.length > 0 && !namesPreRelease(init.specifiers) ? finals : fitting
  const wheels = counted.filter(({ kind }) => kind === 'wheel')
  return best(wheels, init.places) ?? best(counted, init.places)
}

/** Whether any file of the project could be installed by this Python at all. */
export function hasFileFor(files: readonly ChoosableFile[], target: PythonTarget): boolean {
  return chooseFile(files, { target, places: tagPlaces(target), specifiers: [] }) !== undefined
}

function fits(file: ChoosableFile, { target, places, specifiers }: ChoiceInit): boolean {
  if (file.yanked !== undefined && !pinsVersion(specifiers)) return false
  if (file.kind === 'wheel' && !file.tags.some((tag) => places.has(tag))) return false
  if (!allows(specifiers, file.version)) return false
  return takesPython(file.requiresPython, target)
}

/** What nobody understands is no reason against it, as for pip. */
function takesPython(requiresPython: string | undefined, target: PythonTarget): boolean {
  const specifiers = requiresPython === undefined ? [] : parseSpecifiers(requiresPython)
  const version = parseVersion(fullVersion(target))
  return !specifiers || !version || allows(specifiers, version)
}

function best<File extends ChoosableFile>(
  files: readonly File[],
  places: ReadonlyMap<string, number>
): File | undefined {
  let found: File | undefined
  for (const file of files) if (!found || isBetter(file, found, places)) found = file
  return found
}

function isBetter(a: ChoosableFile, b: ChoosableFile, places: ReadonlyMap<string, number>): boolean {
  const difference =
    compareVersions(a.version, b.version) || placeOf(b, places) - placeOf(a, places) || a.build - b.build
  return difference > 0
}

function placeOf({ kind, tags }: ChoosableFile, places: ReadonlyMap<string, number>): number {
  if (kind === 'sdist') return Number.MAX_SAFE_INTEGER
  return Math.min(...tags.map((tag) => places.get(tag) ?? Number.MAX_SAFE_INTEGER))
}
