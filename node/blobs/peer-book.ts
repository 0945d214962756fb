import { Bitfield } from '../../protocols/bitfield.ts'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { PIECE_BYTES } from '../../protocols/piece-list.ts'
import { DEMOTED_MS, LIAR_PAUSE_MS, MAX_LIES, MAX_PAUSE_MS, NOT_HERE_MS, PAUSE_MS, SLOW_FOR_MS } from './limits.ts'
import { type NodeSeed, nodeSeed } from './rendezvous.ts'

/** Why a request gave nothing. */
export type FetchFailure =
  /** It says that it does not have it. */
  | 'missing'
  /** The bytes are not those of the piece. */
  | 'lied'
  /** They are not those of the piece, but not all of them are this peer's. */
  | 'doubtful'
  /** Nothing came for too long. */
  | 'stalled'
  | 'unreachable'
  /** It asks us to come back later. */
  | 'busy'

const MAX_NOT_HERE = 256
/** Less says more about the way there and back than about the rate. */
const MEASURED_BYTES = 16 * 1024
/** Of fewer the connection, the disk over there and the turns of the event loop take a good part. */
const LONG_BYTES = PIECE_BYTES / 4
/** Until something was measured: an ordinary access point. Bytes per ms. */
const ASSUMED_RATE = 2_000

/** What is known of one linked peer: what it holds, what it wants, how it behaves. Numbers are those of the current catalogue view. */
export class PeerState {
  readonly peer: NodeId
  readonly seed: NodeSeed
  /** Complete blobs. */
  have = new Bitfield(0)
  /** Those of them that it got while we were watching: copies, not the first holder's. */
  fresh = new Bitfield(0)
  /** Blobs of shards that it announced: it can be expected to fetch those that it wants. */
  knows = new Bitfield(0)
  /** What it should hold, by placement. */
  wants = new Bitfield(0)
  readonly partials = new Map<Cid, Bitfield>()
  inFlight = 0
  lies = 0
  #pauses = 0
  #pausedUntilMs = 0
  #slowUntilMs = Number.NEGATIVE_INFINITY
  #rate = ASSUMED_RATE
  #measured = false
  #pieceMs = 0
  readonly #notHere = new BoundedMap<Cid, number>(MAX_NOT_HERE)

  constructor(peer: NodeId) {
    this.peer = peer
    this.seed = nodeSeed(peer)
  }

  usable(nowMs: number): boolean {
    return this.#pausedUntilMs <= nowMs
  }

  /** When it may be asked again. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs
  }

  /** Another holder is much quicker. */
  isSlow(nowMs: number): boolean {
    return this.#slowUntilMs > nowMs
  }

  /** A request was taken away from it that should have ended long ago. */
  tooSlow(bytes: number, tookMs: number, nowMs: number): void {
    this.#slowUntilMs = nowMs + SLOW_FOR_MS
    this.#rate = Math.min(this.#rate, bytes / tookMs)
    this.tookAtLeast(bytes, tookMs)
  }

  /** How long one more request of so many bytes would take; undefined while nothing was measured. */
  expectedMs(bytes: number): number | undefined {
    return this.#measured ? bytes * this.cost : undefined
  }

  /** A link that breaks and comes back makes no honest peer of a liar. */
  remember(before: PeerState): void {
    this.lies = before.lies
    this.#pausedUntilMs = before.#pausedUntilMs
    this.#pauses = before.#pauses
  }

  /** Lower is better: how long one more request would take. */
  get cost(): number {
    return (this.inFlight + 1) / this.#rate
  }

  /** A request was ended before it was whole. */
  tookAtLeast(bytes: number, tookMs: number): void {
    if (bytes >= LONG_BYTES) this.#pieceMs = Math.max(this.#pieceMs, (tookMs * PIECE_BYTES) / bytes)
  }

  /** How long one of several requests under way takes for so many bytes, by the big ones that came last; 0 before any did. */
  usualMs(bytes: number): number {
    return (this.#pieceMs * bytes) / PIECE_BYTES
  }

  /** Bytes per ms, smoothed. */
  get rate(): number {
    return this.#rate
  }

  holds(number: number, cid: Cid, piece: number): boolean {
    return this.have.has(number) || (this.partials.get(cid)?.has(piece) ?? false)
  }

  saidNotHere(cid: Cid, nowMs: number): boolean {
    return (this.#notHere.get(cid) ?? 0) > nowMs
  }

  forget(): void {
    this.have = new Bitfield(0)
    this.fresh = new Bitfield(0)
    this.knows = new Bitfield(0)
    this.wants = new Bitfield(0)
    this.partials.clear()
    this.#notHere.clear()
  }

  worked(bytes: number, tookMs: number): void {
    this.#pauses = 0
    if (bytes < MEASURED_BYTES) return
    this.#measured = true
    this.#rate += 0.2 * (bytes / Math.max(1, tookMs) - this.#rate)
    if (bytes >= LONG_BYTES) this.#pieceMs += 0.3 * ((tookMs * PIECE_BYTES) / bytes - this.#pieceMs)
  }

  failed(failure: FetchFailure, number: number | undefined, cid: Cid, nowMs: number, cameBytes = 0): void {
    switch (failure) {
      case 'missing':
        // It had told us otherwise: a copy that was just evicted, or a false inventory.
        if (number !== undefined && this.have.delete(number)) this.lies += 0.1
        if (this.partials.delete(cid)) this.lies += 0.1
        this.#demoteIfLiar(nowMs)
        this.#notHere.set(cid, nowMs + NOT_HERE_MS)
        return
      case 'lied':
        this.offended(nowMs)
        return
      case 'doubtful':
        return
      default:
        // All of its requests break off at once: that is one failure.
        if (this.#pausedUntilMs > nowMs) return
        // A link that breaks again and again gets on all the same: nothing is fetched twice.
        if (cameBytes > 0) this.#pauses = 0
        else this.#rate /= 2
        this.#pausedUntilMs = nowMs + Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** this.#pauses++)
    }
  }

  offended(nowMs: number): void {
    this.lies++
    this.#pausedUntilMs = nowMs + LIAR_PAUSE_MS
    this.#demoteIfLiar(nowMs)
  }

  /** After an hour it gets another chance: a damaged copy may have been replaced. */
  #demoteIfLiar(nowMs: number): void {
    if (this.lies < MAX_LIES) return
    this.lies = 0
    this.#pausedUntilMs = nowMs + DEMOTED_MS
  }
}
