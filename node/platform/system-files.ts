/** Files of the computer itself, for installing: owners, modes, links and whole folders, which the stores never need. */
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface SystemFiles {
  /** Undefined when it is not there. */
  readText(path: string): Promise<string | undefined>
  /** Where a link points; undefined when there is none. */
  readLink(path: string): Promise<string | undefined>
  names(directory: string): Promise<string[]>
  isFolder(path: string): Promise<boolean>
  /** Of a file, or of all files below a folder. */
  sizeBytes(path: string): Promise<number>
  /** The file is there whole or not at all, also after a power cut. Makes the folders above it. */
  write(path: string, text: string, mode: number): Promise<void>
  /** Replaces what the link pointed to in one step. */
  link(path: string, target: string): Promise<void>
  /** A file or a folder with all that is in it; links stay links, and nothing that npm keeps for itself comes along. */
  copy(from: string, to: string): Promise<void>
  makeFolder(path: string, owner: { user: number; group: number } | undefined, mode: number): Promise<void>
  setOwner(path: string, owner: { user: number; group: number }): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Missing is no error. */
  remove(path: string): Promise<void>
}

/** Not copied: caches and npm's own notes. */
const LEFT_OUT = ['.cache', '.bin', '.package-lock.json']

export const systemFiles: SystemFiles = {
  async readText(path) {
    return await missingIsUndefined(() => readFile(path, 'utf8'))
  },
  async readLink(path) {
    return await missingIsUndefined(() => readlink(path))
  },
  async names(directory) {
    return (await missingIsUndefined(() => readdir(directory))) ?? []
  },
  async isFolder(path) {
    return (await missingIsUndefined(() => lstat(path)))?.isDirectory() ?? false
  },
  async sizeBytes(path) {
    const found = await missingIsUndefined(() => lstat(path))
    if (!found?.isDirectory()) return found?.size ?? 0
    let sum = 0
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) sum += (await lstat(join(entry.parentPath, entry.name))).size
    return sum
  },
  async write(path, text, mode) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    const fresh = join(dirname(path), `.${basename(path)}.new`)
    const file = await open(fresh, 'w', mode)
    try {
      await file.chmod(mode)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(fresh, path)
    await syncFolder(dirname(path))
  },
  async link(path, target) {
    const fresh = `${path}.new`
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await rm(fresh, { force: true })
    await symlink(target, fresh)
    await rename(fresh, path)
    await syncFolder(dirname(path))
  },
  async copy(from, to) {
    await mkdir(dirname(to), { recursive: true, mode: 0o755 })
    await cp(from, to, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      filter: (one) => !LEFT_OUT.includes(basename(one))
    })
  },
  async makeFolder(path, owner, mode) {
    const made = await mkdir(path, { recursive: true, mode: 0o755 })
    if (made !== undefined || owner) await chmod(path, mode)
    if (owner) await chown(path, owner.user, owner.group)
  },
  setOwner: (path, owner) => chown(path, owner.user, owner.group),
  async rename(from, to) {
    await rename(from, to)
    await syncFolder(dirname(to))
  },
  remove: (path) => rm(path, { recursive: true, force: true })
}

async function missingIsUndefined<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
