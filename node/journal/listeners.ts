/** Those who want to be told of something. One that fails is reported, and keeps neither the others nor us from going on. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>()
  readonly #failed: (cause: unknown) => void

  constructor(failed: (cause: unknown) => void) {
    this.#failed = failed
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  /** @returns what ends it */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(event: Event): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (cause) {
        this.#failed(cause)
      }
    }
  }
}
