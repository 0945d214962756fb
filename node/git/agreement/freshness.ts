/**
 * Whether what this device shows of a repository is what its home has: a collaborator who pulls right after a push elsewhere must not be told
 * that there is nothing new.
 */
import { hasCode, JoineryError } from '../../../protocols/errors.ts'
import type { ObjectId, RefName, RepositoryId } from '../../../protocols/git.ts'
import type { PeerLink } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { sha256 } from '../../platform/hash.ts'
import { askPeer } from './peer-streams.ts'
import { PING_TIMEOUT_MS } from './peer-watch.ts'

/** A copy that was just told of arrives within a moment; otherwise the home answers. */
export const FRESH_WAIT_MS = 2_000

export class Freshness {
  readonly #clock: Clock
  /** What a repository's branches were when they were last shown here. */
  readonly #shown = new Map<RepositoryId, string>()
  readonly #listeners = new Set<(id: RepositoryId) => void>()

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  /** All objects of these are here, and git clients see them. */
  noteShown(id: RepositoryId, refs: ReadonlyMap<RefName, ObjectId>): void {
    this.#shown.set(id, textOf(digestOf(refs)))
    for (const listener of [...this.#listeners]) listener(id)
  }

  forget(id: RepositoryId): void {
    this.#shown.delete(id)
  }

  /**
   * @returns undefined when the home gave no answer
   * @throws JoineryError `TIMED_OUT` when that device says nothing at all
   */
  async ask(link: PeerLink, id: RepositoryId, hops: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      const { head, stream } = await askPeer(
        link,
        { do: 'heads', repository: id, hops },
        { clock: this.#clock, mostMs: PING_TIMEOUT_MS * (1 + hops), signal }
      )
      stream.abort(new JoineryError('CLOSED', 'answered'))
      return head.heads
    } catch (error) {
      signal.throwIfAborted()
      if (hasCode(error, 'TIMED_OUT')) throw error
      return undefined
    }
  }

  /** Waits a moment until `heads` is what is shown here. */
  async reaches(id: RepositoryId, heads: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const expected = textOf(heads)
    if (this.#shown.get(id) === expected) return true
    return await new Promise<boolean>((resolve) => {
      const end = (fresh: boolean): void => {
        cancel()
        this.#listeners.delete(look)
        signal.removeEventListener('abort', leave)
        resolve(fresh)
      }
      const look = (shown: RepositoryId): void => {
        if (shown === id && this.#shown.get(id) === expected) end(true)
      }
      const leave = (): void => end(false)
      const cancel = this.#clock.after(FRESH_WAIT_MS, leave)
      signal.addEventListener('abort', leave)
      this.#listeners.add(look)
    })
  }
}

export function digestOf(refs: ReadonlyMap<RefName, ObjectId>): Uint8Array {
  const lines = [...refs].map(([ref, object]) => `${object} ${ref}\n`).sort()
  return sha256(Buffer.from(lines.join('')))
}

function textOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex')
}
