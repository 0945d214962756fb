/** The key by which clients know this device again: made at the first start, kept in the data folder. */
import { dirname } from 'node:path'
import type { Disk } from '../../platform/disk.ts'
import { readSmallFile, writeDurably } from '../../platform/durable-file.ts'

const MAX_KEY_BYTES = 4096

/** @param make gives a private key in the format of OpenSSH */
export async function openHostKey(disk: Disk, path: string, make: () => string): Promise<string> {
  const kept = await readSmallFile(disk, path, MAX_KEY_BYTES)
  if (kept) return Buffer.from(kept).toString('utf8')
  const key = make()
  await disk.makeDirectory(dirname(path))
  await disk.syncDirectory(dirname(dirname(path)))
  await writeDurably(disk, path, Buffer.from(key, 'utf8'))
  return key
}
