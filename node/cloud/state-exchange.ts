/** How far the cloud peers of a room are, as they say themselves: asked when a link is made and when somebody wants to know. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import {
  CLOUD_STATE_PROTOCOL,
  type CloudState,
  decodeCloudState,
  encodeCloudState,
  MAX_CLOUD_STATE_BYTES
} from '../../protocols/cloud-state.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { MAX_CLOUDS, STATE_FRESH_MS, STATE_TIMEOUT_MS } from './limits.ts'

const LIMITS = { maxMessageBytes: MAX_CLOUD_STATE_BYTES, idleTimeoutMs: STATE_TIMEOUT_MS }

/** At a cloud peer: answers. */
export function answerState(links: PeerLinks, state: () => Promise<CloudState>): void {
  links.handle(CLOUD_STATE_PROTOCOL, LIMITS, async (stream) => {
    await stream.send(encodeCloudState(await state()))
    await stream.close()
  })
}

/** In the room: asks, and remembers. */
export class CloudStates {
  readonly #clock: Clock
  readonly #links: PeerLinks
  readonly #known = new BoundedMap<NodeId, { state: CloudState; atMs: number }>(MAX_CLOUDS)
  readonly #stopListening: () => void

  constructor(components: { clock: Clock; links: PeerLinks }) {
    this.#clock = components.clock
    this.#links = components.links
    this.#stopListening = this.#links.onLink((link) => {
      // A line that breaks at once is asked again when it is back.
      if (link.profile.role === 'cloud') this.#ask(link).catch(() => undefined)
    })
  }

  stop(): void {
    this.#stopListening()
  }

  /** As it was said last; undefined when it never was. */
  last(node: NodeId): CloudState | undefined {
    return this.#known.get(node)?.state
  }

  /** Fresh, where the cloud peer is in reach. */
  async now(node: NodeId): Promise<CloudState | undefined> {
    const known = this.#known.get(node)
    if (known && this.#clock.monotonicMs() - known.atMs < STATE_FRESH_MS) return known.state
    const link = this.#links.links().find(({ peer }) => peer === node)
    if (!link) return known?.state
    // What it said before is better than nothing.
    return await this.#ask(link).catch(() => known?.state)
  }

  async #ask(link: PeerLink): Promise<CloudState> {
    const stream = await link.open(CLOUD_STATE_PROTOCOL, LIMITS)
    try {
      const answer = await stream.receive()
      if (!answer) throw new Error('no answer')
      const state = decodeCloudState(answer)
      this.#known.set(link.peer, { state, atMs: this.#clock.monotonicMs() })
      await stream.close()
      return state
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('the question failed'))
      throw error
    }
  }
}
