import type { MissingPackage } from '../../protocols/content.ts'
import type { WantedOverview } from '../../protocols/room-overview.ts'

/** More names than a class asks for in vain; one that nobody asked for again goes first. */
export const MAX_WANTS = 1000
export const MAX_NAME_CHARACTERS = 200

/** What people asked for and the room lacks, counted and not listed one by one. */
export class Wants {
  /** Least recently asked first. */
  readonly #wants = new Map<string, WantedOverview>()

  add({ collection, name, target }: MissingPackage): void {
    const told = { collection, name: name.slice(0, MAX_NAME_CHARACTERS), ...(target === undefined ? {} : { target }) }
    const key = JSON.stringify([told.collection, told.name, told.target ?? ''])
    const count = (this.#wants.get(key)?.count ?? 0) + 1
    this.#wants.delete(key)
    this.#wants.set(key, { ...told, count })
    const oldest = this.#wants.size > MAX_WANTS ? this.#wants.keys().next().value : undefined
    if (oldest !== undefined) this.#wants.delete(oldest)
  }

  /** Most often asked for first. */
  list(): WantedOverview[] {
    return [...this.#wants.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
  }
}
