/** One change of a repository at a time. */
import type { RepositoryId } from '../../protocols/git.ts'

export class RepositoryLocks {
  readonly #last = new Map<RepositoryId, Promise<unknown>>()

  async hold<Result>(id: RepositoryId, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(id)
    const mine = (async () => {
      await before?.catch(() => undefined)
      return await work()
    })()
    this.#last.set(id, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(id) === mine) this.#last.delete(id)
    }
  }
}
