/**
 * Compaction: how old note text and overwritten registers become small on every node, and nothing that was acknowledged is lost.
 *
 * A node merges what it wrote itself. It appends the merged entries and, behind them in the same log, an entry `covered` that names ranges of its
 * logs: "the mergeable entries of these batches are said again here". Whoever holds that entry lets the bodies of the named entries shrink to their
 * hashes, exactly as an erasure does. Headers and signatures stay where they are. Reasons, one by one:
 *
 * - *Why not a batch that takes the place of the old ones.* Every start of a process is a new writer whose key dies with it, so nobody could sign
 *   such a batch for an ended log; and with the headers gone, a replica that never saw the originals would have to believe what they held. With
 *   headers kept the chain verifies as ever, and a member that lies can hide nothing but bodies of note text.
 * - *Whose logs.* Only the same node's: `by` (the log with the claim) and the covered log must be certified by one node key. So a node compacts its
 *   own ended writers through its present one, and no member can make another's text go. Of its own it can drop text; it could have refused it too.
 * - *Convergence.* Which bodies a replica keeps follows from the set of batches that count (`BodyRules`), not from the order in which they came.
 *   Vectors and digests speak of headers only: they are equal before, during and after. A replica that has the originals shrinks them; one that
 *   has some fills the rest with shrunk ones; one that has none gets shrunk ones, and folds the merged entry instead. Folds see a merged entry as
 *   one more entry, and it must say no more than the originals did (Yjs merges): so it does not matter which of both they saw, or that they saw both.
 * - *A week offline.* It asks for what it lacks, by numbers. What it wrote itself meanwhile is nobody else's to compact.
 * - *Snapshots of folds.* They hold what the originals said and read the merged entries as news that changes nothing. Batches, their numbers
 *   and their arrival numbers stay, so a snapshot's proof of belonging to this store holds.
 * - *Power cut.* Merged entries and claim are on the medium before anybody acts on them, and stand before the claim in its log: whoever has the claim has
 *   them. The claim's row is marked done after the last body is gone; a start does the rest again.
 * - *Cuts.* Past the cut of a removed node its claim does not count: the bodies are wanted again, as those of any damaged batch. Who wrote the removal has
 *   them, since it had not accepted the claim. A cut inside a covered range changes nothing: headers are there up to it.
 * - *Forks.* A claim names the hash of its last batch and holds for the branch that has it.
 * - *Erasures.* A merged entry is as old as what it stands for (`EntryMerger.spokenFor`): an erasure that its node had not heard of takes it too.
 *
 * An entry `overwritten` says of single entries that the same node has written these registers again, and nothing is said again for it: the newer value
 * is there. All of the above holds for it too, and in addition:
 *
 * - *Whose newer value.* The same node's only. That of another node could stop counting with a removal, and the older one would be wanted back by all.
 * - *Cuts.* The newer value may stand in another log of the node than the claim. So the claim names that log too, up to the newer value, and it holds
 *   only while everything that it names counts: each log up to its `to`, and its own place.
 * - *Which entries.* Only of kinds that are registers (`Registers.covers`): a member that lies can make late joiners miss a value that it has set
 *   itself, and neither a removal nor the end of a session.
 * - *What is left.* Whoever got small batches without what stands for them (a sync that broke off in between), and removes the node at that moment, does
 *   not get the bodies back when everybody else has let them go: the setting is its standard again. The node would have to die in those seconds.
 *
 * What it costs: some 230 bytes of header, signature and index stay for each batch, and those are most of what stays (`npm run bench --
 * notes-journal`). Notes therefore write at most five entries a second. Less would take runs of headers whose signatures but the last are left
 * out: each header names the hash of the one before, so the last signature proves them all.
 */
