import { Bitfield } from '../../protocols/bitfield.ts'
import type { NodeId, PeerLink } from '../../protocols/message-stream.ts'
import { REQUEST_ID_HEADER } from '../../protocols/request-id.ts'
import type { Clock } from '../platform/clock.ts'
import { requestId } from '../platform/request-id.ts'
import { Arrival } from './arrival.ts'
import type { BlobSource, FetchOutcome } from './blob-source.ts'
import { blobPath, HAVE_HEADER, HOP_HEADER } from './blob-url.ts'
import type { CopyRequest } from './copy-request.ts'
import { HttpConnection } from './http-connection.ts'
import { KEEP_ALIVE_MS, REQUESTS_PER_PEER } from './limits.ts'
import { StallWatch } from './stall-watch.ts'

interface IdleConnection {
  connection: HttpConnection
  sinceMs: number
}

/**
 * Bytes over HTTP from the handler that also serves learners: what was measured, a third of the CPU of a libp2p stream.
 * The peer's address is that of its admitted connection; it is not trusted to be anybody: every piece is hashed by who asked.
 */
export function createHttpSource(components: { clock: Clock }): BlobSource {
  const { clock } = components
  const idle = new Map<NodeId, IdleConnection[]>()
  const open = new Set<HttpConnection>()

  /** A kept one, unless the peer has probably closed it. */
  function take(link: PeerLink): HttpConnection | undefined {
    const kept = idle.get(link.peer) ?? []
    for (let one = kept.pop(); one; one = kept.pop()) {
      if (one.connection.usable && clock.monotonicMs() - one.sinceMs < KEEP_ALIVE_MS) return one.connection
      drop(one.connection)
    }
    return undefined
  }

  function make(link: PeerLink): HttpConnection {
    const made = new HttpConnection(link.remoteAddress, link.profile.httpPort)
    open.add(made)
    return made
  }

  function keep(peer: NodeId, connection: HttpConnection): void {
    const kept = idle.get(peer) ?? []
    if (!connection.usable || kept.length >= REQUESTS_PER_PEER) drop(connection)
    else idle.set(peer, [...kept, { connection, sinceMs: clock.monotonicMs() }])
  }

  function drop(connection: HttpConnection): void {
    open.delete(connection)
    connection.close()
  }

  async function attempt(
    connection: HttpConnection,
    link: PeerLink,
    request: CopyRequest,
    signal: AbortSignal,
    into: Arrival
  ): Promise<FetchOutcome> {
    const watch = new StallWatch(clock, () => drop(connection))
    const onAbort = (): void => drop(connection)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (signal.aborted) return { kind: 'failed', failure: 'unreachable' }
      const answer = await connection.get(
        requestHead(link, request, into.filled),
        into.missing,
        isWhatWasAsked(request, into.filled),
        (filled) => {
          watch.moved()
          into.came(filled)
        }
      )
      keep(link.peer, connection)
      if (answer.filled) return { kind: 'bytes', bytes: into.bytes }
      return refusal(answer.status, answer.headers.get(HAVE_HEADER))
    } catch {
      drop(connection)
      return { kind: 'failed', failure: watch.stalled && connection.connected ? 'stalled' : 'unreachable' }
    } finally {
      watch.end()
      signal.removeEventListener('abort', onAbort)
    }
  }

  return {
    async fetch(link, request, signal, into = new Arrival(Buffer.allocUnsafeSlow(request.end - request.start))) {
      const kept = take(link)
      if (kept) {
        const outcome = await attempt(kept, link, request, signal, into)
        // The peer may have closed it just when we asked: that says nothing about the peer.
        if (outcome.kind === 'bytes' || outcome.failure !== 'unreachable' || signal.aborted) return outcome
      }
      return attempt(make(link), link, request, signal, into)
    },
    close() {
      for (const connection of open) connection.close()
      open.clear()
      idle.clear()
    }
  }
}

function isWhole({ start, end, ref }: CopyRequest, filled: number): boolean {
  return start + filled === 0 && end === ref.sizeBytes
}

/** @param filled bytes of it that are here already */
function requestHead(link: PeerLink, request: CopyRequest, filled: number): string {
  const { remoteAddress, profile } = link
  const host = remoteAddress.includes(':') ? `[${remoteAddress.replace(/%.*$/, '')}]` : remoteAddress
  const range = isWhole(request, filled) ? '' : `Range: bytes=${request.start + filled}-${request.end - 1}\r\n`
  // Whoever reads the logs of both devices finds what belongs together.
  const id = requestId()
  const asked = id === undefined ? '' : `${REQUEST_ID_HEADER}: ${id}\r\n`
  return `GET ${blobPath(request.ref.cid)} HTTP/1.1\r\nHost: ${host}:${profile.httpPort}\r\n${HOP_HEADER}: 1\r\n${asked}${range}\r\n`
}

function isWhatWasAsked(
  request: CopyRequest,
  filled: number
): (status: number, headers: ReadonlyMap<string, string>) => boolean {
  if (isWhole(request, filled)) return (status) => status === 200
  const { start, end, ref } = request
  const range = `bytes ${start + filled}-${end - 1}/${ref.sizeBytes}`
  return (status, headers) => status === 206 && headers.get('content-range') === range
}

function refusal(status: number, have: string | undefined): FetchOutcome {
  if (status === 404) return { kind: 'failed', failure: 'missing', have: (length) => bitsIn(have, length) }
  if (status === 503 || status === 429) return { kind: 'failed', failure: 'busy' }
  // It has the blob and gives something else under its name.
  return { kind: 'failed', failure: status === 200 || status === 206 ? 'lied' : 'unreachable' }
}

function bitsIn(header: string | undefined, length: number): Bitfield | undefined {
  if (header === undefined) return undefined
  try {
    return Bitfield.from(new Uint8Array(Buffer.from(header, 'base64url')), length)
  } catch {
    return undefined
  }
}
