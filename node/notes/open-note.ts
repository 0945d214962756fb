/**
 * A note that is in memory: its clients, its document, its cursors, and the tick that gathers what happened and sends it on.
 */

import { sameBytes } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Entry, JournalAccess } from '../../protocols/journal.ts'
import type { NoteUpdate } from '../../protocols/note-facts.ts'
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../protocols/notes-sync.ts'
import type { Clock } from '../platform/clock.ts'
import { Broadcast } from './broadcast.ts'
import { type CatchUp, Connection } from './connection.ts'
import { Cursors, type OwnedCursor } from './cursors.ts'
import { type Applied, NoteDocument } from './document.ts'
import { CLOSE_MALFORMED, CLOSE_REMOVED, CLOSE_RESET, CLOSE_STOPPING, CLOSE_TOO_LARGE } from './errors.ts'
import { buildFrame } from './frame.ts'
import * as limits from './limits.ts'
import { type Pace, paceFor } from './pace.ts'
import type { RefusedUpdate } from './recovery-copies.ts'
import { TextAhead } from './text-ahead.ts'
import { TextLog } from './text-log.ts'
import { TickTimer } from './tick-timer.ts'
import { checkVector } from './update-scan.ts'

export interface OpenNoteComponents {
  clock: Clock
  journal: JournalAccess
  onRefused(refused: RefusedUpdate): void
  onFailure(error: unknown): void
  /** Cursors of clients here have changed; for other nodes. */
  onCursors(note: OpenNote, clientIds: readonly number[]): void
  /** Clients here wrote something; for other nodes, ahead of the journal. */
  onText(note: OpenNote, update: NoteUpdate): void
}

/** `count`: its number among the updates of this connection. */
type QueuedUpdate = { connection: Connection; update: Uint8Array | undefined; count: number }

export class OpenNote {
  readonly id: string
  readonly document: NoteDocument
  readonly cursors: Cursors
  /** Entries that came since the local snapshot was read. */
  entriesSinceSnapshot = 0
  lastUsedMs: number
  readonly #components: OpenNoteComponents
  readonly #clock: Clock
  readonly #log: TextLog
  readonly #connections = new Set<Connection>()
  #stockClients = 0
  readonly #queue: QueuedUpdate[] = []
  #queueBytes = 0
  readonly #entries: Entry[] = []
  readonly #ahead = new TextAhead()
  #aheadQueue: NoteUpdate[] = []
  #loaded = false
  readonly #ticks: TickTimer
  #cursorsSentMs = 0
  #ownWriter: string | undefined
  #told = false

