import { JoineryError } from '../../protocols/errors.ts'

/** So many may be inside at once; the others wait in order, up to a limit. */
export class Slots {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []

  constructor(slots: number, maxWaiting: number) {
    this.#free = slots
    this.#maxWaiting = maxWaiting
  }

  /** @throws JoineryError `BUSY` when too many wait already */
  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--
    else {
      if (this.#waiting.length >= this.#maxWaiting) throw new JoineryError('BUSY', 'too many operations are waiting')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    try {
      return await action()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
