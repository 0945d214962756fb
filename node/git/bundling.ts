/** Repositories as files that people carry away: a bundle that `git clone` takes, and the files of a commit as a ZIP. */
import { JoineryError } from '../../protocols/errors.ts'
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import { isObjectId } from '../../protocols/git-names.ts'
import type { GitProgram } from './git-program.ts'
import type { DiskRepositories } from './local-repositories.ts'

export class RepositoryBundling {
  readonly #git: GitProgram
  readonly #repositories: DiskRepositories

  constructor(components: { git: GitProgram; repositories: DiskRepositories }) {
    this.#git = components.git
    this.#repositories = components.repositories
  }

  /** Branches, tags and all their commits. @throws JoineryError `GIT_FAILED` also for a repository without commits */
  async *bundle(id: RepositoryId, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const refs = await this.#repositories.refs(id)
    // Cloning a bundle checks out what its HEAD names.
    const head = refs.has('refs/heads/main') ? ['HEAD'] : []
    yield* this.#output(id, ['bundle', 'create', '-', ...head, '--branches', '--tags'], signal)
  }

  async *files(id: RepositoryId, commit: ObjectId, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    if (!isObjectId(commit)) throw new JoineryError('MALFORMED', 'not the id of a commit')
    yield* this.#output(id, ['archive', '--format=zip', commit], signal)
  }

  async *#output(id: RepositoryId, words: readonly string[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const started = await this.#git.start(['--git-dir', this.#repositories.folder(id), ...words], {
      signal,
      for: 'serving'
    })
    const { program, done } = started
    try {
      program.input.end()
      for await (const span of program.output as AsyncIterable<Buffer>) yield span
      const { code, errors } = await program.ended
      signal.throwIfAborted()
      if (code !== 0) throw new JoineryError('GIT_FAILED', `git ${words[0]} ended with ${code}: ${errors.trim()}`)
    } finally {
      done()
    }
  }
}
