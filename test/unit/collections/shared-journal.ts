/** Journals of several nodes that hand each other their entries when the test says so. */
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import type { Entry, Fold, FoldView, JournalAccess, NewEntry, Stamp } from '../../../protocols/journal.ts'

export class TestJournal implements JournalAccess {
  readonly node: string
  readonly entries: Entry[] = []
  readonly #views: { fold: Fold<unknown>; state: unknown; listeners: Set<(entries: readonly Entry[]) => void> }[] = []
  #lamport = 0
  #number = 0
  /** Called before each append; throws to make it fail. */
  beforeAppend: () => void = () => undefined

  constructor(node: string) {
    this.node = node
  }

  async append(entries: NewEntry[]): Promise<Stamp[]> {
    this.beforeAppend()
    await Promise.resolve()
    const number = this.#number++
    const made = entries.map(({ topic, kind, version, critical = false, body }, index): Entry => {
      const copy = decodeCbor(encodeCbor(body), 2 ** 20)
      const stamp = { writer: `writer-of-${this.node}`, number, index, lamport: ++this.#lamport }
      return { ...stamp, node: this.node, topic, kind, version, critical, body: copy }
    })
    this.#take(made)
    return made
  }

  /** Takes over what another journal has; in another order, and again what is here already. */
  receiveFrom(other: TestJournal): void {
    const known = new Set(this.entries.map(nameOf))
    this.#take([...other.entries].reverse().filter((entry) => !known.has(nameOf(entry))))
  }

  async view<State>(fold: Fold<State>): Promise<FoldView<State>> {
    const state = fold.empty()
    for (const entry of this.entries) if (fold.reads(entry.topic)) fold.apply(state, entry)
    const listeners = new Set<(entries: readonly Entry[]) => void>()
    this.#views.push({ fold: fold as Fold<unknown>, state, listeners })
    return {
      state,
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      }
    }
  }

  async *entriesOf(topic: string): AsyncIterable<Entry> {
    yield* this.entries.filter((entry) => entry.topic === topic)
  }

  copiesElsewhere(): number {
    return 0
  }

  onConfirmed(): () => void {
    return () => undefined
  }

  #take(entries: Entry[]): void {
    for (const entry of entries) {
      this.#lamport = Math.max(this.#lamport, entry.lamport)
      this.entries.push(entry)
    }
    for (const { fold, state, listeners } of this.#views) {
      const read = entries.filter((entry) => fold.reads(entry.topic))
      for (const entry of read) fold.apply(state, entry)
      if (read.length > 0) for (const listener of listeners) listener(read)
    }
  }
}

function nameOf({ writer, number, index }: Entry): string {
  return `${writer}/${number}/${index}`
}
