import { describe, expect, test } from 'vitest'
import { adviseDiscovery, type DiscoveryEvidence } from '../../../node/mesh/discovery-advice.ts'

const evidence = (more: Partial<DiscoveryEvidence> = {}): DiscoveryEvidence => ({
  networks: [{ interface: 'wlan0', address: '10.0.0.5', family: 4, prefix: 24 }],
  interfaces: [{ interface: 'wlan0', address: '10.0.0.5', open: true, received: 9, echoed: 9, sent: 9, found: 1 }],
  listening: ['4001', '4002'],
  dials: { succeeded: 1, refused: 0, timedOut: 0, unreachable: 0, other: 0 },
  inbound: 1,
  links: [{ remoteAddress: '10.0.0.6', dialer: true }],
  unreached: [],
  ...more
})

const codes = (more: Partial<DiscoveryEvidence>): string[] => adviseDiscovery(evidence(more)).map(({ code }) => code)
const deaf = [{ interface: 'wlan0', address: '10.0.0.5', open: true, received: 0, echoed: 9, sent: 9, found: 0 }]

describe('what discovery sees becomes advice', () => {
  test('nothing is wrong when devices are found and linked', () => {
    expect(codes({})).toEqual([])
  })

  test('no network at all', () => {
    expect(codes({ networks: [], interfaces: [], links: [] })).toEqual(['NO_NETWORK'])
  })

  test('a link without multicast: multicast is blocked', () => {
    expect(codes({ interfaces: deaf })).toEqual(['MULTICAST_BLOCKED'])
    // A node of this very device, or of another network, says nothing about this one.
    expect(codes({ interfaces: deaf, links: [{ remoteAddress: '10.0.0.5', dialer: true }] })).toEqual([])
    expect(codes({ interfaces: deaf, links: [{ remoteAddress: '192.168.7.7', dialer: true }] })).toEqual([])
    // Alone in the room: nobody is there to be heard.
    expect(codes({ interfaces: deaf, links: [] })).toEqual([])
  })

  test('a socket that could not be opened: the same', () => {
    expect(codes({ interfaces: [{ ...(deaf[0] as (typeof deaf)[0]), open: false, error: 'EPERM' }] })).toEqual([
      'MULTICAST_BLOCKED'
    ])
  })

  test('heard and out of reach, all of them: clients are kept apart', () => {
    expect(codes({ links: [], unreached: [{ host: '10.0.0.6', why: 'timed-out' }] })).toEqual(['CLIENT_ISOLATION'])
    expect(codes({ links: [], unreached: [{ host: '192.168.1.1', why: 'timed-out' }] })).toEqual([])
  })

  test('one of several is out of reach: its own firewall', () => {
    const [advice] = adviseDiscovery(evidence({ unreached: [{ host: '10.0.0.9', why: 'refused' }] }))
    expect(advice).toMatchObject({ code: 'FIREWALL_THERE', text: expect.stringContaining('10.0.0.9') })
  })

  test('a name that nobody knows is said with the name, also where everything else works', () => {
    const [advice] = adviseDiscovery(evidence({ unreached: [{ host: 'room.example.org', why: 'name-unknown' }] }))
    expect(advice).toMatchObject({ code: 'NAME_UNKNOWN', text: expect.stringContaining('room.example.org') })
    expect(codes({ unreached: [{ host: 'room.example.org', why: 'timed-out' }] })).toEqual([])
  })

  test('where IPv4 is spoken, IPv6 without multicast is nothing to mend; alone it is', () => {
    const six = { interface: 'wlan0', address: 'fe80::5', family: 6, prefix: 64 } as const
    const failed = { ...(deaf[0] as (typeof deaf)[0]), address: 'fe80::5', open: false, error: 'EPERM' }
    expect(codes({ networks: [six], interfaces: [failed] })).toEqual(['MULTICAST_BLOCKED'])
    expect(codes({ networks: [...evidence().networks, six], interfaces: [failed] })).toEqual([])
    const { error: _, ...heard } = { ...failed, open: true, received: 9 }
    const alone = { interfaces: [heard], networks: [six], links: [] }
    expect(codes({ ...alone, unreached: [{ host: 'fe80::9%wlan0', why: 'timed-out' }] })).toEqual(['CLIENT_ISOLATION'])
    expect(codes({ ...alone, unreached: [{ host: 'fe80::9%eth1', why: 'timed-out' }] })).toEqual([])
  })

  test('nobody ever called: our own firewall', () => {
    const links = [
      { remoteAddress: '10.0.0.6', dialer: true },
      { remoteAddress: '10.0.0.7', dialer: true }
    ]
    expect(codes({ links, inbound: 0 })).toEqual(['FIREWALL_HERE'])
    expect(codes({ links, inbound: 1 })).toEqual([])
  })
})
