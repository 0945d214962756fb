/**
 * What one link is asked for: what the peer has and we lack, each writer over one link at a time. Pure.
 *
 * A writer's own node pushes; only when that did not bring a batch within `RELAY_DELAY_MS` a neighbour is asked that has it.
 */

import type { WriterId } from '../../protocols/journal.ts'
import { type BatchRange, MAX_RANGES, type Tip } from '../../protocols/journal-sync.ts'
import type { JournalExchange } from './journal.ts'
import { MAX_WANTS, RELAY_DELAY_MS, REQUEST_STALL_MS, WANT_RETRY_MS } from './limits.ts'
import { bytesOfHex, hexOf, sameTip } from './log-table.ts'
import type { WantLedger } from './want-ledger.ts'

export interface WantListComponents {
  journal: Pick<JournalExchange, 'tips' | 'next' | 'wants' | 'repairs'>
  ledger: WantLedger
  /** What the peer has, by writer. */
  known: ReadonlyMap<WriterId, number>
}

interface Want {
  from: number
  /** null = up to the newest. */
  to: number | null
  /** From there even when we have that number: a hole, or another branch. Otherwise from our end on. */
  exact: boolean
}

interface Asked {
  id: number
  writers: Map<WriterId, Want>
  /** No progress until then: another link may have a try, and nothing more is asked here before the answer ends. */
  stallMs: number
}

/** How far behind its end a foreign branch is looked for first; eight times as far each time after. */
const BRANCH_STEP = 64

export class WantList {
  readonly #components: WantListComponents
  readonly #wants = new Map<WriterId, Want>()
  /** Writers that the peer has more of, and when we stop waiting for somebody else to bring it. */
  readonly #behind = new Map<WriterId, number>()
  /** How often a foreign branch of a writer was looked for on this link. */
  readonly #branchTries = new Map<WriterId, number>()
  #asked: Asked | undefined
  #nextId = 0
  #retryMs = Number.POSITIVE_INFINITY

  constructor(components: WantListComponents) {
    this.#components = components
  }

  get isEmpty(): boolean {
    return this.#wants.size === 0 && this.#asked === undefined
  }

