/** A learner's whole request, carried to the device that answers it. */
import { hasCode, JoineryError } from '../../../protocols/errors.ts'
import type { GitAnswer, GitRequest, RepositoryId } from '../../../protocols/git.ts'
import type { PeerLink } from '../../../protocols/message-stream.ts'
import type { Clock } from '../../platform/clock.ts'
import { STALL_TIMEOUT_MS } from '../limits.ts'
import type { Homes } from './homes.ts'
import { asError, askPeer, bytesOf } from './peer-streams.ts'
import { PeerWatch, PING_TIMEOUT_MS, QUIET_MS } from './peer-watch.ts'

/** The home may be busy with another push to the same repository, as long as it lives. */
const ANSWER_TIMEOUT_MS = 2 * STALL_TIMEOUT_MS

export interface TunnelComponents {
  homes: Homes
  clock: Clock
}

/**
 * @returns undefined when that device did not take it: then nothing of the request was read
 * @throws JoineryError the code that the device refused it with
 */
export async function tunnel(
  { homes, clock }: TunnelComponents,
  link: PeerLink,
  repository: RepositoryId,
  request: GitRequest,
  hops: number,
  signal: AbortSignal
): Promise<GitAnswer | undefined> {
  const { body, ...asked } = request
  const gone = new AbortController()
  const both = AbortSignal.any([signal, gone.signal])
  const watch = new PeerWatch(link, clock, () => {
    homes.noteSilence(link.peer, QUIET_MS + PING_TIMEOUT_MS)
    gone.abort(new JoineryError('TIMED_OUT', 'that device does not answer any more'))
  })
  const onMove = (): void => watch.moved()
  try {
    const { stream } = await askPeer(
      link,
      { do: 'answer', repository, hops, ...asked },
      { clock, mostMs: ANSWER_TIMEOUT_MS, signal: both }
    )
    homes.noteAnswer(link.peer)
    const channel = bytesOf(stream, { onMove })
    const stop = (): void => {
      watch.stop()
      both.removeEventListener('abort', stop)
      stream.abort(both.aborted ? asError(both.reason) : new JoineryError('CLOSED', 'the request has ended'))
    }
    both.addEventListener('abort', stop)
    send(body, channel).catch((error: unknown) => stream.abort(asError(error)))
    return { body: received(channel.read(), stop) }
  } catch (error) {
    watch.stop()
    signal.throwIfAborted()
    const away = hasCode(error, 'TIMED_OUT') || hasCode(error, 'CLOSED')
    if (away) homes.noteSilence(link.peer, 0)
    if (away || hasCode(error, 'HOME_UNREACHABLE') || hasCode(error, 'REPOSITORY_UNKNOWN')) return undefined
    throw error
  }
}

async function send(body: AsyncIterable<Uint8Array>, channel: ReturnType<typeof bytesOf>): Promise<void> {
  for await (const bytes of body) await channel.write(bytes)
  await channel.end()
}

async function* received(answer: AsyncIterable<Uint8Array>, stop: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* answer
  } finally {
    stop()
  }
}
