import { Bitfield } from '../../protocols/bitfield.ts'
import type { Cid } from '../../protocols/cid.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import {
  decodeInventory,
  encodeInventory,
  INVENTORY_PROTOCOL,
  type InventoryMessage,
  MAX_CHANGES,
  MAX_INVENTORY_MESSAGE_BYTES
} from '../../protocols/inventory.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks, StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { CatalogueView } from './catalogue-view.ts'
import { INVENTORY_DELAY_MS } from './limits.ts'

/** The stream lives as long as the link, which notices by itself when the peer is gone. */
const LIMITS: StreamLimits = { maxMessageBytes: MAX_INVENTORY_MESSAGE_BYTES, idleTimeoutMs: 0 }
const REOPEN_AFTER_MS = 2_000
const MAX_REOPEN_MS = 60_000
/** A stream that lived so long was a good one: the next one is opened soon. */
const GOOD_STREAM_MS = 10_000
/** Questions about keeping that wait for their answer on one stream. */
const MAX_QUESTIONS = 256
const ANSWER_WITHIN_MS = 10_000

type Sent = Exclude<InventoryMessage, { kind: 'unknown' }>

export interface InventoryEvents {
  opened(peer: NodeId): void
  received(peer: NodeId, message: InventoryMessage): void
  /** The peer broke the rules of the protocol; the stream is ended. */
  refused(peer: NodeId, error: JoineryError): void
  /** The peer wants to drop its copy: true when ours stays for now. */
  asksToKeep(peer: NodeId, cid: Cid): boolean
}

export interface InventoryExchangeComponents {
  links: PeerLinks
  clock: Clock
  /** What this device holds, in the terms of the current catalogue. */
  has(cid: Cid): boolean
  partials(): Iterable<{ cid: Cid; bits: Bitfield }>
}

/** Tells every linked peer what is here, and hears what is there: whole shards first, then changes that have waited a moment for company. */
export class InventoryExchange {
  readonly #components: InventoryExchangeComponents
  readonly #events: InventoryEvents
  readonly #talks = new Map<NodeId, Talk>()
  readonly #reopen = new Map<NodeId, () => void>()
  readonly #stopListening: (() => void)[] = []
  #view: CatalogueView
  #stopped = false

  constructor(components: InventoryExchangeComponents, view: CatalogueView, events: InventoryEvents) {
    this.#components = components
    this.#events = events
    this.#view = view
  }

  start(): void {
    const { links } = this.#components
    links.handle(INVENTORY_PROTOCOL, LIMITS, (stream, link) => this.#talk(stream, link))
    this.#stopListening.push(
      links.onLink((link) => {
        if (link.dialer) void this.#keepOpen(link)
      }),
      links.onLinkLost((link) => this.#forget(link.peer))
    )
  }

  stop(): void {
    this.#stopped = true
    for (const stop of this.#stopListening) stop()
    for (const cancel of this.#reopen.values()) cancel()
    for (const talk of this.#talks.values()) talk.end(new JoineryError('STOPPED', 'this device is stopping'))
    this.#talks.clear()
  }

  catalogueChanged(view: CatalogueView): void {
    const before = this.#view
    this.#view = view
    for (const talk of this.#talks.values()) {
      for (const shard of before.shards.keys()) if (!view.shards.has(shard)) talk.forget(shard)
      for (const shard of view.shards.keys()) if (!before.shards.has(shard)) talk.whole(shard)
    }
  }

  /** Ends all streams; they are opened again in a moment, and both sides begin with all that they hold. */
  beginAnew(): void {
    for (const talk of this.#talks.values()) talk.end(new JoineryError('CLOSED', 'everything is told anew'))
  }

  gained(cid: Cid): void {
    this.#changed(cid, true)
  }

  lost(cid: Cid): void {
    this.#changed(cid, false)
  }

  piece(cid: Cid, piece: number): void {
    for (const talk of this.#talks.values()) talk.piece(cid, piece)
  }

  partialEnded(cid: Cid): void {
    for (const talk of this.#talks.values()) talk.partialEnded(cid)
  }

  /** Whether the peer will keep its copy while we drop ours. False when it does not answer. */
  askToKeep(peer: NodeId, cid: Cid): Promise<boolean> {
    return this.#talks.get(peer)?.askToKeep(cid) ?? Promise.resolve(false)
  }

  #changed(cid: Cid, gained: boolean): void {
    const number = this.#view.numberOf(cid)
    if (number === undefined) return
    this.#view.places(number, (shard, index) => {
      for (const talk of this.#talks.values()) talk.changed(shard, index, gained)
    })
  }

  /** Keeps a stream open to a peer that we dialled, for as long as the link is there. */
  async #keepOpen(link: PeerLink): Promise<void> {
    const { clock, links } = this.#components
    for (let retryMs = REOPEN_AFTER_MS; !this.#stopped && links.links().includes(link); retryMs *= 2) {
      const beginMs = clock.monotonicMs()
      try {
        await this.#talk(await link.open(INVENTORY_PROTOCOL, LIMITS), link)
      } catch {
        // It could not be opened or broke off: tried again below while there is a link.
      }
      if (this.#stopped || !links.links().includes(link)) return
      if (clock.monotonicMs() - beginMs >= GOOD_STREAM_MS) retryMs = REOPEN_AFTER_MS
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.min(retryMs, MAX_REOPEN_MS), resolve)
        this.#reopen.set(link.peer, () => {
          cancel()
          resolve()
        })
      })
    }
  }

