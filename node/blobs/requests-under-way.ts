import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { pieceSpan } from '../../protocols/piece-list.ts'
import type { CopyEffect, Item, UnderWay } from './copy-request.ts'
import type { Holders } from './holders.ts'
import { SLOW_AFTER_MS } from './limits.ts'
import type { PeerState } from './peer-book.ts'
import { keyOf } from './piece-choice.ts'

/** What was asked of peers and is not settled yet. Nothing is asked for twice at the same time. */
export class RequestsUnderWay {
  readonly #holders: Holders
  readonly #effects: CopyEffect[]
  readonly #byId = new Map<number, UnderWay>()
  readonly #busy = new Set<string>()
  #nextId = 1
  /** Of all of them; what waits for our disk is still in memory. */
  bytes = 0
  /** For copying, and not here yet. */
  copies = 0
  /** Here, and waiting for our own disk. */
  received = 0

  /** @param components.effects where what is to be done is added */
  constructor(components: { holders: Holders; effects: CopyEffect[] }) {
    this.#holders = components.holders
    this.#effects = components.effects
  }

  get count(): number {
    return this.#byId.size
  }

  get(id: number): UnderWay | undefined {
    return this.#byId.get(id)
  }

  /** As they are now; what is ended meanwhile is still named. */
  all(): readonly UnderWay[] {
    return [...this.#byId.values()]
  }

  /** Of a blob, or of its piece list. */
  hasAnyOf({ cid, pieces }: BlobRef): boolean {
    for (const { ref } of this.#byId.values()) if (ref.cid === cid || ref.cid === pieces) return true
    return false
  }

  isBusy(cid: Cid, piece: number): boolean {
    return this.#busy.has(keyOf(cid, piece))
  }

  renumber(numberOf: (cid: Cid) => number | undefined): void {
    for (const item of this.#byId.values()) item.number = numberOf(item.ref.cid)
  }

  /** @returns its id */
  begin(item: Item, from: PeerState, nowMs: number, copying: boolean): number {
    const { start, end } = pieceSpan(item.ref.sizeBytes, item.piece)
    const request = { id: this.#nextId++, peer: from.peer, ref: item.ref, piece: item.piece, start, end }
    from.inFlight++
    this.#busy.add(keyOf(item.ref.cid, item.piece))
    this.bytes += end - start
    if (copying) this.copies++
    this.#byId.set(request.id, { ...item, request, startedMs: nowMs, copying, received: false })
    this.#effects.push({ kind: 'request', request })
    return request.id
  }

  /** Its bytes are here: the peer can be asked for the next. */
  arrived(id: number): void {
    const item = this.#byId.get(id)
    if (!item || item.received) return
    item.received = true
    this.received++
    this.#notOnItsWay(item)
  }

  ended(id: number): UnderWay | undefined {
    const item = this.#byId.get(id)
    if (!item) return undefined
    this.#byId.delete(id)
    this.#busy.delete(keyOf(item.ref.cid, item.piece))
    this.bytes -= item.request.end - item.request.start
    if (item.received) this.received--
    else this.#notOnItsWay(item)
    return item
  }

  cancel(id: number): void {
    if (this.ended(id)) this.#effects.push({ kind: 'cancel', id })
  }

  /** What is here already is written, whoever sent it. */
  cancelAllOf(peer: NodeId): void {
    for (const { request, received } of this.all()) if (request.peer === peer && !received) this.cancel(request.id)
  }

  /** Also where nothing ever stalls: a peer that sends a byte now and then would hold on to its requests for minutes. */
  moveSlow(nowMs: number): void {
    for (const slow of this.all()) {
      const { request, startedMs, copying, received } = slow
      if (received || nowMs - startedMs < SLOW_AFTER_MS) continue
      const from = this.#holders.muchQuicker(slow, nowMs)
      if (!from) continue
      this.#holders.get(request.peer)?.tooSlow(request.end - request.start, nowMs - startedMs, nowMs)
      this.cancel(request.id)
      this.begin({ ref: slow.ref, piece: slow.piece, number: slow.number }, from, nowMs, copying)
    }
  }

  #notOnItsWay({ copying, request }: UnderWay): void {
    if (copying) this.copies--
    const peer = this.#holders.get(request.peer)
    if (peer) peer.inFlight--
  }
}
