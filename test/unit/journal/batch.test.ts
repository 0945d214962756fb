import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../node/platform/hash.ts'
import { signingKeyFromSeed, verifySignature } from '../../../node/platform/signing.ts'
import {
  type Batch,
  type BatchHeader,
  decodeBatch,
  decodeBatchHeader,
  encodeBatch,
  encodeBatchHeader,
  HASH_BYTES,
  MAX_BATCH_BYTES,
  MAX_BATCH_ENTRIES,
  MAX_BATCH_KINDS,
  MAX_BATCH_NUMBER,
  MAX_BATCH_TOPICS,
  MAX_BODY_BYTES,
  MAX_CERTIFICATE_BYTES,
  MAX_KIND_VERSION,
  MAX_LAMPORT,
  SALT_BYTES,
  signedBytes
} from '../../../protocols/batch.ts'
import { encodeCbor, sameBytes } from '../../../protocols/cbor.ts'
import { JoineryError } from '../../../protocols/errors.ts'

const key = signingKeyFromSeed(new Uint8Array(32).fill(7))

function headerOf(count: number, more: Partial<BatchHeader> = {}): BatchHeader {
  return {
    writer: key.publicKey,
    number: 1,
    previous: new Uint8Array(HASH_BYTES).fill(1),
    lamport: 5,
    end: false,
    topics: count > 0 ? ['note/1'] : [],
    kinds: count > 0 ? [{ kind: 'update', version: 1, critical: false, audience: 'room' }] : [],
    places: new Uint8Array(count * 2),
    hashes: new Uint8Array(count * HASH_BYTES),
    certificate: new Uint8Array(),
    ...more
  }
}

function batchOf(bodies: (Uint8Array | null)[], more: Partial<BatchHeader> = {}): Batch {
  const hashes = Buffer.concat(bodies.map((body) => (body ? sha256(body) : new Uint8Array(HASH_BYTES))))
  const header = headerOf(bodies.length, { hashes: new Uint8Array(hashes), ...more })
  const headerBytes = plain(encodeBatchHeader(header))
  return { header, headerBytes, signature: key.sign(signedBytes(headerBytes)), bodies }
}

/** Without Node's own kind of bytes, so that equal bytes are equal. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** Anything but a clean refusal fails the property. */
function refusesOrAccepts(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    if (!(error instanceof JoineryError) || !['MALFORMED', 'TOO_LARGE'].includes(error.code)) throw error
  }
}

const code = (work: () => unknown): string => {
  try {
    work()
    return 'fine'
  } catch (error) {
    return (error as JoineryError).code
  }
}

