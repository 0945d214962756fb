/** Writes batches by hand: honest ones, and any lie that a test wants to tell. */
import { type Head, hexOf } from '../../../node/journal/log-table.ts'
import { lastLamport } from '../../../node/journal/writer.ts'
import { sha256 } from '../../../node/platform/hash.ts'
import { type SigningKey, signingKeyFromSeed } from '../../../node/platform/signing.ts'
import {
  type BatchHeader,
  type BatchKind,
  encodeBatch,
  encodeBatchHeader,
  SALT_BYTES,
  signedBytes
} from '../../../protocols/batch.ts'
import { type CborValue, encodeCbor } from '../../../protocols/cbor.ts'
import { certifier } from '../../kit/journal-pieces.ts'

export interface HandWritten {
  bytes: Uint8Array
  head: Head
}

const SET: BatchKind = { kind: 'set', version: 1, critical: false, audience: 'room' }

export class HandWriter {
  readonly key: SigningKey
  readonly node: string
  head: Head | undefined

  constructor(seed: number, node: string) {
    this.key = signingKeyFromSeed(new Uint8Array(32).fill(seed))
    this.node = node
  }

  get id(): string {
    return hexOf(this.key.publicKey)
  }

  /** The next batch with one entry; `more` overrides what the header says. */
  write(name: string, value: CborValue, more: Partial<BatchHeader> = {}): HandWritten {
    const written = this.draft(this.head, [{ name, value }], more)
    this.head = written.head
    return written
  }

  draft(
    after: Head | undefined,
    bodies: { name: string; value: CborValue }[],
    more: Partial<BatchHeader> = {},
    topic = 't'
  ): HandWritten {
    const salted = bodies.map((body) => new Uint8Array(Buffer.concat([new Uint8Array(SALT_BYTES), encodeCbor(body)])))
    const header: BatchHeader = {
      writer: this.key.publicKey,
      number: after ? after.number + 1 : 0,
      previous: after?.hash ?? new Uint8Array(),
      lamport: (after?.lamport ?? -1) + 1,
      end: false,
      topics: bodies.length > 0 ? [topic] : [],
      kinds: bodies.length > 0 ? [SET] : [],
      places: new Uint8Array(bodies.length * 2),
      hashes: new Uint8Array(Buffer.concat(salted.map((body) => sha256(body)))),
      certificate: after ? new Uint8Array() : certifier(this.node)(this.key.publicKey),
      ...more
    }
    const headerBytes = encodeBatchHeader(header)
    const signature = this.key.sign(signedBytes(headerBytes))
    const head = { number: header.number, hash: sha256(headerBytes), lamport: lastLamport(header), end: header.end }
    return { bytes: new Uint8Array(encodeBatch({ headerBytes, signature, bodies: salted })), head }
  }
}
