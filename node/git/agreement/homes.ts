/** Which device decides each repository's pushes, as seen from here: the claims in the journal, who answers, and since when a home is out of reach. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { RepositoryId } from '../../../protocols/git.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { askPeer } from './peer-streams.ts'
import { chooseRoute, type Route } from './route.ts'

export interface HomeMembers {
  readonly self: NodeId
  /** Members that may be a home: not moved off, no cloud peer. */
  eligible(): readonly NodeId[]
}

export class Homes {
  readonly #components: { links: PeerLinks; clock: Clock; members: HomeMembers }
  readonly #startedMs: number
  /** Devices that cannot be reached, and since when. */
  readonly #lost = new Map<NodeId, number>()
  /** Linked, and yet they did not answer. */
  readonly #silent = new Set<NodeId>()
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

  route(repository: RepositoryId, home: { node: NodeId; epoch: number } | undefined): Route {
    const { clock, links, members } = this.#components
    const reachable = new Set<NodeId>()
    for (const { peer } of links.links()) if (!this.#silent.has(peer)) reachable.add(peer)
    const lostMs = home && clock.monotonicMs() - (this.#lost.get(home.node) ?? this.#startedMs)
    const eligible = members.eligible()
    return chooseRoute({ repository, self: members.self, home, eligible, reachable, homeLostMs: lostMs ?? 0 })
  }

  linkTo(node: NodeId): PeerLink | undefined {
    return this.#components.links.links().find(({ peer }) => peer === node)
  }

  others(but: readonly NodeId[]): PeerLink[] {
    return this.#components.links.links().filter(({ peer }) => !but.includes(peer) && !this.#silent.has(peer))
  }

  /** A request got no answer: a dead link is only noticed by the mesh after half a minute. */
  noteSilence(node: NodeId): void {
    this.#silent.add(node)
    this.#lose(node)
  }

  noteAnswer(node: NodeId): void {
    this.#silent.delete(node)
    this.#lost.delete(node)
  }

  /** Asks a silent device whether it is there again. */
  async probe(node: NodeId, signal: AbortSignal): Promise<void> {
    const link = this.linkTo(node)
    if (!link || !this.#silent.has(node)) return
    try {
      const { stream } = await askPeer(
        link,
        { do: 'ping' },
        this.#components.clock.after.bind(this.#components.clock),
        signal
      )
      stream.abort(new JoineryError('CLOSED', 'answered'))
      this.noteAnswer(node)
    } catch {
      // Still silent: whoever asked goes on without it.
      signal.throwIfAborted()
    }
  }

  #lose(node: NodeId): void {
    if (!this.#lost.has(node)) this.#lost.set(node, this.#components.clock.monotonicMs())
  }
}
