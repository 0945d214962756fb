/** One change of a repository at a time. */
import { JoineryError } from '../../protocols/errors.ts'
import type { RepositoryId } from '../../protocols/git.ts'

interface Holder {
  ended: Promise<unknown>
  /** Makes room for somebody who waits; only tidying up can. */
  giveWay?: () => void
}

export class RepositoryLocks {
  readonly #last = new Map<RepositoryId, Holder>()

  async hold<Result>(id: RepositoryId, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(id)
    before?.giveWay?.()
    return await this.#run(id, before, work)
  }

  /**
   * For what can wait: only when nobody holds it, and told to end as soon as somebody wants it.
   *
   * @returns whether it was free
   */
  async holdIdle(id: RepositoryId, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    if (this.#last.has(id)) return false
    const wanted = new AbortController()
    await this.#run(
      id,
      undefined,
      () => work(wanted.signal),
      () => wanted.abort(new JoineryError('GIT_BUSY', 'somebody needs it'))
    )
    return true
  }

  async #run<Result>(
    id: RepositoryId,
    before: Holder | undefined,
    work: () => Promise<Result>,
    giveWay?: () => void
  ): Promise<Result> {
    const ended = (async () => {
      await before?.ended.catch(() => undefined)
      return await work()
    })()
    const mine: Holder = giveWay ? { ended, giveWay } : { ended }
    this.#last.set(id, mine)
    try {
      return await ended
    } finally {
      if (this.#last.get(id) === mine) this.#last.delete(id)
    }
  }
}
