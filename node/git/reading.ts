/** Looks into bare repositories for pages: bounded, read-only, and only by whole ids of commits. */
import { hasCode } from '../../protocols/errors.ts'
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import { isObjectId } from '../../protocols/git-names.ts'
import { changesOf, type FileChange } from './diff-text.ts'
import type { DiskRepositories } from './local-repositories.ts'

interface FolderEntry {
  name: string
  kind: 'file' | 'folder' | 'link' | 'submodule'
  sizeBytes?: number
}

interface CommitLine {
  id: ObjectId
  subject: string
  authorName: string
  /** Seconds since 1970, as the author's computer believed. */
  authoredS: number
}

interface CommitView extends CommitLine {
  body: string
  parents: ObjectId[]
  files: FileChange[]
  cut: boolean
}

/** A page shows no more; whoever has more clones. */
const MAX_FOLDER_ENTRIES = 2_000
const MAX_DIFF_BYTES = 512 * 1024
const MAX_COMMITS = 200
const MAX_TEXT_CHARACTERS = 64 * 1024

const KINDS: Readonly<Record<string, FolderEntry['kind']>> = { tree: 'folder', commit: 'submodule' }

export class RepositoryReading {
  readonly #repositories: DiskRepositories

  constructor(repositories: DiskRepositories) {
    this.#repositories = repositories
  }

  async folder(
    id: RepositoryId,
    commit: ObjectId,
    path: string
  ): Promise<{ entries: FolderEntry[]; cut: boolean } | undefined> {
    const tree = await this.#object(id, commit, path, 'tree')
    if (tree === undefined) return undefined
    const { bytes: output, cut } = await this.#repositories.runCut(
      id,
      ['ls-tree', '-z', '-l', tree],
      MAX_FOLDER_ENTRIES * 300
    )
    const lines = output.toString('utf8').split('\0')
    // The last one is empty, or was cut in its middle.
    lines.pop()
    const entries = lines.slice(0, MAX_FOLDER_ENTRIES).flatMap((line): FolderEntry[] => {
      const [, mode, type = '', size, name] = /^(\d{6}) (\w+) [0-9a-f]{40} +(\S+)\t(.+)$/s.exec(line) ?? []
      if (name === undefined) return []
      const kind = mode === '120000' ? 'link' : (KINDS[type] ?? 'file')
      return [kind === 'file' ? { name, kind, sizeBytes: Number(size) } : { name, kind }]
    })
    return { entries, cut: cut || lines.length > MAX_FOLDER_ENTRIES }
  }

  async file(
    id: RepositoryId,
    commit: ObjectId,
    path: string,
    mostBytes: number
  ): Promise<{ sizeBytes: number; bytes: Uint8Array } | undefined> {
    const blob = await this.#object(id, commit, path, 'blob')
    if (blob === undefined) return undefined
    const { output } = await this.#repositories.run(id, ['cat-file', '-s', blob])
    const { bytes } = await this.#repositories.runCut(id, ['cat-file', 'blob', blob], mostBytes)
    return { sizeBytes: Number(output.toString('latin1')), bytes }
  }

  async commits(id: RepositoryId, commit: ObjectId, limit: number): Promise<CommitLine[]> {
    if (!(await this.#isCommit(id, commit))) return []
    const words = [
      'log',
      '-z',
      `--max-count=${Math.min(limit, MAX_COMMITS)}`,
      '--format=%H%n%at%n%an%n%s',
      commit,
      '--'
    ]
    const { output } = await this.#repositories.run(id, words)
    return output.toString('utf8').split('\0').flatMap(commitLine)
  }

  async commit(id: RepositoryId, commit: ObjectId): Promise<CommitView | undefined> {
    if (!(await this.#isCommit(id, commit))) return undefined
    const head = await this.#repositories.run(id, ['log', '-1', '--format=%H%n%at%n%an%n%s%n%P%n%b', commit, '--'])
    const text = head.output.toString('utf8')
    const [line] = commitLine(text)
    if (!line) return undefined
    const [, , , , parents = '', ...body] = text.split('\n')
    // A merge shows what it brought to the branch that it was made on.
    const words = ['diff-tree', '-r', '-p', '--root', '--no-color', '--no-ext-diff', '--no-textconv', '-M', '--numstat']
    const against = ['--diff-merges=first-parent', '--no-commit-id', commit, '--']
    const { bytes, cut } = await this.#repositories.runCut(id, [...words, ...against], MAX_DIFF_BYTES)
    return {
      ...line,
      body: body.join('\n').trim().slice(0, MAX_TEXT_CHARACTERS),
      parents: parents.split(' ').filter(isObjectId),
      files: changesOf(bytes.toString('utf8')),
      cut
    }
  }

  async #isCommit(id: RepositoryId, commit: ObjectId): Promise<boolean> {
    return isObjectId(commit) && (await this.#typeOf(id, commit)) === 'commit'
  }

  /** The id of what stands at a path, when it is of that type. */
  async #object(id: RepositoryId, commit: ObjectId, path: string, type: string): Promise<ObjectId | undefined> {
    if (!(await this.#isCommit(id, commit)) || /[\0\n]/.test(path)) return undefined
    const name = `${commit}:${path}`
    const { output } = await this.#repositories.run(
      id,
      ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
      `${name}\n`
    )
    const [object = '', found] = output.toString('utf8').trimEnd().split(' ')
    return found === type && isObjectId(object) ? object : undefined
  }

  async #typeOf(id: RepositoryId, object: ObjectId): Promise<string | undefined> {
    if (!(await this.#repositories.isHere(id))) return undefined
    try {
      const { output } = await this.#repositories.run(id, ['cat-file', '-t', object])
      return output.toString('latin1').trim()
    } catch (error) {
      if (hasCode(error, 'GIT_FAILED')) return undefined
      throw error
    }
  }
}

function commitLine(text: string): CommitLine[] {
  const [id = '', authored = '', authorName = '', subject = ''] = text.replace(/^\n/, '').split('\n')
  return isObjectId(id) ? [{ id, subject, authorName, authoredS: Number(authored) }] : []
}
