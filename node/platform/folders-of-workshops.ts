/** Folders that a facilitator may add from the page: those directly in one folder of the device, which its administrator fills. */
import { readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'

export interface WorkshopFolder {
  /** As it is written on this device: no stick is called so. */
  name: string
  path: string
}

/** A page can still be read. */
export const MAX_WORKSHOP_FOLDERS = 64

/**
 * In order of their names; none where `place` is not there, and a failure where it cannot be read. Links and hidden folders are not followed, and what belongs to the device itself is never shown.
 *
 * @param dataDirectory of this device, absolute: it holds keys
 */
export async function workshopFolders(place: string, dataDirectory: string): Promise<WorkshopFolder[]> {
  const found = await readdir(place, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })
  const own = await realpath(dataDirectory).catch(() => dataDirectory)
  const folders: WorkshopFolder[] = []
  for (const { name } of found.filter((one) => one.isDirectory() && !one.name.startsWith('.')).sort(byName)) {
    const path = await realpath(join(place, name)).catch(() => undefined)
    if (path === undefined || within(own, path) || within(path, own)) continue
    folders.push({ name: join(place, name), path })
    if (folders.length === MAX_WORKSHOP_FOLDERS) break
  }
  return folders
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
