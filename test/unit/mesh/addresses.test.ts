import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatMeshAddress,
  MAX_ADDRESS_CHARACTERS,
  parseMeshAddress,
  tryMeshAddress
} from '../../../protocols/mesh-address.ts'
import { isNodeId, nodeIdOfPublicKey, publicKeyOfNodeId } from '../../../protocols/node-id.ts'
import { INPUTS } from './hostile-bytes.ts'

const node = nodeIdOfPublicKey(new Uint8Array(32).fill(9))

describe('addresses', () => {
  test.each([
    ['/ip4/192.168.1.5/tcp/4001', { kind: 'ip4', host: '192.168.1.5', port: 4001, transport: 'tcp' }],
    ['/ip6/fd00::1/tcp/4002/ws', { kind: 'ip6', host: 'fd00::1', port: 4002, transport: 'ws' }],
    ['/dns4/room.example.org/tcp/443/tls/ws', { kind: 'dns4', host: 'room.example.org', port: 443, transport: 'wss' }],
    [`/ip4/10.0.0.1/tcp/1/p2p/${node}`, { kind: 'ip4', host: '10.0.0.1', port: 1, transport: 'tcp', node }],
    ['192.168.1.5:4001', { kind: 'ip4', host: '192.168.1.5', port: 4001, transport: 'tcp' }],
    ['[fd00::1]:4001', { kind: 'ip6', host: 'fd00::1', port: 4001, transport: 'tcp' }],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/4001', { kind: 'ip6', host: 'fe80::1%eth0', port: 4001, transport: 'tcp' }],
    ['[fe80::1%wlan0.5]:4001', { kind: 'ip6', host: 'fe80::1%wlan0.5', port: 4001, transport: 'tcp' }],
    ['Room.Example.org:65535', { kind: 'dns4', host: 'room.example.org', port: 65535, transport: 'tcp' }]
  ])('%s is understood', (text, expected) => {
    expect(parseMeshAddress(text)).toEqual(expected)
  })

  test.each([
    '',
    '/',
    '/ip4/256.1.1.1/tcp/1',
    '/ip4/1.1.1/tcp/1',
    '/ip4/01.1.1.1/tcp/1',
    '/ip4/1.1.1.1/tcp/0',
    '/ip4/1.1.1.1/tcp/65536',
    '/ip4/1.1.1.1/udp/1',
    '/ip6/fe80::1%eth0/tcp/1',
    '/ip6zone/eth0/ip6/fd00::1/tcp/1',
    '/ip6zone//ip6/fe80::1/tcp/1',
    '/ip6zone/sixteen-letters-/ip6/fe80::1/tcp/1',
    '/ip6zone/eth0/ip6zone/eth0/ip6/fe80::1/tcp/1',
    '/ip6zone/eth0/ip4/10.0.0.1/tcp/1',
    '[fe80::1%]:1',
    '[fd00::1%eth0]:1',
    '[10.0.0.1%eth0]:1',
    '/ip4/1.1.1.1/tcp/1/p2p/QmWrong',
    '/ip4/1.1.1.1/tcp/1/http',
    '/dns4/1.2.3/tcp/1',
    '/dns4/-a/tcp/1',
    '/dnsaddr/example.org/tcp/1',
    '1.1.1.1',
    ':4001',
    'http://1.1.1.1:80/',
    `/dns4/${'a'.repeat(MAX_ADDRESS_CHARACTERS)}/tcp/1`
  ])('%s is refused', (text) => {
    expect(tryMeshAddress(text)).toBeUndefined()
    expect(() => parseMeshAddress(text)).toThrowError(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
  })

  test('whatever is accepted is written in one way and accepted again', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'ip4',
        'ip6',
        'ip6zone',
        'fe80::1',
        'dns4',
        'tcp',
        'ws',
        'tls',
        'wss',
        'p2p',
        node,
        '1.2.3.4',
        'fd00::2',
        'a.b',
        '80',
        '65536',
        ''
      ),
      fc.string({ maxLength: 8 })
    )
    const text = fc.oneof(
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/')),
      fc.string({ maxLength: 40 })
    )
    let accepted = 0
    fc.assert(
      fc.property(
        text.map((path) => (path.startsWith('/') ? path : `/${path}`)),
        (path) => {
          const address = tryMeshAddress(path)
          if (!address) return
          accepted++
          expect(tryMeshAddress(formatMeshAddress(address))).toEqual(address)
        }
      ),
      { numRuns: INPUTS, examples: [['/ip4/1.2.3.4/tcp/80'], ['/ip4/1.2.3.4/tcp/80/ws']] }
    )
    expect(accepted).toBeGreaterThan(0)
  })
})

describe('node ids', () => {
  test('an id holds the whole key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const id = nodeIdOfPublicKey(key)
        expect(id.startsWith('12D3KooW')).toBe(true)
        expect(publicKeyOfNodeId(id)).toEqual(key)
      }),
      { numRuns: 1000 }
    )
  })

  test('no other text is an id, however close', () => {
    const changed = fc
      .tuple(fc.nat(51), fc.string({ minLength: 0, maxLength: 2 }))
      .map(([at, text]) => node.slice(0, at) + text + node.slice(at + 1))
    fc.assert(
      fc.property(fc.oneof(changed, fc.string({ minLength: 52, maxLength: 52 }), fc.string()), (text) => {
        if (isNodeId(text)) expect(nodeIdOfPublicKey(publicKeyOfNodeId(text))).toBe(text)
      }),
      { numRuns: INPUTS }
    )
  })
})
