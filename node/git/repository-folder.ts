/**
 * The folder of a bare repository, made by ourselves: `git init` syncs nothing, and after a power cut an empty HEAD would make the whole
 * repository unreadable. Source: gitrepository-layout(5).
 */
import { join } from 'node:path'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'

const FILES = {
  config: '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n',
  // Last: a folder with HEAD is whole.
  HEAD: 'ref: refs/heads/main\n'
}
/** Nobody writes more into either of them. */
const MAX_FILE_BYTES = 64 * 1024

/** Makes what is not there, and takes away what a git that was killed left behind: call it before any git runs on it. */
export async function prepareRepositoryFolder(disk: Disk, folder: string): Promise<void> {
  const folders = ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'].map((name) => join(folder, name))
  let made = false
  for (const path of folders) {
    if (await disk.stat(path)) continue
    await disk.makeDirectory(path)
    made = true
  }
  for (const [name, text] of Object.entries(FILES)) {
    const path = join(folder, name)
    const found = await readSmallFile(disk, path, MAX_FILE_BYTES)
    if (found !== undefined && Buffer.from(found).toString('utf8') === text) continue
    await writeDurably(disk, path, Buffer.from(text))
    made = true
  }
  if (made) {
    for (const path of [...folders, join(folder, 'objects'), join(folder, 'refs'), folder])
      await disk.syncDirectory(path)
    return
  }
  await sweepRepositoryFolder(disk, folder)
}

/** Locks and half files of a git that did not end by itself. Only while no git runs on this repository. */
export async function sweepRepositoryFolder(disk: Disk, folder: string): Promise<void> {
  await sweep(disk, folder, /\.lock$/)
  await sweep(disk, join(folder, 'objects'), /^(?:tmp_|incoming-)/)
  await sweep(disk, join(folder, 'objects/info'), /\.lock$|^tmp_/)
  await sweep(disk, join(folder, 'objects/pack'), /^(?:tmp_|\.tmp-)|\.(?:lock|keep)$/)
  await sweepLocks(disk, join(folder, 'refs'))
}

async function sweep(disk: Disk, folder: string, left: RegExp): Promise<void> {
  for (const { name } of await disk.list(folder)) if (left.test(name)) await disk.remove(join(folder, name))
}

/** No name of a ref ends with `.lock`. */
async function sweepLocks(disk: Disk, folder: string): Promise<void> {
  for (const { name, kind } of await disk.list(folder)) {
    const path = join(folder, name)
    if (name.endsWith('.lock')) await disk.remove(path)
    else if (kind === 'directory') await sweepLocks(disk, path)
  }
}

/** What its packs take; there are no loose objects, since every push and every fetch becomes a pack. */
export async function packedBytes(disk: Disk, folder: string): Promise<{ bytes: number; packs: number }> {
  const directory = join(folder, 'objects/pack')
  const found = await disk.list(directory)
  const sizes = await Promise.all(
    found.map(async ({ name }) => (await disk.stat(join(directory, name)))?.sizeBytes ?? 0)
  )
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    packs: found.filter(({ name }) => name.endsWith('.pack')).length
  }
}
