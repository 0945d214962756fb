/**
 * What two devices say to one another about repositories, on `/joinery/git/1`. The one who opens the stream sends one request; the other answers
 * with one head. After `ok` of a fetch or an answer both send bytes until they close; each message is one span.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { JoineryError } from './errors.ts'
import type { GitRequest, ObjectId, RepositoryId } from './git.ts'
import { isObjectId, isRepositoryId } from './git-names.ts'

export const GIT_PROTOCOL = '/joinery/git/1'
/** A span of bytes; also more than any request or head. */
export const MAX_GIT_MESSAGE_BYTES = 64 * 1024
/** Tips that one note tells of. */
export const MAX_TOLD_OBJECTS = 1_000
/** From the learner's device to the home, perhaps through one other. */
export const MAX_HOPS = 2

export type GitStreamRequest =
  /** Are you there? */
  | { do: 'ping' }
  /** Objects and their history, by git's own protocol. */
  | { do: 'fetch'; repository: RepositoryId }
  /** A learner's request, to be answered as if they were connected to you. */
  | ({ do: 'answer'; repository: RepositoryId; hops: number } & Omit<GitRequest, 'body'>)
  /** How do the branches stand at the home? */
  | { do: 'heads'; repository: RepositoryId }
  /** These are on my disk now. */
  | { do: 'have'; repository: RepositoryId; objects: ObjectId[] }

export type GitStreamHead = { ok: true; heads?: Uint8Array } | { ok: false; code: string }

export function encodeGitRequest(request: GitStreamRequest): Uint8Array {
  const body: { [key: string]: CborValue } = {}
  for (const [key, value] of Object.entries(request)) if (value !== undefined) body[key] = value
  return encodeCbor(body)
}

/** @throws JoineryError `MALFORMED` */
export function decodeGitRequest(message: Uint8Array): GitStreamRequest {
  const body = decodeCbor(message, MAX_GIT_MESSAGE_BYTES)
  if (!isRecord(body)) throw malformed()
  if (body.do === 'ping') return { do: 'ping' }
  const { repository } = body
  if (typeof repository !== 'string' || !isRepositoryId(repository)) throw malformed()
  switch (body.do) {
    case 'fetch':
    case 'heads':
      return { do: body.do, repository }
    case 'have': {
      const { objects } = body
      if (!Array.isArray(objects) || objects.length > MAX_TOLD_OBJECTS) throw malformed()
      return { do: 'have', repository, objects: objects.map(objectIdOf) }
    }
    case 'answer': {
      const { service, step, protocol, person, hops } = body
      if (service !== 'git-upload-pack' && service !== 'git-receive-pack') throw malformed()
      if (step !== 'advertise' && step !== 'run') throw malformed()
      if (typeof hops !== 'number' || !Number.isInteger(hops) || hops < 0 || hops > MAX_HOPS) throw malformed()
      const request: GitStreamRequest = { do: 'answer', repository, service, step, hops, person: undefined }
      if (person !== undefined) {
        if (typeof person !== 'string' || !isRepositoryId(person)) throw malformed()
        request.person = person
      }
      if (protocol !== undefined) {
        if (protocol !== 'version=0' && protocol !== 'version=1' && protocol !== 'version=2') throw malformed()
        request.protocol = protocol
      }
      return request
    }
  }
  throw malformed()
}

export function encodeGitHead(head: GitStreamHead): Uint8Array {
  if (!head.ok) return encodeCbor({ code: head.code })
  return encodeCbor(head.heads ? { heads: head.heads } : {})
}

/** @throws JoineryError `MALFORMED` */
export function decodeGitHead(message: Uint8Array): GitStreamHead {
  const body = decodeCbor(message, MAX_GIT_MESSAGE_BYTES)
  if (!isRecord(body)) throw malformed()
  if (typeof body.code === 'string' && /^[A-Z_]{1,40}$/.test(body.code)) return { ok: false, code: body.code }
  if (body.code !== undefined) throw malformed()
  if (body.heads === undefined) return { ok: true }
  if (!(body.heads instanceof Uint8Array) || body.heads.length !== 32) throw malformed()
  return { ok: true, heads: body.heads }
}

function objectIdOf(value: CborValue): ObjectId {
  if (typeof value !== 'string' || !isObjectId(value)) throw malformed()
  return value
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message about repositories')
}

function isRecord(value: CborValue): value is { [key: string]: CborValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
