/**
 * Erasing a topic's bodies on every node: an entry `erased` of topic `journal` names the topic, and whatever stands before it in stamp order shrinks to
 * its hash, also what arrives later. The rule needs no order of arrival, so all replicas end equal.
 */
import {
  type Batch,
  decodeBatch,
  encodeBatch,
  entryCount,
  kindOfEntry,
  SALT_BYTES,
  topicOfEntry
} from '../../protocols/batch.ts'
import { type CborValue, decodeCbor } from '../../protocols/cbor.ts'
import { compareStamps, type NewEntry } from '../../protocols/journal.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import type { BodyRules } from './body-rules.ts'
import type { FoldRuntime } from './fold-runtime.ts'
import type { WriterAuthority } from './journal.ts'
import { MAX_UNCOMMITTED_BYTES } from './limits.ts'
import type { Log } from './log-table.ts'
import type { InTurn } from './rewriting.ts'
import type { JournalStore } from './store.ts'

export const JOURNAL_TOPIC = 'journal'
export const ERASED_KIND = 'erased'
const ERASED_VERSION = 1
const MAX_ERASED_BODY_BYTES = 1024

export function erasedEntry(topic: string): NewEntry {
  return { topic: JOURNAL_TOPIC, kind: ERASED_KIND, version: ERASED_VERSION, audience: 'public', body: { topic } }
}

export class Eraser {
  readonly #store: JournalStore
  readonly #folds: FoldRuntime
  readonly #rules: Pick<BodyRules, 'kept'>
  readonly #authority: Pick<WriterAuthority, 'mayErase'>
  readonly #inTurn: InTurn

  constructor(
    store: JournalStore,
    folds: FoldRuntime,
    rules: Pick<BodyRules, 'kept'>,
    authority: Pick<WriterAuthority, 'mayErase'>,
    inTurn: InTurn
  ) {
    this.#inTurn = inTurn
    this.#store = store
    this.#folds = folds
    this.#rules = rules
    this.#authority = authority
  }

  /**
   * What a batch's erasures put on disk, in the same write as the batch.
   *
   * @param certificate the writer's; without it nothing is erased
   */
  changesFor(log: Log, batch: Batch, certificate: Uint8Array | undefined): KeyValueChange[] {
    const { header } = batch
    if (!header.topics.includes(JOURNAL_TOPIC) || this.#store.table.isHidden(log, header.number)) return []
    const changes: KeyValueChange[] = []
    for (let index = 0; index < entryCount(header); index++) {
      const { kind, version } = kindOfEntry(header, index)
      if (topicOfEntry(header, index) !== JOURNAL_TOPIC || kind !== ERASED_KIND || version !== ERASED_VERSION) continue
      const topic = topicNamedBy(batch.bodies[index])
      if (topic === undefined || !this.#mayErase(certificate, topic)) continue
      const writer = this.#store.table.writerAt(log, header.number)
      const stamp = { lamport: header.lamport + index, writer, number: header.number, index }
      const before = this.#store.erased.get(topic)
      if (before && compareStamps(before, stamp) >= 0) continue
      this.#store.erased.set(topic, stamp)
      this.#store.unfinishedErasures.add(topic)
      changes.push(this.#store.eraseChange(topic, stamp, false))
    }
    return changes
  }

  #mayErase(certificate: Uint8Array | undefined, topic: string): boolean {
    if (!this.#authority.mayErase) return true
    return certificate !== undefined && this.#authority.mayErase(certificate, topic)
  }

  /** Carries out what is on disk as an intention. Resolves when it is done; safe to repeat after a crash. */
  run(): Promise<void> {
    return this.#inTurn(() => this.#runAll())
  }

  async #runAll(): Promise<void> {
    if (this.#store.unfinishedErasures.size === 0) return
    const topics = [...this.#store.unfinishedErasures]
    const stamps = new Map(topics.map((topic) => [topic, this.#store.erased.get(topic)]))
    const shrunk = new Map<number, { from: number; to: number }>()
    for (const topic of topics) await this.#shrink(topic, shrunk)
    this.#store.meta.foldEpoch++
    const done = topics.flatMap((topic) => {
      const stamp = stamps.get(topic)
      // A later erasure came meanwhile, and what lies before it may still have bodies: the next run sees to that.
      if (stamp !== this.#store.erased.get(topic)) return []
      this.#store.unfinishedErasures.delete(topic)
      return stamp ? [this.#store.eraseChange(topic, stamp, true)] : []
    })
    // Snapshots hold what was erased.
    const snapshots = await this.#store.allSnapshotDeletions()
    await this.#store.write([...done, ...snapshots, this.#store.metaChange()], { sync: true })
    await this.#folds.foldAnew((view) => topics.some((topic) => view.reads(topic)))
    // An overwritten value lies in LevelDB's files until they are rewritten.
    for (const [log, { from, to }] of shrunk) await this.#store.purgeBatches(log, from, to)
    await this.#store.purgeSnapshots()
  }

  /** @param touched for each log where bodies went */
  async #shrink(topic: string, touched: Map<number, { from: number; to: number }>): Promise<void> {
    let changes: KeyValueChange[] = []
    let bytes = 0
    for await (const place of this.#store.placesOf(topic)) {
      const log = this.#store.table.at(place.log)
      const stored = await this.#store.read(place.log, place.number)
      if (!log || !stored) continue
      const batch = decodeBatch(stored.bytes)
      const shrunk = this.#rules.kept(log, batch)
      if (shrunk === batch) continue
      const { from, to } = touched.get(place.log) ?? { from: place.number, to: place.number }
      touched.set(place.log, { from: Math.min(from, place.number), to: Math.max(to, place.number) })
      const encoded = encodeBatch(shrunk)
      changes.push(this.#store.rewriteChange(log, place.number, stored.sequence, encoded))
      bytes += encoded.length
      if (bytes < MAX_UNCOMMITTED_BYTES) continue
      await this.#store.write(changes, { sync: false })
      changes = []
      bytes = 0
    }
    if (changes.length > 0) await this.#store.write(changes, { sync: false })
  }
}

function topicNamedBy(body: Uint8Array | null | undefined): string | undefined {
  if (!body) return undefined
  let value: CborValue
  try {
    value = decodeCbor(body.subarray(SALT_BYTES), MAX_ERASED_BODY_BYTES)
  } catch {
    // Not ours to judge: an entry of a member that means nothing.
    return undefined
  }
  const topic = value && typeof value === 'object' && 'topic' in value ? value.topic : undefined
  return typeof topic === 'string' ? topic : undefined
}
