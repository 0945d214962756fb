import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Bitfield } from '../../protocols/bitfield.ts'
import type { PeerLink } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { BlobSource, FetchOutcome } from './blob-source.ts'
import { blobPath, HAVE_HEADER, HOP_HEADER } from './blob-url.ts'
import type { CopyRequest } from './copy-planner.ts'
import { KEEP_ALIVE_MS, MAX_REQUEST_MS, REQUESTS_PER_PEER, STALLED_PEER_MS } from './limits.ts'

/**
 * Bytes over HTTP from the handler that also serves learners: what was measured, a third of the CPU of a libp2p stream.
 * The peer's address is that of its admitted connection; it is not trusted to be anybody: every piece is hashed by who asked.
 */
export function createHttpSource(components: { clock: Clock }): BlobSource {
  const { clock } = components
  const agent = new Agent({
    keepAlive: true,
    keepAliveMsecs: KEEP_ALIVE_MS,
    maxSockets: REQUESTS_PER_PEER,
    maxFreeSockets: REQUESTS_PER_PEER,
    timeout: MAX_REQUEST_MS
  })
  return {
    fetch: (link, wanted, signal) => fetchOverHttp(agent, clock, link, wanted, signal),
    close: () => agent.destroy()
  }
}

function fetchOverHttp(
  agent: Agent,
  clock: Clock,
  link: PeerLink,
  wanted: CopyRequest,
  signal: AbortSignal
): Promise<FetchOutcome> {
  const { start, end, ref } = wanted
  const whole = start === 0 && end === ref.sizeBytes
  return new Promise((resolve) => {
    let request: ClientRequest | undefined
    let lastMs = clock.monotonicMs()
    const startedMs = lastMs
    let settled = false
    let connected = false
    const settle = (outcome: FetchOutcome): void => {
      if (settled) return
      settled = true
      cancelTimer()
      signal.removeEventListener('abort', onAbort)
      if (outcome.kind === 'failed' && outcome.failure !== 'missing') request?.destroy()
      resolve(outcome)
    }
    const fail = (failure: 'stalled' | 'unreachable' | 'lied' | 'busy'): void => settle({ kind: 'failed', failure })
    const onAbort = (): void => fail('unreachable')
    // One timer that looks when it rings, and not one per packet.
    let cancelTimer = clock.after(STALLED_PEER_MS, look)
    function look(): void {
      const nowMs = clock.monotonicMs()
      const leftMs = STALLED_PEER_MS - (nowMs - lastMs)
      if (leftMs <= 0 || nowMs - startedMs > MAX_REQUEST_MS) fail(connected ? 'stalled' : 'unreachable')
      else cancelTimer = clock.after(leftMs, look)
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    request = httpRequest({
      agent,
      host: link.remoteAddress,
      port: link.profile.httpPort,
      path: blobPath(ref.cid),
      headers: { [HOP_HEADER]: '1', ...(whole ? {} : { range: `bytes=${start}-${end - 1}` }) }
    })
    request.once('socket', (socket) => {
      connected = !socket.connecting
      socket.once('connect', () => {
        connected = true
      })
    })
    request.once('error', () => fail('unreachable'))
    request.once('response', (response: IncomingMessage) => {
      lastMs = clock.monotonicMs()
      response.once('error', () => fail('unreachable'))
      const refusal = refusalOf(response, wanted, whole)
      if (refusal) {
        settle(refusal)
        // A short error text is read, so that the connection can be used again.
        response.resume()
        return
      }
      const bytes = Buffer.allocUnsafeSlow(end - start)
      let filled = 0
      response.on('data', (part: Buffer) => {
        lastMs = clock.monotonicMs()
        if (filled + part.length > bytes.length) return fail('lied')
        part.copy(bytes, filled)
        filled += part.length
      })
      response.once('end', () => {
        if (filled === bytes.length) settle({ kind: 'bytes', bytes })
        else fail('unreachable')
      })
      response.once('close', () => fail('unreachable'))
    })
    request.end()
  })
}

function refusalOf(
  response: IncomingMessage,
  { start, end, ref }: CopyRequest,
  whole: boolean
): FetchOutcome | undefined {
  const { statusCode, headers } = response
  if (statusCode === 404) {
    const have = headers[HAVE_HEADER]
    return { kind: 'failed', failure: 'missing', have: (length) => bitsIn(have, length) }
  }
  if (statusCode === 503 || statusCode === 429) return { kind: 'failed', failure: 'busy' }
  if (whole ? statusCode !== 200 : statusCode !== 206) return { kind: 'failed', failure: 'unreachable' }
  if (!whole && headers['content-range'] !== `bytes ${start}-${end - 1}/${ref.sizeBytes}`)
    return { kind: 'failed', failure: 'lied' }
  if (headers['content-length'] !== String(end - start)) return { kind: 'failed', failure: 'lied' }
  return undefined
}

function bitsIn(header: string | string[] | undefined, length: number): Bitfield | undefined {
  if (typeof header !== 'string') return undefined
  try {
    return Bitfield.from(new Uint8Array(Buffer.from(header, 'base64url')), length)
  } catch {
    return undefined
  }
}