  async #talk(stream: MessageStream, link: PeerLink): Promise<void> {
    const talk = new Talk(this.#components, stream, (shard) => this.#bitsOf(shard))
    this.#talks.get(link.peer)?.end(new JoineryError('CLOSED', 'a newer stream took its place'))
    this.#talks.set(link.peer, talk)
    this.#events.opened(link.peer)
    for (const shard of this.#view.shards.keys()) talk.whole(shard)
    for (const { cid } of this.#components.partials()) talk.partial(cid)
    const sending = talk.send()
    try {
      for (;;) {
        const bytes = await stream.receive()
        if (!bytes) break
        const message = decodeInventory(bytes)
        if (message.kind === 'askKeep') talk.answer(message.request, this.#events.asksToKeep(link.peer, message.cid))
        else if (message.kind === 'keep') talk.answered(message.request, message.keeps)
        else if (this.#talks.get(link.peer) === talk) this.#events.received(link.peer, message)
      }
    } catch (error) {
      talk.end(error instanceof Error ? error : new JoineryError('CLOSED', 'the stream ended'))
      if (this.#talks.get(link.peer) === talk && isOffence(error)) this.#events.refused(link.peer, error)
    } finally {
      talk.end(new JoineryError('CLOSED', 'the stream ended'))
      if (this.#talks.get(link.peer) === talk) this.#talks.delete(link.peer)
      await sending
    }
  }

  #bitsOf(shard: Cid): Bitfield | undefined {
    const numbers = this.#view.shards.get(shard)
    if (!numbers) return undefined
    const bits = new Bitfield(numbers.length)
    numbers.forEach((number, index) => {
      const blob = this.#view.blobs[number]
      if (blob && this.#components.has(blob.cid)) bits.add(index)
    })
    return bits
  }

  #forget(peer: NodeId): void {
    this.#reopen.get(peer)?.()
    this.#reopen.delete(peer)
    this.#talks.get(peer)?.end(new JoineryError('CLOSED', 'the peer is gone'))
  }
}

/** What only a peer that does not keep to the protocol causes; a broken link says nothing about it. */
function isOffence(error: unknown): error is JoineryError {
  return hasCode(error, 'MALFORMED') || hasCode(error, 'TOO_LARGE') || hasCode(error, 'BUSY')
}

/** One stream: what is still to be told. While a message is on its way, changes gather; nothing is queued twice. */
class Talk {
  readonly #components: InventoryExchangeComponents
  readonly #stream: MessageStream
  readonly #bitsOf: (shard: Cid) => Bitfield | undefined
  readonly #urgent: Sent[] = []
  readonly #whole = new Set<Cid>()
  readonly #told = new Set<Cid>()
  readonly #changes = new Map<Cid, Map<number, boolean>>()
  readonly #pieces = new Map<Cid, Set<number> | 'whole' | 'ended'>()
  readonly #toldPartials = new Set<Cid>()
  readonly #questions = new Map<number, (keeps: boolean) => void>()
  #nextQuestion = 0
  #wake: (() => void) | undefined
  #ended = false

  constructor(
    components: InventoryExchangeComponents,
    stream: MessageStream,
    bitsOf: (shard: Cid) => Bitfield | undefined
  ) {
    this.#components = components
    this.#stream = stream
    this.#bitsOf = bitsOf
  }

  whole(shard: Cid): void {
    this.#changes.delete(shard)
    this.#whole.add(shard)
    this.#wake?.()
  }

  forget(shard: Cid): void {
    this.#changes.delete(shard)
    this.#whole.delete(shard)
    if (this.#told.delete(shard)) this.#urgent.push({ kind: 'forget', shard })
    this.#wake?.()
  }

  changed(shard: Cid, index: number, gained: boolean): void {
    if (this.#whole.has(shard) || !this.#told.has(shard)) return
    const changes = this.#changes.get(shard) ?? new Map<number, boolean>()
    changes.set(index, gained)
    if (changes.size > MAX_CHANGES) this.whole(shard)
    else this.#changes.set(shard, changes)
    this.#wake?.()
  }

  partial(cid: Cid): void {
    this.#pieces.set(cid, 'whole')
    this.#wake?.()
  }

  piece(cid: Cid, piece: number): void {
    const pieces = this.#pieces.get(cid)
    if (pieces === 'whole') return
    if (!this.#toldPartials.has(cid)) this.#pieces.set(cid, 'whole')
    else if (pieces instanceof Set && pieces.size < MAX_CHANGES) pieces.add(piece)
    else this.#pieces.set(cid, pieces instanceof Set ? 'whole' : new Set([piece]))
    this.#wake?.()
  }

  partialEnded(cid: Cid): void {
    if (this.#toldPartials.has(cid)) this.#pieces.set(cid, 'ended')
    else this.#pieces.delete(cid)
    this.#wake?.()
  }

  askToKeep(cid: Cid): Promise<boolean> {
    if (this.#ended || this.#questions.size >= MAX_QUESTIONS) return Promise.resolve(false)
    const request = this.#nextQuestion++ % 2 ** 32
    return new Promise((resolve) => {
      const done = (keeps: boolean): void => {
        cancel()
        this.#questions.delete(request)
        resolve(keeps)
      }
      const cancel = this.#components.clock.after(ANSWER_WITHIN_MS, () => done(false))
      this.#questions.set(request, done)
      this.#urgent.push({ kind: 'askKeep', request, cid })
      this.#wake?.()
    })
  }

  answer(request: number, keeps: boolean): void {
    // A peer that asks faster than it reads the answers is not owed any.
    if (this.#urgent.length >= MAX_QUESTIONS) throw new JoineryError('BUSY', 'too many questions')
    this.#urgent.push({ kind: 'keep', request, keeps })
    this.#wake?.()
  }

  answered(request: number, keeps: boolean): void {
    this.#questions.get(request)?.(keeps)
  }

  end(reason: Error): void {
    if (this.#ended) return
    this.#ended = true
    for (const done of [...this.#questions.values()]) done(false)
    this.#stream.abort(reason)
    this.#wake?.()
  }

  /** Ends with the stream; never rejects. */
  async send(): Promise<void> {
    try {
      while (!this.#ended) {
        const messages = this.#next()
        if (messages.length === 0) {
          await this.#changeOrEnd()
          if (this.#urgent.length === 0 && !this.#ended) await this.#pause()
          continue
        }
        for (const message of messages) await this.#stream.send(encodeInventory(message))
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new JoineryError('CLOSED', 'the stream ended'))
    }
  }

  #next(): Sent[] {
    const messages: Sent[] = this.#urgent.splice(0)
    for (const shard of this.#whole) {
      const bits = this.#bitsOf(shard)
      if (!bits) continue
      this.#told.add(shard)
      messages.push({ kind: 'shard', shard, bits })
    }
    this.#whole.clear()
    for (const [shard, changes] of this.#changes) {
      const gained: number[] = []
      const lost: number[] = []
      for (const [index, has] of changes) (has ? gained : lost).push(index)
      messages.push({ kind: 'changed', shard, gained, lost })
    }
    this.#changes.clear()
    for (const [cid, pieces] of this.#pieces) {
      const bits = [...this.#components.partials()].find((partial) => partial.cid === cid)?.bits
      if (pieces === 'ended' || !bits) {
        if (this.#toldPartials.delete(cid)) messages.push({ kind: 'ended', cid })
      } else if (pieces === 'whole') {
        this.#toldPartials.add(cid)
        messages.push({ kind: 'partial', cid, bits: bits.copy() })
      } else messages.push({ kind: 'pieces', cid, gained: [...pieces] })
    }
    this.#pieces.clear()
    return messages
  }

  #changeOrEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  #pause(): Promise<void> {
    return new Promise<void>((resolve) => {
      const cancel = this.#components.clock.after(INVENTORY_DELAY_MS, resolve)
      this.#wake = () => {
        if (this.#urgent.length === 0 && !this.#ended) return
        this.#wake = undefined
        cancel()
        resolve()
      }
    }).then(() => {
      this.#wake = undefined
    })
  }
}
