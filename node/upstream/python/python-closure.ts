/**
 * What has to be fetched so that a package installs: the walk through what each one needs, for one Python, over what the room has and what the
 * index has. What the room has is taken where it is good enough. When two needs disagree the walk begins again and knows of both.
 */
import { JoineryError } from '../../../protocols/errors.ts'
import { MAX_ROUNDS, MAX_WANT_FILES } from '../limits.ts'
import { markerHolds } from './marker.ts'
import { type ChoosableFile, chooseFile } from './python-choice.ts'
import { tagPlaces } from './python-tags.ts'
import { markerEnvironment, type PythonTarget } from './python-target.ts'
import type { Requirement } from './requirement.ts'
import type { IndexFile } from './simple-index.ts'
import { allows, type Specifier } from './specifier.ts'

export interface PythonPackages {
  /** What the room has of a project. */
  inRoom(project: string): readonly RoomFile[]
  /** What the index has; undefined when it knows no such project. */
  atIndex(project: string): Promise<readonly IndexFile[] | undefined>
  /** What it needs; of a source also what it needs to be built. */
  needsOf(file: IndexFile): Promise<readonly Requirement[]>
}

export interface RoomFile extends ChoosableFile {
  needs(): Promise<readonly Requirement[]>
}

interface Need {
  specifiers: Specifier[]
  extras: Set<string>
}

interface Taken {
  file: IndexFile | RoomFile
  isInRoom: boolean
  requirements: readonly Requirement[]
}

/** @throws JoineryError `WANT_UNKNOWN_PACKAGE`, `WANT_NO_FILE`, `WANT_CONFLICT`, `WANT_TOO_LARGE` */
export async function pythonClosure(
  packages: PythonPackages,
  roots: readonly Requirement[],
  target: PythonTarget
): Promise<IndexFile[]> {
  const init = { target, places: tagPlaces(target) }
  const needs = new Map<string, Need>()
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const taken = await walk(packages, roots, init, needs)
    if (!taken) continue
    return [...taken.values()].flatMap(({ file, isInRoom }) => (isInRoom ? [] : [file as IndexFile]))
  }
  throw new JoineryError('WANT_CONFLICT', 'what it needs does not go together')
}

/** @returns undefined when something taken early turned out to be wrong; `needs` knows why */
async function walk(
  packages: PythonPackages,
  roots: readonly Requirement[],
  init: { target: PythonTarget; places: ReadonlyMap<string, number> },
  needs: Map<string, Need>
): Promise<Map<string, Taken> | undefined> {
  const environment = markerEnvironment(init.target)
  const taken = new Map<string, Taken>()
  const walked = new Set<string>()
  const queue: Requirement[] = [...roots]
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (next.hasAddress)
      throw new JoineryError('WANT_CONFLICT', `${next.project} is needed from an address and not from an index`)
    const { project } = next
    const need = merged(needs, next)
    let one = taken.get(project)
    // Chosen before this was known.
    if (one && !allows(need.specifiers, one.file.version)) return undefined
    if (!one) {
      one = await take(packages, project, { ...init, specifiers: need.specifiers })
      taken.set(project, one)
      if (taken.size > MAX_WANT_FILES)
        throw new JoineryError('WANT_TOO_LARGE', `it needs more than ${MAX_WANT_FILES} packages`)
    }
    for (const extra of ['', ...need.extras]) {
      if (walked.has(`${project} ${extra}`)) continue
      walked.add(`${project} ${extra}`)
      for (const requirement of one.requirements) {
        if (requirement.marker && !markerHolds(requirement.marker, { ...environment, extra })) continue
        // Without a condition it was walked with the package itself.
        if (extra !== '' && !requirement.marker) continue
        queue.push(requirement)
      }
    }
  }
  return taken
}

function merged(needs: Map<string, Need>, { project, specifiers, extras }: Requirement): Need {
  const need = needs.get(project) ?? { specifiers: [], extras: new Set() }
  needs.set(project, need)
  for (const specifier of specifiers) {
    const isKnown = need.specifiers.some((one) => one.operator === specifier.operator && one.text === specifier.text)
    if (!isKnown) need.specifiers.push(specifier)
  }
  for (const extra of extras) need.extras.add(extra)
  return need
}

async function take(packages: PythonPackages, project: string, init: Parameters<typeof chooseFile>[1]): Promise<Taken> {
  const here = chooseFile(packages.inRoom(project), init)
  if (here) return { file: here, isInRoom: true, requirements: await here.needs() }
  const files = await packages.atIndex(project)
  if (!files) throw new JoineryError('WANT_UNKNOWN_PACKAGE', `the index has no ${project}`)
  const file = chooseFile(files, init)
  if (!file) {
    const asked = init.specifiers.map(({ operator, text }) => `${operator}${text}`).join(',')
    throw new JoineryError('WANT_NO_FILE', `the index has no file of ${project}${asked} for it`)
  }
  return { file, isInRoom: false, requirements: await packages.needsOf(file) }
}
