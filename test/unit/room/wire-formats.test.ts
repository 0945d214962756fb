import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../node/platform/hash.ts'
import { verifySignature } from '../../../node/platform/signing.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import {
  type CertificateChain,
  decodeChain,
  encodeChain,
  MAX_CHAIN_LINKS,
  roomIdOf,
  verifyChain
} from '../../../protocols/certificate.ts'
import { decodeKeys, encodeKeys, type KeysMessage, MAX_RING_KEYS } from '../../../protocols/ring-keys.ts'
import { decodeRoomFact, encodeRoomFact, type RoomFact } from '../../../protocols/room-facts.ts'
import {
  decodeWriterCertificate,
  encodeWriterCertificate,
  type WriterCertificate
} from '../../../protocols/writer-certificate.ts'
import { expectStrictDecoder } from '../mesh/hostile-bytes.ts'
import { chainBytes, chainOf, keyOf, nodeOf, ROOM, type Step, tokenOf } from './room-kit.ts'

const crypto = { sha256, verify: verifySignature }
const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)

const chains: CertificateChain[] = [chainOf('a'), chainOf('a', { name: 'token', uses: 3 }, 'b')]
const writers: WriterCertificate[] = [
  { room: ROOM, writerKey: bytes(32), nodeKey: bytes(32), signature: bytes(64), chain: chainBytes('a') }
]
const keys: KeysMessage[] = [
  { have: ['0123456789abcdef'], keys: [] },
  { have: [], keys: [{ epoch: 2, key: bytes(32), without: [nodeOf('a'), nodeOf('b')] }] }
]
const facts: RoomFact[] = [
  { kind: 'joined', chain: chainBytes('a'), name: 'Pi', role: 'node' },
  { kind: 'admitted', node: nodeOf('a'), chain: chainBytes('a') },
  { kind: 'invited', token: tokenOf('t'), label: 'shelf', uses: null },
  { kind: 'revoked', token: tokenOf('t'), keeps: [nodeOf('a')] },
  {
    kind: 'removed',
    node: nodeOf('a'),
    cuts: new Map([[tokenOf('w'), 5]]),
    stolen: true,
    tokens: [tokenOf('t')],
    keeps: []
  },
  { kind: 'node-setting', node: nodeOf('a'), setting: 'capacityBytes', value: 5 },
  { kind: 'room-named', name: 'Hall' }
]

describe('whatever comes is decoded strictly or refused', () => {
  test('chains', () => expectStrictDecoder({ valid: chains, encode: encodeChain, decode: decodeChain }))
  test('writer certificates', () => {
    expectStrictDecoder({ valid: writers, encode: encodeWriterCertificate, decode: decodeWriterCertificate })
  })
})

describe('whatever members send is decoded strictly or refused', () => {
  test('ring keys', () => expectStrictDecoder({ valid: keys, encode: encodeKeys, decode: decodeKeys }))

  test('facts of the room: another shape is no fact', () => {
    const leaf = fc.oneof(
      fc.constantFrom<CborValue>(null, true, 0, 1, -1, 2 ** 53, '', 'node', nodeOf('a'), tokenOf('t')),
      fc.uint8Array({ maxLength: 8 })
    )
    const change = fc.record({
      which: fc.nat(facts.length - 1),
      key: fc.nat(6),
      value: fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(fc.string(), leaf)),
      drop: fc.boolean()
    })
    let refused = 0
    fc.assert(
      fc.property(change, ({ which, key, value, drop }) => {
        const fact = facts[which] as RoomFact
        const body = { ...(encodeRoomFact(fact) as { [key: string]: CborValue }) }
        const name = Object.keys(body)[key % Object.keys(body).length] as string
        if (drop) delete body[name]
        else body[name] = value
        const decoded = decodeRoomFact(fact.kind, body)
        if (!decoded) refused++
        else expect(decodeRoomFact(fact.kind, encodeRoomFact(decoded))).toEqual(decoded)
      }),
      { numRuns: 100_000 }
    )
    expect(refused).toBeGreaterThan(10_000)
    for (const fact of facts)
      expect(decodeRoomFact(fact.kind, decodeCbor(encodeCbor(encodeRoomFact(fact)), 100_000))).toEqual(fact)
  })

  test('64 keys and not 65', () => {
    const message = (count: number): Uint8Array =>
      encodeKeys({
        have: [],
        keys: Array.from({ length: count }, (_, epoch) => ({ epoch, key: bytes(32), without: [] }))
      })
    expect(decodeKeys(message(MAX_RING_KEYS)).keys).toHaveLength(MAX_RING_KEYS)
    expect(() => decodeKeys(message(MAX_RING_KEYS + 1))).toThrowError(expect.objectContaining({ code: 'MALFORMED' }))
  })
})

