/** Journals of several nodes that hand each other their entries when the test says so. */
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import type { Entry, Fold, FoldView, JournalAccess, NewEntry, Stamp } from '../../../protocols/journal.ts'

export class TestJournal implements JournalAccess {
  readonly node: string
  readonly entries: Entry[] = []
  readonly #views: { fold: Fold<unknown>; state: unknown; listeners: Set<(entries: readonly Entry[]) => void> }[] = []
  #lamport = 0
  #number = 0
  /** Nodes whose entries count no more. */
  readonly #hidden = new Set<string>()
  /** While set, views learn of entries only at `foldAnew`. */
  foldLater = false
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

  /** As when a device is removed: its entries are left out and everything is folded anew. */
  hide(node: string): void {
    this.#hidden.add(node)
    this.foldAnew()
  }

  foldAnew(): void {
    for (const view of this.#views) {
      view.state = view.fold.empty()
      for (const entry of this.entries) this.#apply(view, entry)
      for (const listener of view.listeners) listener([])
    }
  }

  async view<State>(fold: Fold<State>): Promise<FoldView<State>> {
    const listeners = new Set<(entries: readonly Entry[]) => void>()
    const view = { fold: fold as Fold<unknown>, state: fold.empty() as unknown, listeners }
    for (const entry of this.entries) this.#apply(view, entry)
    this.#views.push(view)
    return {
      get state() {
        return view.state as State
      },
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
    if (this.foldLater) return
    for (const view of this.#views) {
      const read = entries.filter((entry) => this.#apply(view, entry))
      if (read.length > 0) for (const listener of view.listeners) listener(read)
    }
  }

  #apply({ fold, state }: { fold: Fold<unknown>; state: unknown }, entry: Entry): boolean {
    if (!fold.reads(entry.topic) || this.#hidden.has(entry.node)) return false
    fold.apply(state, entry)
    return true
  }
}

function nameOf({ writer, number, index }: Entry): string {
  return `${writer}/${number}/${index}`
}