describe('a batch', () => {
  it('has the bytes that it always had', () => {
    const body = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 0xf5])
    const first = batchOf([body], {
      number: 0,
      previous: new Uint8Array(),
      certificate: new Uint8Array([1, 2]),
      lamport: 0
    })
    expect(Buffer.from(encodeBatch(first)).toString('hex')).toBe(VECTORS.first)
    const second = batchOf([body, null], {
      topics: ['room', 'note/1'],
      kinds: [
        { kind: 'removed', version: 2, critical: true, audience: 'public' },
        { kind: 'key', version: 1, critical: false, audience: 'nodes' }
      ],
      places: new Uint8Array([0, 0, 1, 1])
    })
    expect(Buffer.from(encodeBatch(second)).toString('hex')).toBe(VECTORS.second)
    const end = batchOf([], { end: true, number: 300, lamport: 70_000 })
    expect(Buffer.from(encodeBatch(end)).toString('hex')).toBe(VECTORS.end)
    for (const batch of [first, second, end]) {
      expect(decodeBatch(plain(encodeBatch(batch)))).toEqual(batch)
      expect(verifySignature(key.publicKey, signedBytes(batch.headerBytes), batch.signature)).toBe(true)
    }
  })

  it('costs at most 60 bytes for each entry besides its body', () => {
    const bodies = Array.from({ length: 100 }, () => new Uint8Array(SALT_BYTES + 20).fill(1))
    const overhead = encodeBatch(batchOf(bodies)).length / 100 - 20
    expect(overhead).toBeLessThan(50)
  })

  it('keeps its signature when a body is erased', () => {
    const batch = batchOf([new Uint8Array(20), new Uint8Array(30)])
    const erased = decodeBatch(plain(encodeBatch({ ...batch, bodies: [null, new Uint8Array(30)] })))
    expect(erased.headerBytes).toEqual(batch.headerBytes)
    expect(verifySignature(erased.header.writer, signedBytes(erased.headerBytes), erased.signature)).toBe(true)
  })

  it('cannot be taken for anything else that is signed', () => {
    const { headerBytes } = batchOf([], { end: true })
    expect(verifySignature(key.publicKey, signedBytes(headerBytes), key.sign(headerBytes))).toBe(false)
  })

  const many = (count: number) => headerOf(count)
  const topics = (count: number) =>
    headerOf(count, {
      topics: Array.from({ length: count }, (_, i) => `t${i}`),
      places: Uint8Array.from(Array.from({ length: count }, (_, i) => [i & 255, 0]).flat())
    })
  const kinds = (count: number) =>
    headerOf(count, {
      kinds: Array.from({ length: count }, (_, i) => ({
        kind: `k${i}`,
        version: 1,
        critical: false,
        audience: 'room'
      })),
      places: Uint8Array.from(Array.from({ length: count }, (_, i) => [0, i]).flat())
    })
  const withKind = (version: number) =>
    headerOf(1, { kinds: [{ kind: 'k', version, critical: true, audience: 'nodes' }] })
  const withCertificate = (length: number) =>
    headerOf(0, { number: 0, previous: new Uint8Array(), certificate: new Uint8Array(length) })
  it.each([
    ['entries', many(MAX_BATCH_ENTRIES), many(MAX_BATCH_ENTRIES + 1), 'TOO_LARGE'],
    ['topics', topics(MAX_BATCH_TOPICS), topics(MAX_BATCH_TOPICS + 1), 'TOO_LARGE'],
    ['kinds', kinds(MAX_BATCH_KINDS), kinds(MAX_BATCH_KINDS + 1), 'TOO_LARGE'],
    ['a version', withKind(MAX_KIND_VERSION), withKind(MAX_KIND_VERSION + 1), 'MALFORMED'],
    ['a certificate', withCertificate(MAX_CERTIFICATE_BYTES), withCertificate(MAX_CERTIFICATE_BYTES + 1), 'TOO_LARGE'],
    ['a number', headerOf(1, { number: MAX_BATCH_NUMBER }), headerOf(1, { number: MAX_BATCH_NUMBER + 1 }), 'MALFORMED'],
    ['a lamport', headerOf(1, { lamport: MAX_LAMPORT - 1 }), headerOf(1, { lamport: MAX_LAMPORT }), 'MALFORMED']
  ])('takes %s at the limit and refuses one past it', (_, fits, exceeds, refusal) => {
    expect(decodeBatchHeader(plain(encodeBatchHeader(fits)))).toEqual(fits)
    expect(code(() => encodeBatchHeader(exceeds))).toBe(refusal)
    expect(code(() => decodeBatchHeader(rawHeader(exceeds)))).toBe(refusal)
  })

  it('takes a body at the limit and refuses one past it, and a batch likewise', () => {
    const fits = batchOf([new Uint8Array(SALT_BYTES + MAX_BODY_BYTES)])
    expect(decodeBatch(encodeBatch(fits)).bodies[0]?.length).toBe(SALT_BYTES + MAX_BODY_BYTES)
    const exceeds = encodeBatch(batchOf([new Uint8Array(SALT_BYTES + MAX_BODY_BYTES + 1)]))
    expect(code(() => decodeBatch(exceeds))).toBe('TOO_LARGE')
    expect(code(() => decodeBatch(encodeBatch(batchOf([new Uint8Array(SALT_BYTES)]))))).toBe('MALFORMED')
    const rest = MAX_BATCH_BYTES - encodeBatch(batchOf([new Uint8Array(400_000), new Uint8Array(400_000)])).length
    const full = [new Uint8Array(400_000), new Uint8Array(400_000 + rest)]
    expect(encodeBatch(batchOf(full)).length).toBe(MAX_BATCH_BYTES)
    full.push(new Uint8Array(9))
    expect(code(() => encodeBatch(batchOf(full)))).toBe('TOO_LARGE')
    expect(code(() => decodeBatch(new Uint8Array(MAX_BATCH_BYTES + 1)))).toBe('TOO_LARGE')
  })

  it.each<[string, BatchHeader]>([
    ['a first batch without a certificate', headerOf(0, { number: 0, previous: new Uint8Array() })],
    ['a later batch with one', headerOf(1, { certificate: new Uint8Array(1) })],
    ['a first batch with a predecessor', headerOf(0, { number: 0, certificate: new Uint8Array(1) })],
    ['a later batch without one', headerOf(1, { previous: new Uint8Array() })],
    ['nothing in the middle', headerOf(0)],
    ['a topic that no entry has', headerOf(1, { topics: ['a', 'b'] })],
    ['a topic twice', headerOf(2, { topics: ['a', 'a'], places: new Uint8Array([0, 0, 1, 0]) })],
    ['topics in another order', headerOf(2, { topics: ['a', 'b'], places: new Uint8Array([1, 0, 0, 0]) })],
    ['a place outside the table', headerOf(1, { places: new Uint8Array([0, 1]) })],
    ['half a place', headerOf(1, { places: new Uint8Array(3) })],
    ['a hash too few', headerOf(2, { hashes: new Uint8Array(HASH_BYTES) })],
    ['a short writer', headerOf(1, { writer: new Uint8Array(31) })],
    ['a space in a topic', headerOf(1, { topics: ['a b'] })],
    ['an empty topic', headerOf(1, { topics: [''] })]
  ])('is refused with %s', (_, header) => {
    expect(code(() => encodeBatchHeader(header))).toBe('MALFORMED')
    expect(code(() => decodeBatchHeader(rawHeader(header)))).toBe('MALFORMED')
  })

  it('is refused cut at any byte, and never crashes a decoder: 100,000 inputs', () => {
    const valid = [
      batchOf([new Uint8Array(40), null, new Uint8Array(9)]),
      batchOf([], { end: true }),
      batchOf([new Uint8Array(9)], { number: 0, previous: new Uint8Array(), certificate: new Uint8Array(50) })
    ].map((batch) => plain(encodeBatch(batch)))
    for (const bytes of valid) {
      for (let length = 0; length < bytes.length; length++)
        expect(code(() => decodeBatch(bytes.subarray(0, length)))).toBe('MALFORMED')
    }
    const mutated = fc.tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    )
    fc.assert(
      fc.property(mutated, ([bytes, changes]) => {
        const copy = bytes.slice()
        for (const [at, value] of changes) copy[at % copy.length] = value
        refusesOrAccepts(() => {
          const batch = decodeBatch(copy)
          if (!sameBytes(encodeBatch(batch), copy)) throw new Error('two encodings of one batch')
          if (!sameBytes(encodeBatchHeader(batch.header), batch.headerBytes))
            throw new Error('two encodings of a header')
        })
      }),
      { numRuns: 70_000 }
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refusesOrAccepts(() => decodeBatch(bytes))),
      { numRuns: 30_000 }
    )
  })
})

