import { dirname } from 'node:path'
import type { Disk } from './disk.ts'

/**
 * Replaces a small file so that after a power cut either the old or the new content is there:
 * temporary file, data sync, rename, sync of the directory.
 */
export async function writeDurably(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  await disk.remove(temporary)
  const file = await disk.open(temporary, 'exclusive')
  try {
    await file.write(bytes, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(temporary, path)
  await disk.syncDirectory(dirname(path))
}

/**
 * The whole of a small file, or undefined when it is not there.
 *
 * @param maxBytes a longer file is an error, not a longer read
 */
export async function readSmallFile(disk: Disk, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const found = await disk.stat(path)
  if (!found) return undefined
  if (found.sizeBytes > maxBytes)
    throw new Error(`${path} has ${found.sizeBytes} bytes, at most ${maxBytes} are expected`)
  const file = await disk.open(path, 'read')
  try {
    const bytes = new Uint8Array(found.sizeBytes)
    let at = 0
    while (at < bytes.length) {
      const read = await file.read(bytes.subarray(at), at)
      if (read === 0) break
      at += read
    }
    return bytes.subarray(0, at)
  } finally {
    await file.close()
  }
}
