import type { BlobReader, BlobRef } from '../../protocols/content.ts'
import { hasCode } from '../../protocols/errors.ts'
import { MAX_FILES_ASKED_FOR } from './limits.ts'

/** A slow peer holds up its own file only. */
const ASKED_AT_ONCE = 8

/**
 * Which of these files no device in reach has. Asked by reading the beginning of each that is not here, since inventories tell of current
 * versions only; what comes stays here and is wanted anyway. Of very many, some evenly chosen ones are asked for.
 */
export async function filesOutOfReach<File extends BlobRef>(
  blobs: BlobReader,
  files: readonly File[],
  signal: AbortSignal
): Promise<File[]> {
  const absent = files.filter(({ cid }) => !blobs.hasLocally(cid))
  const step = Math.max(1, Math.ceil(absent.length / MAX_FILES_ASKED_FOR))
  const asked = absent.filter((_, i) => i % step === 0)
  const gone: File[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let file = asked[next++]; file; file = asked[next++]) {
      if (!(await hasBeginning(blobs, file, signal))) gone.push(file)
    }
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker))
  return gone
}

async function hasBeginning(blobs: BlobReader, file: BlobRef, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of blobs.stream(file, 0, Math.min(1, file.sizeBytes), signal)) break
    return true
  } catch (error) {
    if (hasCode(error, 'BLOB_MISSING')) return false
    throw error
  }
}
