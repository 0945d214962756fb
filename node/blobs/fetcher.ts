import { Bitfield } from '../../protocols/bitfield.ts'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { NodeId, PeerLink } from '../../protocols/message-stream.ts'
import { decodePieceList, hasPieceList, type PieceList, pieceCount } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { BlobSource, FetchOutcome } from './blob-source.ts'
import type { CopyPlanner } from './copy-planner.ts'
import type { CopyRequest } from './copy-request.ts'
import { Demands } from './demands.ts'
import { PIECE_LISTS } from './limits.ts'
import type { BlobStore } from './store.ts'
import { type Transfer, Transfers } from './transfers.ts'
import { VerifiedBytes } from './verified-bytes.ts'

const TICK_MS = 1_000
/** After a full disk or quota, so long until copying is tried again; deleting something wakes it earlier. */
const NO_ROOM_MS = 60_000
/** A blob whose list lied is not tried again in this run's next hour. */
const BROKEN_MS = 60 * 60_000

export interface FetcherComponents {
  store: BlobStore
  planner: CopyPlanner
  source: BlobSource
  clock: Clock
  link(peer: NodeId): PeerLink | undefined
}

export interface FetcherEvents {
  lied(peer: NodeId, cid: Cid): void
  /** A peer that has only some pieces told which. */
  partial(peer: NodeId, cid: Cid, bits: Bitfield): void
  /** A piece of a big blob was verified and written. */
  piece(cid: Cid, piece: number, bits: Bitfield): void
  /** The partial is complete, given up, or asleep. */
  ended(cid: Cid): void
  /** Somebody should make room, if anybody can. */
  noRoom(bytes: number): void
  /** The list named beside a blob is not its list. */
  broken(ref: BlobRef): void
  /** Something that nobody foresaw. */
  failed(error: unknown): void
  /** Bytes came from a peer. */
  fetched(bytes: number): void
}

/** Carries out what the planner decided: asks peers, verifies, stores, wakes who waits. Holds no more than the planner's requests in memory. */
export class Fetcher {
  readonly #components: FetcherComponents
  readonly #events: FetcherEvents
  readonly #transfers = new Transfers()
  readonly #demands = new Demands()
  /** Big blobs that are passed on without being stored, because there is no room: their lists, and nothing else. */
  readonly #passing = new Map<Cid, PieceList>()
  readonly #listsInMemory = new BoundedMap<Cid, Uint8Array>(PIECE_LISTS)
  #planning = false
  #planAgain = false
  #stopped = false
  #cancelTick: () => void = () => undefined

  constructor(components: FetcherComponents, events: FetcherEvents) {
    this.#components = components
    this.#events = events
    this.#tick()
  }

