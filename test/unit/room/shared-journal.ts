/** A journal in memory, and several of them that can be made to meet: what node/room needs of node/journal, without disk and signatures. */

import type { MembershipJournal } from '../../../node/room/index.ts'
import type { Entry, Fold, FoldView, NewEntry, Stamp, WriterId } from '../../../protocols/journal.ts'
import { compareStamps } from '../../../protocols/journal.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'

interface OpenView {
  add(entry: Entry): void
  changed(entries: Entry[]): void
}

export class MemoryJournal implements MembershipJournal {
  readonly node: NodeId
  writer: WriterId
  readonly entries: Entry[] = []
  removed: ReadonlyMap<NodeId, ReadonlyMap<WriterId, number>> = new Map()
  decides = true
  readonly #views: OpenView[] = []
  #lamport = 0
  #number = 0

  constructor(node: NodeId, writer: WriterId) {
    this.node = node
    this.writer = writer
  }

  append(news: NewEntry[]): Promise<Stamp[]> {
    const number = this.#number++
    const entries = news.map(({ topic, kind, version, critical = false, body }, index): Entry => {
      return {
        lamport: ++this.#lamport,
        writer: this.writer,
        number,
        index,
        node: this.node,
        topic,
        kind,
        version,
        critical,
        body
      }
    })
    this.take(entries)
    return Promise.resolve(entries)
  }

  take(entries: Entry[]): void {
    const fresh = entries.filter((entry) => !this.entries.some((known) => compareStamps(known, entry) === 0))
    for (const entry of fresh) {
      this.entries.push(entry)
      this.#lamport = Math.max(this.#lamport, entry.lamport)
      for (const view of this.#views) view.add(entry)
    }
    if (fresh.length > 0) for (const view of this.#views) view.changed(fresh)
  }

  view<State>(fold: Fold<State>): Promise<FoldView<State>> {
    const state = fold.empty()
    const listeners = new Set<(entries: readonly Entry[]) => void>()
    const add = (entry: Entry): void => {
      if (fold.reads(entry.topic)) fold.apply(state, entry)
    }
    this.entries.forEach(add)
    this.#views.push({ add, changed: (entries) => listeners.forEach((listener) => void listener(entries)) })
    return Promise.resolve({
      state,
      onChange: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      }
    })
  }

  setRemoved(removed: ReadonlyMap<NodeId, ReadonlyMap<WriterId, number>>): Promise<void> {
    this.removed = removed
    return Promise.resolve()
  }

  lastNumbers(node: NodeId): ReadonlyMap<WriterId, number> {
    const last = new Map<WriterId, number>()
    for (const entry of this.entries) {
      if (entry.node === node) last.set(entry.writer, Math.max(entry.number, last.get(entry.writer) ?? 0))
    }
    return last
  }

  mayDecide = (): boolean => this.decides
  keysChanged = (): Promise<void> => Promise.resolve()

  /** What a real journal does with batches past a cut that it did not have before. */
  #accepts(entry: Entry): boolean {
    const cuts = this.removed.get(entry.node)
    return cuts === undefined || entry.number <= (cuts.get(entry.writer) ?? -1)
  }

  /** Both get what the other has, as far as they accept it. */
  meet(other: MemoryJournal): void {
    const mine = this.entries.filter((entry) => this.#accepts(entry))
    const theirs = other.entries.filter((entry) => other.#accepts(entry))
    this.take(theirs.filter((entry) => this.#accepts(entry)))
    other.take(mine.filter((entry) => other.#accepts(entry)))
  }
}
