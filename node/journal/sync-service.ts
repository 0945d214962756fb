/**
 * Drives one `SyncSession` for each link on a long-lived stream: the dialler opens it, and opens it again when it fails.
 * Nothing is decided here but when to give up.
 */
import { JoineryError } from '../../protocols/errors.ts'
import { decodeSyncMessage, JOURNAL_PROTOCOL, MAX_SYNC_MESSAGE_BYTES } from '../../protocols/journal-sync.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks, StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Journal } from './journal.ts'
import { MAX_LIES, MAX_UNSENT_BYTES, REOPEN_MAX_MS, REOPEN_MIN_MS, SEND_STALL_MS } from './limits.ts'
import { type SyncEffect, type SyncEvent, SyncSession } from './sync-session.ts'
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
  readonly #lies = new Map<NodeId, number>()
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
    const opener = new AbortController()
    this.#openers.set(link, opener)
    let waitMs = REOPEN_MIN_MS
    while (!opener.signal.aborted && this.#running && !this.#isLeftAlone(link.peer)) {
      try {
        const stream = await link.open(JOURNAL_PROTOCOL, LIMITS, opener.signal)
        waitMs = REOPEN_MIN_MS
        await this.#run(stream, link)
      } catch {
        // The stream or the peer failed; what it did wrong was reported where it was seen. The link may still be good.
      }
      if (opener.signal.aborted) break
      await this.#pause(waitMs * (0.5 + this.#components.random.fraction()), opener.signal)
      waitMs = Math.min(waitMs * 2, REOPEN_MAX_MS)
    }
    if (this.#openers.get(link) === opener) this.#openers.delete(link)
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#components.clock.after(delayMs, resolve)
      signal.addEventListener(
        'abort',
        () => {
          cancel()
          resolve()
        },
        { once: true }
      )
    })
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

interface LinkDriverComponents {
  journal: Pick<Journal, 'exchange'>
  clock: Clock
  random: Random
  stream: MessageStream
  ledger: WantLedger
}

class LinkDriver {
  readonly #components: LinkDriverComponents
  readonly #session: SyncSession
  readonly #lied: (code: string) => void
  /** What waits for the stream. */
  #outbox: Uint8Array[] = []
  #sending = false
  #cancelTimer: (() => void) | undefined
  #stopped: Error | undefined
  #whenDrained: (() => void) | undefined
  /** The `accept` effects of the message being handled. */
  #accepting: Uint8Array[][] = []

  constructor(components: LinkDriverComponents, link: PeerLink, lied: (code: string) => void) {
    this.#components = components
    this.#lied = lied
    const { journal, ledger, random } = components
    this.#session = new SyncSession(
      {
        journal: journal.exchange,
        ledger,
        known: journal.exchange.knowledgeOf(link.peer),
        fraction: () => random.fraction()
      },
      { dialer: link.dialer }
    )
  }

  get isQuiet(): boolean {
    return this.#session.isQuiet
  }

  /** Resolves when the other side closed; rejects when the stream failed. */
  async run(): Promise<void> {
    const { stream, journal } = this.#components
    try {
      this.handle({ type: 'linkUp' })
      for (;;) {
        const bytes = await stream.receive()
        if (bytes === undefined || this.#stopped) break
        this.handle({ type: 'received', message: this.#decode(bytes) })
        for (const batches of this.#accepting.splice(0)) {
          const { seen, gaps, added, refused } = await journal.exchange.take(batches)
          this.handle({ type: 'taken', seen, gaps, added })
          if (refused) throw this.#caught(refused)
        }
        // A peer that sends and does not read gets no more answers than this.
        if (this.#session.queuedBytes > MAX_UNSENT_BYTES) await this.#drained()
      }
    } catch (error) {
      this.end(error as Error)
      throw error
    } finally {
      this.end(new JoineryError('CLOSED', 'the exchange ended'))
    }
  }

  /** @param leastMs a timer may fire a hair before its time: for the session it is time */
  handle(event: SyncEvent, leastMs = 0): void {
    if (this.#stopped) return
    const nowMs = Math.max(this.#components.clock.monotonicMs(), leastMs)
    for (const effect of this.#session.handle(event, nowMs)) this.#carryOut(effect)
    this.#setTimer(nowMs)
  }

  end(reason: Error): void {
    if (this.#stopped) return
    this.#stopped = reason
    this.#cancelTimer?.()
    this.#session.handle({ type: 'linkDown' }, this.#components.clock.monotonicMs())
    this.#outbox = []
    this.#whenDrained?.()
    this.#components.stream.abort(reason)
  }

  #decode(bytes: Uint8Array): ReturnType<typeof decodeSyncMessage> {
    try {
      return decodeSyncMessage(bytes)
    } catch (error) {
      throw this.#caught(error as JoineryError)
    }
  }

  #caught(error: JoineryError): JoineryError {
    this.#lied(error.code)
    return error
  }

  #carryOut(effect: SyncEffect): void {
    const { exchange } = this.#components.journal
    switch (effect.type) {
      case 'send':
        this.#outbox.push(effect.bytes)
        if (!this.#sending) void this.#sendAll()
        break
      case 'accept':
        this.#accepting.push(effect.batches)
        break
      case 'read':
        exchange.read(effect.writer, effect.from, effect.to).then(
          ({ batches, next }) => this.handle({ type: 'read', batches, next }),
          (error: Error) => this.end(error)
        )
        break
      case 'confirmed':
        exchange.peerConfirmed()
        break
      case 'stalled':
        this.end(new JoineryError('TIMED_OUT', 'the peer does not answer'))
        break
      case 'misbehaved':
        this.#lied(effect.code)
        this.end(new JoineryError(effect.code, 'the peer does not keep to the exchange'))
        break
    }
  }

  async #sendAll(): Promise<void> {
    const { stream, clock } = this.#components
    this.#sending = true
    try {
      for (let bytes = this.#outbox.shift(); bytes && !this.#stopped; bytes = this.#outbox.shift()) {
        const cancel = clock.after(SEND_STALL_MS, () =>
          this.end(new JoineryError('TIMED_OUT', 'the peer takes nothing'))
        )
        try {
          await stream.send(bytes)
        } finally {
          cancel()
        }
        this.handle({ type: 'sent', bytes: bytes.length })
        if (this.#session.queuedBytes <= MAX_UNSENT_BYTES) this.#whenDrained?.()
      }
    } catch (error) {
      this.end(error as Error)
    } finally {
      this.#sending = false
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenDrained = resolve
    })
  }

  #setTimer(nowMs: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const deadlineMs = this.#stopped ? undefined : this.#session.deadlineMs()
    if (deadlineMs === undefined) return
    this.#cancelTimer = this.#components.clock.after(Math.max(0, deadlineMs - nowMs), () =>
      this.handle({ type: 'time' }, deadlineMs)
    )
  }
}
