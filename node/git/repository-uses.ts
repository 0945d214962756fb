/**
 * Who brings objects to a repository just now, outside its lock: pushes that are being sent, fetches from other devices. What they leave when they break off is
 * swept once nobody does any more.
 */
import type { RepositoryId } from '../../protocols/git.ts'

interface Uses {
  count: number
  broken: boolean
}

export class RepositoryUses {
  readonly #sweep: (id: RepositoryId) => Promise<void>
  readonly #uses = new Map<RepositoryId, Uses>()
  readonly #sweeping = new Map<RepositoryId, Promise<void>>()

  /** @param sweep takes away what half-done work has left */
  constructor(sweep: (id: RepositoryId) => Promise<void>) {
    this.#sweep = sweep
  }

  isUsed(id: RepositoryId): boolean {
    return this.#uses.has(id)
  }

  /** @throws whatever `work` does */
  async during<Result>(id: RepositoryId, work: (noteBroken: () => void) => Promise<Result>): Promise<Result> {
    for (let sweep = this.#sweeping.get(id); sweep !== undefined; sweep = this.#sweeping.get(id)) await sweep
    const uses = this.#uses.get(id) ?? { count: 0, broken: false }
    this.#uses.set(id, uses)
    uses.count++
    const noteBroken = (): void => {
      uses.broken = true
    }
    try {
      return await work(noteBroken)
    } catch (error) {
      noteBroken()
      throw error
    } finally {
      uses.count--
      if (uses.count === 0) {
        this.#uses.delete(id)
        if (uses.broken) await this.#tidy(id)
      }
    }
  }

  async #tidy(id: RepositoryId): Promise<void> {
    // What cannot be swept now is swept at the next start; it takes room and does no harm.
    const sweep = this.#sweep(id)
      .catch(() => undefined)
      .finally(() => this.#sweeping.delete(id))
    this.#sweeping.set(id, sweep)
    await sweep
  }
}
