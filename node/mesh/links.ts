/** The admitted peers and the protocols that they may open: what `PeerLinks` promises, over connections of libp2p. */
import type { Connection, Stream } from '@libp2p/interface'
import { JoineryError } from '../../protocols/errors.ts'
import type {
  MessageStream,
  NodeId,
  PeerLink,
  PeerLinks,
  PeerProfile,
  StreamLimits
} from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { Introduction } from './hello-session.ts'
import type { MeshHost } from './host.ts'
import { HELLO_TIMEOUT_MS, MAX_STREAMS_PER_PROTOCOL } from './limits.ts'
import { messageStream } from './streams.ts'

export class Link implements PeerLink {
  readonly peer: NodeId
  readonly profile: PeerProfile
  readonly remoteAddress: string
  readonly dialer: boolean
  readonly connection: Connection
  readonly sinceMs: number
  /** Of its listener, 0 when it cannot be dialled. */
  readonly meshPort: number
  /** As it came in the hello. */
  readonly chain: Uint8Array
  readonly #clock: Clock

  constructor(clock: Clock, connection: Connection, introduction: Introduction, remoteAddress: string) {
    this.#clock = clock
    this.connection = connection
    this.peer = connection.remotePeer.toString()
    this.profile = introduction.profile
    this.chain = introduction.chain
    this.meshPort = introduction.meshPort
    this.remoteAddress = remoteAddress
    this.dialer = connection.direction === 'outbound'
    this.sinceMs = clock.monotonicMs()
  }

  async open(protocol: string, limits: StreamLimits, signal?: AbortSignal): Promise<MessageStream> {
    signal?.throwIfAborted()
    let stream: Stream
    try {
      stream = await this.connection.newStream(protocol, {
        signal: signal
          ? AbortSignal.any([signal, AbortSignal.timeout(HELLO_TIMEOUT_MS)])
          : AbortSignal.timeout(HELLO_TIMEOUT_MS),
        maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL
      })
    } catch (cause) {
      signal?.throwIfAborted()
      throw new JoineryError('CLOSED', `the device did not open ${protocol}`, { cause })
    }
    return messageStream(this.#clock, stream, limits)
  }
}

/** Resolves with the link once the connection's hello has ended well; rejects when it has not. */
export type Admission = (connection: Connection) => Promise<Link>

export class LinkTable implements PeerLinks {
  readonly #clock: Clock
  readonly #host: MeshHost
  readonly #admission: Admission
  readonly #links = new Map<NodeId, Link>()
  readonly #linkListeners = new Set<(link: PeerLink) => void>()
  readonly #lostListeners = new Set<(link: PeerLink) => void>()
  readonly #registered: Promise<void>[] = []

  constructor(components: { clock: Clock; host: MeshHost; admission: Admission }) {
    this.#clock = components.clock
    this.#host = components.host
    this.#admission = components.admission
  }

  links(): readonly Link[] {
    return [...this.#links.values()]
  }

  get(node: NodeId): Link | undefined {
    return this.#links.get(node)
  }

  onLink(listener: (link: PeerLink) => void): () => void {
    this.#linkListeners.add(listener)
    for (const link of this.#links.values()) listener(link)
    return () => void this.#linkListeners.delete(listener)
  }

  onLinkLost(listener: (link: PeerLink) => void): () => void {
    this.#lostListeners.add(listener)
    return () => void this.#lostListeners.delete(listener)
  }

  handle(
    protocol: string,
    limits: StreamLimits,
    handler: (stream: MessageStream, link: PeerLink) => Promise<void>
  ): void {
    const accept = async (stream: Stream, connection: Connection): Promise<void> => {
      const messages = messageStream(this.#clock, stream, limits)
      try {
        const link = await this.#admission(connection)
        await handler(messages, link)
      } catch (error) {
        messages.abort(error instanceof Error ? error : new Error('the handler failed'))
      }
    }
    this.#registered.push(this.#host.handle(protocol, accept, { maxInboundStreams: MAX_STREAMS_PER_PROTOCOL }))
  }

  /** Resolves when all protocols are registered; rejects when two features took the same name. */
  async ready(): Promise<void> {
    await Promise.all(this.#registered)
  }

  /** @returns the link that it replaces, already taken out and told as lost */
  add(link: Link): Link | undefined {
    const replaced = this.#links.get(link.peer)
    if (replaced) this.remove(replaced)
    this.#links.set(link.peer, link)
    for (const listener of [...this.#linkListeners]) listener(link)
    return replaced
  }

  remove(link: Link): boolean {
    if (this.#links.get(link.peer) !== link) return false
    this.#links.delete(link.peer)
    for (const listener of [...this.#lostListeners]) listener(link)
    return true
  }
}
