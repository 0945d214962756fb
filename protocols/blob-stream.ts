/**
 * `/joinery/blob/1`: bytes of a blob between two nodes over a stream of the mesh, where HTTP cannot reach. Three times the CPU of HTTP.
 *
 * The asking side sends a request, the answering side one head and then, when it has the bytes, messages of nothing but bytes that add up to
 * what was asked for. Then the next request may follow on the same stream. Only verified local bytes are given, as by `GET /blob/<cid>`
 * with `Joinery-Hop: 1`; who asks verifies them again.
 */
import { Bitfield } from './bitfield.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from './cid.ts'
import { JoineryError } from './errors.ts'
import { MAX_INVENTORY_PIECES } from './inventory.ts'
import { MAX_BLOB_BYTES, SMALL_BLOB_BYTES } from './piece-list.ts'
import { isRequestId } from './request-id.ts'

export const BLOB_PROTOCOL = '/joinery/blob/1'
/** Under 64 KB a libp2p stream costs twice as much per byte; more only waits longer in memory. */
export const MAX_SPAN_BYTES = 128 * 1024
/** One piece, or a small blob. */
export const MAX_ASKED_BYTES = SMALL_BLOB_BYTES
const MAX_REQUEST_BYTES = 128
const MAX_HEAD_BYTES = MAX_INVENTORY_PIECES / 8 + 64

/** Bytes `start` ≤ i < `end` of a blob. */
export interface BlobRequest {
  cid: Cid
  start: number
  end: number
  /** Of the learner's request that it is asked for. */
  requestId?: string
}

export type BlobHead =
  | { kind: 'bytes' }
  /** Not here, or not all of it: then with the pieces that are. */
  | { kind: 'missing'; have?: Bitfield }
  | { kind: 'busy' }

const HEAD = { bytes: 0, missing: 1, busy: 2 } as const

export function encodeBlobRequest({ cid, start, end, requestId }: BlobRequest): Uint8Array {
  const asked: CborValue[] = [digestOfCid(cid), start, end]
  return encodeCbor(requestId === undefined ? asked : [...asked, requestId])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeBlobRequest(bytes: Uint8Array): BlobRequest {
  const value = decodeCbor(bytes, MAX_REQUEST_BYTES)
  if (!Array.isArray(value)) throw malformed()
  const [digest, start, end, requestId, ...more] = value
  if ((requestId !== undefined && !isRequestId(requestId)) || more.length > 0) throw malformed()
  if (!(digest instanceof Uint8Array) || digest.length !== DIGEST_BYTES) throw malformed()
  if (!isPlace(start) || !isPlace(end) || end < start || end - start > MAX_ASKED_BYTES) throw malformed()
  return { cid: cidOfDigest(digest), start, end, ...(requestId !== undefined && { requestId }) }
}

export function encodeBlobHead(head: BlobHead): Uint8Array {
  if (head.kind !== 'missing' || !head.have) return encodeCbor([HEAD[head.kind]])
  return encodeCbor([HEAD.missing, head.have.length, head.have.bytes])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeBlobHead(bytes: Uint8Array): BlobHead {
  const value = decodeCbor(bytes, MAX_HEAD_BYTES)
  if (!Array.isArray(value)) throw malformed()
  const [kind, length, bits] = value
  if (kind === HEAD.bytes && value.length === 1) return { kind: 'bytes' }
  if (kind === HEAD.busy && value.length === 1) return { kind: 'busy' }
  if (kind !== HEAD.missing) throw malformed()
  if (value.length === 1) return { kind: 'missing' }
  if (value.length !== 3 || !(bits instanceof Uint8Array)) throw malformed()
  if (!isPlace(length) || length > MAX_INVENTORY_PIECES) throw malformed()
  return { kind: 'missing', have: Bitfield.from(bits, length) }
}

function isPlace(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_BLOB_BYTES
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message of the blob protocol')
}