  constructor(components: OpenNoteComponents, id: string) {
    this.id = id
    this.#components = components
    this.#clock = components.clock
    this.#ticks = new TickTimer(components.clock, () => this.#tick())
    this.document = new NoteDocument()
    this.cursors = new Cursors(this.document.authors)
    this.lastUsedMs = this.#clock.monotonicMs()
    this.#log = new TextLog(
      {
        clock: components.clock,
        journal: components.journal,
        onTold: () => {
          this.#told = true
          // With the next text if there is some.
          this.#schedule(this.#pace().tickMs)
        },
        onStamped: (stamp) => {
          this.#ownWriter = stamp.writer
          this.document.markRead(stamp)
          this.entriesSinceSnapshot++
        },
        onFull: (full) => {
          for (const connection of this.#connections) {
            if (full) connection.pause('note')
            else connection.resume('note')
          }
        },
        onFailure: components.onFailure
      },
      id
    )
  }

  get clients(): number {
    return this.#connections.size
  }

  get unsavedBytes(): number {
    return this.#log.unsavedBytes + this.#queueBytes
  }

  /** Nobody is here and everything is on the disk: it may be forgotten. */
  get isIdle(): boolean {
    return this.#connections.size === 0 && this.isSettled
  }

  /** All that is in the document is in entries. */
  get isSettled(): boolean {
    return this.#queue.length === 0 && this.#entries.length === 0 && this.#ahead.size === 0 && this.#log.isIdle
  }

  /** Called once with all entries that the local snapshot lacks, in order. */
  finishLoading(): void {
    this.#loaded = true
    this.#schedule(0)
  }

  /** Sends what a new client needs and takes its messages from now on. */
  join(connection: Connection): void {
    this.#connections.add(connection)
    if (!connection.own) this.#stockClients++
    if (this.#log.unsavedBytes > limits.MAX_UNSAVED_BYTES) connection.pause('note')
    connection.onDrained(() => {
      if (connection.isBehind) this.#schedule(0)
    })
    connection.send(encodeSyncMessage({ kind: 'have', vector: this.document.vector() }))
    if (this.cursors.size > 0) connection.send(this.#catchUp.cursors())
  }

  leave(connection: Connection): void {
    if (!this.#connections.delete(connection)) return
    if (!connection.own) this.#stockClients--
    connection.ended()
    this.#log.forget(connection)
    this.lastUsedMs = this.#clock.monotonicMs()
    this.cursors.removeVia(connection, this.lastUsedMs)
    this.#cursorsChanged()
  }

  /** One WebSocket message. What is malformed ends this connection and nobody else's. */
  receive(connection: Connection, bytes: Uint8Array): void {
    connection.count(bytes.length)
    try {
      this.#handle(connection, decodeSyncMessage(bytes))
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
      connection.refuse(error.code)
      connection.close(error.code === 'TOO_LARGE' ? CLOSE_TOO_LARGE : CLOSE_MALFORMED)
    }
  }

  #handle(connection: Connection, message: SyncMessage): void {
    switch (message.kind) {
      case 'have': {
        // A copy: the message is a view into the socket's buffer, and the answer may have to wait.
        const vector = message.vector.slice()
        checkVector(vector)
        connection.answerWithinRate('have', () => connection.send(this.#difference(vector, true)))
        break
      }
      case 'update':
        // A browser that comes from a node that died may have nothing new for us only because that node had sent it ahead.
        if (message.answer) this.#adopt(0)
        this.#takeUpdate(connection, message.update, message.answer)
        break
      case 'awareness':
        connection.mainClientId ??= message.entries[0]?.clientId
        this.cursors.accept(
          message.entries,
          connection.owner,
          connection,
          this.#clock.monotonicMs(),
          connection.signedIn
        )
        this.#cursorsChanged()
        break
      case 'cursors':
        for (const owner of connection.owners) this.cursors.move(message.cursors, owner, this.#clock.monotonicMs())
        this.#cursorsChanged()
        break
      case 'query-awareness':
        connection.answerWithinRate('cursors', () => connection.send(this.#catchUp.cursors()))
    }
  }

  /** @param answer everything that the client has, others' text included; else what it changed just now */
  #takeUpdate(connection: Connection, bytes: Uint8Array, answer: boolean): void {
    connection.received++
    const { accepted, refused } = connection.judge(this.document, bytes, answer)
    if (refused) {
      const { owner, address } = connection
      this.#components.onRefused({ note: this.id, code: refused.code, owner, address, update: bytes })
      connection.takeRefusal(refused, answer)
    }
    this.#queue.push({ connection, update: accepted?.slice(), count: connection.countedUpTo })
    this.#queueBytes += accepted?.length ?? 0
    connection.countText(accepted?.length ?? 0)
    this.#schedule(0)
  }

  /** New entries of this note, from peers or our own. */
  takeEntries(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.writer !== this.#ownWriter) this.#entries.push(entry)
    if (this.#loaded && this.#entries.length > 0) this.#schedule(0)
  }

  /** Text that another node sent ahead of its entries. */
  takeAhead(update: NoteUpdate): void {
    if (!this.#loaded || !this.#ahead.add(update, this.#clock.monotonicMs())) return
    this.#aheadQueue.push(update)
    this.#schedule(0)
  }

  /** Cursors that another node told. */
  takeCursors(cursors: readonly Omit<OwnedCursor, 'via'>[], via: object): void {
    for (const cursor of cursors) this.cursors.accept([cursor], cursor.owner, via, this.#clock.monotonicMs())
    this.#cursorsChanged()
  }

  dropCursorsVia(via: object): void {
    this.cursors.removeVia(via, this.#clock.monotonicMs())
    this.#cursorsChanged()
  }

  /** States of clients here, those that left included. */
  localCursors(clientIds?: Iterable<number>): OwnedCursor[] {
    return (clientIds ? this.cursors.states(clientIds) : this.cursors.all()).filter(
      ({ via }) => via instanceof Connection
    )
  }

  /** Pings, stalled clients, cursors that nobody renewed. */
  sweep(ping: boolean): void {
    const now = this.#clock.monotonicMs()
    this.#adopt(limits.ADOPT_AFTER_MS)
    this.cursors.expire(now)
    this.#cursorsChanged()
    for (const connection of this.#connections) {
      if (connection.checkStalled(now) && (!ping || connection.ping()) && connection.isBehind) this.#schedule(0)
    }
  }

  checkCopies(): void {
    this.#log.checkCopies()
  }

  #pace(): Pace {
    return paceFor(this.#connections.size)
  }

  #cursorsChanged(): void {
    const due = this.cursors.dueAtMs(this.#cursorsSentMs, this.#pace().cursorsMs)
    if (due !== undefined) this.#schedule(due - this.#clock.monotonicMs())
  }

  #schedule(delayMs: number): void {
    if (this.#loaded) this.#ticks.wish(delayMs, this.#pace().tickMs)
  }

  #tick(): void {
    this.#ticks.ticked()
    const text: Buffer[] = []
    this.#applyAhead(text)
    this.#applyClients(text)
    this.#applyEntries(text)
    const now = this.#clock.monotonicMs()
    const due = this.cursors.dueAtMs(this.#cursorsSentMs, this.#pace().cursorsMs)
    const out = new Broadcast(text)
    if (due !== undefined && due <= now) {
      this.#cursorsSentMs = now
      const news = this.cursors.take()
      out.addCursors(this.cursors, news, this.#stockClients > 0)
      this.#components.onCursors(this, news.clientIds)
    }
    out.send(this.#connections, this.#catchUp, this.#told)
    this.#told = false
    this.#cursorsChanged()
  }

  #applyAhead(text: Buffer[]): void {
    if (this.#aheadQueue.length === 0) return
    const queue = this.#aheadQueue
    this.#aheadQueue = []
    const applied = this.document.applyAhead(
      queue.flatMap(({ updates }) => updates),
      queue.flatMap(({ authors }) => authors)
    )
    if (applied.news) text.push(buildFrame(encodeSyncMessage({ kind: 'update', update: applied.news, answer: false })))
  }

  /** Writes what came ahead and has no entry yet. */
  #adopt(olderThanMs: number): void {
    if (this.#ahead.size === 0) return
    const { updates, authors } = this.#ahead.take(this.#clock.monotonicMs(), olderThanMs)
    updates.forEach((update, i) => {
      this.#log.add(update, i === 0 ? authors : [], new Map())
    })
  }

  #applyClients(text: Buffer[]): void {
    if (this.#queue.length === 0) return
    const queue = this.#queue.splice(0)
    this.#queueBytes = 0
    const withUpdate = queue.filter((one) => one.update !== undefined)
    const applied = this.document.applyFromClients(withUpdate.map((one) => one.update as Uint8Array))
    const counts = new Map<Connection, number>()
    for (const { connection, count } of queue) {
      const waits = connection.owners.some((owner) => applied.waiting.has(owner))
      if (applied.askAgain || waits) connection.askAgain = true
      if (!waits) counts.set(connection, count)
    }
    for (const at of applied.broken) {
      const broken = withUpdate[at]?.connection
      broken?.close(CLOSE_MALFORMED)
      if (broken) counts.delete(broken)
    }
    this.#publish(applied, text, true, counts)
  }

  #applyEntries(text: Buffer[]): void {
    if (this.#entries.length === 0) return
    const entries = this.#entries.splice(0)
    this.entriesSinceSnapshot += entries.length
    const applied = this.document.applyEntries(entries, { fresh: true })
    this.#ahead.cover(applied.updates)
    this.#publish(applied, text, applied.unsaved, new Map())
    for (const connection of this.#connections) {
      if (!connection.askAgain) continue
      connection.askAgain = false
      connection.send(encodeSyncMessage({ kind: 'have', vector: this.document.vector() }))
    }
  }

  #publish(applied: Applied, text: Buffer[], save: boolean, counts: Map<Connection, number>): void {
    const { news } = applied
    if (news) text.push(buildFrame(encodeSyncMessage({ kind: 'update', update: news, answer: false })))
    if (!save) return
    const authors = news ? this.document.authors.takeFresh() : []
    this.#log.add(news, authors, counts)
    if (news) this.#components.onText(this, { updates: [news], authors })
  }

  #difference(vector: Uint8Array, answer: boolean): Uint8Array {
    return encodeSyncMessage({ kind: 'update', update: this.document.since(vector), answer })
  }

  readonly #catchUp: CatchUp = {
    vector: () => this.document.vector(),
    since: (vector) => this.#difference(vector, false),
    cursors: () => encodeSyncMessage({ kind: 'awareness', entries: this.cursors.all() })
  }

  /**
   * Replicas differed although their vectors were equal: everything is built anew from the entries, and every client has to load it again.
   *
   * @param entries all of this note
   */
  rebuild(entries: readonly Entry[]): void {
    const before = this.document.vectorAndContent().content
    this.document.rebuild(entries)
    if (sameBytes(before, this.document.vectorAndContent().content)) return
    for (const connection of this.#connections) {
      connection.reset()
      connection.close(CLOSE_RESET)
    }
  }

  /** Resolves once what clients sent is on the disk, or the disk has not taken it for too long: browsers have it too. */
  async flush(): Promise<void> {
    if (this.#loaded) this.#tick()
    this.#adopt(0)
    let cancel: (() => void) | undefined
    const tooLong = new Promise<void>((resolve) => {
      cancel = this.#clock.after(limits.FLUSH_TIMEOUT_MS, resolve)
    })
    await Promise.race([this.#log.drained(), tooLong])
    cancel?.()
  }

  /** The note is gone for good: everybody is told, and nobody tries again. */
  endRemoved(): void {
    for (const connection of this.#connections) {
      connection.refuse('NOTE_REMOVED')
      connection.close(CLOSE_REMOVED)
    }
  }

  /** Ends all connections, writes what waits. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.close(CLOSE_STOPPING)
    await this.flush()
    this.#ticks.stop()
    this.#log.stop()
    this.document.destroy()
  }
}
