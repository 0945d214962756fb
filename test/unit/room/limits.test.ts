/** Every limit of the room's wire formats, at it and one past it. */
import { describe, expect, test } from 'vitest'
import { encodeCbor } from '../../../protocols/cbor.ts'
import { decodeChain, MAX_CHAIN_BYTES, MAX_TOKEN_USES } from '../../../protocols/certificate.ts'
import { decodeInvitation, encodeInvitation, MAX_INVITATION_ADDRESSES } from '../../../protocols/invitation.ts'
import { decodePeers, MAX_ADDRESSES_PER_PEER } from '../../../protocols/known-peers.ts'
import { isNodeId, NODE_ID_CHARACTERS } from '../../../protocols/node-id.ts'
import { decodeKeys, MAX_RING_BYTES } from '../../../protocols/ring-keys.ts'
import {
  decodeRoomFact,
  encodeRoomFact,
  MAX_CUT_WRITERS,
  MAX_NAME_CHARACTERS,
  MAX_REMOVAL_NAMES,
  type RemovedFact
} from '../../../protocols/room-facts.ts'
import { decodeWriterCertificate, MAX_WRITER_CERTIFICATE_BYTES } from '../../../protocols/writer-certificate.ts'
import { chainOf, keyOf, nodeOf } from './room-kit.ts'

const code = (expected: string): unknown => expect.objectContaining({ code: expected })

describe('sizes', () => {
  test.each([
    ['a chain', decodeChain, MAX_CHAIN_BYTES],
    ["a writer's certificate", decodeWriterCertificate, MAX_WRITER_CERTIFICATE_BYTES],
    ['a message about keys', decodeKeys, MAX_RING_BYTES]
  ])('%s is looked at up to its limit, and not one byte past it', (_, decode, limit) => {
    expect(() => decode(new Uint8Array(limit))).toThrowError(code('MALFORMED'))
    expect(() => decode(new Uint8Array(limit + 1))).toThrowError(code('TOO_LARGE'))
  })

  test('an id has 52 characters', () => {
    expect(nodeOf('a')).toHaveLength(NODE_ID_CHARACTERS)
    expect(isNodeId(`${nodeOf('a')}1`)).toBe(false)
    expect(isNodeId(nodeOf('a').slice(1))).toBe(false)
  })
})

describe('counts', () => {
  const removal = (more: Partial<RemovedFact>): unknown => {
    const fact: RemovedFact = {
      kind: 'removed',
      node: nodeOf('a'),
      cuts: new Map(),
      stolen: false,
      tokens: [],
      keeps: [],
      ...more
    }
    return decodeRoomFact('removed', encodeRoomFact(fact))
  }
  const hexNames = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => i.toString(16).padStart(64, '0'))

  test('a removal names so many writers, tokens and members, and not one more', () => {
    const cuts = (count: number): Map<string, number> => new Map(hexNames(count).map((writer) => [writer, 1]))
    expect(removal({ cuts: cuts(MAX_CUT_WRITERS) })).toBeDefined()
    expect(removal({ cuts: cuts(MAX_CUT_WRITERS + 1) })).toBeUndefined()
    expect(removal({ tokens: hexNames(MAX_REMOVAL_NAMES) })).toBeDefined()
    expect(removal({ tokens: hexNames(MAX_REMOVAL_NAMES + 1) })).toBeUndefined()
    expect(removal({ keeps: Array.from({ length: MAX_REMOVAL_NAMES }, () => nodeOf('b')) })).toBeDefined()
    expect(removal({ keeps: Array.from({ length: MAX_REMOVAL_NAMES + 1 }, () => nodeOf('b')) })).toBeUndefined()
  })

  test('a name has at most 64 characters and no control characters', () => {
    const named = (name: string): unknown => decodeRoomFact('room-named', { name })
    expect(named('x'.repeat(MAX_NAME_CHARACTERS))).toBeDefined()
    expect(named('x'.repeat(MAX_NAME_CHARACTERS + 1))).toBeUndefined()
    expect(named('a\u0007b')).toBeUndefined()
  })

  test('a token serves at most 1000 devices', () => {
    const chain = (uses: number): Uint8Array =>
      encodeCbor([1, keyOf('f').publicKey, [[1, keyOf('t').publicKey, 1, uses, new Uint8Array(64)]]])
    expect(decodeChain(chain(MAX_TOKEN_USES)).links[0]?.uses).toBe(MAX_TOKEN_USES)
    expect(() => decodeChain(chain(MAX_TOKEN_USES + 1))).toThrowError(code('MALFORMED'))
    expect(() => decodeChain(chain(0))).toThrowError(code('MALFORMED'))
  })

  test('a peer has at most 8 addresses', () => {
    const list = (count: number): Uint8Array =>
      encodeCbor([[nodeOf('a'), null, Array.from({ length: count }, (_, i) => `/ip4/10.0.0.1/tcp/${i + 1}`)]])
    expect(decodePeers(list(MAX_ADDRESSES_PER_PEER))).toMatchObject({ kind: 'peers' })
    expect(() => decodePeers(list(MAX_ADDRESSES_PER_PEER + 1))).toThrowError(code('MALFORMED'))
  })

  test('an invitation has at most 4 addresses', () => {
    const text = (count: number): string =>
      encodeInvitation({
        roomName: 'Hall',
        chain: chainOf('a', 'token'),
        tokenSeed: keyOf('token').seed,
        ringKey: { epoch: 0, key: new Uint8Array(32) },
        addresses: Array.from({ length: count }, (_, i) => `/ip4/10.0.0.1/tcp/${i + 1}`)
      })
    expect(decodeInvitation(text(MAX_INVITATION_ADDRESSES)).addresses).toHaveLength(MAX_INVITATION_ADDRESSES)
    expect(() => decodeInvitation(text(MAX_INVITATION_ADDRESSES + 1))).toThrowError(code('INVITATION_MISTYPED'))
  })
})
