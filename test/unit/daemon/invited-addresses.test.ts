import { expect, test } from 'vitest'
import { invitedAddresses } from '../../../node/daemon/invited-addresses.ts'

const at = (kind: 'ip4' | 'ip6', ip: string): string => `/${kind}/${ip}/tcp/4417`
const network = (name: string, address: string) => ({ interface: name, address, family: 4 as const, prefix: 24 })

test('addresses of the local network come first, each once, without IPv6 and bridges of this machine', () => {
  const addresses = [
    at('ip4', '172.17.0.1'),
    at('ip4', '93.184.216.34'),
    at('ip4', '192.168.1.20'),
    at('ip4', '192.168.1.20'),
    at('ip6', 'fd00::20')
  ]
  const networks = [network('docker0', '172.17.0.1'), network('eth0', '192.168.1.20')]
  expect(invitedAddresses(addresses, networks)).toEqual([at('ip4', '192.168.1.20'), at('ip4', '93.184.216.34')])
})

test('what is second best is taken where there is nothing better', () => {
  const v6 = at('ip6', 'fd00::20')
  const loopback = at('ip4', '127.0.0.1')
  expect(invitedAddresses([loopback, v6], [])).toEqual([v6, loopback])
  expect(invitedAddresses([loopback], [])).toEqual([loopback])
  expect(invitedAddresses([], [])).toEqual([])
})

test('three at most', () => {
  const four = [1, 2, 3, 4].map((n) => at('ip4', `10.0.${n}.1`))
  expect(invitedAddresses(four, [])).toEqual(four.slice(0, 3))
})
