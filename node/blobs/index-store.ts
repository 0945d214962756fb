import type { Disk } from '../platform/disk.ts'
import type { KeyValueStore } from '../platform/key-value.ts'

/**
 * Opens the index of the store, whatever state it is in: nothing in it is needed, the files say it all. A damaged one is made anew; where not
 * even that works (a disk that is full to the last byte) this run does without, so that what is stored can still be read.
 *
 * @param open such as `openLevel`
 */
export async function openBlobIndex(
  components: { disk: Disk; open: (directory: string) => Promise<KeyValueStore> },
  directory: string
): Promise<KeyValueStore> {
  const { disk, open } = components
  try {
    return await open(directory)
  } catch (error) {
    // Another process has it open: two of them in one folder would be worse than none.
    if (isLocked(error)) throw error
  }
  try {
    await disk.remove(directory)
    return await open(directory)
  } catch (error) {
    if (isLocked(error)) throw error
    return nothingKept()
  }
}

function isLocked(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ((at as NodeJS.ErrnoException).code === 'LEVEL_LOCKED') return true
  return false
}

function nothingKept(): KeyValueStore {
  return {
    get: async () => undefined,
    getMany: async (keys) => keys.map(() => undefined),
    write: async () => undefined,
    async *entries() {},
    async *keys() {},
    close: async () => undefined
  }
}