  /**
   * Resolves when a verified piece is here, fetched from whoever has it: with its bytes (of a small blob always, which is one piece, and of what there is
   * no room for), or with nothing when it can be read from the partial blob or the whole one. So nobody holds a piece in memory while a visitor takes it.
   */
  piece(ref: BlobRef, piece: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#stopped) return Promise.reject(new JoineryError('STOPPED', 'this device is stopping'))
    const { planner } = this.#components
    if (this.#isReadable(ref, piece)) return Promise.resolve(undefined)
    const waiting = this.#demands.wait(ref.cid, piece, signal, {
      began: () => planner.demand(ref, piece),
      left: () => planner.undemand(ref.cid, piece)
    })
    this.wake()
    return waiting
  }

  /** A list that is in memory because there was no room for it. */
  hasList(pieces: Cid): boolean {
    return this.#listsInMemory.has(pieces)
  }

  /** Fetches a piece before it is asked for, where it is kept; nobody holds it in memory. */
  readAhead(ref: BlobRef, piece: number, signal?: AbortSignal): void {
    if (this.#passing.has(ref.cid) || this.#components.store.partial(ref.cid)?.bits.has(piece)) return
    // Who really needs it meets the failure.
    this.piece(ref, piece, signal).catch(() => undefined)
  }

  /** It was read and is damaged: it is fetched again for whoever asks. */
  damaged(cid: Cid, piece: number): void {
    this.#components.planner.damaged(cid, piece)
  }

  #isReadable({ cid, sizeBytes }: BlobRef, piece: number): boolean {
    const { store } = this.#components
    return store.has(cid) || (hasPieceList(sizeBytes) && store.partial(cid)?.bits.has(piece) === true)
  }

  /** Something changed: decide again. */
  wake(): void {
    if (this.#stopped) return
    if (this.#planning) {
      this.#planAgain = true
      return
    }
    this.#planning = true
    // Not within the caller: a burst of events is one decision.
    queueMicrotask(() => {
      do {
        this.#planAgain = false
        this.#carryOut()
      } while (this.#planAgain)
      this.#planning = false
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTick()
    this.#transfers.abortAll(new JoineryError('STOPPED', 'this device is stopping'))
    this.#demands.rejectAll(new JoineryError('STOPPED', 'this device is stopping'))
    this.#components.source.close()
  }

  #tick(): void {
    this.#cancelTick = this.#components.clock.after(TICK_MS, () => {
      this.wake()
      this.#tick()
    })
  }

  #carryOut(): void {
    const { planner, clock } = this.#components
    for (const effect of planner.plan(clock.monotonicMs())) {
      switch (effect.kind) {
        case 'request':
          this.#detach(this.#fetch(effect.request))
          break
        case 'cancel':
          this.#transfers.cancel(effect.id)
          break
        case 'open':
          this.#detach(this.#open(effect.ref))
          break
        case 'finish':
          this.#detach(this.#finish(effect.cid))
          break
        case 'close':
          this.#passing.delete(effect.cid)
          this.#detach(this.#components.store.sleepPartial(effect.cid))
          this.#events.ended(effect.cid)
          break
        case 'present':
          this.#give(effect.ref, effect.piece)
          break
        case 'unavailable':
          this.#demands.reject(
            effect.cid,
            effect.piece,
            new JoineryError('BLOB_MISSING', `nobody who is connected has ${effect.cid}`)
          )
      }
    }
  }

  /** What can go wrong is handled inside; anything else is told, and costs this one blob and not the device. */
  #detach(work: Promise<void>): void {
    work.then(
      () => this.wake(),
      (error: unknown) => {
        if (!this.#stopped) this.#events.failed(error)
      }
    )
  }

  async #fetch(request: CopyRequest): Promise<void> {
    const { clock, planner, source, link } = this.#components
    const transfer = this.#transfers.begin(request)
    const { into } = transfer
    const startedMs = clock.monotonicMs()
    const hadBytes = into.filled
    const peerLink = link(request.peer)
    const outcome: FetchOutcome = into.full
      ? { kind: 'bytes', bytes: into.bytes }
      : peerLink
        ? await this.#demands.inNameOf(request.ref.cid, request.piece, () =>
            source.fetch(peerLink, request, transfer.abort.signal, into)
          )
        : { kind: 'failed', failure: 'unreachable' }
    const tookMs = clock.monotonicMs() - startedMs
    const cameBytes = (outcome.kind === 'bytes' ? outcome.bytes.length : into.filled) - hadBytes
    try {
      this.#events.fetched(cameBytes)
      if (outcome.kind === 'failed') {
        if (outcome.failure !== 'lied') this.#transfers.keep(transfer)
        // More than was asked for, or no answer at all: it is named like one whose bytes are wrong, since it is left alone for as long.
        else this.#events.lied(request.peer, request.ref.cid)
        this.#transfers.giveBack(into.bytes)
        planner.failed(request.id, outcome.failure, clock.monotonicMs(), cameBytes)
        const have = hasPieceList(request.ref.sizeBytes) ? outcome.have?.(pieceCount(request.ref.sizeBytes)) : undefined
        if (have) this.#events.partial(request.peer, request.ref.cid, have)
        return
      }
      planner.received(request.id)
      this.wake()
      const accepted = await this.#accept(request, outcome.bytes)
      if (accepted !== 'verified') {
        if (accepted === 'wrong') this.#blame(transfer, outcome.bytes)
        else planner.dropped(request.id)
        this.#transfers.giveBack(into.bytes)
        return
      }
      this.#settle(request, outcome.bytes)
      planner.arrived(request.id, tookMs, clock.monotonicMs(), cameBytes)
      // Also whoever asked while it was being written.
      const readable = this.#isReadable(request.ref, request.piece)
      const given = this.#answer(request.ref, request.piece, readable ? undefined : outcome.bytes)
      if (!given && !this.#demands.wasGiven(into.bytes)) this.#transfers.giveBack(into.bytes)
    } finally {
      this.#transfers.ended(request.id)
    }
  }

  /** To whom waits for it. @returns true when the buffer is not ours any more */
  #answer({ cid, sizeBytes }: BlobRef, piece: number, bytes: Uint8Array | undefined): boolean {
    // A small file's bytes stand in a buffer with others, which may not wait for a visitor.
    if (!bytes || hasPieceList(sizeBytes) || !this.#demands.has(cid, piece))
      return this.#demands.resolve(cid, piece, bytes)
    this.#demands.resolve(cid, piece, new Uint8Array(bytes))
    return false
  }

  /** Nobody is blamed for another one's bytes. */
  #blame(transfer: Transfer, bytes: Uint8Array): void {
    const { planner, clock } = this.#components
    const { request } = transfer
    if (this.#transfers.doubt(transfer, bytes) === 'lied') {
      this.#events.lied(request.peer, request.ref.cid)
      planner.failed(request.id, 'lied', clock.monotonicMs())
      return
    }
    planner.failed(request.id, 'doubtful', clock.monotonicMs())
  }

  /** The right bytes tell who had sent wrong ones, when the piece was put together from several peers. */
  #settle({ ref, piece }: CopyRequest, right: Uint8Array): void {
    const { planner, clock } = this.#components
    for (const peer of this.#transfers.settle(ref.cid, piece, right)) {
      this.#events.lied(peer, ref.cid)
      planner.holders.offended(peer, clock.monotonicMs())
    }
  }

  /** `useless`: nobody could verify them any more; they go nowhere. */
  async #accept({ ref, piece }: CopyRequest, bytes: Uint8Array): Promise<'verified' | 'wrong' | 'useless'> {
    const { store } = this.#components
    if (!hasPieceList(ref.sizeBytes)) {
      const verified = VerifiedBytes.check(ref.cid, bytes)
      if (!verified) return 'wrong'
      this.#answer(ref, 0, bytes)
      await this.#keeping(bytes.length, async () => {
        await store.put(verified)
      }).catch(() => void this.#rememberList(ref.cid, bytes))
      return 'verified'
    }
    const partial = store.partial(ref.cid)
    if (!partial) {
      const list = this.#passing.get(ref.cid)
      if (!list) return 'useless'
      return sameBytes(sha256(bytes), list.digest(piece)) ? 'verified' : 'wrong'
    }
    let right = true
    await this.#keeping(bytes.length, async () => {
      right = await store.writePiece(partial, piece, bytes)
    }).catch(() => {
      right = partial.matches(piece, bytes)
    })
    if (!right) return 'wrong'
    if (partial.bits.has(piece)) this.#events.piece(ref.cid, piece, partial.bits)
    return 'verified'
  }

  /** A store that is full or read-only does not stop anybody from reading through: it only keeps nothing. */
  async #keeping(bytes: number, store: () => Promise<void>): Promise<void> {
    const { planner, clock } = this.#components
    try {
      await store()
    } catch (error) {
      if (this.#stopped) return
      planner.rest(clock.monotonicMs() + NO_ROOM_MS)
      if (hasCode(error, 'QUOTA_FULL') || hasCode(error, 'DISK_FULL')) this.#events.noRoom(bytes)
      throw error
    }
  }

  async #open(ref: BlobRef): Promise<void> {
    const { store, planner, clock } = this.#components
    try {
      const partial = await store.openPartial(ref)
      planner.opened(ref.cid, partial.bits)
    } catch (error) {
      if (this.#stopped) return
      if (ref.pieces && !store.has(ref.pieces) && !this.hasList(ref.pieces)) {
        // The list was damaged or dropped meanwhile: it is fetched first.
        planner.closed(ref.cid, clock.monotonicMs() + 1)
        return
      }
      if (hasCode(error, 'QUOTA_FULL') || hasCode(error, 'DISK_FULL')) this.#events.noRoom(ref.sizeBytes)
      if (!(await this.#pass(ref))) planner.closed(ref.cid, clock.monotonicMs() + NO_ROOM_MS)
    }
  }

  /** Without room for it, what people ask for is verified and passed on piece by piece. */
  async #pass(ref: BlobRef): Promise<boolean> {
    const { store, planner } = this.#components
    if (!this.#demands.hasAnyOf(ref.cid) || !ref.pieces) return false
    try {
      const bytes = this.#listsInMemory.get(ref.pieces) ?? (await store.readSmall(ref.pieces))
      this.#passing.set(ref.cid, decodePieceList(bytes, ref.sizeBytes))
    } catch {
      return false
    }
    planner.opened(ref.cid, new Bitfield(pieceCount(ref.sizeBytes)), false)
    return true
  }

  async #finish(cid: Cid): Promise<void> {
    const { store, planner, clock } = this.#components
    const partial = store.partial(cid)
    if (!partial) {
      this.#passing.delete(cid)
      planner.closed(cid, clock.monotonicMs() + NO_ROOM_MS)
      return
    }
    try {
      await store.finishPartial(cid)
      planner.stored(cid)
      this.#events.ended(cid)
    } catch (error) {
      if (this.#stopped) return
      if (store.partial(cid) === partial && !partial.bits.full) {
        // Pieces were damaged since they were written: those are fetched again.
        planner.opened(cid, partial.bits)
        return
      }
      this.#events.ended(cid)
      const broken = hasCode(error, 'BLOB_MISMATCH')
      planner.closed(cid, clock.monotonicMs() + (broken ? BROKEN_MS : NO_ROOM_MS))
      if (broken) this.#events.broken(partial.ref)
    }
  }

  #rememberList(cid: Cid, bytes: Uint8Array): void {
    if (bytes.length % 32 !== 0) return
    // A copy: the buffer is used again, and `slice` of a Buffer would share it.
    this.#listsInMemory.set(cid, new Uint8Array(bytes))
  }

  /** It was there all the time, or came while the file was opened. */
  #give(ref: BlobRef, piece: number): void {
    const { store, planner } = this.#components
    if (this.#isReadable(ref, piece)) this.#demands.resolve(ref.cid, piece, undefined)
    else if (!store.partial(ref.cid))
      this.#demands.reject(ref.cid, piece, new JoineryError('BLOB_MISSING', 'the partial file is gone'))
    else if (this.#demands.has(ref.cid, piece)) {
      // A peer asked for it meanwhile, and it turned out to be damaged.
      planner.damaged(ref.cid, piece)
      planner.demand(ref, piece)
      this.wake()
    }
  }
}
