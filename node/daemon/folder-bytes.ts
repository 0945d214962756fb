import { join } from 'node:path'
import type { Disk } from '../platform/disk.ts'

/** What the files of a folder take, those of its folders not counted. Files come and go meanwhile: one that is gone counts nothing. */
export async function folderBytes(disk: Disk, folder: string): Promise<number> {
  const files = (await disk.list(folder)).filter(({ kind }) => kind === 'file')
  const stats = await Promise.all(files.map(({ name }) => disk.stat(join(folder, name))))
  return stats.reduce((sum, stat) => sum + (stat?.sizeBytes ?? 0), 0)
}

/** With all that is below it. */
export async function treeBytes(disk: Disk, folder: string): Promise<number> {
  let sum = await folderBytes(disk, folder)
  for (const { kind, name } of await disk.list(folder)) {
    if (kind === 'directory') sum += await treeBytes(disk, join(folder, name))
  }
  return sum
}