describe('a chain proves membership only when', () => {
  const verify = (...steps: (string | Step)[]): ReturnType<typeof verifyChain> =>
    verifyChain(chainOf(...steps), ROOM, crypto)
  const invalid = expect.objectContaining({ code: 'CERTIFICATE_INVALID' })

  test('each link is signed by the one before it, from the founding key on', () => {
    expect(verify('a', 'b', { name: 'token', uses: 2 }, 'c')).toMatchObject({
      kind: 'node',
      rights: 1,
      path: [
        { kind: 'node', node: nodeOf('a') },
        { kind: 'node', node: nodeOf('b') },
        { kind: 'token', token: tokenOf('token'), uses: 2 },
        { kind: 'node', node: nodeOf('c') }
      ]
    })
    expect(() => verify({ name: 'a', signedBy: 'somebody' })).toThrowError(invalid)
    expect(() => verify('a', { name: 'b', signedBy: 'somebody' })).toThrowError(invalid)
    // Signed by an earlier one: b never let c in.
    expect(() => verify('a', 'b', { name: 'c', signedBy: 'a' })).toThrowError(invalid)
  })

  test('rights only shrink, and who has none signs nothing', () => {
    expect(verify('a', { name: 'cloud', rights: 0 }).rights).toBe(0)
    expect(() => verify({ name: 'a', rights: 0 }, { name: 'b', rights: 1 })).toThrowError(invalid)
    expect(() => verify({ name: 'a', rights: 0 }, { name: 'b', rights: 0 })).toThrowError(invalid)
    // An invitation without rights still lets a device in, which then can let in nobody.
    expect(verify('a', { name: 'token', rights: 0 }, { name: 'b', rights: 0 }).rights).toBe(0)
    expect(() => verify('a', { name: 'token', rights: 0 }, { name: 'b', rights: 1 })).toThrowError(invalid)
  })

  test('a token signs devices and no other tokens', () => {
    expect(() => verify('a', 'token 1', 'token 2', 'b')).toThrowError(invalid)
  })

  test('it belongs to this room', () => {
    const other = roomIdOf(keyOf('other').publicKey, sha256)
    expect(() => verifyChain(chainOf('a'), other, crypto)).toThrowError(
      expect.objectContaining({ code: 'CERTIFICATE_OTHER_ROOM' })
    )
  })

  test('nothing in it was changed', () => {
    const chain = chainOf('a', { name: 'token', uses: 3 }, 'b')
    for (const [i, link] of chain.links.entries()) {
      for (const changed of [
        { ...link, uses: link.kind === 'token' ? 900 : null, rights: 0 },
        { ...link, subject: bytes(32) }
      ]) {
        const links = chain.links.map((one, at) => (at === i ? changed : one))
        expect(() => verifyChain({ ...chain, links }, ROOM, crypto)).toThrowError(invalid)
      }
    }
  })

  test('it has at most 32 links', () => {
    const names = Array.from({ length: MAX_CHAIN_LINKS + 1 }, (_, i) => `n${i}`)
    expect(verify(...names.slice(0, MAX_CHAIN_LINKS)).path).toHaveLength(MAX_CHAIN_LINKS)
    expect(() => verify(...names)).toThrowError(invalid)
    expect(() => decodeChain(encodeChain(chainOf(...names)))).toThrowError(
      expect.objectContaining({ code: 'MALFORMED' })
    )
  })
})
