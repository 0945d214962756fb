import {
  BLOB_PROTOCOL,
  type BlobRequest,
  decodeBlobRequest,
  encodeBlobHead,
  MAX_SPAN_BYTES
} from '../../protocols/blob-stream.ts'
import type { Cid } from '../../protocols/cid.ts'
import { hasCode } from '../../protocols/errors.ts'
import type { MessageStream, NodeId, PeerLinks, StreamLimits } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { withRequestId } from '../platform/request-id.ts'
import { FIRST_SPAN_BYTES, REQUESTS_PER_PEER, SPAN_PACE_MS, STREAM_IDLE_MS, UNPACED_BYTES } from './limits.ts'
import { localBytes } from './local-bytes.ts'
import type { BlobStore } from './store.ts'

export const BLOB_STREAM_LIMITS: StreamLimits = {
  maxMessageBytes: MAX_SPAN_BYTES,
  idleTimeoutMs: STREAM_IDLE_MS
}

/** Answers `/joinery/blob/1`: what the catalogue names and is here, as the HTTP handler does for nodes. */
export function serveStreams(components: {
  links: PeerLinks
  store: BlobStore
  clock: Clock
  named(cid: Cid): unknown
}): void {
  const { links, store, clock, named } = components
  const open = new Map<NodeId, number>()
  links.handle(BLOB_PROTOCOL, BLOB_STREAM_LIMITS, async (stream, { peer }) => {
    const before = open.get(peer) ?? 0
    // Twice what a peer of ours opens: it may have given up on streams that we have not seen the end of.
    const tooMany = before >= 2 * REQUESTS_PER_PEER
    open.set(peer, before + 1)
    const pace = new Pace(clock)
    try {
      for (;;) {
        const message = await stream.receive()
        if (!message) break
        if (tooMany) await stream.send(encodeBlobHead({ kind: 'busy' }))
        else {
          const asked = decodeBlobRequest(message)
          await withRequestId(asked.requestId, () => answer(stream, asked, pace))
        }
      }
      await stream.close()
    } finally {
      const left = (open.get(peer) ?? 1) - 1
      if (left > 0) open.set(peer, left)
      else open.delete(peer)
    }
  })

  async function answer(stream: MessageStream, { cid, start, end }: BlobRequest, pace: Pace): Promise<void> {
    const local =
      named(cid) === undefined ? { kind: 'missing' as const, have: undefined } : localBytes(store, cid, start, end)
    if (local.kind === 'missing') {
      await stream.send(encodeBlobHead(local.have ? { kind: 'missing', have: local.have } : { kind: 'missing' }))
      return
    }
    let begun = false
    try {
      for await (const span of local.spans) {
        if (!begun) await stream.send(encodeBlobHead({ kind: 'bytes' }))
        begun = true
        for (let at = 0; at < span.length; ) {
          const part = span.subarray(at, at + pace.spanBytes)
          await pace.sending(part.length, stream.send(part))
          at += part.length
        }
      }
      if (!begun) await stream.send(encodeBlobHead({ kind: 'bytes' }))
    } catch (error) {
      // Damaged: before the head it is simply not here; after it only the end of the stream can say so.
      if (begun || !(hasCode(error, 'BLOB_ROTTEN') || hasCode(error, 'BLOB_MISSING'))) throw error
      await stream.send(encodeBlobHead({ kind: 'missing' }))
    }
  }
}

/** How big the messages of a stream are: as much as leaves in a moment, by what has left until now. */
export class Pace {
  readonly #clock: Clock
  #bytes = 0
  #tookMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get spanBytes(): number {
    if (this.#bytes < UNPACED_BYTES) return FIRST_SPAN_BYTES
    const paced = (this.#bytes / Math.max(1, this.#tookMs)) * SPAN_PACE_MS
    return Math.max(FIRST_SPAN_BYTES, Math.min(MAX_SPAN_BYTES, Math.floor(paced)))
  }

  async sending(bytes: number, sent: Promise<void>): Promise<void> {
    const startedMs = this.#clock.monotonicMs()
    await sent
    this.#tookMs += this.#clock.monotonicMs() - startedMs
    this.#bytes += bytes
    // What the link did a while ago counts less and less.
    if (this.#bytes < 4 * UNPACED_BYTES) return
    this.#bytes /= 2
    this.#tookMs /= 2
  }
}
