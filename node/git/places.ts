/** So many at once; who comes later waits in order. */
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'
import { MAX_WAITING } from './limits.ts'

export class Places {
  readonly #most: number
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#most = most
  }

  /**
   * @returns gives the place to the next one; further calls do nothing
   * @throws JoineryError `GIT_BUSY`; the signal's reason
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#taken < this.#most) this.#taken++
    else await this.#wait(signal)
    let given = false
    return () => {
      if (given) return
      given = true
      // Whoever waits longest gets the place, before somebody who comes now.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#taken--
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) throw new JoineryError('GIT_BUSY', 'too many wait for git')
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', gone)
        resolve()
      }
      const gone = (): void => {
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(signal?.reason)
      }
      this.#waiting.push(go)
      signal?.addEventListener('abort', gone, { once: true })
    })
  }
}
