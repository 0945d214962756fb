/** One walk over the commits of a push: what the ref log wants to know of them, and every `.gitmodules` that they bring. */
import type { ObjectId } from '../../protocols/git.ts'
import { isObjectId } from '../../protocols/git-names.ts'
import { MAX_SURVEYED_COMMITS } from './limits.ts'

export interface PushSurvey {
  /** Newest first, as `git rev-list` has them; at most `MAX_SURVEYED_COMMITS`. */
  commits: ObjectId[]
  parents: ReadonlySet<ObjectId>
  /** Whether there are no more commits than these. */
  whole: boolean
  modules: ReadonlySet<ObjectId>
}

/** Prints every commit, and below it the changes of `.gitmodules` in whatever folder. */
export const SURVEY_WORDS = [
  'log',
  '--format=%x00%H %P',
  '--raw',
  '--no-abbrev',
  '--no-renames',
  '--diff-merges=first-parent',
  '--root',
  '--full-history',
  '--sparse'
]
export const SURVEY_PATHS = ['--', ':(glob,icase)**/.gitmodules']
/** A line of the raw form, with a path; what is longer is none of ours. */
const MAX_LINE_CHARACTERS = 16 * 1024

export async function readSurvey(output: AsyncIterable<Uint8Array>): Promise<PushSurvey> {
  const commits: ObjectId[] = []
  const parents = new Set<ObjectId>()
  const modules = new Set<ObjectId>()
  let whole = true
  const read = (line: string): void => {
    if (line.startsWith('\0')) {
      const [commit = '', ...before] = line.slice(1).trim().split(' ')
      if (commits.length === MAX_SURVEYED_COMMITS) {
        whole = false
        return
      }
      commits.push(commit)
      for (const parent of before) if (isObjectId(parent)) parents.add(parent)
      return
    }
    const [, blob] = /^:\d{6} \d{6} [0-9a-f]{40} ([0-9a-f]{40}) [AMT]\t/.exec(line) ?? []
    if (blob !== undefined) modules.add(blob)
  }
  let rest = ''
  for await (const bytes of output) {
    const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n')
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARACTERS)
    for (const line of lines) read(line)
  }
  read(rest)
  return { commits, parents, whole, modules }
}

/** Those of the last push of a repository. */
export interface PushedCommits {
  tip: ObjectId
  old: ObjectId | undefined
  known: string
  commits: readonly ObjectId[]
  parents: ReadonlySet<ObjectId>
  whole: boolean
}

export function keyOf(objects: readonly ObjectId[]): string {
  return [...objects].sort().join()
}
