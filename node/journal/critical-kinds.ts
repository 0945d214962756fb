/** Which critical kinds of entries are here that this program does not understand: then it must not decide anything. */
import { ERASED_KIND } from './eraser.ts'
import type { UnknownKind } from './journal.ts'
import { MAX_UNKNOWN_KINDS } from './limits.ts'
import type { CriticalKind, JournalStore } from './store.ts'

export class CriticalKinds {
  readonly #store: JournalStore
  readonly #understood: ReadonlyMap<string, number>
  /** Of the first `#seen`: asked before each decision, so what we understand is looked at once. */
  readonly #doubtful: CriticalKind[] = []
  #seen = 0

  /** @param understood for each kind the highest version */
  constructor(store: JournalStore, understood: ReadonlyMap<string, number>) {
    this.#store = store
    this.#understood = understood
  }

  unknown(): UnknownKind[] {
    const { criticalKinds, table } = this.#store
    this.#doubtful.push(...criticalKinds.slice(this.#seen).filter((found) => !this.#understands(found)))
    this.#seen = criticalKinds.length
    const unknown = new Map<string, UnknownKind>()
    for (const { kind, version, log: index, number } of this.#doubtful) {
      const log = table.at(index)
      const name = `${kind} ${version}`
      if (!log || unknown.has(name) || unknown.size >= MAX_UNKNOWN_KINDS) continue
      if (number > log.durable.number || table.isHidden(log, number)) continue
      unknown.set(name, { kind, version, position: { writer: table.writerAt(log, number), number, index: 0 } })
    }
    return [...unknown.values()]
  }

  #understands({ kind, version }: CriticalKind): boolean {
    return kind === ERASED_KIND || version <= (this.#understood.get(kind) ?? -1)
  }
}
