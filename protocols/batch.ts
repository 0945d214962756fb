/**
 * A batch: the entries that one writer appended together, signed once and chained to the batch before.
 *
 * Two parts travel and are stored side by side. The *header* says everything that is signed: who, which number, after which batch,
 * at which lamport, and for each entry its topic, kind and the hash of its body. The *bodies* lie beside it, so that one can be erased
 * later and neither the signature nor the chain breaks. A body carries a salt: after an erasure nobody can guess
 * a short body (a name, a mark) from the hash that stays.
 *
 *     batch  = [header: bytes, signature: 64 bytes, bodies: [bytes | null, …]]
 *     header = [1, flags, writer: 32 bytes, number, previous: 32 bytes (none for number 0), lamport,
 *               topics: [text, …], kinds: [[text, version, flags], …], places: bytes, hashes: bytes, certificate: bytes]
 *     body   = salt: 8 bytes, then the CBOR of the value (sealed for audience `nodes`)
 *
 * `places` has two bytes for each entry, the indexes of its topic and its kind, `hashes` 32 bytes: 42 bytes of overhead for
 * each entry, salt included. Entry i has lamport `lamport + i`. Tables list their items in the order of first use, so one
 * content has one encoding.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { JoineryError } from './errors.ts'
import type { Audience } from './journal.ts'

export const BATCH_VERSION = 1

/** Two of them fit a device with 512 MB many times over; a longer text paste or list belongs in a blob. */
export const MAX_BODY_BYTES = 512 * 1024
/** The greatest body and a full header, and still one message of a sync. */
export const MAX_BATCH_BYTES = 1024 * 1024
/** 144 KiB of header; 100 people who write 10 times a second fill it in 4 s. */
export const MAX_BATCH_ENTRIES = 4096
/** One byte names a topic in `places`. */
export const MAX_BATCH_TOPICS = 256
/** A program has some dozens of kinds. */
export const MAX_BATCH_KINDS = 64
/** `note/` and two ids of 52 characters. */
export const MAX_TOPIC_CHARACTERS = 128
export const MAX_KIND_CHARACTERS = 64
/** Versions are small counters. */
export const MAX_KIND_VERSION = 0xffff
/** A chain of 32 certificates of some 170 bytes. */
export const MAX_CERTIFICATE_BYTES = 8 * 1024
/** Six bytes in a key; one batch every millisecond for 8,900 years. */
export const MAX_BATCH_NUMBER = 2 ** 48 - 1
/** Lamports stay exact integers for ever. */
export const MAX_LAMPORT = Number.MAX_SAFE_INTEGER
/** 64 bits that nobody can try out. */
export const SALT_BYTES = 8
export const HASH_BYTES = 32
const WRITER_BYTES = 32
const SIGNATURE_BYTES = 64

/** What a signature is over, so that no other signed thing can be taken for a batch. */
const SIGNED_PREFIX = new TextEncoder().encode('joinery batch 1\n')
/** Printable ASCII without the space: a topic is a key on disk and a part of addresses. */
const NAME = /^[\x21-\x7e]+$/
const FLAG_END = 1
const FLAG_CRITICAL = 1
const AUDIENCES: readonly Audience[] = ['public', 'room', 'nodes']

export interface BatchKind {
  kind: string
  version: number
  critical: boolean
  audience: Audience
}

export interface BatchHeader {
  /** 32 bytes: its public key. */
  writer: Uint8Array
  number: number
  /** sha2-256 of the header before; empty for number 0. */
  previous: Uint8Array
  /** Of the first entry. */
  lamport: number
  /** The writer says that nothing follows: a batch after it is refused. */
  end: boolean
  topics: string[]
  kinds: BatchKind[]
  /** For each entry: indexes into `topics` and `kinds`. */
  places: Uint8Array
  /** For each entry 32 bytes: sha2-256 of its salted body. */
  hashes: Uint8Array
  /** In batch 0 only, empty in all others. */
  certificate: Uint8Array
}

export interface Batch {
  header: BatchHeader
  /** Exactly what was signed. */
  headerBytes: Uint8Array
  signature: Uint8Array
  /** Salted; null when erased. */
  bodies: (Uint8Array | null)[]
}

