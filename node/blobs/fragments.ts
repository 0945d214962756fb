import { BoundedMap } from '../../protocols/bounded-map.ts'
import { sameBytes } from '../../protocols/cbor.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { sha256 } from '../platform/hash.ts'
import type { Sender } from './arrival.ts'
import { MAX_DOUBTED_PIECES, MAX_DOUBTED_SPANS, MAX_FRAGMENT_BYTES, MAX_SENDERS } from './limits.ts'

/** The beginning of a piece that did not come whole, not verified yet. */
export interface Fragment {
  bytes: Uint8Array
  senders: readonly Sender[]
}

/** A part of a piece that was wrong as a whole, and whose hash will tell whether this part was. */
interface DoubtedSpan {
  peer: NodeId
  start: number
  end: number
  digest: Uint8Array
}

/**
 * What came of pieces before their transfers broke off, so that only the rest is asked for, from the same peer or another one: a link of 1 Mbit/s that dies
 * every 10 s carries no piece of 1 MiB at once. In memory and bounded; the oldest goes first.
 *
 * A piece made of several peers' bytes that fails its hash says nothing about any of them. Its bytes are dropped, and only what one peer alone has sent
 * is put together for it from then on. When the right bytes are here, the hashes of the wrong ones' parts tell who had sent them.
 */
export class Fragments {
  readonly #kept = new Map<string, Fragment>()
  readonly #doubted = new BoundedMap<string, DoubtedSpan[]>(MAX_DOUBTED_PIECES)
  #keptBytes = 0

  /** Takes it out. @param peer who will be asked for the rest */
  take(key: string, peer: NodeId): Fragment | undefined {
    const fragment = this.#drop(key)
    if (!fragment) return undefined
    if (fragment.senders.length >= MAX_SENDERS) return undefined
    if (this.#doubted.has(key) && fragment.senders.some((sender) => sender.peer !== peer)) return undefined
    return fragment
  }

  /** @param bytes are copied */
  keep(key: string, bytes: Uint8Array, senders: readonly Sender[]): void {
    this.#drop(key)
    if (bytes.length === 0) return
    this.#kept.set(key, { bytes: new Uint8Array(bytes), senders })
    this.#keptBytes += bytes.length
    while (this.#keptBytes > MAX_FRAGMENT_BYTES) this.#drop(this.#kept.keys().next().value as string)
  }

  /** A piece of several senders is wrong. */
  doubt(key: string, bytes: Uint8Array, senders: readonly Sender[]): void {
    const spans = this.#doubted.get(key) ?? []
    let start = 0
    for (const { peer, end } of senders) {
      spans.push({ peer, start, end, digest: sha256(bytes.subarray(start, end)) })
      start = end
    }
    this.#doubted.set(key, spans.slice(-MAX_DOUBTED_SPANS))
  }

  /** The right bytes are here. @returns who had sent wrong ones */
  settle(key: string, right: Uint8Array): NodeId[] {
    this.#drop(key)
    const spans = this.#doubted.get(key)
    if (!spans) return []
    this.#doubted.delete(key)
    const wrong = spans.filter(({ start, end, digest }) => !sameBytes(sha256(right.subarray(start, end)), digest))
    return [...new Set(wrong.map(({ peer }) => peer))]
  }

  #drop(key: string): Fragment | undefined {
    const fragment = this.#kept.get(key)
    if (!fragment) return undefined
    this.#kept.delete(key)
    this.#keptBytes -= fragment.bytes.length
    return fragment
  }
}
