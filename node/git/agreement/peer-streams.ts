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
import { STALL_TIMEOUT_MS } from '../limits.ts'
import type { ByteChannel } from '../local-repositories.ts'

export const GIT_STREAM_LIMITS: StreamLimits = {
  maxMessageBytes: MAX_GIT_MESSAGE_BYTES,
  idleTimeoutMs: STALL_TIMEOUT_MS
}

/** A device that is there answers a request within a moment; a link that has died says nothing. */
const HEAD_TIMEOUT_MS = 5_000

export interface AskedPeer {
  head: Extract<GitStreamHead, { ok: true }>
  stream: MessageStream
}

/**
 * Opens a stream and waits for its head. The stream stays open for bytes; whoever asked ends it.
 *
 * @throws JoineryError the code that the peer gave, or `TIMED_OUT`, `CLOSED`
 */
export async function askPeer(
  link: PeerLink,
  request: GitStreamRequest,
  after: (delayMs: number, action: () => void) => () => void,
  signal?: AbortSignal
): Promise<AskedPeer> {
  const limit = new AbortController()
  const cancel = after(HEAD_TIMEOUT_MS, () => limit.abort(new JoineryError('TIMED_OUT', 'no answer from that device')))
  const both = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal
  let stream: MessageStream | undefined
  const end = (): void => stream?.abort(asError(both.reason))
  both.addEventListener('abort', end, { once: true })
  try {
    stream = await link.open(GIT_PROTOCOL, GIT_STREAM_LIMITS, both)
    both.throwIfAborted()
    await stream.send(encodeGitRequest(request))
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

/** The bytes of a stream after its head. */
export function bytesOf(stream: MessageStream): ByteChannel {
  return {
    async *read() {
      for (let message = await stream.receive(); message; message = await stream.receive()) yield message
    },
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += MAX_GIT_MESSAGE_BYTES)
        await stream.send(bytes.subarray(at, at + MAX_GIT_MESSAGE_BYTES))
    },
    end: () => stream.close()
  }
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new JoineryError('CLOSED', 'no longer needed')
}
