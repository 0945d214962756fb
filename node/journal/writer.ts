/**
 * Our own log in this run of the process: turns what was appended within a tick into batches, signs and chains them.
 * The key is made at start, lives in memory and is never used again, so a number is never used twice whatever happens to the disk.
 */
import {
  type Batch,
  type BatchHeader,
  type BatchKind,
  checkName,
  encodeBatch,
  encodeBatchHeader,
  HASH_BYTES,
  kindKey,
  MAX_BATCH_BYTES,
  MAX_BATCH_ENTRIES,
  MAX_BATCH_KINDS,
  MAX_BATCH_TOPICS,
  MAX_BODY_BYTES,
  MAX_CERTIFICATE_BYTES,
  MAX_KIND_CHARACTERS,
  MAX_KIND_VERSION,
  MAX_TOPIC_CHARACTERS,
  SALT_BYTES,
  signedBytes
} from '../../protocols/batch.ts'
import { encodeCbor } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { NewEntry } from '../../protocols/journal.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import type { SigningKey } from '../platform/signing.ts'
import type { BodySeal } from './journal.ts'
import { MAX_FOLLOWED_LAMPORT } from './limits.ts'
import type { Head } from './log-table.ts'

/** An entry that was checked and encoded; its place is not known yet. */
export interface PreparedEntry {
  topic: string
  kind: BatchKind
  /** Salted, and sealed where its audience says so. */
  body: Uint8Array
}

export interface SignedBatch {
  batch: Batch
  bytes: Uint8Array
  hash: Uint8Array
  head: Head
}

/** Bytes of a header besides entries and certificate, and of the frame, with room to spare. */
const FRAME_BYTES = 1024
/** Hash, place, head of the byte string. */
const ENTRY_BYTES = HASH_BYTES + 2 + 5

/** @throws JoineryError `ENTRY_REFUSED` naming the limit */
export function prepareEntry(entry: NewEntry, seal: BodySeal, random: Random): PreparedEntry {
  const { topic, kind, version, critical = false, audience = 'room' } = entry
  try {
    checkName(topic, MAX_TOPIC_CHARACTERS)
    checkName(kind, MAX_KIND_CHARACTERS)
  } catch (cause) {
    throw new JoineryError('ENTRY_REFUSED', 'a topic or kind that is too long or has odd characters', { cause })
  }
  if (!Number.isInteger(version) || version < 0 || version > MAX_KIND_VERSION)
    throw new JoineryError('ENTRY_REFUSED', `a version is a number from 0 to ${MAX_KIND_VERSION}`)
  const plain = encodeCbor(entry.body)
  const content = audience === 'nodes' ? seal.seal(plain) : plain
  if (content.length > MAX_BODY_BYTES)
    throw new JoineryError(
      'ENTRY_REFUSED',
      `${content.length} bytes in one entry, at most ${MAX_BODY_BYTES} are allowed`
    )
  const body = new Uint8Array(SALT_BYTES + content.length)
  body.set(random.bytes(SALT_BYTES))
  body.set(content, SALT_BYTES)
  return { topic, kind: { kind, version, critical, audience }, body }
}

export function preparedBytes(entry: PreparedEntry): number {
  return entry.body.length + ENTRY_BYTES
}

export class Writer {
  readonly #key: SigningKey
  readonly certificate: Uint8Array

  /** @param certificate what batch 0 carries */
  constructor(key: SigningKey, certificate: Uint8Array) {
    if (certificate.length === 0 || certificate.length > MAX_CERTIFICATE_BYTES)
      throw new JoineryError('TOO_LARGE', `a writer's certificate has 1 to ${MAX_CERTIFICATE_BYTES} bytes`)
    this.#key = key
    this.certificate = certificate
  }

  get publicKey(): Uint8Array {
    return this.#key.publicKey
  }

  /**
   * The next batch: as many of `entries` as fit.
   *
   * @param head our log's end, undefined before batch 0
   * @param seenLamport the highest of all entries that we know
   * @returns the batch and how many entries it took
   */
  sign(
    entries: readonly PreparedEntry[],
    head: Head | undefined,
    seenLamport: number,
    end = false
  ): SignedBatch & { taken: number } {
    const topics: string[] = []
    const topicIndex = new Map<string, number>()
    const kinds: BatchKind[] = []
    const kindIndex = new Map<string, number>()
    const places: number[] = []
    const hashes: Uint8Array[] = []
    let bytes = FRAME_BYTES + MAX_CERTIFICATE_BYTES
    for (const entry of entries) {
      const kindName = kindKey(entry.kind)
      let topic = topicIndex.get(entry.topic)
      let kind = kindIndex.get(kindName)
      const more =
        preparedBytes(entry) +
        (topic === undefined ? entry.topic.length + 2 : 0) +
        (kind === undefined ? kindName.length + 8 : 0)
      if (
        hashes.length >= MAX_BATCH_ENTRIES ||
        bytes + more > MAX_BATCH_BYTES ||
        (topic === undefined && topics.length >= MAX_BATCH_TOPICS) ||
        (kind === undefined && kinds.length >= MAX_BATCH_KINDS)
      )
        break
      if (topic === undefined) {
        topic = topics.push(entry.topic) - 1
        topicIndex.set(entry.topic, topic)
      }
      if (kind === undefined) {
        kind = kinds.push(entry.kind) - 1
        kindIndex.set(kindName, kind)
      }
      places.push(topic, kind)
      hashes.push(sha256(entry.body))
      bytes += more
    }
    const taken = hashes.length
    const lamport = Math.max(Math.min(seenLamport, MAX_FOLLOWED_LAMPORT), head?.lamport ?? -1) + 1
    const header: BatchHeader = {
      writer: this.#key.publicKey,
      number: head ? head.number + 1 : 0,
      previous: head ? head.hash : new Uint8Array(),
      lamport,
      end: end && taken === entries.length,
      topics,
      kinds,
      places: Uint8Array.from(places),
      hashes: new Uint8Array(Buffer.concat(hashes)),
      certificate: head ? new Uint8Array() : this.certificate
    }
    const headerBytes = encodeBatchHeader(header)
    const signature = this.#key.sign(signedBytes(headerBytes))
    const bodies = entries.slice(0, taken).map((entry) => entry.body)
    const batch: Batch = { header, headerBytes, signature, bodies }
    const hash = sha256(headerBytes)
    const next: Head = { number: header.number, hash, lamport: lastLamport(header), end: header.end }
    return { batch, bytes: encodeBatch(batch), hash, head: next, taken }
  }
}

/** The lamport that the next batch of this writer must pass. */
export function lastLamport(header: BatchHeader): number {
  return header.lamport + Math.max(header.places.length / 2, 1) - 1
}
