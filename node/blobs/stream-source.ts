import { BLOB_PROTOCOL, decodeBlobHead, encodeBlobRequest } from '../../protocols/blob-stream.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, PeerLink } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { requestId } from '../platform/request-id.ts'
import { Arrival } from './arrival.ts'
import type { BlobSource, FetchOutcome } from './blob-source.ts'
import type { CopyRequest } from './copy-request.ts'
import { REQUESTS_PER_PEER } from './limits.ts'
import { StallWatch } from './stall-watch.ts'
import { BLOB_STREAM_LIMITS } from './stream-serving.ts'

/** Bytes over the mesh's own streams, for peers that HTTP cannot reach. A stream is used again for the next request. */
export function createStreamSource(components: { clock: Clock }): BlobSource {
  const { clock } = components
  const idle = new WeakMap<PeerLink, MessageStream[]>()
  const known = new Set<MessageStream>()

  async function fetch(
    link: PeerLink,
    wanted: CopyRequest,
    signal: AbortSignal,
    into: Arrival = new Arrival(Buffer.allocUnsafeSlow(wanted.end - wanted.start))
  ): Promise<FetchOutcome> {
    const ended = new AbortController()
    const watch = new StallWatch(clock, () => ended.abort(new JoineryError('TIMED_OUT', 'the peer stalled')))
    const onAbort = (): void => ended.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    let stream: MessageStream | undefined
    const onEnd = (): void => stream?.abort(new JoineryError('CLOSED', 'not wanted any more'))
    ended.signal.addEventListener('abort', onEnd, { once: true })
    try {
      if (signal.aborted) return { kind: 'failed', failure: 'unreachable' }
      stream = idle.get(link)?.pop() ?? (await link.open(BLOB_PROTOCOL, BLOB_STREAM_LIMITS, ended.signal))
      known.add(stream)
      ended.signal.throwIfAborted()
      const outcome = await exchange(stream, wanted, into, () => {
        ended.signal.throwIfAborted()
        watch.moved()
      })
      if (outcome.kind === 'failed' && outcome.failure === 'lied')
        throw new JoineryError('MALFORMED', 'not what was asked for')
      keep(link, stream)
      return outcome
    } catch (error) {
      if (stream) known.delete(stream)
      stream?.abort(error instanceof Error ? error : new JoineryError('CLOSED', 'the stream broke'))
      if (watch.stalled) return { kind: 'failed', failure: 'stalled' }
      const lied = error instanceof JoineryError && (error.code === 'MALFORMED' || error.code === 'TOO_LARGE')
      return { kind: 'failed', failure: lied ? 'lied' : 'unreachable' }
    } finally {
      watch.end()
      signal.removeEventListener('abort', onAbort)
      ended.signal.removeEventListener('abort', onEnd)
    }
  }

  function keep(link: PeerLink, stream: MessageStream): void {
    const kept = idle.get(link) ?? []
    if (kept.length >= REQUESTS_PER_PEER) {
      known.delete(stream)
      stream.abort(new JoineryError('CLOSED', 'not needed'))
    } else idle.set(link, [...kept, stream])
  }

  return {
    fetch,
    close() {
      for (const stream of known) stream.abort(new JoineryError('STOPPED', 'this device is stopping'))
      known.clear()
    }
  }
}

async function exchange(
  stream: MessageStream,
  { ref, start, end }: CopyRequest,
  into: Arrival,
  moved: () => void
): Promise<FetchOutcome> {
  const id = requestId()
  const asked = { cid: ref.cid, start: start + into.filled, end }
  await stream.send(encodeBlobRequest({ ...asked, ...(id !== undefined && { requestId: id }) }))
  const first = await stream.receive()
  if (!first) throw new JoineryError('CLOSED', 'the peer closed the stream')
  moved()
  const head = decodeBlobHead(first)
  if (head.kind === 'busy') return { kind: 'failed', failure: 'busy' }
  if (head.kind === 'missing') {
    const { have } = head
    return { kind: 'failed', failure: 'missing', have: (length) => (have?.length === length ? have : undefined) }
  }
  while (!into.full) {
    const part = await stream.receive()
    if (!part) throw new JoineryError('CLOSED', 'the peer closed the stream')
    moved()
    if (part.length === 0 || !into.add(part)) return { kind: 'failed', failure: 'lied' }
  }
  return { kind: 'bytes', bytes: into.bytes }
}
