import type { Cid } from '../../protocols/cid.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { requestId, withRequestId } from '../platform/request-id.ts'
import { MAX_DEMANDS } from './limits.ts'
import { keyOf } from './piece-choice.ts'

interface Waiter {
  /** What the log calls the request that waits. */
  request: string | undefined
  resolve: (bytes: Uint8Array | undefined) => void
  reject: (error: Error) => void
}

/** Pieces that somebody waits for, and who. Bounded; a demand is gone when the last one who waits has left. */
export class Demands {
  readonly #waiters = new Map<string, Waiter[]>()
  readonly #given = new WeakSet<Uint8Array>()

  has(cid: Cid, piece: number): boolean {
    return this.#waiters.has(keyOf(cid, piece))
  }

  hasAnyOf(cid: Cid): boolean {
    for (const key of this.#waiters.keys()) if (key.startsWith(cid)) return true
    return false
  }

  /**
   * Resolves with the bytes, which are the caller's then, or with nothing when they can be read from the store.
   *
   * @param changes `began`: nobody waited for it before; `left`: nobody does any more
   */
  wait(
    cid: Cid,
    piece: number,
    signal: AbortSignal | undefined,
    changes: { began(): void; left(): void }
  ): Promise<Uint8Array | undefined> {
    const key = keyOf(cid, piece)
    let waiters = this.#waiters.get(key)
    if (!waiters) {
      if (this.#waiters.size >= MAX_DEMANDS)
        return Promise.reject(new JoineryError('BUSY', 'too many files are asked for'))
      waiters = []
      this.#waiters.set(key, waiters)
      changes.began()
    }
    const mine = waiters
    return new Promise<Uint8Array | undefined>((resolve, reject) => {
      const leave = (): void => {
        const at = mine.indexOf(waiter)
        if (at >= 0) mine.splice(at, 1)
        if (mine.length === 0 && this.#waiters.get(key) === mine) {
          this.#waiters.delete(key)
          changes.left()
        }
        reject(signal?.reason ?? new JoineryError('CLOSED', 'nobody waits any more'))
      }
      const done = (): void => signal?.removeEventListener('abort', leave)
      const waiter: Waiter = {
        request: requestId(),
        resolve: (bytes) => {
          done()
          resolve(bytes)
        },
        reject: (error) => {
          done()
          reject(error)
        }
      }
      mine.push(waiter)
      if (signal?.aborted) leave()
      else signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** @returns true when somebody has the bytes now: then their buffer is not ours any more */
  resolve(cid: Cid, piece: number, bytes: Uint8Array | undefined): boolean {
    const waiters = this.#take(keyOf(cid, piece))
    for (const waiter of waiters) waiter.resolve(bytes)
    if (waiters.length === 0 || bytes === undefined) return false
    this.#given.add(bytes)
    return true
  }

  /** Whatever is done for the first one who waits stands under that request in the logs; what nobody waits for under none. */
  inNameOf<Result>(cid: Cid, piece: number, work: () => Result): Result {
    return withRequestId(this.#waiters.get(keyOf(cid, piece))?.[0]?.request, work)
  }

  reject(cid: Cid, piece: number, error: Error): void {
    for (const waiter of this.#take(keyOf(cid, piece))) waiter.reject(error)
  }

  rejectAll(error: Error): void {
    for (const key of [...this.#waiters.keys()]) for (const waiter of this.#take(key)) waiter.reject(error)
  }

  /** Whether somebody who waited has this buffer. */
  wasGiven(bytes: Uint8Array): boolean {
    return this.#given.has(bytes)
  }

  #take(key: string): Waiter[] {
    const waiters = this.#waiters.get(key) ?? []
    this.#waiters.delete(key)
    return [...waiters]
  }
}
