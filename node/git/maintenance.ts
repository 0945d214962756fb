/**
 * Tidying up: packs of pushes become few, refs one file, commits get a graph. One repository at a time, at the lowest priority, and only while
 * nobody changes it: whoever pushes makes it stop. Objects go by refs between devices, so this is each device's own affair.
 */
import { hasCode } from '../../protocols/errors.ts'
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import type { Clock } from '../platform/clock.ts'
import type { GitProgram } from './git-program.ts'
import { pruneKeptRefs } from './kept-refs.ts'
import type { DiskRepositories } from './local-repositories.ts'

/** A class that works on something is left alone. */
export const QUIET_MS = 2 * 60_000
/** One pack for each push: so many still cost a reader nothing. */
const MAX_PACKS = 16
/** Where even a fold by size leaves so many, or a refused push left something, all become one. */
const MAX_FOLDED_PACKS = 12
const TIDY_TIMEOUT_MS = 10 * 60_000
/** One failure may be a git that was ended; what fails so often in a row needs a person. */
export const FAILURES_TO_TELL = 3
/** Repositories whose failures are counted; a device whose disk rots has others to worry about. */
export const MAX_FAILING = 100

export interface RepositoryMaintenanceComponents {
  git: GitProgram
  clock: Clock
  repositories: DiskRepositories
  /** What the ref log needs no longer of what was overwritten and deleted. Absent: all of it is kept. */
  spentOf?(id: RepositoryId): (object: ObjectId) => boolean
  /** Told of a repository that cannot be tidied, once. */
  onProblem?(problem: { code: string; message: string; cause?: unknown }): void
}

export class RepositoryMaintenance {
  readonly #components: RepositoryMaintenanceComponents
  /** In the order of their last change; each repository of the device at most once. */
  readonly #waiting = new Map<RepositoryId, number>()
  /** How often in a row tidying failed. */
  readonly #failures = new Map<RepositoryId, number>()
  readonly #stop = new AbortController()
  readonly #stopListening: () => void
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(components: RepositoryMaintenanceComponents) {
    this.#components = components
    this.#stopListening = components.repositories.onChange((id) => this.#note(id))
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopping'))
    this.#stopListening()
    this.#cancel?.()
    await this.#running
  }

  /** Those that could not be tidied again and again. */
  failing(): RepositoryId[] {
    return [...this.#failures].flatMap(([id, count]) => (count >= FAILURES_TO_TELL ? [id] : []))
  }

  /** @returns whether there was something to do and it was done */
  async tidy(id: RepositoryId): Promise<boolean> {
    const { repositories, spentOf = () => () => false } = this.#components
    const { packs } = await repositories.size(id)
    const waste = repositories.waste.has(id)
    // What is being brought has no name yet: nothing is thrown away meanwhile.
    if ((packs < MAX_PACKS && !waste) || repositories.uses.isUsed(id)) return false
    let done = false
    await repositories.locks.holdIdle(id, async (wanted) => {
      const signal = AbortSignal.any([wanted, this.#stop.signal])
      const unnamed = await pruneKeptRefs(repositories, id, spentOf(id))
      signal.throwIfAborted()
      const all = waste || unnamed || (await this.#fold(id, signal)) > MAX_FOLDED_PACKS
      if (all && !repositories.uses.isUsed(id)) {
        // Without a name, and nobody is bringing anything: refused pushes, and nothing else.
        repositories.objects.forget(id)
        await this.#run(id, ['repack', '-a', '-d', '-q', '--no-write-bitmap-index'], signal)
        repositories.waste.delete(id)
      }
      await this.#run(id, ['pack-refs', '--all'], signal)
      await this.#run(id, ['commit-graph', 'write', '--reachable', '--no-progress'], signal)
      done = true
    })
    return done
  }

  /** @returns how many packs there are then */
  async #fold(id: RepositoryId, signal: AbortSignal): Promise<number> {
    await this.#run(id, ['repack', '-d', '-q', '--geometric=2', '--write-midx', '--no-write-bitmap-index'], signal)
    return (await this.#components.repositories.size(id)).packs
  }

  async #run(id: RepositoryId, words: readonly string[], signal: AbortSignal): Promise<void> {
    const { git, repositories } = this.#components
    const options = { for: 'tidying', timeoutMs: TIDY_TIMEOUT_MS, signal } as const
    await git.run(['--git-dir', repositories.folder(id), ...words], options)
  }

  #note(id: RepositoryId): void {
    this.#waiting.delete(id)
    this.#waiting.set(id, this.#components.clock.monotonicMs() + QUIET_MS)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#cancel || this.#running || this.#stop.signal.aborted) return
    const [first] = this.#waiting.values()
    if (first === undefined) return
    const { clock } = this.#components
    this.#cancel = clock.after(Math.max(0, first - clock.monotonicMs()), () => {
      this.#cancel = undefined
      this.#running = this.#next().finally(() => {
        this.#running = undefined
        this.#schedule()
      })
    })
  }

  async #next(): Promise<void> {
    const [next] = this.#waiting
    if (!next) return
    const [id, dueMs] = next
    if (dueMs > this.#components.clock.monotonicMs()) return
    this.#waiting.delete(id)
    try {
      await this.tidy(id)
      this.#failures.delete(id)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      // Somebody needed the repository, or many push: that is no failure.
      if (!hasCode(error, 'GIT_BUSY')) this.#noteFailure(id, error)
      // A git failed: nothing was lost, and the next push brings it here again.
      if (hasCode(error, 'GIT_FAILED') || hasCode(error, 'GIT_TIMED_OUT')) return
      this.#waiting.set(id, this.#components.clock.monotonicMs() + QUIET_MS)
    }
  }

  #noteFailure(id: RepositoryId, cause: unknown): void {
    const count = (this.#failures.get(id) ?? 0) + 1
    if (count === 1 && this.#failures.size >= MAX_FAILING) return
    this.#failures.set(id, count)
    if (count !== FAILURES_TO_TELL) return
    const message = `repository ${id} could not be tidied ${count} times in a row`
    this.#components.onProblem?.({ code: 'REPOSITORY_UNTIDY', message, cause })
  }
}
