import type { Cid } from '../../protocols/cid.ts'
import {
  decodeLoadAnswer,
  decodeLoadQuestion,
  encodeLoadAnswer,
  encodeLoadQuestion,
  LOAD_ANSWER_WITHIN_MS,
  LOAD_LIMITS,
  LOAD_PROTOCOL,
  type LoadAnswer,
  type LoadQuestion
} from '../../protocols/load.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { requestId, withRequestId } from '../platform/request-id.ts'
import { ASKED_PEERS, EXPECTED_MS, MOST_EXPECTED, UNANSWERED_MS } from './limits.ts'

export interface OffersComponents {
  clock: Clock
  links: PeerLinks
  /** The whole file is here and may be served. */
  holds(cid: Cid): boolean
  /** Downloads under way here and waiting. */
  load(): number
  /** A device has asked whether a learner may come, under the id of that learner's request. */
  onAsked?(by: NodeId, takes: boolean): void
}

/** Asks peers whether they take a learner, and answers when they ask. Nothing is said while nobody is busy. */
export class Offers {
  readonly #components: OffersComponents
  /** Until when learners that others sent us are waited for, in that order. */
  readonly #expected: number[] = []
  readonly #known = new Map<NodeId, { active: number; notBeforeMs: number }>()
  readonly #stops: (() => void)[] = []

  constructor(components: OffersComponents) {
    this.#components = components
    const { links } = components
    links.handle(LOAD_PROTOCOL, LOAD_LIMITS, (stream, { peer }) => this.#answer(stream, peer))
    this.#stops.push(links.onLinkLost(({ peer }) => void this.#known.delete(peer)))
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  /** Learners that are on their way here. */
  get expected(): number {
    const nowMs = this.#components.clock.monotonicMs()
    while ((this.#expected[0] ?? nowMs) < nowMs) this.#expected.shift()
    return this.#expected.length
  }

  /** One of them has come. */
  came(): void {
    this.#expected.shift()
  }

  /** The first of the links that takes a learner; undefined: none does, or none says so in time. */
  async find(question: LoadQuestion, links: readonly PeerLink[]): Promise<PeerLink | undefined> {
    const { clock } = this.#components
    const nowMs = clock.monotonicMs()
    const asked = links
      .map((link) => ({ link, ...(this.#known.get(link.peer) ?? { active: 0, notBeforeMs: nowMs }) }))
      .filter(({ notBeforeMs }) => notBeforeMs <= nowMs)
      .sort((a, b) => a.active - b.active)
      .slice(0, ASKED_PEERS)
    if (asked.length === 0) return undefined
    const late = new AbortController()
    const cancel = clock.after(LOAD_ANSWER_WITHIN_MS, () => late.abort(new Error('no answer in time')))
    try {
      for (const { link } of asked) {
        const answer = await this.#ask(link, question, late.signal)
        if (answer?.takes) return link
        if (late.signal.aborted) return undefined
      }
      return undefined
    } finally {
      cancel()
    }
  }

  async #ask(link: PeerLink, question: LoadQuestion, signal: AbortSignal): Promise<LoadAnswer | undefined> {
    const { clock } = this.#components
    let stream: MessageStream | undefined
    const onAbort = (): void => stream?.abort(signal.reason as Error)
    try {
      stream = await link.open(LOAD_PROTOCOL, LOAD_LIMITS, signal)
      signal.addEventListener('abort', onAbort, { once: true })
      const id = requestId()
      await stream.send(encodeLoadQuestion({ ...question, ...(id !== undefined && { requestId: id }) }))
      const bytes = await stream.receive()
      const answer = bytes && decodeLoadAnswer(bytes)
      if (!answer) throw new Error('no answer')
      await stream.close()
      this.#known.set(link.peer, { active: answer.active + (answer.takes ? 1 : 0), notBeforeMs: 0 })
      return answer
    } catch (error) {
      // Gone, too old for this, or talking nonsense: the learner is served here, and this peer is left alone for a while.
      stream?.abort(error instanceof Error ? error : new Error('no answer'))
      this.#known.set(link.peer, { active: 0, notBeforeMs: clock.monotonicMs() + UNANSWERED_MS })
      return undefined
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #answer(stream: MessageStream, peer: NodeId): Promise<void> {
    const { clock, holds, load, onAsked } = this.#components
    const bytes = await stream.receive()
    if (!bytes) return
    const question = decodeLoadQuestion(bytes)
    const own = load() + this.expected
    const takes = holds(question.cid) && own < question.active && this.#expected.length < MOST_EXPECTED
    if (takes) this.#expected.push(clock.monotonicMs() + EXPECTED_MS)
    withRequestId(question.requestId, () => onAsked?.(peer, takes))
    await stream.send(encodeLoadAnswer({ takes, active: own }))
    await stream.close()
  }
}
