/** How many files are read at once: many small ones, because the store syncs what comes together together; few bytes, because a board has few. */
export class ReadBudget {
  readonly #maxBytes: number
  readonly #waiting: { bytes: number; go: () => void }[] = []
  #usedBytes = 0

  constructor(init: { maxBytes: number }) {
    this.#maxBytes = init.maxBytes
  }

  /** Runs `work` when there is room, in the order of the calls. What is bigger than everything runs alone. */
  async run<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    const taken = Math.min(bytes, this.#maxBytes)
    if (this.#waiting.length > 0 || this.#usedBytes + taken > this.#maxBytes)
      await new Promise<void>((go) => this.#waiting.push({ bytes: taken, go }))
    else this.#usedBytes += taken
    try {
      return await work()
    } finally {
      this.#usedBytes -= taken
      this.#wake()
    }
  }

  #wake(): void {
    for (let next = this.#waiting[0]; next && this.#usedBytes + next.bytes <= this.#maxBytes; next = this.#waiting[0]) {
      this.#usedBytes += next.bytes
      this.#waiting.shift()
      next.go()
    }
  }
}