/** The tuple without any check, as a liar would encode it. */
function rawHeader(header: BatchHeader): Uint8Array {
  const audiences = ['public', 'room', 'nodes']
  return encodeCbor([
    1,
    header.end ? 1 : 0,
    header.writer,
    header.number,
    header.previous,
    header.lamport,
    header.topics,
    header.kinds.map(({ kind, version, critical, audience }) => [
      kind,
      version,
      (critical ? 1 : 0) | (audiences.indexOf(audience) << 1)
    ]),
    header.places,
    header.hashes,
    header.certificate
  ])
}

const VECTORS = {
  first:
    '8358638b01005820ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c00400081666e6f74652f31818366757064617465010242000058201b0f11003b16706f6a946652e428390966c64106dcaca4e4cfbb8478d67c98114201025840255286ab69538c6c97138773602dea340503f55822a5d36b8232729cfc6b7ffebf60b6b36290953ace38a86d8bbfa2dadfd107bed08f53c822c40b6e8f1db60f81490102030405060708f5',
  second:
    '8358b18b01005820ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c0158200101010101010101010101010101010101010101010101010101010101010101058264726f6f6d666e6f74652f3182836772656d6f766564020183636b65790104440000010158401b0f11003b16706f6a946652e428390966c64106dcaca4e4cfbb8478d67c98110000000000000000000000000000000000000000000000000000000000000000405840329bbb56aa84211f61ae7105f05381267bdf47e1930ebc294a1ce91da00568b22cf4c35d4c10c3f42b1a1742838ad7c7493a95e0ea07e72df0da27f972f26b0282490102030405060708f5f6',
  end: '8358548b01015820ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c19012c582001010101010101010101010101010101010101010101010101010101010101011a0001117080804040405840749730092b2e4c66288823cd8a8106ed6cb88a69b0c888ab3b1d3d032b6dbdb6d42b7895987f5801775ecb82feb8d653918f352137297242c06701d4960d0e0a80'
}
