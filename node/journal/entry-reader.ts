/**
 * From stored batches to the entries that folds see: visible ones, opened, decoded.
 */
import {
  type Batch,
  decodeBatch,
  entryCount,
  kindOfEntry,
  MAX_BODY_BYTES,
  SALT_BYTES,
  topicOfEntry
} from '../../protocols/batch.ts'
import { type CborValue, decodeCbor } from '../../protocols/cbor.ts'
import { compareStamps, type Entry } from '../../protocols/journal.ts'
import type { BodyRules } from './body-rules.ts'
import type { BodySeal } from './journal.ts'
import type { Log } from './log-table.ts'
import type { JournalStore, TopicPlace } from './store.ts'

export interface ReadEntries {
  entries: Entry[]
  /** A body was there and we have no key for it. */
  closed: boolean
}

export class EntryReader {
  readonly #store: JournalStore
  readonly #seal: BodySeal
  readonly #rules: Pick<BodyRules, 'isErased'>

  constructor(store: JournalStore, seal: BodySeal, rules: Pick<BodyRules, 'isErased'>) {
    this.#store = store
    this.#seal = seal
    this.#rules = rules
  }

  /** The entries of a batch whose topic `reads` picks, whether hidden or not. */
  entriesOf(log: Log, batch: Batch, reads: (topic: string) => boolean): ReadEntries {
    const { header, bodies } = batch
    const picked = header.topics.map((topic) => reads(topic))
    const read: ReadEntries = { entries: [], closed: false }
    if (!picked.includes(true)) return read
    const writer = this.#store.table.writerAt(log, header.number)
    for (let index = 0; index < entryCount(header); index++) {
      if (!picked[header.places[index * 2] as number]) continue
      const topic = topicOfEntry(header, index)
      const { kind, version, critical, audience } = kindOfEntry(header, index)
      const stamp = { lamport: header.lamport + index, writer, number: header.number, index }
      const salted = this.#rules.isErased(log, batch, index) ? null : (bodies[index] ?? null)
      let body: CborValue | undefined
      if (salted) {
        const content = salted.subarray(SALT_BYTES)
        const plain = audience === 'nodes' ? this.#seal.open(content) : content
        if (plain) body = decodedBody(plain)
        else read.closed = true
      }
      read.entries.push({ ...stamp, node: log.node, topic, kind, version, critical, body })
    }
    return read
  }

  /** Reads a batch from the disk; undefined for a hole, and for one that is rotten (`verify` reports it). */
  async batchAt(
    place: Pick<TopicPlace, 'log' | 'number'>
  ): Promise<{ log: Log; batch: Batch; sequence: number } | undefined> {
    const log = this.#store.table.at(place.log)
    const stored = await this.#store.read(place.log, place.number)
    if (!log || !stored) return undefined
    try {
      return { log, batch: decodeBatch(stored.bytes), sequence: stored.sequence }
    } catch {
      return undefined
    }
  }

  /**
   * Visible entries of one topic in stamp order. Batches come in the order of their first lamport, so what waits is never more than
   * the batches that overlap.
   */
  async *inStampOrder(topic: string): AsyncIterable<Entry> {
    let waiting: Entry[] = []
    for await (const place of this.#store.placesOf(topic)) {
      const ready = waiting.filter((entry) => entry.lamport < place.lamport)
      if (ready.length > 0) {
        waiting = waiting.filter((entry) => entry.lamport >= place.lamport)
        yield* ready.sort(compareStamps)
      }
      const found = await this.batchAt(place)
      if (!found || this.#store.table.isHidden(found.log, place.number)) continue
      waiting.push(...this.entriesOf(found.log, found.batch, (name) => name === topic).entries)
    }
    yield* waiting.sort(compareStamps)
  }
}

/** A member may write bytes that are no CBOR: then the entry has no body, and the rest of the room goes on. */
function decodedBody(plain: Uint8Array): CborValue | undefined {
  try {
    return decodeCbor(plain, MAX_BODY_BYTES)
  } catch {
    return undefined
  }
}
