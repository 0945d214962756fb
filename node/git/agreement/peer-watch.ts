/** Finds out that a device is gone sooner than the mesh does, which waits half a minute before it calls a silent link dead. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { NodeId, PeerLink } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { askPeer } from './peer-streams.ts'

/** A device that is there answers within a moment, also a small one under load. Twice this is less than a home may be lost. */
export const PING_TIMEOUT_MS = 4_000
/** A learner's request under way in which nothing moved for so long: it may be a long push, or nobody there. */
export const QUIET_MS = 4_000

/** @param node also whether that one answers the asked device @throws JoineryError `TIMED_OUT`, `CLOSED`, `HOME_UNREACHABLE` */
export async function pingPeer(link: PeerLink, clock: Clock, signal?: AbortSignal, node?: NodeId): Promise<void> {
  const { stream } = await askPeer(link, node === undefined ? { do: 'ping' } : { do: 'ping', node }, {
    clock,
    // The asked one waits for an answer too.
    mostMs: node === undefined ? PING_TIMEOUT_MS : 2 * PING_TIMEOUT_MS,
    signal
  })
  stream.abort(new JoineryError('CLOSED', 'answered'))
}

/** Pings a device whenever nothing has moved for a while, and says so once when it does not answer. */
export class PeerWatch {
  readonly #link: PeerLink
  readonly #clock: Clock
  readonly #onDead: () => void
  readonly #end = new AbortController()
  #moves = 0
  #cancel = (): void => undefined

  constructor(link: PeerLink, clock: Clock, onDead: () => void) {
    this.#link = link
    this.#clock = clock
    this.#onDead = onDead
    this.#wait()
  }

  /** A byte came or went. */
  moved(): void {
    this.#moves++
  }

  stop(): void {
    this.#cancel()
    this.#end.abort(new JoineryError('CLOSED', 'no longer needed'))
  }

  #wait(): void {
    const before = this.#moves
    this.#cancel = this.#clock.after(QUIET_MS, () => {
      if (this.#moves !== before) this.#wait()
      else void this.#ping()
    })
  }

  async #ping(): Promise<void> {
    const before = this.#moves
    try {
      await pingPeer(this.#link, this.#clock, this.#end.signal)
    } catch {
      if (this.#end.signal.aborted) return
      // On a slow link the answer may stand behind the bytes of the request itself.
      if (this.#moves === before) {
        this.stop()
        this.#onDead()
        return
      }
    }
    if (!this.#end.signal.aborted) this.#wait()
  }
}
