/**
 * Files, as the stores need them: few operations, each with the durability it gives. The simulated disk of the tests keeps what was not
 * synced apart and loses it at a power cut, names included (a rename is durable only after `syncDirectory`).
 */
import { closeSync, constants, fsync, openSync, read, statSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { NodeFile } from './node-file.ts'

export interface DiskFile {
  /** Reads up to `into.length` bytes at `position`; returns how many (0 at the end). */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(length: number): Promise<void>
  /** Resolves when the data is on the medium. */
  sync(): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

export interface DiskEntry {
  name: string
  kind: 'file' | 'directory' | 'link' | 'other'
}

export interface DiskStat {
  kind: 'file' | 'directory' | 'link' | 'other'
  sizeBytes: number
  modifiedMs: number
}

/** Errors are those of Node's fs (`code`: ENOENT, ENOSPC, EIO, …). Paths are absolute. */
export interface Disk {
  /** `read` and `update` need an existing file, `create` makes or empties one, `exclusive` fails with EEXIST. */
  open(path: string, mode: 'read' | 'update' | 'create' | 'exclusive'): Promise<DiskFile>
  stat(path: string): Promise<DiskStat | undefined>
  list(directory: string): Promise<DiskEntry[]>
  makeDirectory(path: string): Promise<void>
  /** Replaces the target if it is there. */
  rename(from: string, to: string): Promise<void>
  /** A file, or a directory with all that is in it; missing is no error. */
  remove(path: string): Promise<void>
  /** Makes names in this directory durable: created, renamed, removed. */
  syncDirectory(path: string): Promise<void>
  freeBytes(path: string): Promise<number>
  /** Files take whole blocks of so many bytes; left out where they take no more than they hold. */
  blockBytes?(path: string): Promise<number>
  /**
   * The beginning of a file, as much of it as `into` holds, in one step for the thread pool instead of three; returns how many bytes. A disk that cannot
   * do better than `open`, `read`, `close` leaves it out.
   */
  readInto?(path: string, into: Uint8Array): Promise<number>
  /** As `stat`, at once: for files that are open, of which the system has it in memory. May be left out like `readInto`. */
  statNow?(path: string): DiskStat | undefined
}

const MODES = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  exclusive: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL
}

export const nodeDisk: Disk = {
  open: (path, mode) => NodeFile.open(path, MODES[mode], 0o600),
  async stat(path) {
    try {
      const found = await stat(path)
      return { kind: kindOf(found), sizeBytes: found.size, modifiedMs: found.mtimeMs }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  },
  async list(directory) {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
  },
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncDirectory(path) {
    return new Promise((resolve, reject) => {
      // Of a folder in which names have just changed; see `readInto`.
      const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
      fsync(directory, (error) => {
        closeSync(directory)
        if (error) reject(error)
        else resolve()
      })
    })
  },
  async freeBytes(path) {
    const found = await statfs(path)
    return found.bavail * found.bsize
  },
  async blockBytes(path) {
    return (await statfs(path)).bsize
  },
  statNow(path) {
    const found = statSync(path, { throwIfNoEntry: false })
    return found && { kind: kindOf(found), sizeBytes: found.size, modifiedMs: found.mtimeMs }
  },
  readInto(path, into) {
    // Opening and closing touch only what the system keeps in memory: handing them to another thread costs more than they do.
    return new Promise((resolve, reject) => {
      const file = openSync(path, constants.O_RDONLY)
      let done = 0
      const next = (): void => {
        read(file, into, done, into.length - done, done, (error, bytesRead) => {
          if (!error) done += bytesRead
          if (!error && bytesRead > 0 && done < into.length) {
            next()
            return
          }
          closeSync(file)
          if (error) reject(error)
          else resolve(done)
        })
      }
      next()
    })
  }
}

/** For what is meant to be read by anybody: a stick, a folder to copy from. */
export const sharedDisk: Disk = {
  ...nodeDisk,
  open: (path, mode) => NodeFile.open(path, MODES[mode], 0o644),
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true, mode: 0o755 }))
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): DiskEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'link' : 'other'
}
