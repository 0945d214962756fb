import { caseKey } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'

/** A path that an import would add, and what a person calls the file. */
export interface NewPath {
  path: string
  shown: string
}

/** What is there already. */
export interface ExistingPaths {
  has(path: string): boolean
  /** All of them. */
  paths(): Iterable<string>
  /** Whether one begins so. */
  hasBelow(prefix: string): boolean
}

/**
 * Which of the new paths could not lie beside the others on a Windows disk, a Mac or a stick: another one that differs only in
 * upper and lower case, or a file where others have a folder. What is there already stays, then what comes first.
 *
 * @param added in byte order, none of them there yet
 */
export function collisionsOf(added: readonly NewPath[], existing: ExistingPaths): Map<string, JoineryError> {
  const refused = new Map<string, JoineryError>()
  const refuse = ({ path, shown }: NewPath, other: string, why: string): void => {
    refused.set(path, new JoineryError('NAMES_COLLIDE', `${shown} and ${other} ${why}`))
  }
  const byKey = new Map<string, NewPath>()
  for (const one of added) {
    const other = byKey.get(caseKey(one.path))
    if (other) refuse(one, other.shown, 'differ only in upper and lower case')
    else byKey.set(caseKey(one.path), one)
  }
  if (byKey.size > 0) {
    for (const path of existing.paths()) {
      const one = byKey.get(caseKey(path))
      if (one && one.path !== path) refuse(one, `${path} of the collection`, 'differ only in upper and lower case')
    }
  }
  const folders = new Map<string, NewPath>()
  const isFile = new Map<string, boolean>()
  for (const one of added) {
    for (const folder of foldersOf(one.path)) {
      if (!folders.has(folder)) folders.set(folder, one)
      const taken = isFile.get(folder) ?? existing.has(folder)
      isFile.set(folder, taken)
      if (taken) refuse(one, `${folder} of the collection`, 'need one name for a file and a folder')
    }
  }
  for (const one of added) {
    const other = folders.get(one.path)
    if (other) refuse(one, other.shown, 'need one name for a file and a folder')
    else if (existing.hasBelow(`${one.path}/`))
      refuse(one, `${one.path}/ of the collection`, 'need one name for a file and a folder')
  }
  return refused
}

function* foldersOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end)
}
