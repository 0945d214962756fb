/**
 * Folders that people hand to us: a stick, a download, somebody else's share. Nothing is written there, links are never followed
 * unseen, and what is opened is known to be the file that was looked at.
 */
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'

export interface SourceStat {
  kind: 'file' | 'directory' | 'link' | 'other'
  sizeBytes: number
  /** Which file it is and in which state: device, inode, size, times of change in nanoseconds. Two equal ones mean equal bytes, unless it was written within the clock's grain. */
  fingerprint: string
  /** Its number on its device. */
  inode: number
  /** The later of the two times of change. */
  changedMs: number
}

export interface SourceFile {
  stat(): Promise<SourceStat>
  /** Reads up to `into.length` bytes at `position`; returns how many (0 at the end). */
  read(into: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** Errors are those of Node's fs (`code`: ENOENT, EACCES, EIO, ELOOP, …). Paths are absolute. */
export interface SourceFolder {
  /** Names only, in no order. Bytes that are no UTF-8 come as U+FFFD. */
  names(directory: string): Promise<string[]>
  /** Of the link itself where it is one. */
  stat(path: string): Promise<SourceStat>
  /** Where it really is, without any link. */
  realPath(path: string): Promise<string>
  /** Fails on a last part that is a link, and never waits for a pipe. */
  open(path: string): Promise<SourceFile>
}

export const nodeSourceFolder: SourceFolder = {
  names: (directory) => readdir(directory),
  stat: async (path) => sourceStat(await lstat(path, { bigint: true })),
  realPath: (path) => realpath(path),
  open: async (path) =>
    new NodeSourceFile(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
}

class NodeSourceFile implements SourceFile {
  readonly #handle: FileHandle
  constructor(handle: FileHandle) {
    this.#handle = handle
  }
  async stat(): Promise<SourceStat> {
    return sourceStat(await this.#handle.stat({ bigint: true }))
  }
  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead
  }
  close = (): Promise<void> => this.#handle.close()
}

interface BigStat {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  dev: bigint
  ino: bigint
  size: bigint
  mtimeNs: bigint
  ctimeNs: bigint
}

function sourceStat(found: BigStat): SourceStat {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : found.isSymbolicLink() ? 'link' : 'other'
  return {
    kind,
    sizeBytes: Number(found.size),
    inode: Number(found.ino),
    fingerprint: [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':'),
    changedMs: Math.max(Number(found.mtimeNs), Number(found.ctimeNs)) / 1e6
  }
}
