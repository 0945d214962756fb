/**
 * Drives one `SyncSession` for each link on a long-lived stream: the dialler opens it, and opens it again when it fails.
 * Nothing is decided here but when to give up.
 */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { JOURNAL_PROTOCOL, MAX_SYNC_MESSAGE_BYTES } from '../../protocols/journal-sync.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks, StreamLimits } from '../../protocols/message-stream.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Journal } from './journal.ts'
import { MAX_KNOWN_PEERS, MAX_LIES, REOPEN_MAX_MS, REOPEN_MIN_MS } from './limits.ts'
import { LinkDriver } from './link-driver.ts'
import type { SyncEvent } from './sync-session.ts'
import { WantLedger } from './want-ledger.ts'

export interface JournalSyncComponents {
  journal: Pick<Journal, 'exchange'>
  links: PeerLinks
  clock: Clock
  random: Random
}

export interface JournalSyncInit {
  /** A peer lied: a wrong signature, a broken chain, a message that makes no sense. For the log, the dashboard, the mesh. */
  onMisbehaviour?(peer: NodeId, code: string): void
}

export interface LinkSyncStatus {
  peer: NodeId
  /** Compared, and nothing is wanted. */
  quiet: boolean
  lies: number
}

export interface JournalSync {
  start(): void
  stop(): void
  status(): LinkSyncStatus[]
}

/** The stream is quiet between two digests; a stalled one is noticed by `SEND_STALL_MS` and by the mesh. */
const LIMITS: StreamLimits = { maxMessageBytes: MAX_SYNC_MESSAGE_BYTES, idleTimeoutMs: 0 }

export function createJournalSync(components: JournalSyncComponents, init: JournalSyncInit = {}): JournalSync {
  return new SyncService(components, init)
}

class SyncService implements JournalSync {
  readonly #components: JournalSyncComponents
  readonly #init: JournalSyncInit
  readonly #ledger = new WantLedger()
  readonly #drivers = new Map<PeerLink, LinkDriver>()
  readonly #openers = new Map<PeerLink, AbortController>()
  readonly #lies = new BoundedMap<NodeId, number>(MAX_KNOWN_PEERS)
  #stopListening: (() => void)[] = []
  #running = false

  constructor(components: JournalSyncComponents, init: JournalSyncInit) {
    this.#components = components
    this.#init = init
    components.links.handle(JOURNAL_PROTOCOL, LIMITS, (stream, link) => this.#serve(stream, link))
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    const { links, journal } = this.#components
    this.#stopListening = [
      journal.exchange.onDurable((batches) => this.#tellAll({ type: 'durable', batches })),
      journal.exchange.onChanged(() => this.#tellAll({ type: 'changed' })),
      links.onLinkLost((link) => this.#lost(link)),
      links.onLink((link) => {
        if (link.dialer) void this.#keepOpen(link)
      })
    ]
  }

  stop(): void {
    this.#running = false
    for (const stopListening of this.#stopListening) stopListening()
    this.#stopListening = []
    for (const link of [...this.#openers.keys(), ...this.#drivers.keys()]) this.#lost(link)
  }

  status(): LinkSyncStatus[] {
    return [...this.#drivers].map(([link, driver]) => ({
      peer: link.peer,
      quiet: driver.isQuiet,
      lies: this.#lies.get(link.peer) ?? 0
    }))
  }

  #tellAll(event: SyncEvent): void {
    for (const driver of this.#drivers.values()) driver.handle(event)
  }

  #lost(link: PeerLink): void {
    this.#openers.get(link)?.abort()
    this.#openers.delete(link)
    this.#drivers.get(link)?.end(new JoineryError('CLOSED', 'the link ended'))
  }

  async #keepOpen(link: PeerLink): Promise<void> {
    if (this.#openers.has(link)) return
    const { clock, random } = this.#components
    const opener = new AbortController()
    this.#openers.set(link, opener)
    let waitMs = REOPEN_MIN_MS
    while (!opener.signal.aborted && this.#running && !this.#isLeftAlone(link.peer)) {
      const openedMs = clock.monotonicMs()
      try {
        const stream = await link.open(JOURNAL_PROTOCOL, LIMITS, opener.signal)
        await this.#run(stream, link)
      } catch {
        // The stream or the peer failed; what it did wrong was reported where it was seen. The link may still be good.
      }
      waitMs = clock.monotonicMs() - openedMs > REOPEN_MAX_MS ? REOPEN_MIN_MS : Math.min(waitMs * 2, REOPEN_MAX_MS)
      // Rejects when the link is lost, and then the loop ends.
      await sleep(clock, waitMs * (0.5 + random.fraction()), opener.signal).catch(() => undefined)
    }
    if (this.#openers.get(link) === opener) this.#openers.delete(link)
  }

  async #serve(stream: MessageStream, link: PeerLink): Promise<void> {
    if (!this.#running || this.#isLeftAlone(link.peer) || link.dialer)
      throw new JoineryError('CLOSED', 'no exchange over this link')
    await this.#run(stream, link)
  }

  #isLeftAlone(peer: NodeId): boolean {
    return (this.#lies.get(peer) ?? 0) >= MAX_LIES
  }

  async #run(stream: MessageStream, link: PeerLink): Promise<void> {
    this.#drivers.get(link)?.end(new JoineryError('CLOSED', 'a newer stream took its place'))
    const { journal, clock, random } = this.#components
    const driver = new LinkDriver({ journal, clock, stream, ledger: this.#ledger, random }, link, (code) =>
      this.#lied(link.peer, code)
    )
    this.#drivers.set(link, driver)
    try {
      await driver.run()
    } finally {
      if (this.#drivers.get(link) === driver) this.#drivers.delete(link)
    }
  }

  #lied(peer: NodeId, code: string): void {
    this.#lies.set(peer, (this.#lies.get(peer) ?? 0) + 1)
    this.#init.onMisbehaviour?.(peer, code)
  }
}
