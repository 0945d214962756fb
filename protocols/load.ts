/**
 * What a busy node asks another one before it sends a learner there: whether it has the file, is less busy, and takes one more. Asked at that moment and
 * not told all the time: the answer shows that the other one is alive now, and idle nodes say nothing at all. Deterministic CBOR, one array per message.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from './cid.ts'
import { JoineryError } from './errors.ts'
import type { StreamLimits } from './message-stream.ts'
import { isRequestId } from './request-id.ts'

export const LOAD_PROTOCOL = '/joinery/load/1'
/** A digest, a small number and the id of a request. */
export const MAX_LOAD_MESSAGE_BYTES = 128
/** Nobody waits longer for an answer, the learner is served here then. On a full line of 20 Mbit/s opening a stream and asking takes half a second. */
export const LOAD_ANSWER_WITHIN_MS = 2_000
export const LOAD_LIMITS: StreamLimits = {
  maxMessageBytes: MAX_LOAD_MESSAGE_BYTES,
  idleTimeoutMs: 2 * LOAD_ANSWER_WITHIN_MS
}
/** Larger numbers say no more than this one. */
export const MOST_ACTIVE = 0xffff

export interface LoadQuestion {
  cid: Cid
  /** Big downloads that the asking node has under way or expects. */
  active: number
  /** Of the learner's request that it is asked for. */
  requestId?: string
}

export interface LoadAnswer {
  /** It holds the file and counts the learner in as of now. */
  takes: boolean
  active: number
}

/** When how much of a download may leave. Given by node/load, asked by the code that sends. */
export interface Pace {
  /** Undefined: as much as the visitor takes. Else so many bytes, and then it asks again: its turn has not come yet. */
  next(): undefined | Promise<number | undefined>
  sent(bytes: number): void
}

export function encodeLoadQuestion({ cid, active, requestId }: LoadQuestion): Uint8Array {
  const asked: CborValue[] = [digestOfCid(cid), Math.min(active, MOST_ACTIVE)]
  return encodeCbor(requestId === undefined ? asked : [...asked, requestId])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeLoadQuestion(bytes: Uint8Array): LoadQuestion {
  const [digest, active, requestId, ...more] = listIn(bytes)
  if (!(digest instanceof Uint8Array) || digest.length !== DIGEST_BYTES || !isActive(active)) throw malformed()
  if ((requestId !== undefined && !isRequestId(requestId)) || more.length > 0) throw malformed()
  return { cid: cidOfDigest(digest), active, ...(requestId !== undefined && { requestId }) }
}

export function encodeLoadAnswer({ takes, active }: LoadAnswer): Uint8Array {
  return encodeCbor([takes, Math.min(active, MOST_ACTIVE)])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeLoadAnswer(bytes: Uint8Array): LoadAnswer {
  const [takes, active, ...more] = listIn(bytes)
  if (typeof takes !== 'boolean' || !isActive(active) || more.length > 0) throw malformed()
  return { takes, active }
}

function listIn(bytes: Uint8Array): readonly CborValue[] {
  const value = decodeCbor(bytes, MAX_LOAD_MESSAGE_BYTES)
  if (!Array.isArray(value)) throw malformed()
  return value
}

function isActive(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_ACTIVE
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message about load')
}
