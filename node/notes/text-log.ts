/**
 * Writes what clients typed into the journal, one entry at a time per note, and says what is on how many devices.
 * Nothing is called saved before `append` has resolved, and nothing is dropped when it rejects: it is tried again.
 */
import type { JournalAccess, Stamp } from '../../protocols/journal.ts'
import {
  type Author,
  encodeNoteUpdate,
  MAX_AUTHORS_PER_ENTRY,
  NOTE_FACT_VERSION,
  NOTE_UPDATE_KIND,
  noteTopic
} from '../../protocols/note-facts.ts'
import type { Clock } from '../platform/clock.ts'
import type { Connection } from './connection.ts'
import { packEntries } from './fragments.ts'
import * as limits from './limits.ts'

/** How many updates of each connection a batch settles. */
type Counts = Map<Connection, number>

export interface TextLogComponents {
  clock: Clock
  journal: JournalAccess
  /** Somebody has something to be told. */
  onTold(): void
  /** Written by us: the document has it already. */
  onStamped(stamp: Stamp): void
  onFull(full: boolean): void
  onFailure(error: unknown): void
}

export class TextLog {
  readonly #components: TextLogComponents
  readonly #topic: string
  #updates: Uint8Array[] = []
  #updateBytes = 0
  #authors: Author[] = []
  #counts: Counts = new Map()
  #writing = false
  #writingBytes = 0
  #full = false
  #stopped = false
  #idle: (() => void)[] = []
  #cancelWait: (() => void) | undefined
  #writtenMs = Number.NEGATIVE_INFINITY
  #hurry = false
  /** Saved here; oldest first. The last one stays until everybody has it, for the number of devices. */
  readonly #batches: { stamp: Stamp; counts: Counts }[] = []

  constructor(components: TextLogComponents, id: string) {
    this.#components = components
    this.#topic = noteTopic(id)
  }

  get unsavedBytes(): number {
    return this.#updateBytes + this.#writingBytes
  }

  get isIdle(): boolean {
    return !this.#writing && this.#updates.length === 0
  }

  /** @param counts what is settled once this is on the disk, and all that was added before */
  add(update: Uint8Array | undefined, authors: readonly Author[], counts: Counts): void {
    if (update) {
      this.#updates.push(update)
      this.#updateBytes += update.length
    }
    this.#authors.push(...authors)
    for (const [connection, count] of counts) this.#counts.set(connection, count)
    this.#checkFull()
    this.#pump()
  }

  forget(connection: Connection): void {
    this.#counts.delete(connection)
    for (const { counts } of this.#batches) counts.delete(connection)
  }

  #pump(): void {
    if (this.#writing || this.#stopped || this.#cancelWait) return
    if (this.#updates.length === 0) {
      this.#settle(this.#counts)
      this.#counts = new Map()
      for (const resolve of this.#idle.splice(0)) resolve()
      return
    }
    const waitMs = this.#hurry ? 0 : this.#writtenMs + limits.WRITE_MS - this.#components.clock.monotonicMs()
    if (waitMs > 0) {
      this.#wait(waitMs)
      return
    }
    this.#writing = true
    this.#writtenMs = this.#components.clock.monotonicMs()
    this.#write().catch((error: unknown) => this.#components.onFailure(error))
  }

  async #write(): Promise<void> {
    const updates = this.#takeSome()
    const authors = this.#authors.splice(0, MAX_AUTHORS_PER_ENTRY)
    // What was counted is settled only with the last of what was added.
    const counts: Counts = this.#updates.length === 0 ? this.#counts : new Map()
    if (this.#updates.length === 0) this.#counts = new Map()
    try {
      const stamps = await this.#components.journal.append(
        packEntries(updates, authors).map((entry) => ({
          topic: this.#topic,
          kind: NOTE_UPDATE_KIND,
          version: NOTE_FACT_VERSION,
          audience: 'room' as const,
          body: encodeNoteUpdate(entry)
        }))
      )
      for (const stamp of stamps) this.#components.onStamped(stamp)
      this.#settle(counts)
      const last = stamps.at(-1)
      if (last) this.#countCopies(last, counts)
    } catch (error) {
      this.#updates = [...updates, ...this.#updates]
      this.#authors = [...authors, ...this.#authors]
      for (const [connection, count] of counts) {
        if (!this.#counts.has(connection)) this.#counts.set(connection, count)
      }
      this.#updateBytes += this.#writingBytes
      this.#wait(limits.APPEND_RETRY_MS)
      this.#components.onFailure(error)
    } finally {
      this.#writing = false
      this.#writingBytes = 0
      this.#checkFull()
    }
    this.#pump()
  }

  #wait(delayMs: number): void {
    this.#cancelWait = this.#components.clock.after(delayMs, () => {
      this.#cancelWait = undefined
      this.#pump()
    })
  }

  #takeSome(): Uint8Array[] {
    let count = 0
    for (const { length } of this.#updates) {
      if (count > 0 && this.#writingBytes + length > limits.APPEND_BYTES) break
      this.#writingBytes += length
      count++
    }
    this.#updateBytes -= this.#writingBytes
    return this.#updates.splice(0, count)
  }

  #settle(counts: Counts): void {
    let told = false
    for (const [connection, count] of counts) told = connection.markSaved(count) || told
    if (told) this.#components.onTold()
  }

  #countCopies(stamp: Stamp, counts: Counts): void {
    this.#batches.push({ stamp, counts })
    if (this.#batches.length > limits.MAX_COUNTED_BATCHES) {
      const [oldest, next] = this.#batches
      // Whoever has the next batch has this one too.
      if (oldest && next)
        for (const [connection, count] of oldest.counts)
          if (!next.counts.has(connection)) next.counts.set(connection, count)
      this.#batches.shift()
    }
    this.checkCopies()
  }

  /** A peer confirmed more. */
  checkCopies(): void {
    let told = false
    for (let i = 0; i < this.#batches.length; i++) {
      const { stamp, counts } = this.#batches[i] as { stamp: Stamp; counts: Counts }
      const elsewhere = this.#components.journal.copiesElsewhere(stamp)
      if (elsewhere === 0) break
      for (const [connection, count] of counts) told = connection.markCopied(count, elsewhere + 1) || told
    }
    // Batches before the last confirmed one have told all they can.
    const confirmed = this.#batches.findLastIndex(({ stamp }) => this.#components.journal.copiesElsewhere(stamp) > 0)
    for (const { counts } of this.#batches.splice(0, Math.max(0, confirmed))) {
      const last = this.#batches[0]
      if (last)
        for (const [connection, count] of counts) if (!last.counts.has(connection)) last.counts.set(connection, count)
    }
    if (told) this.#components.onTold()
  }

  #checkFull(): void {
    const full = this.unsavedBytes > limits.MAX_UNSAVED_BYTES
    if (full === this.#full) return
    this.#full = full
    this.#components.onFull(full)
  }

  /** Resolves once all that was added is on the disk, or `stop` gave up. */
  async drained(): Promise<void> {
    if (this.#stopped || this.isIdle) return
    this.#hurry = true
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** @returns what could not be written */
  stop(): number {
    this.#stopped = true
    this.#cancelWait?.()
    for (const resolve of this.#idle.splice(0)) resolve()
    return this.unsavedBytes
  }
}
