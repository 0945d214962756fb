/**
 * Git over HTTP: `/<person>/<repository>.git/info/refs`, `…/git-upload-pack`, `…/git-receive-pack`. Never enters fastify: it is a byte path.
 * Source: gitprotocol-http(5). Reading is open to whoever reaches the room; a push needs a name and a code (HTTP Basic).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createGunzip } from 'node:zlib'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { GitRequest, GitService, Repository, RepositoryDirectory } from '../../protocols/git.ts'
import { findRepository, mayPush } from '../../protocols/git-access.ts'
import type { PeopleAccess, Person, SignIn } from '../../protocols/people.ts'
import { drained } from '../platform/back-pressure.ts'
import { HEARING_PATIENCE_MS } from './limits.ts'
import { findPatiently, type Hearing, notHeardYet } from './not-heard-yet.ts'
import type { RequestPath } from './request-path.ts'

export interface GitHost {
  people: PeopleAccess & Pick<SignIn, 'withCodeOrToken'>
  directory: RepositoryDirectory
  service: GitService
}

export interface GitDoor {
  /** Undefined while the device belongs to no room. @throws JoineryError when git cannot be used here */
  current(): GitHost | undefined
}

export interface GitRoute {
  owns(path: RequestPath): boolean
  /** @throws JoineryError while nothing has been sent */
  answer(request: IncomingMessage, response: ServerResponse, path: RequestPath): Promise<void>
}

type Service = GitRequest['service']

interface Asked {
  person: string
  repository: string
  service: Service
  step: GitRequest['step']
}

const PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/

export function createGitRoute(git: GitDoor, hearing: Hearing): GitRoute {
  return {
    owns: (path) => parse(path) !== undefined,
    async answer(request, response, path) {
      const asked = parse(path)
      const host = git.current()
      if (!asked || !host) throw new JoineryError('NOT_IN_ROOM', 'no repositories here')
      const wanted = asked.step === 'advertise' ? 'GET' : 'POST'
      if (request.method !== wanted) throw new JoineryError('METHOD_NOT_ALLOWED', `not with ${request.method}`)
      // No page can send this type to us without asking first, and git sends no Origin.
      if (asked.step === 'run' && request.headers['content-type'] !== `application/x-${asked.service}-request`)
        throw new JoineryError('BAD_REQUEST', 'not a request of git')
      if (request.headers.origin !== undefined) throw new JoineryError('FOREIGN_ORIGIN', 'a page that speaks git')

      const waiting = { patienceMs: HEARING_PATIENCE_MS, response }
      const { found: repository, heard } = await findPatiently(hearing, waiting, () =>
        findRepository(host, asked.person, asked.repository)
      )
      let person: Person | undefined
      if (asked.service === 'git-receive-pack') {
        person = await signIn(request, host.people)
        if (!person) {
          response.setHeader('WWW-Authenticate', 'Basic realm="the room: your name and your code", charset="UTF-8"')
          throw new JoineryError('SIGN_IN_FAILED', 'a push of nobody')
        }
      }
      if (!repository && !heard) throw notHeardYet()
      if (!repository) throw new JoineryError('REPOSITORY_UNKNOWN', 'no such repository')
      if (person && !mayPush(host, repository, person.id))
        throw new JoineryError('NOT_YOUR_REPOSITORY', `${person.name} may not push`)
      await send(request, response, host.service, repository, asked, person)
    }
  }
}

/** A push is three requests with the same name and code; `people` knows what was right a moment ago. */
async function signIn(request: IncomingMessage, people: GitHost['people']): Promise<Person | undefined> {
  const given = basicOf(request.headers.authorization)
  if (!given) return undefined
  try {
    return await people.withCodeOrToken(given.name, given.code, request.socket.remoteAddress ?? '', 'push')
  } catch (error) {
    // Git asks for a name and a code again when it is told so.
    if (hasCode(error, 'SIGN_IN_FAILED')) return undefined
    throw error
  }
}

function parse({ path, search }: RequestPath): Asked | undefined {
  const [, person, repository, end] = PATH.exec(path) ?? []
  if (person === undefined || repository === undefined || end === undefined) return undefined
  if (end !== 'info/refs') return { person, repository, service: end as Service, step: 'run' }
  const service = new URLSearchParams(search).get('service')
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') return undefined
  return { person, repository, service, step: 'advertise' }
}

/** RFC 7617. */
function basicOf(header: string | undefined): { name: string; code: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]{1,1024})$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { name: text.slice(0, colon), code: text.slice(colon + 1) }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  service: GitService,
  repository: Repository,
  asked: Asked,
  person: Person | undefined
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort(new JoineryError('CLOSED', 'the learner has left')))
  const version = /^version=([012])$/.exec(String(request.headers['git-protocol'] ?? ''))?.[0]
  const answer = await service.answer(
    repository.id,
    {
      service: asked.service,
      step: asked.step,
      person: person?.id,
      body: asked.step === 'advertise' ? nothing() : bodyOf(request),
      ...(version === undefined ? {} : { protocol: version as NonNullable<GitRequest['protocol']> })
    },
    gone.signal
  )
  const kind = asked.step === 'advertise' ? 'advertisement' : 'result'
  const begin = (): void => {
    if (response.headersSent) return
    response.writeHead(200, {
      'Content-Type': `application/x-${asked.service}-${kind}`,
      'Cache-Control': 'no-cache, max-age=0, must-revalidate'
    })
  }
  try {
    for await (const bytes of answer.body) {
      begin()
      if (!response.write(bytes) && !(await drained(response))) throw new JoineryError('CLOSED', 'the learner has left')
    }
    begin()
    response.end()
  } catch (error) {
    if (!response.headersSent) throw error
    // The client must see that this is not the end of the answer.
    response.destroy()
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Requests of more than a kilobyte come compressed. How much they grow to is bounded where they are read. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') {
    yield* request as AsyncIterable<Buffer>
    return
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw new JoineryError('BAD_REQUEST', `packed with ${encoding}`)
  const gunzip = createGunzip()
  request.pipe(gunzip)
  request.once('error', (error) => gunzip.destroy(error))
  request.once('aborted', () => gunzip.destroy())
  yield* gunzip as AsyncIterable<Buffer>
}
