/** Streams to other devices about repositories: opened with a request, answered with a head, then bytes both ways. */
import { errorCatalogue, JoineryError } from '../../../protocols/errors.ts'
import {
  decodeGitHead,
  encodeGitRequest,
  GIT_PROTOCOL,
  type GitStreamHead,
  type GitStreamRequest,
  MAX_GIT_MESSAGE_BYTES
} from '../../../protocols/git-stream.ts'
import type { MessageStream, PeerLink, StreamLimits } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { requestId } from '../../platform/request-id.ts'
import { STALL_TIMEOUT_MS } from '../limits.ts'
import type { ByteChannel } from '../local-repositories.ts'

export const GIT_STREAM_LIMITS: StreamLimits = {
  maxMessageBytes: MAX_GIT_MESSAGE_BYTES,
  idleTimeoutMs: STALL_TIMEOUT_MS
}

export interface AskedPeer {
  head: Extract<GitStreamHead, { ok: true }>
  stream: MessageStream
}

export interface AskOptions {
  clock: Clock
  /** Until the head is here. */
  mostMs: number
  signal?: AbortSignal | undefined
}

/**
 * Opens a stream and waits for its head. The stream stays open for bytes; whoever asked ends it.
 *
 * @throws JoineryError the code that the peer gave, or `TIMED_OUT`, `CLOSED`
 */
export async function askPeer(
  link: PeerLink,
  request: GitStreamRequest,
  { clock, mostMs, signal }: AskOptions
): Promise<AskedPeer> {
  const limit = new AbortController()
  const cancel = clock.after(mostMs, () => limit.abort(new JoineryError('TIMED_OUT', 'no answer from that device')))
  const both = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal
  let stream: MessageStream | undefined
  const end = (): void => stream?.abort(asError(both.reason))
  both.addEventListener('abort', end, { once: true })
  try {
    stream = await link.open(GIT_PROTOCOL, GIT_STREAM_LIMITS, both)
    both.throwIfAborted()
    await stream.send(encodeGitRequest(request, requestId()))
    const message = await stream.receive()
    if (!message) throw new JoineryError('CLOSED', 'that device closed the stream')
    const head = decodeGitHead(message)
    if (!head.ok)
      throw new JoineryError(errorCatalogue().has(head.code) ? head.code : 'INTERNAL', 'said by another device')
    return { head, stream }
  } catch (error) {
    stream?.abort(asError(error))
    throw both.aborted ? both.reason : error
  } finally {
    cancel()
    both.removeEventListener('abort', end)
  }
}

/**
 * The bytes of a stream after its head.
 *
 * @param init.mostBytes that are read; one more is `TOO_LARGE`
 * @param init.onMove called for each message that came or went
 */
export function bytesOf(stream: MessageStream, init: { mostBytes?: number; onMove?: () => void } = {}): ByteChannel {
  const { mostBytes = Number.POSITIVE_INFINITY, onMove = () => undefined } = init
  return {
    async *read() {
      let bytes = 0
      for (let message = await stream.receive(); message; message = await stream.receive()) {
        onMove()
        bytes += message.length
        if (bytes > mostBytes) throw new JoineryError('TOO_LARGE', `more than ${mostBytes} bytes from a device`)
        yield message
      }
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += MAX_GIT_MESSAGE_BYTES) {
        await stream.send(bytes.subarray(at, at + MAX_GIT_MESSAGE_BYTES))
        onMove()
      }
    },
    end: () => stream.close()
  }
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new JoineryError('CLOSED', 'no longer needed')
}
