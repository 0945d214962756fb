/**
 * Which bodies a replica keeps: none that was erased, none that a merged entry stands for, no value of a register that its node has overwritten. All follow from the batches that are held and count, so
 * replicas with equal vectors keep the same ones, whatever came first.
 */
import {
  type Batch,
  type BatchHeader,
  entryCount,
  kindOfEntry,
  MAX_BODY_BYTES,
  SALT_BYTES,
  topicOfEntry
} from '../../protocols/batch.ts'
import { type CborValue, decodeCbor } from '../../protocols/cbor.ts'
import { compareStamps, type EntryMerger, type Registers, type Stamp } from '../../protocols/journal.ts'
import type { Covers } from './covers.ts'
import type { Log } from './log-table.ts'
import type { JournalStore } from './store.ts'

export class BodyRules {
  readonly #store: JournalStore
  readonly #covers: Pick<Covers, 'holds' | 'holdsPlace'>
  readonly #merger: EntryMerger | undefined
  readonly #registers: Registers | undefined

  constructor(
    store: JournalStore,
    covers: Pick<Covers, 'holds' | 'holdsPlace'>,
    kinds: { merger?: EntryMerger | undefined; registers?: Registers | undefined }
  ) {
    this.#store = store
    this.#covers = covers
    this.#merger = kinds.merger
    this.#registers = kinds.registers
  }

  /** A body is missing that should be there: another peer may have it. */
  isHollow(log: Log, batch: Batch): boolean {
    return batch.bodies.some((body, i) => body === null && !this.#isGone(log, batch, i))
  }

  /** The batch without the bodies that nobody keeps; the same object when there are none. */
  kept(log: Log, batch: Batch): Batch {
    const count = entryCount(batch.header)
    let bodies: Batch['bodies'] | undefined
    for (let i = 0; i < count; i++) {
      if (batch.bodies[i] === null || !this.#isGone(log, batch, i)) continue
      bodies ??= [...batch.bodies]
      bodies[i] = null
    }
    return bodies ? { ...batch, bodies } : batch
  }

  #isGone(log: Log, batch: Batch, index: number): boolean {
    return this.isErased(log, batch, index) || this.#isCovered(log, batch.header, index)
  }

  #isCovered(log: Log, header: BatchHeader, index: number): boolean {
    const { number } = header
    const topic = topicOfEntry(header, index)
    const { kind } = kindOfEntry(header, index)
    if (this.#merger?.covers(topic, kind) && this.#covers.holds(log, number)) return true
    return this.#registers?.covers(topic, kind) === true && this.#covers.holdsPlace(log, number, index)
  }

  isErased(log: Log, batch: Batch, index: number): boolean {
    const { header } = batch
    const erased = this.#store.erased.get(topicOfEntry(header, index))
    if (!erased) return false
    const { number } = header
    const writer = this.#store.table.writerAt(log, number)
    if (compareStamps({ lamport: header.lamport + index, writer, number, index }, erased) < 0) return true
    // Merged by a device that had not heard of the erasure: its text is as old as what it was made of.
    const spokenFor = this.#spokenFor(batch, index)
    return spokenFor !== undefined && (spokenFor === 'unknown' || compareStamps(spokenFor, erased) < 0)
  }

  #spokenFor({ header, bodies }: Batch, index: number): Stamp | 'unknown' | undefined {
    const { kind } = kindOfEntry(header, index)
    if (!this.#merger?.merges(kind)) return undefined
    const body = bodies[index]
    // Its body went with an erasure: nothing else takes one.
    if (!body) return 'unknown'
    return this.#merger.spokenFor(kind, decoded(body)) ?? 'unknown'
  }
}

function decoded(body: Uint8Array): CborValue {
  try {
    return decodeCbor(body.subarray(SALT_BYTES), MAX_BODY_BYTES)
  } catch {
    return null
  }
}
