import { expect, test } from 'vitest'
import { pagesOf } from '../../../node/daemon/pages-of.ts'

const profile = { bootId: '00'.repeat(16), name: 'pi', role: 'node' as const, capacityBytes: 0, httpPort: 8080 }
const peer = { node: '12D3KooWx', linked: true, failures: 0, addresses: [], profile }

test('the address of the link comes first, each one once', () => {
  const addresses = ['/ip4/10.0.0.2/tcp/4001', '/ip4/192.168.1.20/tcp/4001', '/ip4/10.0.0.2/tcp/4002/ws']
  expect(pagesOf({ ...peer, remoteAddress: '192.168.1.20', addresses })).toEqual([
    'http://192.168.1.20:8080/',
    'http://10.0.0.2:8080/'
  ])
})

test('an IPv6 address stands in brackets, port 80 is not written, a host name is no address of its pages', () => {
  const addresses = ['/ip6/fd00::2/tcp/4001/p2p/12D3KooWx', '/dns4/room.example.org/tcp/443/wss']
  expect(pagesOf({ ...peer, addresses, profile: { ...profile, httpPort: 80 } })).toEqual(['http://[fd00::2]/'])
})

test('a device that serves no pages, or never said so, has none', () => {
  const { profile: _, ...unknown } = peer
  expect(pagesOf({ ...unknown, remoteAddress: '10.0.0.2' })).toEqual([])
  expect(pagesOf({ ...peer, remoteAddress: '10.0.0.2', profile: { ...profile, httpPort: 0 } })).toEqual([])
})
