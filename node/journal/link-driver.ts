/**
 * Carries out what a `SyncSession` decides, on one stream: sends in order, receives one message at a time and the next only when the
 * last was dealt with, so that a peer is never ahead of our disk.
 */
import { JoineryError } from '../../protocols/errors.ts'
import { decodeSyncMessage } from '../../protocols/journal-sync.ts'
import type { MessageStream, PeerLink } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Journal } from './journal.ts'
import { MAX_UNSENT_BYTES, SEND_STALL_MS } from './limits.ts'
import { type SyncEffect, type SyncEvent, SyncSession } from './sync-session.ts'
import type { WantLedger } from './want-ledger.ts'

export interface LinkDriverComponents {
  journal: Pick<Journal, 'exchange'>
  clock: Clock
  random: Random
  stream: MessageStream
  ledger: WantLedger
}

/** Runs one session on one stream, until either ends. */
export class LinkDriver {
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
          // What cannot be read is not there; the journal has reported it and mends it.
          () => this.handle({ type: 'read', batches: [], next: undefined })
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
