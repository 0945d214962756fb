/** What the room has of a package, as the walks through dependencies ask for it, and whether a want is still one. */
import type { BlobReader, ContentIndex } from '../../protocols/content.ts'
import { hasCode } from '../../protocols/errors.ts'
import type { Want } from '../../protocols/wants.ts'
import { isContribFolder, parseRFileName, suffixOf } from '../mirrors/cran/contrib-path.ts'
import { leastR } from '../mirrors/cran/r-version.ts'
import { type ProjectFile, projectFiles } from '../mirrors/pypi/project.ts'
import { MAX_METADATA_BYTES } from './limits.ts'
import { requirementsOf } from './python/package-metadata.ts'
import { hasFileFor } from './python/python-choice.ts'
import type { RoomFile } from './python/python-closure.ts'
import { tagsOf } from './python/simple-index.ts'
import { needsOf, type RRecord } from './r/r-index.ts'
import { wantTarget } from './want-target.ts'

/** @param blobs to read what a package needs; where they are not at hand nothing more is known of it */
export function pythonInRoom(
  index: ContentIndex,
  blobs: Pick<BlobReader, 'bytes'>,
  project: string,
  signal: AbortSignal
): RoomFile[] {
  return projectFiles(index, project).map((file) => ({
    ...choosable(file),
    async needs() {
      if (!file.metadata) return []
      return requirementsOf(await blobs.bytes(file.metadata, MAX_METADATA_BYTES, signal))
    }
  }))
}

function choosable({ fileName, version, requiresPython, yanked }: ProjectFile): Omit<RoomFile, 'needs'> {
  const tags = fileName.endsWith('.whl') ? tagsOf(fileName) : undefined
  return {
    ...{ version, kind: tags ? 'wheel' : 'sdist', tags: tags ?? [], build: -1 },
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(yanked === undefined ? {} : { yanked })
  }
}

/** By name; of each package all versions of that folder. */
export function rInRoom(index: ContentIndex, folder: string): Map<string, RRecord[]> {
  const found = new Map<string, RRecord[]>()
  if (!isContribFolder(folder)) return found
  for (const { path, details } of index.list('cran', `${folder}/`)) {
    const named = parseRFileName(path.slice(folder.length + 1))
    if (named?.suffix !== suffixOf(folder)) continue
    const field = (name: string): string | undefined => {
      const fields = details.fields
      const value =
        typeof fields === 'object' && fields !== null && Object.hasOwn(fields, name)
          ? (fields as { [key: string]: unknown })[name]
          : undefined
      return typeof value === 'string' ? value : undefined
    }
    const { packageName, version } = named
    const record = { packageName, version, needs: needsOf(field), leastR: leastR(field('Depends')) }
    found.set(packageName, [...(found.get(packageName) ?? []), record])
  }
  return found
}

/** Whether the room has by now what was asked for. */
export function isInRoom(index: ContentIndex, want: Want): boolean {
  try {
    const about = wantTarget(want)
    if (about.kind === 'python') {
      const files = projectFiles(index, about.project).map(choosable)
      return about.target ? hasFileFor(files, about.target) : files.length > 0
    }
    const prefix = `${about.folder}/${about.packageName === undefined ? '' : `${about.packageName}_`}`
    for (const { path } of index.list('cran', prefix)) {
      if (parseRFileName(path.slice(about.folder.length + 1))) return true
    }
    return false
  } catch (error) {
    if (hasCode(error, 'WANT_NAME_INVALID')) return false
    throw error
  }
}
