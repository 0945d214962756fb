import { caseKey } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'

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
 * @param added in byte order, none of them there yet; there may be 75,000 on a small board, so they are kept as they are
 * @param shown what a person calls the file of a path
 */
export function collisionsOf(
  added: readonly string[],
  shown: (path: string) => string,
  existing: ExistingPaths
): Map<string, JoineryError> {
  const refused = new Map<string, JoineryError>()
  const refuse = (path: string, other: string, why: string): void => {
    refused.set(path, new JoineryError('NAMES_COLLIDE', `${shown(path)} and ${other} ${why}`))
  }
  const byKey = new Map<string, string>()
  for (const path of added) {
    const key = caseKey(path)
    const other = byKey.get(key)
    if (other === undefined) byKey.set(key, path)
    else refuse(path, shown(other), 'differ only in upper and lower case')
  }
  if (byKey.size > 0) {
    for (const other of existing.paths()) {
      const path = byKey.get(caseKey(other))
      if (path !== undefined && path !== other)
        refuse(path, `${other} of the collection`, 'differ only in upper and lower case')
    }
  }
  byKey.clear()
  /** One of the new paths below each folder, and whether the collection has a file of that name. */
  const folders = new Map<string, { path: string; isFile: boolean }>()
  for (const path of added) {
    for (const name of foldersOf(path)) {
      const folder = folders.get(name) ?? { path, isFile: existing.has(name) }
      folders.set(name, folder)
      if (folder.isFile) refuse(path, `${name} of the collection`, 'need one name for a file and a folder')
    }
  }
  for (const path of added) {
    const folder = folders.get(path)
    if (folder) refuse(path, shown(folder.path), 'need one name for a file and a folder')
    else if (existing.hasBelow(`${path}/`))
      refuse(path, `${path}/ of the collection`, 'need one name for a file and a folder')
  }
  return refused
}

function* foldersOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end)
}
