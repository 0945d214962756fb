/**
 * Journals in memory that replicate to one another: each append is a batch, `cut` holds batches back, `heal` lets them through.
 * A peer's batch can be made to arrive later than its text that was sent ahead, as in a real room.
 */

import type { NotesJournal } from '../../../node/notes/notes.ts'
import type { CborValue } from '../../../protocols/cbor.ts'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import {
  compareStamps,
  type Entry,
  type Fold,
  type FoldView,
  type NewEntry,
  type Position,
  type Stamp
} from '../../../protocols/journal.ts'

interface View {
  fold: Fold<unknown>
  state: unknown
  listeners: Set<(entries: readonly Entry[]) => void>
}

export class MemoryJournal implements NotesJournal {
  readonly writer: string
  entries: Entry[] = []
  /** Stamps before which a topic holds nothing any more. */
  readonly #erased = new Map<string, Stamp>()
  /** Set to make appends fail. */
  failure: Error | undefined
  /** How long the disk takes. */
  syncMs = 1
  #number = 0
  #lamport = 0
  readonly #views: View[] = []
  readonly #peers: { journal: MemoryJournal; up: boolean; held: Entry[][] }[] = []
  readonly #confirmedBy = new Map<MemoryJournal, number>()
  readonly #listeners = new Set<() => void>()

  constructor(writer: string) {
    this.writer = writer
  }

  async append(entries: NewEntry[]): Promise<Stamp[]> {
    await new Promise((resolve) => setTimeout(resolve, this.syncMs))
    if (this.failure) throw this.failure
    const number = this.#number++
    const made = entries.map((entry, index): Entry => {
      // Through CBOR, as on the disk: nothing that only memory can hold gets past.
      const body = decodeCbor(encodeCbor(entry.body), 2 ** 20)
      const { topic, kind, version } = entry
      return {
        topic,
        kind,
        version,
        body,
        critical: false,
        node: this.writer,
        writer: this.writer,
        number,
        index,
        lamport: ++this.#lamport
      }
    })
    this.#take(made)
    for (const peer of this.#peers) {
      if (peer.up) peer.journal.#receive(made, this)
      else peer.held.push(made)
    }
    return made
  }

  #receive(entries: Entry[], from: MemoryJournal): void {
    setTimeout(() => {
      this.#take(entries)
      const last = entries.at(-1)
      if (last) from.#confirm(this, last.number)
    }, this.syncMs)
  }

  #confirm(by: MemoryJournal, number: number): void {
    this.#confirmedBy.set(by, Math.max(number, this.#confirmedBy.get(by) ?? -1))
    for (const listener of this.#listeners) listener()
  }

  #take(entries: Entry[]): void {
    for (const entry of entries) this.#lamport = Math.max(this.#lamport, entry.lamport)
    for (const entry of entries) {
      if (entry.kind !== 'erased') continue
      const { topic } = entry.body as { topic: string }
      const before = this.#erased.get(topic)
      if (!before || compareStamps(before, entry) < 0) this.#erased.set(topic, entry)
    }
    this.entries.push(...entries)
    this.entries = this.entries.map((entry) => {
      const erased = this.#erased.get(entry.topic)
      return erased && entry.body !== undefined && compareStamps(entry, erased) < 0 ? withoutBody(entry) : entry
    })
    for (const view of this.#views) this.#fold(view, entries)
  }

  #fold(view: View, entries: readonly Entry[]): void {
    const read = entries.filter((entry) => view.fold.reads(entry.topic))
    for (const entry of read) view.fold.apply(view.state, entry)
    if (read.length > 0) for (const listener of view.listeners) listener(read)
  }

  async view<State>(fold: Fold<State>): Promise<FoldView<State>> {
    const view: View = { fold: fold as Fold<unknown>, state: fold.empty(), listeners: new Set() }
    this.#fold(view, this.entries)
    // As after a restart, so that every test also tests the snapshot.
    view.state = fold.load(decodeCbor(encodeCbor(fold.save(view.state as State) as CborValue), 2 ** 24))
    this.#views.push(view)
    return {
      state: view.state as State,
      onChange(listener) {
        view.listeners.add(listener)
        return () => view.listeners.delete(listener)
      }
    }
  }

  async erase(topic: string): Promise<void> {
    await this.append([{ topic: 'journal', kind: 'erased', version: 1, audience: 'public', body: { topic } }])
  }

  async *entriesOf(topic: string): AsyncIterable<Entry> {
    const sorted = this.entries.filter((entry) => entry.topic === topic).sort(compareStamps)
    for (const entry of sorted) {
      await Promise.resolve()
      yield entry
    }
  }

  copiesElsewhere(position: Position): number {
    let copies = 0
    for (const number of this.#confirmedBy.values()) if (number >= position.number) copies++
    return copies
  }

  onConfirmed(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Both ways. */
  link(other: MemoryJournal): void {
    this.#peers.push({ journal: other, up: true, held: [] })
    other.#peers.push({ journal: this, up: true, held: [] })
  }

  cut(other: MemoryJournal): void {
    for (const [from, to] of [
      [this, other],
      [other, this]
    ] as const)
      for (const peer of from.#peers) if (peer.journal === to) peer.up = false
  }

  heal(other: MemoryJournal): void {
    for (const [from, to] of [
      [this, other],
      [other, this]
    ] as const) {
      for (const peer of from.#peers) {
        if (peer.journal !== to) continue
        peer.up = true
        for (const held of peer.held.splice(0)) to.#receive(held, from)
      }
    }
  }
}

function withoutBody(entry: Entry): Entry {
  return { ...entry, body: undefined }
}
