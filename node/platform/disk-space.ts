import { statfs } from 'node:fs/promises'

/** Of the disk that holds `path`: what there is, and what programs may still write. */
export async function diskSpace(path: string): Promise<{ totalBytes: number; freeBytes: number }> {
  const { blocks, bavail, bsize } = await statfs(path)
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
}
