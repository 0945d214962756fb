/**
 * The driver of `/joinery/peers/1`: keeps links alive, declares silent ones dead, and passes on where nodes were met.
 * An idle link costs one ping and one pong in 15 seconds, some 2 KB a minute on the wire.
 */
import {
  decodePeers,
  encodePeers,
  type KnownPeer,
  MAX_PEERS_MESSAGE_BYTES,
  MAX_PEERS_PER_MESSAGE,
  PEERS_PROTOCOL,
  type PeersMessage
} from '../../protocols/known-peers.ts'
import type { MessageStream, PeerLink } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { KEEP_ALIVE_MS, LINK_DEAD_MS, PROBE_TIMEOUT_MS } from './limits.ts'
import type { Link, LinkTable } from './links.ts'

export interface ExchangeInit {
  /** What we know now; only what changed since it was last said on a link is sent. */
  known(): KnownPeer[]
  /** A peer told us. */
  told(link: Link, peers: KnownPeer[]): void
  /** Nothing was heard for too long, or the stream broke. */
  dead(link: Link): void
}

/** Silence inside a stream is watched here, so the stream itself has no timeout for reading. */
const LIMITS = { maxMessageBytes: MAX_PEERS_MESSAGE_BYTES, idleTimeoutMs: 0 }
const TICK_MS = 2_000
/** A tick that is so late means that this device slept or was overloaded: the others are not to blame. */
const OVERSLEPT_MS = 8_000

interface Exchange {
  link: Link
  stream: MessageStream | undefined
  heardMs: number
  saidMs: number
  /** Node → what was last said of it here. */
  said: Map<string, string>
  /** Called at the next message. */
  onHeard: Set<() => void>
  sending: boolean
}

export class PeerExchange {
  readonly #clock: Clock
  readonly #links: LinkTable
  readonly #init: ExchangeInit
  readonly #exchanges = new Map<PeerLink, Exchange>()
  #cancelTick = (): void => {}
  #tickMs = 0

  constructor(components: { clock: Clock; links: LinkTable }, init: ExchangeInit) {
    this.#clock = components.clock
    this.#links = components.links
    this.#init = init
  }

  start(): void {
    this.#links.handle(
      PEERS_PROTOCOL,
      LIMITS,
      async (stream, link) => await this.#converse(this.#exchange(link as Link), stream)
    )
    this.#links.onLink((link) => {
      const exchange = this.#exchange(link as Link)
      if (link.dialer) void this.#open(exchange)
    })
    this.#links.onLinkLost((link) => void this.#exchanges.delete(link))
    this.#tickMs = this.#clock.monotonicMs()
    this.#tick()
  }

  stop(): void {
    this.#cancelTick()
    this.#exchanges.clear()
  }

  /** True when the peer answers now. */
  async probe(link: Link): Promise<boolean> {
    const exchange = this.#exchanges.get(link)
    if (!exchange?.stream) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const heard = (): void => resolve(true)
    exchange.onHeard.add(heard)
    const cancel = this.#clock.after(PROBE_TIMEOUT_MS, () => resolve(false))
    this.#say(exchange, { kind: 'ping' })
    try {
      return await promise
    } finally {
      cancel()
      exchange.onHeard.delete(heard)
    }
  }

  async #open(exchange: Exchange): Promise<void> {
    let stream: MessageStream
    try {
      stream = await exchange.link.open(PEERS_PROTOCOL, LIMITS)
    } catch {
      this.#init.dead(exchange.link)
      return
    }
    try {
      await this.#converse(exchange, stream)
    } catch {
      stream.abort(new Error('the exchange ended'))
    }
  }

  /** Ends, or throws, when the stream does; then the link is dead. */
  async #converse(exchange: Exchange, stream: MessageStream): Promise<void> {
    if (exchange.stream) throw new Error('one exchange per link')
    exchange.stream = stream
    try {
      this.#sayNews(exchange)
      while (true) {
        const bytes = await stream.receive()
        if (bytes === undefined) return
        this.#heard(exchange, decodePeers(bytes))
      }
    } finally {
      exchange.stream = undefined
      this.#init.dead(exchange.link)
    }
  }

  #heard(exchange: Exchange, message: PeersMessage): void {
    exchange.heardMs = this.#clock.monotonicMs()
    for (const heard of [...exchange.onHeard]) heard()
    if (message.kind === 'ping') this.#say(exchange, { kind: 'pong' })
    else if (message.kind === 'peers') this.#init.told(exchange.link, message.peers)
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    const overslept = nowMs - this.#tickMs > OVERSLEPT_MS
    this.#tickMs = nowMs
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick())
    for (const exchange of [...this.#exchanges.values()]) {
      if (overslept) exchange.heardMs = nowMs
      if (nowMs - exchange.heardMs >= LINK_DEAD_MS) {
        this.#init.dead(exchange.link)
        continue
      }
      this.#sayNews(exchange)
      if (exchange.link.dialer && nowMs - exchange.saidMs >= KEEP_ALIVE_MS) this.#say(exchange, { kind: 'ping' })
    }
  }

  #sayNews(exchange: Exchange): void {
    if (!exchange.stream || exchange.sending) return
    const known = this.#init.known().filter(({ node }) => node !== exchange.link.peer)
    const news = known
      .filter((peer) => exchange.said.get(peer.node) !== fingerprint(peer))
      .slice(0, MAX_PEERS_PER_MESSAGE)
    if (news.length === 0) return
    for (const peer of news) exchange.said.set(peer.node, fingerprint(peer))
    const present = new Set(known.map(({ node }) => node))
    for (const node of exchange.said.keys()) if (!present.has(node)) exchange.said.delete(node)
    this.#say(exchange, { kind: 'peers', peers: news })
  }

  /** One message is on its way at most, besides pings: a slow peer cannot make us queue. */
  #say(exchange: Exchange, message: PeersMessage): void {
    const { stream } = exchange
    if (!stream || (exchange.sending && message.kind !== 'ping')) return
    exchange.sending = true
    exchange.saidMs = this.#clock.monotonicMs()
    stream.send(encodePeers(message)).then(
      () => {
        exchange.sending = false
      },
      () => this.#init.dead(exchange.link)
    )
  }

  #exchange(link: Link): Exchange {
    const known = this.#exchanges.get(link)
    if (known) return known
    const nowMs = this.#clock.monotonicMs()
    const exchange: Exchange = {
      link,
      stream: undefined,
      heardMs: nowMs,
      saidMs: nowMs,
      said: new Map(),
      onHeard: new Set(),
      sending: false
    }
    this.#exchanges.set(link, exchange)
    return exchange
  }
}

function fingerprint(peer: KnownPeer): string {
  return `${Buffer.from(peer.bootId ?? []).toString('hex')} ${[...peer.addresses].sort().join(' ')}`
}