import {
  type Batch,
  type BatchKind,
  decodeBatch,
  encodeBatch,
  entryCount,
  kindOfEntry,
  SALT_BYTES,
  topicOfEntry
} from '../../protocols/batch.ts'
import { type CborValue, decodeCbor, sameBytes } from '../../protocols/cbor.ts'
import {
  COVERED_KIND,
  COVERED_VERSION,
  type CoveredRange,
  decodeCoveredRanges,
  MAX_COVERED_RANGES
} from '../../protocols/covered-ranges.ts'
import type { WriterId } from '../../protocols/journal.ts'
import {
  decodeOverwritten,
  MAX_OVERWRITTEN_PLACES,
  numberOfPlace,
  OVERWRITTEN_KIND,
  OVERWRITTEN_VERSION,
  type OverwrittenRange,
  placeOf
} from '../../protocols/overwritten-places.ts'
import { sha256 } from '../platform/hash.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import type { BodyRules } from './body-rules.ts'
import { JOURNAL_TOPIC } from './eraser.ts'
import { MAX_UNCOMMITTED_BYTES, PURGE_BYTES } from './limits.ts'
import { hexOf, type Log } from './log-table.ts'
import type { Repairs } from './repairs.ts'
import type { InTurn } from './rewriting.ts'
import type { JournalStore } from './store.ts'

/** A range of either kind of claim: with places it speaks of those entries, without of all mergeable ones. */
export type ClaimRange = CoveredRange & Partial<Pick<OverwrittenRange, 'places'>>

interface Claim extends ClaimRange {
  writerId: WriterId
  /** Where it holds; undefined until the log has batch `to`, and for a claim that means nothing. */
  log: Log | undefined
  isSettled: boolean
}

/** One entry `covered` or `overwritten`. */
interface ClaimEntry {
  by: Log
  number: number
  index: number
  claims: Claim[]
  /** `overwritten`: all of it or nothing. */
  isWhole: boolean
  /** Past the cut of a removed node. */
  isHidden: boolean
  isDone: boolean
}

const MAX_CLAIM_BODY_BYTES = MAX_COVERED_RANGES * 100 + MAX_OVERWRITTEN_PLACES * 12 + 100

export class Covers {
  readonly #store: JournalStore
  readonly #repairs: Repairs
  readonly #entries: ClaimEntry[] = []
  /** Those that hold, for lookups. */
  readonly #byLog = new Map<Log, { entry: ClaimEntry; claim: Claim }[]>()
  readonly #unsettled = new Set<ClaimEntry>()
  readonly #inTurn: InTurn
  #rules: BodyRules | undefined
  #shrunkBytes = 0

  constructor(store: JournalStore, repairs: Repairs, inTurn: InTurn) {
    this.#inTurn = inTurn
    this.#store = store
    this.#repairs = repairs
    for (const { log, number, index, isDone, ranges } of store.coveredRows) {
      const by = store.table.at(log)
      if (by) this.#add(by, number, index, ranges, isDone)
    }
  }

  /** Both need each other. */
  useRules(rules: BodyRules): void {
    this.#rules = rules
  }

