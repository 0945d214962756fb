/** What changes here when other batches count than before: hidden are those of removed nodes past their cuts. */
import type { Covers } from './covers.ts'
import type { EntryReader } from './entry-reader.ts'
import type { FoldRuntime } from './fold-runtime.ts'
import type { RemovedNodes } from './journal.ts'
import type { Log } from './log-table.ts'
import type { JournalStore } from './store.ts'

export interface RemovalsComponents {
  store: JournalStore
  reader: EntryReader
  folds: FoldRuntime
  covers: Covers
  commitMeta(): Promise<void>
  inBackground(work: () => Promise<void>): void
}

export class Removals {
  readonly #components: RemovalsComponents

  constructor(components: RemovalsComponents) {
    this.#components = components
  }

  async set(removed: RemovedNodes): Promise<void> {
    const { store, folds, covers, commitMeta, inBackground } = this.#components
    const { table, meta } = store
    if (sameRemoved(removed, table.removed)) return
    const changed = table.setRemoved(removed)
    meta.removed = removed
    const topics = new Set<string>()
    for (const { log, before } of changed) {
      const was = before ?? Infinity
      const is = log.cut?.number ?? Infinity
      const from = Math.max(Math.min(was, is) + 1, log.start)
      const to = Math.min(Math.max(was, is), log.durable.number)
      if (from <= to) await this.#addTopics(log, from, to, topics)
    }
    if (topics.size > 0) meta.foldEpoch++
    await store.loadCutHashes(changed.map(({ log }) => log))
    await commitMeta()
    await covers.cutsChanged()
    if (covers.isDue) inBackground(() => covers.run())
    await folds.foldAnew((view) => !view.seesHidden && [...topics].some((topic) => view.reads(topic)))
  }

  async #addTopics(log: Log, from: number, to: number, topics: Set<string>): Promise<void> {
    for (let number = from; number <= to; number++) {
      const found = await this.#components.reader.batchAt({ log: log.index, number })
      for (const topic of found?.batch.header.topics ?? []) topics.add(topic)
    }
  }
}

function sameRemoved(a: RemovedNodes, b: RemovedNodes): boolean {
  if (a.size !== b.size) return false
  for (const [node, cuts] of a) {
    const other = b.get(node)
    if (!other || other.size !== cuts.size) return false
    for (const [writer, number] of cuts) if (other.get(writer) !== number) return false
  }
  return true
}
