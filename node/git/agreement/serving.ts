/** Answers what other devices ask about repositories. */
import { JoineryError } from '../../../protocols/errors.ts'
import type { GitAnswer, GitRequest, ObjectId, RepositoryId } from '../../../protocols/git.ts'
import {
  decodeGitRequest,
  encodeGitHead,
  type GitStreamHead,
  type GitStreamRequest
} from '../../../protocols/git-stream.ts'
import type { MessageStream, NodeId } from '../../../protocols/message-stream.ts'
import { withRequestId } from '../../platform/request-id.ts'
import type { LocalRepositories } from '../local-repositories.ts'
import { asError, bytesOf } from './peer-streams.ts'

export interface PeerAnswers {
  repositories: Pick<LocalRepositories, 'missing' | 'serve'>
  answer(id: RepositoryId, request: GitRequest, hops: number, signal: AbortSignal): Promise<GitAnswer>
  heads(id: RepositoryId, hops: number, signal: AbortSignal): Promise<Uint8Array>
  reaches(node: NodeId, signal: AbortSignal): Promise<boolean>
  noteHeld(id: RepositoryId, objects: readonly ObjectId[]): void
  isKnown(id: RepositoryId): boolean
  onAsked?(what: GitStreamRequest['do']): void
}

export async function answerPeers(stream: MessageStream, answers: PeerAnswers): Promise<void> {
  const message = await stream.receive()
  if (!message) return
  const { asked, requestId } = decodeGitRequest(message)
  // What is done for a learner of another device stands under their request here too; the rest under none.
  await withRequestId(requestId, () => answer(stream, asked, answers))
}

async function answer(stream: MessageStream, request: GitStreamRequest, answers: PeerAnswers): Promise<void> {
  answers.onAsked?.(request.do)
  const reply = (head: GitStreamHead): Promise<void> => stream.send(encodeGitHead(head))
  const end = new AbortController()
  try {
    switch (request.do) {
      case 'ping':
        if (request.node !== undefined && !(await answers.reaches(request.node, end.signal)))
          throw new JoineryError('HOME_UNREACHABLE', 'not from here either')
        await reply({ ok: true })
        break
      case 'heads':
        await reply({ ok: true, heads: await answers.heads(request.repository, request.hops, end.signal) })
        break
      case 'have':
        answers.noteHeld(request.repository, request.objects)
        await reply({ ok: true })
        break
      case 'fetch': {
        const { repository, objects } = request
        if (!answers.isKnown(repository)) throw new JoineryError('REPOSITORY_UNKNOWN', 'no such repository')
        const lacks = await answers.repositories.missing(repository, objects)
        await reply({ ok: true, lacks })
        if (lacks.length === objects.length) break
        await answers.repositories.serve(repository, bytesOf(stream), end.signal)
        return
      }
      case 'answer': {
        const { repository, hops, do: _do, ...asked } = request
        const channel = bytesOf(stream)
        const answer = await answers.answer(repository, { ...asked, body: channel.read() }, hops, end.signal)
        await reply({ ok: true })
        for await (const bytes of answer.body) await channel.write(bytes)
        break
      }
    }
    await stream.close()
  } catch (error) {
    end.abort(error)
    if (!(error instanceof JoineryError)) throw error
    // Before the head this is the answer; afterwards the other side only sees the stream end.
    await reply({ ok: false, code: error.code }).catch(() => undefined)
    stream.abort(asError(error))
  }
}
