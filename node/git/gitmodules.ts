/** `.gitmodules` of a push: git's own check lets a path with a control character pass, which older clients run (CVE-2025-48384). */
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import type { DiskRepositories } from './local-repositories.ts'

/** More different ones than any honest push has. */
const MAX_FILES = 50
/** More than any honest one has. */
const MAX_FILE_BYTES = 100 * 1024

/** @returns what is wrong with one of them, in words; undefined when all is well */
export async function faultOfModules(
  repositories: Pick<DiskRepositories, 'runCut'>,
  id: RepositoryId,
  blobs: ReadonlySet<ObjectId>
): Promise<string | undefined> {
  if (blobs.size > MAX_FILES) return 'too many changes of .gitmodules in one push'
  for (const blob of blobs) {
    const { bytes, cut } = await repositories.runCut(id, ['cat-file', 'blob', blob], MAX_FILE_BYTES)
    if (cut) return '.gitmodules is too long'
    // The line ends of Windows are harmless; a carriage return inside a value is what the hole is made of.
    const inner = bytes.toString('latin1').replace(/\r\n/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is what it is for
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(inner)) return '.gitmodules has a control character'
  }
  return undefined
}