  deadlineMs(): number {
    let deadline = Math.min(this.#retryMs, this.#asked?.stallMs ?? Number.POSITIVE_INFINITY)
    for (const due of this.#behind.values()) deadline = Math.min(deadline, due)
    return deadline
  }

  /** The peer said in passing that it has this much. */
  peerHas(writer: WriterId, number: number, nowMs: number): void {
    const { journal } = this.#components
    if (number < journal.next(writer) || !journal.wants(writer, number) || this.#behind.has(writer)) return
    if (this.#behind.size < MAX_WANTS) this.#behind.set(writer, nowMs + RELAY_DELAY_MS)
  }

  /** The ends of a writer's branches at the peer. */
  compare(writer: WriterId, theirs: readonly Tip[]): void {
    const { journal } = this.#components
    const ours = journal.tips(writer)
    const next = journal.next(writer)
    for (const tip of theirs) {
      if (ours.some((own) => sameTip(own, tip)) || !journal.wants(writer, tip.number)) continue
      if (tip.number >= next) this.#want(writer, { from: next, to: null, exact: false })
      // One tip below ours is a peer that is behind, unless there are branches: then it may be one that we lack.
      else if (theirs.length > 1 || ours.length > 1 || ours.some((own) => own.number === tip.number))
        this.wantBranch(writer, tip.number)
    }
  }

  /** A gap showed: the peer has `from` and more. */
  wantFrom(writer: WriterId, from: number): void {
    this.#want(writer, { from, to: null, exact: false })
  }

  /** Something follows a batch that we do not have: the branch is looked for further and further back. */
  wantBranch(writer: WriterId, end: number): void {
    // Each batch of a foreign branch says so anew; one question is enough for all of them.
    if (this.#wants.get(writer)?.exact) return
    const tries = this.#branchTries.get(writer) ?? 0
    // From the very beginning it was looked for once already.
    if (tries > 0 && end - BRANCH_STEP * 8 ** (tries - 1) <= 0) return
    this.#branchTries.set(writer, tries + 1)
    this.#want(writer, { from: Math.max(0, end - BRANCH_STEP * 8 ** tries), to: null, exact: true })
  }

  wantRepairs(): void {
    const { journal, known } = this.#components
    for (const { writer, from, to } of journal.repairs()) {
      const id = hexOf(writer)
      if ((known.get(id) ?? -1) >= from) this.#want(id, { from, to, exact: true })
    }
  }

  #want(writer: WriterId, { from, to, exact }: Want): void {
    const before = this.#wants.get(writer)
    if (!before && this.#wants.size >= MAX_WANTS) return
    this.#wants.set(writer, {
      from: Math.min(from, before?.from ?? from),
      to: before?.to === null || to === null ? null : Math.max(to, before?.to ?? to),
      exact: exact || before?.exact === true
    })
  }

  #wantNewest(writer: WriterId): void {
    const { journal, known } = this.#components
    const next = journal.next(writer)
    if ((known.get(writer) ?? -1) >= next && journal.wants(writer, next))
      this.#want(writer, { from: next, to: null, exact: false })
  }

  /** What to ask now, if anything. */
  advance(nowMs: number): { id: number; ranges: BatchRange[] } | undefined {
    if (this.#asked && nowMs >= this.#asked.stallMs) this.#giveOthersATry(this.#asked)
    for (const [writer, dueMs] of this.#behind) {
      if (dueMs > nowMs) continue
      this.#behind.delete(writer)
      this.#wantNewest(writer)
    }
    this.#retryMs = Number.POSITIVE_INFINITY
    if (this.#asked || this.#wants.size === 0) return undefined
    const { ranges, writers } = this.#claim(nowMs)
    if (ranges.length === 0) {
      if (this.#wants.size > 0) this.#retryMs = nowMs + WANT_RETRY_MS
      return undefined
    }
    this.#asked = { id: this.#nextId++, writers, stallMs: nowMs + REQUEST_STALL_MS }
    return { id: this.#asked.id, ranges }
  }

  #claim(nowMs: number): { ranges: BatchRange[]; writers: Map<WriterId, Want> } {
    const { journal, known, ledger } = this.#components
    const writers = new Map<WriterId, Want>()
    const ranges: BatchRange[] = []
    for (const [writer, want] of this.#wants) {
      if (ranges.length >= MAX_RANGES) break
      const next = journal.next(writer)
      // Somebody else brought it meanwhile.
      if (!want.exact && (known.get(writer) ?? -1) < Math.max(next, want.from)) {
        this.#wants.delete(writer)
        continue
      }
      if (!ledger.claim(writer, this, nowMs)) continue
      this.#wants.delete(writer)
      writers.set(writer, { ...want, from: want.exact ? want.from : next })
      ranges.push({ writer: bytesOfHex(writer), from: want.exact ? want.from : next, to: want.to })
    }
    return { ranges, writers }
  }

  /** Batches came over this link; `news` when some of them were new. */
  progressed(writers: Iterable<WriterId>, news: boolean, nowMs: number): void {
    for (const writer of writers) {
      if (news) this.#branchTries.delete(writer)
      this.#components.ledger.touch(writer, this, nowMs)
      if (this.#asked) this.#asked.stallMs = nowMs + REQUEST_STALL_MS
    }
  }

  /** The peer has answered as far as it could. */
  answered(id: number, nowMs: number): void {
    const asked = this.#asked
    if (asked?.id !== id) return
    this.release()
    const { journal, known } = this.#components
    for (const [writer, want] of asked.writers) {
      if (want.exact) continue
      const next = journal.next(writer)
      // It said that it has more and did not send it all: once more if it sent some, after its next word if it sent nothing.
      if (next <= want.from) {
        if (!this.#wants.get(writer)?.exact) this.#wants.delete(writer)
      } else if ((known.get(writer) ?? -1) >= next) this.#behind.set(writer, nowMs + RELAY_DELAY_MS)
    }
  }

  /** Other links may ask for what was asked here. */
  release(): void {
    for (const writer of this.#asked?.writers.keys() ?? []) this.#components.ledger.release(writer, this)
    this.#asked = undefined
  }

  #giveOthersATry(asked: Asked): void {
    asked.stallMs = Number.POSITIVE_INFINITY
    for (const writer of asked.writers.keys()) this.#components.ledger.release(writer, this)
  }
}
