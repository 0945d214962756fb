/** `.gitmodules` of a push: git's own check lets a path with a control character pass, which older clients run (CVE-2025-48384). */
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import type { DiskRepositories } from './local-repositories.ts'

/** More different ones than any honest push has. */
const MAX_FILES = 50
/** As git's own limit for the files it checks. */
const MAX_FILE_BYTES = 100 * 1024

/** @returns what is wrong with one of the new ones, in words; undefined when all is well */
export async function faultOfModules(
  repositories: DiskRepositories,
  id: RepositoryId,
  tips: readonly ObjectId[],
  before: readonly ObjectId[]
): Promise<string | undefined> {
  if (tips.length === 0) return undefined
  const words = [
    'log',
    '--format=',
    '--raw',
    '--no-abbrev',
    '--no-renames',
    '--diff-merges=first-parent',
    '--root',
    '-z'
  ]
  const revisions = [...tips, '--not', ...before]
  const paths = ['--', ':(glob,icase)**/.gitmodules']
  // Exit code 128: a tag that names no commit has no files to look at in this way; trees and blobs were checked by git.
  const { output } = await repositories.run(id, [...words, ...revisions, ...paths], undefined, [128])
  const blobs = new Set<ObjectId>()
  for (const [, blob = ''] of output.toString('latin1').matchAll(/:\d{6} \d{6} [0-9a-f]{40} ([0-9a-f]{40}) [AM]/g))
    blobs.add(blob)
  if (blobs.size > MAX_FILES) return 'too many changes of .gitmodules in one push'
  for (const blob of blobs) {
    const { output: text } = await repositories.run(id, ['cat-file', 'blob', blob])
    if (text.length > MAX_FILE_BYTES) return '.gitmodules is too long'
    // The line ends of Windows are harmless; a carriage return inside a value is what the hole is made of.
    const inner = text.toString('latin1').replace(/\r\n/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is what it is for
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(inner)) return '.gitmodules has a control character'
  }
  return undefined
}