  #add(by: Log, number: number, index: number, ranges: readonly ClaimRange[], isDone: boolean): ClaimEntry {
    const claims = ranges.map(
      (range): Claim => ({ ...range, writerId: hexOf(range.writer), log: undefined, isSettled: false })
    )
    const isWhole = ranges.some(({ places }) => places !== undefined)
    const entry: ClaimEntry = { by, number, index, claims, isWhole, isHidden: false, isDone }
    entry.isHidden = this.#isHidden(entry)
    this.#entries.push(entry)
    if (!isDone) this.#unsettled.add(entry)
    // Only what was found to hold is in the row of a claim that is done.
    else for (const claim of claims) this.#settle(entry, claim, this.#logsFor(entry, claim)[0])
    return entry
  }

  #settle(entry: ClaimEntry, claim: Claim, log: Log | undefined): void {
    if (claim.isSettled) return
    claim.isSettled = true
    claim.log = log
    if (!log) return
    const list = this.#byLog.get(log)
    if (list) list.push({ entry, claim })
    else this.#byLog.set(log, [{ entry, claim }])
  }

  #isHidden({ by, number, isWhole, claims }: ClaimEntry): boolean {
    const { table } = this.#store
    if (table.isHidden(by, number)) return true
    return isWhole && claims.some(({ writerId, to }) => to > (table.cutOfNewWriter(by.node, writerId) ?? to))
  }

  #logsFor({ by }: ClaimEntry, { writerId, from }: Claim): Log[] {
    return this.#store.table.logsOf(writerId).filter((log) => log.node === by.node && log.start <= from)
  }

  /** Whether merged entries stand for the mergeable entries of this batch. */
  holds(log: Log, number: number): boolean {
    const list = this.#byLog.get(log)
    return (
      list?.some(
        ({ entry, claim }) => !(entry.isHidden || claim.places) && claim.from <= number && number <= claim.to
      ) === true
    )
  }

  /** Whether the same node has written this register again. */
  holdsPlace(log: Log, number: number, index: number): boolean {
    const place = placeOf(number, index)
    return this.#byLog.get(log)?.some(({ entry, claim }) => !entry.isHidden && includes(claim.places, place)) === true
  }

  /** The last number of a writer's log that one of our claims names, whether it is settled or not. */
  coveredUpTo(writer: WriterId): number {
    let last = 0
    for (const { claims } of this.#entries)
      for (const { writerId, to, places } of claims) if (writerId === writer && !places) last = Math.max(last, to)
    return last
  }

  /** What a batch's claims put on disk, in the same write as the batch. */
  changesFor(log: Log, batch: Batch): KeyValueChange[] {
    const { header } = batch
    if (!header.topics.includes(JOURNAL_TOPIC)) return []
    const changes: KeyValueChange[] = []
    for (let index = 0; index < entryCount(header); index++) {
      if (topicOfEntry(header, index) !== JOURNAL_TOPIC) continue
      const ranges = rangesIn(kindOfEntry(header, index), batch.bodies[index])
      const isKnown = this.#entries.some((one) => one.by === log && one.number === header.number && one.index === index)
      if (!ranges || isKnown) continue
      const entry = this.#add(log, header.number, index, ranges, false)
      changes.push(this.#row(entry))
    }
    return changes
  }

  #row({ by, number, index, claims, isDone }: ClaimEntry): KeyValueChange {
    return this.#store.coveredChange(by.index, number, index, isDone, isDone ? claims.filter(({ log }) => log) : claims)
  }

  /** Something can be done that could not be done before. */
  get isDue(): boolean {
    for (const entry of this.#unsettled) if (this.#isReady(entry)) return true
    return false
  }

  /** All logs that it speaks of are here as far as it speaks of them, and so is the claim itself. */
  #isReady(entry: ClaimEntry): boolean {
    if (entry.isHidden || entry.by.durable.number < entry.number) return false
    return entry.claims.every(({ writerId, to }) => {
      const logs = this.#store.table.logsOf(writerId)
      return logs.length > 0 && Math.max(...logs.map((log) => log.durable.number)) >= to
    })
  }

  /** Carries out what is on disk as an intention; safe to repeat after a crash. */
  run(): Promise<void> {
    return this.#inTurn(() => this.#runAll())
  }

  async #runAll(): Promise<void> {
    for (const entry of [...this.#unsettled]) {
      if (!this.#isReady(entry)) continue
      const logs: (Log | undefined)[] = []
      for (const claim of entry.claims) logs.push(claim.isSettled ? claim.log : await this.#logOf(entry, claim))
      const means = !(entry.isWhole && logs.includes(undefined))
      for (const [i, claim] of entry.claims.entries()) {
        this.#settle(entry, claim, means ? logs[i] : undefined)
        if (claim.log) await this.#shrink(claim.log, claim)
      }
      entry.isDone = true
      await this.#store.write([this.#row(entry)], { sync: true })
      this.#unsettled.delete(entry)
    }
  }

  async #logOf(entry: ClaimEntry, claim: Claim): Promise<Log | undefined> {
    for (const log of this.#logsFor(entry, claim)) if (await this.#names(claim, log)) return log
    return undefined
  }

  async #names({ to, hash }: Claim, log: Log): Promise<boolean> {
    if (log.durable.number === to) return sameBytes(log.durable.hash, hash)
    const stored = to < log.durable.number && (await this.#store.read(log.index, to))
    return stored ? sameBytes(sha256(decodeBatch(stored.bytes).headerBytes), hash) : false
  }

  async #shrink(log: Log, claim: Claim): Promise<void> {
    let changes: KeyValueChange[] = []
    let bytes = 0
    for (const number of numbersOf(claim)) {
      const stored = await this.#store.read(log.index, number)
      if (!stored || !this.#rules) continue
      const batch = decodeBatch(stored.bytes)
      const kept = this.#rules.kept(log, batch)
      if (batch.bodies.includes(null) && !this.#rules.isHollow(log, batch)) {
        changes.push(this.#store.filledChange(log.index, number))
        this.#repairs.done(log, number)
      }
      if (kept !== batch) {
        const encoded = encodeBatch(kept)
        changes.push(this.#store.rewriteChange(log, number, stored.sequence, encoded))
        bytes += encoded.length
        this.#shrunkBytes += stored.bytes.length - encoded.length
      }
      if (bytes < MAX_UNCOMMITTED_BYTES) continue
      await this.#store.write(changes, { sync: false })
      changes = []
      bytes = 0
    }
    if (changes.length > 0) await this.#store.write(changes, { sync: false })
    if (this.#shrunkBytes < PURGE_BYTES) return
    this.#shrunkBytes = 0
    await this.#store.purgeBatches(log.index, 0, claim.to)
  }

  /** Other batches count than before: claims past a cut are void, and what they let go is wanted again. */
  cutsChanged(): Promise<void> {
    return this.#inTurn(() => this.#followCuts())
  }

  async #followCuts(): Promise<void> {
    const changes: KeyValueChange[] = []
    for (const entry of this.#entries) {
      const isHidden = this.#isHidden(entry)
      if (isHidden === entry.isHidden) continue
      entry.isHidden = isHidden
      if (!isHidden) {
        entry.isDone = false
        this.#unsettled.add(entry)
        changes.push(this.#row(entry))
      } else for (const claim of entry.claims) if (claim.log) await this.#wantBodies(claim.log, claim, changes)
    }
    if (changes.length > 0) await this.#store.write(changes, { sync: true })
  }

  async #wantBodies(log: Log, claim: Claim, changes: KeyValueChange[]): Promise<void> {
    for (const number of numbersOf(claim)) {
      if (number > this.#store.table.visibleEnd(log)) break
      const stored = await this.#store.read(log.index, number)
      if (!stored || !this.#rules?.isHollow(log, decodeBatch(stored.bytes))) continue
      changes.push(this.#store.hollowChange(log.index, number))
      this.#repairs.add(log, number)
    }
  }
}

function rangesIn({ kind, version }: BatchKind, body: Uint8Array | null | undefined): ClaimRange[] | undefined {
  const merged = kind === COVERED_KIND && version === COVERED_VERSION
  const overwritten = kind === OVERWRITTEN_KIND && version === OVERWRITTEN_VERSION
  if (!body || !(merged || overwritten)) return undefined
  let value: CborValue
  try {
    value = decodeCbor(body.subarray(SALT_BYTES), MAX_CLAIM_BODY_BYTES)
  } catch {
    // Not ours to judge: an entry of a member that means nothing.
    return undefined
  }
  return merged ? decodeCoveredRanges(value) : decodeOverwritten(value)
}

/** The batches that a claim makes smaller, ascending. */
function* numbersOf({ from, to, places }: Claim): Generator<number> {
  if (!places) for (let number = from; number <= to; number++) yield number
  let last = -1
  for (const place of places ?? []) {
    const number = numberOfPlace(place)
    if (number !== last) yield number
    last = number
  }
}

/** In a list that ascends. */
function includes(places: readonly number[] | undefined, place: number): boolean {
  if (!places) return false
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] as number) < place) low = middle + 1
    else high = middle
  }
  return places[low] === place
}
