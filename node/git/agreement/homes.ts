/** Which device decides each repository's pushes, as seen from here: the claims in the journal, who answers, and since when a home is out of reach. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { RepositoryId } from '../../../protocols/git.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { PING_TIMEOUT_MS, pingPeer } from './peer-watch.ts'
import { chooseRoute, type Route } from './route.ts'

export interface HomeMembers {
  readonly self: NodeId
  /** Members that may be a home: not moved off, no cloud peer. */
  eligible(): readonly NodeId[]
}

/** Nobody waits for a silent device at each request. */
const PROBE_PAUSE_MS = 3_000

export class Homes {
  readonly #components: { links: PeerLinks; clock: Clock; members: HomeMembers }
  readonly #startedMs: number
  /** Devices that cannot be reached, and since when. */
  readonly #lost = new Map<NodeId, number>()
  /** Linked, and yet they did not answer; and when they were asked last. */
  readonly #silent = new Map<NodeId, { askedMs: number }>()
  readonly #stopListening: (() => void)[]

  constructor(components: { links: PeerLinks; clock: Clock; members: HomeMembers }) {
    this.#components = components
    this.#startedMs = components.clock.monotonicMs()
    const { links } = components
    this.#stopListening = [
      links.onLink(({ peer }) => {
        this.#lost.delete(peer)
        this.#silent.delete(peer)
      }),
      links.onLinkLost(({ peer }) => this.#lose(peer))
    ]
  }

  stop(): void {
    for (const stop of this.#stopListening) stop()
  }

  /** @param through a device that says it reaches the home, where this one does not */
  route(repository: RepositoryId, home: { node: NodeId; epoch: number } | undefined, through?: NodeId): Route {
    const { clock, links, members } = this.#components
    const reachable = new Set<NodeId>()
    for (const { peer } of links.links()) if (!this.#silent.has(peer)) reachable.add(peer)
    const lostMs = home && clock.monotonicMs() - (this.#lost.get(home.node) ?? this.#startedMs)
    const eligible = members.eligible()
    return chooseRoute({ repository, self: members.self, home, eligible, reachable, through, homeLostMs: lostMs ?? 0 })
  }

  linkTo(node: NodeId): PeerLink | undefined {
    return this.#components.links.links().find(({ peer }) => peer === node)
  }

  /** The first device that says it reaches `node`; undefined when none does. */
  async through(node: NodeId, signal: AbortSignal): Promise<NodeId | undefined> {
    const { clock, links } = this.#components
    const asked = links.links().filter(({ peer }) => peer !== node && !this.#silent.has(peer))
    const found = new AbortController()
    const both = AbortSignal.any([signal, found.signal])
    const answers = asked.map(async (link) => {
      await pingPeer(link, clock, both, node)
      return link.peer
    })
    try {
      return await Promise.any(answers)
    } catch {
      signal.throwIfAborted()
      return undefined
    } finally {
      found.abort(new JoineryError('CLOSED', 'found'))
    }
  }

  /** A request got no answer. @param forMs for how long it was waited for */
  noteSilence(node: NodeId, forMs: number): void {
    this.#silent.set(node, { askedMs: this.#components.clock.monotonicMs() })
    this.#lose(node, forMs)
  }

  noteAnswer(node: NodeId): void {
    this.#silent.delete(node)
    this.#lost.delete(node)
  }

  /** Asks a silent device whether it is there again. */
  async probe(node: NodeId, signal: AbortSignal): Promise<boolean> {
    const link = this.linkTo(node)
    if (!link) return false
    const silent = this.#silent.get(node)
    if (silent === undefined) return true
    const nowMs = this.#components.clock.monotonicMs()
    if (nowMs - silent.askedMs < PROBE_PAUSE_MS) return false
    silent.askedMs = nowMs
    try {
      await pingPeer(link, this.#components.clock, signal)
      this.noteAnswer(node)
      return true
    } catch {
      // Still silent: whoever asked goes on without it.
      signal.throwIfAborted()
      return false
    }
  }

  /**
   * Asks all that count as reachable. A link outlives its device by half a minute, and whoever becomes the home because most are on its side has to know that
   * they are.
   *
   * @returns false when one did not answer; it counts no more
   */
  async confirm(signal: AbortSignal): Promise<boolean> {
    const { clock, links } = this.#components
    const asked = links.links().filter(({ peer }) => !this.#silent.has(peer))
    const answers = asked.map(async (link) => {
      try {
        await pingPeer(link, clock, signal)
        return true
      } catch {
        signal.throwIfAborted()
        this.noteSilence(link.peer, PING_TIMEOUT_MS)
        return false
      }
    })
    return (await Promise.all(answers)).every((answered) => answered)
  }

  /** For somebody who asks whether `node` can be reached through us. */
  async reaches(node: NodeId, signal: AbortSignal): Promise<boolean> {
    const { clock, members } = this.#components
    if (node === members.self) return true
    const link = this.linkTo(node)
    if (!link || this.#silent.has(node)) return await this.probe(node, signal)
    try {
      await pingPeer(link, clock, signal)
      return true
    } catch {
      signal.throwIfAborted()
      this.noteSilence(node, PING_TIMEOUT_MS)
      return false
    }
  }

  #lose(node: NodeId, agoMs = 0): void {
    if (!this.#lost.has(node)) this.#lost.set(node, this.#components.clock.monotonicMs() - agoMs)
  }
}