export function entryCount(header: BatchHeader): number {
  return header.places.length / 2
}

export function topicOfEntry(header: BatchHeader, index: number): string {
  return header.topics[header.places[index * 2] ?? -1] as string
}

export function kindOfEntry(header: BatchHeader, index: number): BatchKind {
  return header.kinds[header.places[index * 2 + 1] ?? -1] as BatchKind
}

export function hashOfEntry(header: BatchHeader, index: number): Uint8Array {
  return header.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` for what `decodeBatchHeader` would refuse */
export function encodeBatchHeader(header: BatchHeader): Uint8Array {
  checkHeader(header)
  return encodeCbor([
    BATCH_VERSION,
    header.end ? FLAG_END : 0,
    header.writer,
    header.number,
    header.previous,
    header.lamport,
    header.topics,
    header.kinds.map(({ kind, version, critical, audience }) => [
      kind,
      version,
      (critical ? FLAG_CRITICAL : 0) | (AUDIENCES.indexOf(audience) << 1)
    ]),
    header.places,
    header.hashes,
    header.certificate
  ])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeBatchHeader(bytes: Uint8Array): BatchHeader {
  const tuple = tupleOf(decodeCbor(bytes, MAX_BATCH_BYTES), 11)
  if (tuple[0] !== BATCH_VERSION) throw malformed('a batch of another version')
  const flags = integerOf(tuple[1], FLAG_END)
  const header: BatchHeader = {
    writer: bytesOf(tuple[2]),
    number: integerOf(tuple[3], MAX_BATCH_NUMBER),
    previous: bytesOf(tuple[4]),
    lamport: integerOf(tuple[5], MAX_LAMPORT),
    end: flags === FLAG_END,
    topics: listOf(tuple[6]).map(textOf),
    kinds: listOf(tuple[7]).map(kindOf),
    places: bytesOf(tuple[8]),
    hashes: bytesOf(tuple[9]),
    certificate: bytesOf(tuple[10])
  }
  checkHeader(header)
  return header
}

function kindOf(value: CborValue): BatchKind {
  const [kind, version, flags] = tupleOf(value, 3)
  const bits = integerOf(flags, 5)
  const audience = AUDIENCES[bits >> 1]
  if (!audience) throw malformed('an audience that is not known')
  return {
    kind: textOf(kind),
    version: integerOf(version, MAX_KIND_VERSION),
    critical: (bits & FLAG_CRITICAL) !== 0,
    audience
  }
}

function checkHeader(header: BatchHeader): void {
  const { topics, kinds, places, hashes } = header
  const count = places.length / 2
  if (!Number.isInteger(count)) throw malformed('half a place')
  if (count > MAX_BATCH_ENTRIES) throw new JoineryError('TOO_LARGE', `more than ${MAX_BATCH_ENTRIES} entries`)
  if (hashes.length !== count * HASH_BYTES) throw malformed('not one hash for each entry')
  if (header.writer.length !== WRITER_BYTES) throw malformed('a writer has 32 bytes')
  if (!Number.isSafeInteger(header.number) || header.number < 0 || header.number > MAX_BATCH_NUMBER)
    throw malformed('a number out of range')
  if (!Number.isSafeInteger(header.lamport) || header.lamport < 0 || header.lamport > MAX_LAMPORT - count)
    throw malformed('a lamport out of range')
  if (header.previous.length !== (header.number === 0 ? 0 : HASH_BYTES))
    throw malformed('the batch before is named by 32 bytes')
  if (header.certificate.length > MAX_CERTIFICATE_BYTES) throw new JoineryError('TOO_LARGE', 'a certificate too long')
  if (header.certificate.length > 0 !== (header.number === 0)) throw malformed('batch 0 carries the certificate')
  if (count === 0 && !header.end && header.number > 0) throw malformed('an empty batch')
  if (topics.length > MAX_BATCH_TOPICS) throw new JoineryError('TOO_LARGE', `more than ${MAX_BATCH_TOPICS} topics`)
  if (kinds.length > MAX_BATCH_KINDS) throw new JoineryError('TOO_LARGE', `more than ${MAX_BATCH_KINDS} kinds`)
  for (const topic of topics) checkName(topic, MAX_TOPIC_CHARACTERS)
  for (const { kind, version } of kinds) {
    checkName(kind, MAX_KIND_CHARACTERS)
    if (!Number.isInteger(version) || version < 0 || version > MAX_KIND_VERSION)
      throw malformed('a version out of range')
  }
  if (new Set(topics).size !== topics.length) throw malformed('a topic twice')
  if (new Set(kinds.map(kindKey)).size !== kinds.length) throw malformed('a kind twice')
  let nextTopic = 0
  let nextKind = 0
  for (let i = 0; i < places.length; i += 2) {
    const topic = places[i] as number
    const kind = places[i + 1] as number
    if (topic > nextTopic || kind > nextKind) throw malformed('a table out of order')
    if (topic === nextTopic) nextTopic++
    if (kind === nextKind) nextKind++
  }
  if (nextTopic !== topics.length || nextKind !== kinds.length) throw malformed('a table that does not fit its entries')
}

/** Equal for equal kinds only. */
export function kindKey({ kind, version, critical, audience }: BatchKind): string {
  return `${kind} ${version} ${critical ? 1 : 0} ${audience}`
}

/** Topics and kinds: 1 to `maxCharacters` printable ASCII characters, no space. */
export function checkName(name: string, maxCharacters: number): void {
  if (name.length > maxCharacters)
    throw new JoineryError('TOO_LARGE', `a name of more than ${maxCharacters} characters`)
  if (!NAME.test(name)) throw malformed('a name of other than printable characters')
}

/** What the writer signs. */
export function signedBytes(headerBytes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SIGNED_PREFIX.length + headerBytes.length)
  bytes.set(SIGNED_PREFIX)
  bytes.set(headerBytes, SIGNED_PREFIX.length)
  return bytes
}

export function encodeBatch(batch: Pick<Batch, 'headerBytes' | 'signature' | 'bodies'>): Uint8Array {
  const bytes = encodeCbor([batch.headerBytes, batch.signature, batch.bodies])
  if (bytes.length > MAX_BATCH_BYTES)
    throw new JoineryError('TOO_LARGE', `a batch of more than ${MAX_BATCH_BYTES} bytes`)
  return bytes
}

/**
 * Decodes and checks the form. The signature, the chain and the hashes of the bodies are the caller's to check: this file does no cryptography.
 *
 * @throws JoineryError `MALFORMED` or `TOO_LARGE`
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const [headerValue, signatureValue, bodiesValue] = tupleOf(decodeCbor(bytes, MAX_BATCH_BYTES), 3)
  const headerBytes = bytesOf(headerValue)
  const signature = bytesOf(signatureValue)
  if (signature.length !== SIGNATURE_BYTES) throw malformed('a signature has 64 bytes')
  const header = decodeBatchHeader(headerBytes)
  const bodies = listOf(bodiesValue).map((body) => (body === null ? null : bytesOf(body)))
  if (bodies.length !== entryCount(header)) throw malformed('not one body for each entry')
  for (const body of bodies) {
    if (body === null) continue
    if (body.length <= SALT_BYTES) throw malformed('a body without content')
    if (body.length > SALT_BYTES + MAX_BODY_BYTES) throw new JoineryError('TOO_LARGE', 'a body too long')
  }
  return { header, headerBytes, signature, bodies }
}

function malformed(why: string): JoineryError {
  return new JoineryError('MALFORMED', why)
}

function tupleOf(value: CborValue | undefined, length: number): CborValue[] {
  if (!Array.isArray(value) || value.length !== length) throw malformed(`not a list of ${length}`)
  return value
}

function listOf(value: CborValue | undefined): CborValue[] {
  if (!Array.isArray(value)) throw malformed('not a list')
  return value
}

function bytesOf(value: CborValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw malformed('not bytes')
  return value
}

function textOf(value: CborValue | undefined): string {
  if (typeof value !== 'string') throw malformed('not a text')
  return value
}

function integerOf(value: CborValue | undefined, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw malformed('a number out of range')
  return value
}
