/**
 * What two devices say to one another about repositories, on `/joinery/git/1`. The one who opens the stream sends one request; the other answers
 * with one head. After `ok` of a fetch or an answer both send bytes until they close; each message is one span.
 */
import { type CborValue, decodeCbor, encodeCbor, isCborMap } from './cbor.ts'
import { JoineryError } from './errors.ts'
import type { GitRequest, ObjectId, RepositoryId } from './git.ts'
import { isObjectId, isRepositoryId } from './git-names.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'
import { isRequestId } from './request-id.ts'

export const GIT_PROTOCOL = '/joinery/git/1'
/** A span of bytes; also more than any request or head. */
export const MAX_GIT_MESSAGE_BYTES = 64 * 1024
/** Tips that one note tells of. */
export const MAX_TOLD_OBJECTS = 1_000
/** From the learner's device to the home, perhaps through one other. */
export const MAX_HOPS = 2

export type GitStreamRequest =
  /** Are you there, and does that device answer you? */
  | { do: 'ping'; node?: NodeId }
  /** Objects and their history, by git's own protocol; the head names those that are not there. */
  | { do: 'fetch'; repository: RepositoryId; objects: ObjectId[] }
  /** A learner's request, to be answered as if they were connected to you. */
  | ({ do: 'answer'; repository: RepositoryId; hops: number } & Omit<GitRequest, 'body'>)
  /** How do the branches stand at the home? `hops` as for an answer. */
  | { do: 'heads'; repository: RepositoryId; hops: number }
  /** These are on my disk now. */
  | { do: 'have'; repository: RepositoryId; objects: ObjectId[] }

export type GitStreamHead = { ok: true; heads?: Uint8Array; lacks?: ObjectId[] } | { ok: false; code: string }

/** What is asked, and the id of the learner's request that it is asked for, where there is one. */
export interface NamedGitRequest {
  asked: GitStreamRequest
  requestId: string | undefined
}

export function encodeGitRequest(asked: GitStreamRequest, requestId?: string): Uint8Array {
  const body: { [key: string]: CborValue } = {}
  for (const [key, value] of Object.entries(asked)) if (value !== undefined) body[key] = value
  if (requestId !== undefined) body.request = requestId
  return encodeCbor(body)
}

/** @throws JoineryError `MALFORMED` */
export function decodeGitRequest(message: Uint8Array): NamedGitRequest {
  const body = decodeCbor(message, MAX_GIT_MESSAGE_BYTES)
  if (!isCborMap(body)) throw malformed()
  const { request } = body
  if (request !== undefined && !isRequestId(request)) throw malformed()
  return { asked: askedIn(body), requestId: request }
}

function askedIn(body: { readonly [key: string]: CborValue }): GitStreamRequest {
  if (body.do === 'ping') {
    const { node } = body
    if (node === undefined) return { do: 'ping' }
    if (typeof node !== 'string' || !isNodeId(node)) throw malformed()
    return { do: 'ping', node }
  }
  const { repository } = body
  if (typeof repository !== 'string' || !isRepositoryId(repository)) throw malformed()
  switch (body.do) {
    case 'heads':
      return { do: 'heads', repository, hops: hopsOf(body.hops) }
    case 'fetch':
    case 'have':
      return { do: body.do, repository, objects: objectsOf(body.objects) }
    case 'answer': {
      const { service, step, protocol, person } = body
      const hops = hopsOf(body.hops)
      if (service !== 'git-upload-pack' && service !== 'git-receive-pack') throw malformed()
      if (step !== 'advertise' && step !== 'run') throw malformed()
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
  const body: { [key: string]: CborValue } = {}
  if (head.heads) body.heads = head.heads
  if (head.lacks) body.lacks = head.lacks
  return encodeCbor(body)
}

/** @throws JoineryError `MALFORMED` */
export function decodeGitHead(message: Uint8Array): GitStreamHead {
  const body = decodeCbor(message, MAX_GIT_MESSAGE_BYTES)
  if (!isCborMap(body)) throw malformed()
  if (typeof body.code === 'string' && /^[A-Z_]{1,40}$/.test(body.code)) return { ok: false, code: body.code }
  if (body.code !== undefined) throw malformed()
  const { heads, lacks } = body
  if (heads !== undefined && !(heads instanceof Uint8Array && heads.length === 32)) throw malformed()
  return { ok: true, ...(heads ? { heads } : {}), ...(lacks === undefined ? {} : { lacks: objectsOf(lacks) }) }
}

function hopsOf(value: CborValue | undefined): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_HOPS) throw malformed()
  return value
}

function objectsOf(value: CborValue | undefined): ObjectId[] {
  if (!Array.isArray(value) || value.length > MAX_TOLD_OBJECTS) throw malformed()
  return value.map(objectIdOf)
}

function objectIdOf(value: CborValue): ObjectId {
  if (typeof value !== 'string' || !isObjectId(value)) throw malformed()
  return value
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message about repositories')
}
