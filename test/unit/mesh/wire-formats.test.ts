import { describe, expect, test } from 'vitest'
import { type AskMessage, decodeAsk, encodeAsk, MAX_ASK_BYTES, MAX_GRANTED_KEYS } from '../../../protocols/approval.ts'
import { encodeCbor } from '../../../protocols/cbor.ts'
import { hasCode } from '../../../protocols/errors.ts'
import { decodeHello, encodeHello, type HelloMessage, MAX_HELLO_BYTES } from '../../../protocols/hello.ts'
import { decodePeers, encodePeers, MAX_PEERS_PER_MESSAGE, type PeersMessage } from '../../../protocols/known-peers.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { expectStrictDecoder } from './hostile-bytes.ts'

const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)
const node = nodeIdOfPublicKey(bytes(32))
const room = 'abcdefgh'.repeat(4)

const hellos: HelloMessage[] = [
  { step: 'opening', room, roomName: 'Hall', newestVersion: 2, oldestVersion: 1, bootId: bytes(16), nonce: bytes(32) },
  {
    step: 'opening',
    room: null,
    roomName: '',
    newestVersion: 1,
    oldestVersion: 1,
    bootId: bytes(16),
    nonce: bytes(32)
  },
  {
    step: 'proof',
    chain: bytes(120),
    signature: bytes(64),
    profile: { name: 'Pi', role: 'node', bootId: '', httpPort: 8080, capacityBytes: 2 ** 40 },
    meshPort: 4001
  },
  { step: 'verdict', verdict: 'OK' },
  { step: 'verdict', verdict: 'REMOVED' }
]

const asks: AskMessage[] = [
  { step: 'commit', commitment: bytes(32), name: 'New Pi', role: 'laptop' },
  { step: 'nonce', nonce: bytes(32), room, roomName: 'Hall' },
  { step: 'reveal', nonce: bytes(32) },
  { step: 'grant', grant: { room, roomName: 'Hall', chain: bytes(200), ringKeys: [{ epoch: 3, key: bytes(32) }] } },
  { step: 'refusal', code: 'DECLINED' }
]

const peers: PeersMessage[] = [
  { kind: 'ping' },
  { kind: 'pong' },
  {
    kind: 'peers',
    peers: [{ node, bootId: bytes(16), addresses: ['/ip4/10.0.0.5/tcp/4001', '/ip6/fd00::1/tcp/4002/ws'] }]
  },
  { kind: 'peers', peers: [{ node, bootId: null, addresses: [] }] }
]

describe('whatever a peer sends is decoded strictly or refused', () => {
  test('hello', () => expectStrictDecoder({ valid: hellos, encode: encodeHello, decode: decodeHello }))
  test('approval', () => expectStrictDecoder({ valid: asks, encode: encodeAsk, decode: decodeAsk }))
  test('peers', () => expectStrictDecoder({ valid: peers, encode: encodePeers, decode: decodePeers }))
})

describe('limits hold at the limit and one past it', () => {
  test('a hello of the greatest size is read, one byte more is refused unread', () => {
    expect(() => decodeHello(new Uint8Array(MAX_HELLO_BYTES))).toThrowError(
      expect.objectContaining({ code: 'MALFORMED' })
    )
    expect(() => decodeHello(new Uint8Array(MAX_HELLO_BYTES + 1))).toThrowError(
      expect.objectContaining({ code: 'TOO_LARGE' })
    )
  })

  test('a question of the greatest size is read, one byte more is refused unread', () => {
    expect(() => decodeAsk(new Uint8Array(MAX_ASK_BYTES))).toThrowError(expect.objectContaining({ code: 'MALFORMED' }))
    expect(() => decodeAsk(new Uint8Array(MAX_ASK_BYTES + 1))).toThrowError(
      expect.objectContaining({ code: 'TOO_LARGE' })
    )
  })

  test('a list names 64 peers and not 65', () => {
    const list = (count: number): Uint8Array => encodeCbor(Array.from({ length: count }, () => [node, null, []]))
    expect(decodePeers(list(MAX_PEERS_PER_MESSAGE))).toMatchObject({ kind: 'peers' })
    expect(() => decodePeers(list(MAX_PEERS_PER_MESSAGE + 1))).toThrowError(
      expect.objectContaining({ code: 'MALFORMED' })
    )
  })

  test('a grant carries 64 keys and not 65', () => {
    const grant = (count: number): AskMessage => {
      const ringKeys = Array.from({ length: count }, (_, epoch) => ({ epoch, key: bytes(32) }))
      return { step: 'grant', grant: { room, roomName: '', chain: bytes(1), ringKeys } }
    }
    expect(decodeAsk(encodeAsk(grant(MAX_GRANTED_KEYS)))).toMatchObject({ step: 'grant' })
    let refused: unknown
    try {
      decodeAsk(encodeAsk(grant(MAX_GRANTED_KEYS + 1)))
    } catch (error) {
      refused = error
    }
    expect(hasCode(refused, 'MALFORMED')).toBe(true)
  })

  test('a loopback, foreign or spelled-out address is no address of a peer', () => {
    for (const address of ['10.0.0.5:4001', '/ip4/10.0.0.5/udp/4001', `/ip4/10.0.0.5/tcp/4001/p2p/${node}`]) {
      expect(() => decodePeers(encodeCbor([[node, null, [address]]]))).toThrowError(
        expect.objectContaining({ code: 'MALFORMED' })
      )
    }
  })
})
