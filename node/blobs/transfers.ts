import type { Cid } from '../../protocols/cid.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { Arrival, type Sender } from './arrival.ts'
import type { CopyRequest } from './copy-request.ts'
import { Fragments } from './fragments.ts'
import { PieceBuffers } from './piece-buffers.ts'
import { keyOf } from './piece-choice.ts'

/** A request that is under way, and what has come of it. */
export interface Transfer {
  readonly request: CopyRequest
  readonly abort: AbortController
  readonly into: Arrival
  /** Of what was there when it began. */
  readonly before: readonly Sender[]
}

/** Requests under way with their buffers, and what is left of those that broke off. */
export class Transfers {
  readonly #running = new Map<number, Transfer>()
  readonly #buffers = new PieceBuffers()
  readonly #fragments = new Fragments()

  /** With what came of it before, as far as that may be put together with this peer's bytes. */
  begin(request: CopyRequest): Transfer {
    const buffer = this.#buffers.take(request.end - request.start)
    const fragment = this.#fragments.take(keyOf(request.ref.cid, request.piece), request.peer)
    if (fragment) buffer.set(fragment.bytes)
    const into = new Arrival(buffer, fragment?.bytes.length)
    const transfer = { request, abort: new AbortController(), into, before: fragment?.senders ?? [] }
    this.#running.set(request.id, transfer)
    return transfer
  }

  ended(id: number): void {
    this.#running.delete(id)
  }

  giveBack(buffer: Uint8Array): void {
    this.#buffers.giveBack(buffer)
  }

  /** What has come of it is kept at once: another peer may be asked for the rest within the same plan. */
  cancel(id: number): void {
    const transfer = this.#running.get(id)
    if (!transfer) return
    if (!transfer.into.full) this.keep(transfer)
    transfer.abort.abort(new JoineryError('CLOSED', 'the peer is gone'))
  }

  abortAll(reason: JoineryError): void {
    for (const { abort } of this.#running.values()) abort.abort(reason)
  }

  /** It broke off. */
  keep(transfer: Transfer): void {
    const { request, into, abort } = transfer
    if (abort.signal.aborted) return
    into.end()
    this.#fragments.keep(
      keyOf(request.ref.cid, request.piece),
      into.bytes.subarray(0, into.filled),
      sendersOf(transfer)
    )
  }

  /** The bytes are wrong. @returns `lied` when all of them are this peer's; else nobody is to blame yet */
  doubt(transfer: Transfer, bytes: Uint8Array): 'lied' | 'doubtful' {
    const { request, into } = transfer
    const senders = bytes === into.bytes ? sendersOf(transfer) : [{ peer: request.peer, end: bytes.length }]
    if (senders.every(({ peer }) => peer === request.peer)) return 'lied'
    this.#fragments.doubt(keyOf(request.ref.cid, request.piece), bytes, senders)
    return 'doubtful'
  }

  /** The right bytes are here. @returns who had sent wrong ones */
  settle(cid: Cid, piece: number, right: Uint8Array): NodeId[] {
    return this.#fragments.settle(keyOf(cid, piece), right)
  }
}

/** One after the other; what the same peer sent in two transfers is one. */
function sendersOf({ request, into, before }: Transfer): Sender[] {
  const last = before.at(-1)
  if (into.filled === (last?.end ?? 0)) return [...before]
  const own = { peer: request.peer, end: into.filled }
  return last?.peer === request.peer ? [...before.slice(0, -1), own] : [...before, own]
}
