import { Bitfield } from '../../protocols/bitfield.ts'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { pieceCount } from '../../protocols/piece-list.ts'
import type { CopyEffect } from './copy-request.ts'
import { CLOSE_AFTER_MS, MAX_PARTIALS, MAX_RESTING } from './limits.ts'
import type { OpenBlob } from './piece-choice.ts'

interface Rest {
  untilMs: number
  /** Somebody waited for it when it failed: asking again at once would fail again. */
  forPeople: boolean
}

/**
 * Big blobs of which pieces are fetched: a place each, and few places. A blob that could not be opened or whose list lied gives its place back and rests, so
 * that no number of bad ones keeps the good ones waiting.
 */
export class OpenBlobs {
  readonly #hasList: (pieces: Cid) => boolean
  readonly #effects: CopyEffect[]
  readonly #open = new Map<Cid, OpenBlob>()
  readonly #resting = new BoundedMap<Cid, Rest>(MAX_RESTING)

  constructor(components: { hasList(pieces: Cid): boolean; effects: CopyEffect[] }) {
    this.#hasList = (pieces) => components.hasList(pieces)
    this.#effects = components.effects
  }

  get(cid: Cid): OpenBlob | undefined {
    return this.#open.get(cid)
  }

  all(): IterableIterator<OpenBlob> {
    return this.#open.values()
  }

  get hasPlace(): boolean {
    return this.#open.size < MAX_PARTIALS
  }

  rests(cid: Cid, nowMs: number, forPeople = false): boolean {
    const rest = this.#resting.get(cid)
    if (!rest) return false
    if (nowMs >= rest.untilMs) this.#resting.delete(cid)
    else if (rest.forPeople || !forPeople) return true
    return false
  }

  renumber(numberOf: (cid: Cid) => number | undefined): void {
    for (const open of this.#open.values()) open.number = numberOf(open.ref.cid)
  }

  /** People always get a place: each of them is a waiting connection. @returns `list` when its piece list has to be fetched first */
  take(ref: BlobRef, number: number | undefined, nowMs: number, forPeople: boolean): OpenBlob | 'list' | undefined {
    if (this.rests(ref.cid, nowMs, forPeople)) return undefined
    let open = this.#open.get(ref.cid)
    if (!open) {
      if (!ref.pieces || (!forPeople && !this.hasPlace)) return undefined
      const bits = new Bitfield(pieceCount(ref.sizeBytes))
      open = { ref, number, state: 'list', bits, keeps: true, usedMs: nowMs }
      this.#open.set(ref.cid, open)
    }
    if (open.state !== 'list') return open
    if (!this.#hasList(ref.pieces as Cid)) return 'list'
    open.state = 'opening'
    this.#effects.push({ kind: 'open', ref })
    return open
  }

  opened(cid: Cid, bits: Bitfield, keeps: boolean): void {
    const open = this.#open.get(cid)
    if (!open) return
    open.state = 'open'
    open.bits = bits.copy()
    open.keeps = keeps
    this.#checkComplete(open)
  }

  /** @returns false when it is not kept */
  gained(cid: Cid, piece: number): boolean {
    const open = this.#open.get(cid)
    if (!open?.keeps) return false
    open.bits.add(piece)
    this.#checkComplete(open)
    return true
  }

  /** It could not be opened, finished or kept. @returns whether it was open */
  closed(cid: Cid, restUntilMs: number, forPeople: boolean): boolean {
    if (!this.#open.delete(cid)) return false
    this.#resting.set(cid, { untilMs: restUntilMs, forPeople })
    return true
  }

  stored(cid: Cid): void {
    this.#open.delete(cid)
    this.#resting.delete(cid)
  }

  /** Gives its place back; what is here of it is kept on the disk. */
  close({ ref: { cid }, state }: OpenBlob): void {
    this.#open.delete(cid)
    if (state === 'open') this.#effects.push({ kind: 'close', cid })
  }

  /** @param isUsed somebody waits for it, or something of it is on its way */
  closeUnwanted(nowMs: number, isWanted: (open: OpenBlob) => boolean, isUsed: (open: OpenBlob) => boolean): void {
    for (const open of this.#open.values()) {
      if (open.state === 'finishing' || open.state === 'opening') continue
      if (open.keeps && isWanted(open)) continue
      if (isUsed(open)) open.usedMs = nowMs
      if (nowMs - open.usedMs >= CLOSE_AFTER_MS) this.close(open)
    }
  }

  #checkComplete(open: OpenBlob): void {
    if (open.state !== 'open' || !open.bits.full) return
    open.state = 'finishing'
    this.#effects.push({ kind: 'finish', cid: open.ref.cid })
  }
}
