/**
 * Finds values of registers that this node wrote and has written again since, and appends the claim that they are of no use any more. Replicas, this
 * one included, then act on the claim (`covers.ts`).
 */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { MAX_COVERED_RANGES } from '../../protocols/covered-ranges.ts'
import { compareStamps, type Entry, type NewEntry, type Registers, type Stamp } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import {
  encodeOverwritten,
  MAX_OVERWRITTEN_PLACES,
  OVERWRITTEN_KIND,
  OVERWRITTEN_VERSION,
  type OverwrittenRange,
  placeOf
} from '../../protocols/overwritten-places.ts'
import { sha256 } from '../platform/hash.ts'
import type { Covers } from './covers.ts'
import type { EntryReader } from './entry-reader.ts'
import { JOURNAL_TOPIC } from './eraser.ts'
import { MAX_REGISTERS, MIN_OVERWRITTEN } from './limits.ts'
import type { Log } from './log-table.ts'
import type { JournalStore } from './store.ts'

export interface OverwritesComponents {
  store: JournalStore
  reader: EntryReader
  covers: Pick<Covers, 'holdsPlace' | 'run'>
  registers: Registers
  append(entries: NewEntry[]): Promise<unknown>
}

export interface OverwritesInit {
  node: NodeId
  isOurs(log: Log): boolean
}

/** One value that this node wrote. */
interface Written {
  log: Log
  stamp: Stamp
  bytes: number
}

/** A value, and the register that it was of. */
interface Overwritten extends Written {
  register: string
}

/** Header, signature and index of the batch with the claim. */
const CLAIM_BYTES = 300
/** What a range costs in a claim and in the row of it on each disk, and what a place does. */
const RANGE_BYTES = 160
const PLACE_BYTES = 12

export class Overwrites {
  readonly #components: OverwritesComponents
  readonly #init: OverwritesInit
  /** By topic and register. */
  readonly #newest = new BoundedMap<string, Written>(MAX_REGISTERS)
  /** By log and place; not claimed yet. */
  readonly #waiting = new Map<string, Overwritten>()
  /** All arrivals up to this one were looked at. */
  #looked = 0

  constructor(components: OverwritesComponents, init: OverwritesInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * Claims what was overwritten, as far as that saves more than it costs.
   *
   * @param everything also few; else it waits until there are some
   * @returns how many values were claimed
   */
  async claim(everything: boolean): Promise<number> {
    await this.#look()
    let claimed = 0
    while (this.#waiting.size >= (everything ? 1 : MIN_OVERWRITTEN)) {
      const places = await this.#claimSome()
      if (places === 0) break
      claimed += places
    }
    return claimed
  }

  /** Branches and removed nodes are left as they are. */
  #isOwn(log: Log): boolean {
    return log.node === this.#init.node && !log.cut && this.#components.store.table.logsOf(log.writer).length === 1
  }

  async #look(): Promise<void> {
    const { store, reader, registers } = this.#components
    const until = store.durableSequence
    for await (const { topic, sequence } of store.topics((name) => registers.reads(name))) {
      if (sequence <= this.#looked) continue
      for await (const place of store.placesOf(topic)) {
        const log = place.sequence > this.#looked ? store.table.at(place.log) : undefined
        const found = log && this.#isOwn(log) && (await reader.batchAt(place))
        if (!found) continue
        for (const entry of reader.entriesOf(log, found.batch, (name) => name === topic).entries)
          this.#note(log, entry, found.batch.bodies[entry.index]?.length ?? 0)
      }
    }
    this.#looked = until
  }

  #note(log: Log, entry: Entry, bytes: number): void {
    const { covers, registers } = this.#components
    const { topic, kind, body, lamport, writer, number, index } = entry
    if (body === undefined || !registers.covers(topic, kind) || covers.holdsPlace(log, number, index)) return
    const name = registers.registerOf(topic, kind, body)
    if (name === undefined) return
    const register = `${topic}\0${name}`
    const written: Written = { log, stamp: { lamport, writer, number, index }, bytes }
    const newest = this.#newest.get(register)
    const order = newest ? compareStamps(newest.stamp, written.stamp) : -1
    if (order < 0) this.#newest.set(register, written)
    const older = order < 0 ? newest : written
    if (older && order !== 0 && this.#waiting.size < MAX_REGISTERS)
      this.#waiting.set(nameOf(older), { ...older, register })
  }

  /** @returns 0 when nothing is worth it */
  async #claimSome(): Promise<number> {
    const places = new Map<Log, number[]>()
    const upTo = new Map<Log, number>()
    const taken: Overwritten[] = []
    let saved = 0
    for (const [key, one] of this.#waiting) {
      const newest = this.#newest.get(one.register)
      if (!newest || !this.#isOwn(one.log) || !this.#isOwn(newest.log)) {
        this.#waiting.delete(key)
        continue
      }
      const logs = new Set([...upTo.keys(), one.log, newest.log])
      if (logs.size > MAX_COVERED_RANGES || taken.length >= MAX_OVERWRITTEN_PLACES) break
      taken.push(one)
      saved += one.bytes
      const list = places.get(one.log) ?? []
      places.set(one.log, list)
      list.push(placeOf(one.stamp.number, one.stamp.index))
      // The claim comes further up in our present log than anything that is there now.
      for (const { log, stamp } of this.#init.isOurs(newest.log) ? [one] : [one, newest])
        upTo.set(log, Math.max(upTo.get(log) ?? 0, stamp.number))
    }
    if (saved <= CLAIM_BYTES + upTo.size * RANGE_BYTES + taken.length * PLACE_BYTES) return 0
    const ranges: OverwrittenRange[] = []
    for (const [log, to] of upTo) {
      const hash = await this.#hashOf(log, to)
      // A hole, or bits that have flipped: it comes again from a peer, and with it another chance.
      if (!hash) return 0
      const list = (places.get(log) ?? []).sort((a, b) => a - b)
      const from = Math.min(to, ...taken.flatMap((one) => (one.log === log ? [one.stamp.number] : [])))
      ranges.push({ writer: log.key, from, to, hash, places: list })
    }
    await this.#components.append([claimEntry(ranges)])
    for (const one of taken) this.#waiting.delete(nameOf(one))
    await this.#components.covers.run()
    return taken.length
  }

  async #hashOf(log: Log, number: number): Promise<Uint8Array | undefined> {
    if (log.durable.number === number) return log.durable.hash
    const found = await this.#components.reader.batchAt({ log: log.index, number })
    return found && sha256(found.batch.headerBytes)
  }
}

function claimEntry(ranges: readonly OverwrittenRange[]): NewEntry {
  const version = OVERWRITTEN_VERSION
  return { topic: JOURNAL_TOPIC, kind: OVERWRITTEN_KIND, version, audience: 'public', body: encodeOverwritten(ranges) }
}

function nameOf({ log, stamp }: Written): string {
  return `${log.index} ${stamp.number} ${stamp.index}`
}
