import type { DiskFile } from '../platform/disk.ts'

/** Errors that say that the bytes are lost, other than those that may pass (too many open files). */
export function isLoss(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === 'EIO' || code === 'ENOENT'
}

/** Fills `into` from `position`; false when the file ends before. */
export async function readFully(file: DiskFile, into: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < into.length; ) {
    const read = await file.read(into.subarray(done), position + done)
    if (read === 0) return false
    done += read
  }
  return true
}
