import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ipBytes } from '../../../node/mesh/ip-bytes.ts'
import { MAX_MULTICAST_SOCKETS } from '../../../node/mesh/limits.ts'
import {
  asksForHost,
  MAX_KNOWN_ANSWERS,
  peerAnnouncement,
  peerGoodbye,
  peerQuery,
  readAnnouncement,
  readPeerQuery
} from '../../../node/mesh/mdns-records.ts'
import { MulticastSchedule } from '../../../node/mesh/mdns-schedule.ts'
import {
  type DnsHostRecord,
  type DnsPacket,
  type DnsRecord,
  decodeDns,
  encodeDns,
  MAX_PACKET_BYTES,
  MAX_RECORDS
} from '../../../node/mesh/mdns-wire.ts'
import { addressesToAnnounce, multicastNetworks, reachable } from '../../../node/mesh/multicast-network.ts'
import { sameNetwork } from '../../../node/platform/same-network.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { hostileBytes, INPUTS } from './hostile-bytes.ts'

const node = nodeIdOfPublicKey(new Uint8Array(32).fill(5))
const address = `/ip4/10.0.0.5/tcp/4001/p2p/${node}`
const host = { addresses: ['10.0.0.5', 'fe80::5', '2001:db8::ff:5'], port: 4001 }
const overTheWire = (packet: DnsPacket<DnsRecord | DnsHostRecord>): DnsPacket => {
  const read = decodeDns(encodeDns(packet))
  if (!read) throw new Error('our own packet was not read')
  return read
}

describe('packets', () => {
  test('an announcement is read as it was written, and fits a frame', () => {
    const packet = peerAnnouncement('abc', [address, `/ip4/10.0.0.5/tcp/4002/ws/p2p/${node}`], host)
    expect(encodeDns(packet).length).toBeLessThan(500)
    // The records for stock resolvers are written and not read.
    const answers = packet.answers.filter(({ type }) => type === 'PTR')
    expect(overTheWire(packet)).toEqual({ ...packet, answers })
    expect(readAnnouncement(overTheWire(packet))).toEqual({
      instance: 'abc',
      node,
      addresses: [
        { kind: 'ip4', host: '10.0.0.5', port: 4001, transport: 'tcp', node },
        { kind: 'ip4', host: '10.0.0.5', port: 4002, transport: 'ws', node }
      ]
    })
  })

  test('the host of an announcement has an A record for IPv4 and an AAAA record for IPv6, byte by byte', () => {
    const packet = peerAnnouncement('abc', [address], host)
    expect(packet.answers).toMatchObject([
      { type: 'PTR', target: 'abc._p2p._udp.local' },
      { type: 'SRV', name: 'abc._p2p._udp.local', port: 4001, target: 'abc.local' },
      { type: 'A', name: 'abc.local', address: Uint8Array.of(10, 0, 0, 5) },
      { type: 'AAAA', name: 'abc.local', address: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5) },
      { type: 'AAAA', address: Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 5) }
    ])
    const bytes = Buffer.from(encodeDns(packet))
    // Type, class, two minutes, length, address (RFC 3596 section 2.2).
    expect(bytes.includes(Buffer.from('00010001000000780004' + '0a000005', 'hex'))).toBe(true)
    expect(bytes.includes(Buffer.from('001c0001000000780010' + 'fe800000000000000000000000000005', 'hex'))).toBe(true)
    const goodbye = peerGoodbye('abc', host)
    expect(goodbye.answers.map(({ type, ttlS }) => [type, ttlS])).toEqual([
      ['PTR', 0],
      ['A', 0],
      ['AAAA', 0],
      ['AAAA', 0]
    ])
  })

  test('with the most addresses of each kind it still fits a frame, and no more are said', () => {
    const many = Array.from({ length: 20 }, (_, i) => `2001:db8::${i + 1}`)
    const paths = many.map((ip) => `/ip6/${ip}/tcp/65000/ws/p2p/${node}`)
    const packet = peerAnnouncement('f'.repeat(20), paths, { addresses: ['10.0.0.5', ...many], port: 65000 })
    expect(packet.answers.filter(({ type }) => type === 'A' || type === 'AAAA')).toHaveLength(8)
    expect(packet.additionals).toHaveLength(8)
    expect(encodeDns(packet).length).toBeLessThan(1472)
  })

  test('questions for our host and our instance are ours, others are not', () => {
    const asks = (name: string, type: number, kind: 'query' | 'response' = 'query'): boolean =>
      asksForHost(overTheWire({ kind, questions: [{ name, type }], answers: [], additionals: [] }), 'abc')
    for (const type of [1, 28, 255]) expect(asks('ABC.local', type)).toBe(true)
    for (const type of [16, 33, 255]) expect(asks('abc._p2p._udp.local', type)).toBe(true)
    expect(asks('abc.local', 16)).toBe(false)
    expect(asks('abd.local', 1)).toBe(false)
    expect(asks('_p2p._udp.local', 12)).toBe(false)
    expect(asks('abc.local', 1, 'response')).toBe(false)
  })

  test('addresses in text become bytes as the system writes them', () => {
    expect(ipBytes('::')).toEqual(new Uint8Array(16))
    expect(ipBytes('::ffff:1.2.3.4')).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4))
    for (const text of ['', 'host', '1.2.3', 'fe80::1%eth0', '1:2:3']) expect(ipBytes(text)).toBeUndefined()
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = ipBytes(text)
        if (!bytes) throw new Error('not read')
        const groups = Array.from({ length: 8 }, (_, i) =>
          Buffer.from(bytes)
            .readUInt16BE(2 * i)
            .toString(16)
        )
        const canonical = (ip: string): string => new SocketAddress({ address: ip, family: 'ipv6' }).address
        expect(canonical(groups.join(':'))).toBe(canonical(text))
      }),
      { numRuns: 2_000 }
    )
  })

  test('a question with many known answers still fits a frame', () => {
    const known = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(20, 'f'))
    const packet = peerQuery(known)
    expect(encodeDns(packet).length).toBeLessThan(1472)
    expect(readPeerQuery(overTheWire(packet))?.known.size).toBe(MAX_KNOWN_ANSWERS)
  })

  test('goodbye, other services and contradictions are no announcements', () => {
    expect(readAnnouncement(overTheWire(peerGoodbye('abc', host)))).toBeUndefined()
    const other = { ...peerQuery([]), questions: [{ name: '_http._tcp.local', type: 12 }] }
    expect(readPeerQuery(overTheWire(other))).toBeUndefined()
    const stranger = nodeIdOfPublicKey(new Uint8Array(32).fill(6))
    const two = peerAnnouncement('abc', [address, `/ip4/10.0.0.6/tcp/4001/p2p/${stranger}`], host)
    expect(readAnnouncement(overTheWire(two))).toBeUndefined()
  })

  test('a packet is read up to the greatest size and number of records, and not one past it', () => {
    const records = (count: number): Uint8Array => {
      const answers = Array.from({ length: count }, () => ({ type: 'PTR', name: 'a', ttlS: 1, target: 'b' }) as const)
      return encodeDns({ kind: 'response', questions: [], answers, additionals: [] })
    }
    expect(decodeDns(records(MAX_RECORDS))?.answers).toHaveLength(MAX_RECORDS)
    expect(decodeDns(records(MAX_RECORDS + 1))).toBeUndefined()
    const padded = (size: number): Uint8Array => {
      const bytes = new Uint8Array(size)
      bytes.set(encodeDns(peerQuery([])))
      return bytes
    }
    expect(decodeDns(padded(MAX_PACKET_BYTES))).toBeDefined()
    expect(decodeDns(padded(MAX_PACKET_BYTES + 1))).toBeUndefined()
  })

  test('a header that promises more than there is costs nothing, and pointers that lead in circles end', () => {
    const header = (questions: number, rest: number[]): Uint8Array =>
      Uint8Array.of(0, 0, 0, 0, 0, questions, 0, 0, 0, 0, 0, 0, ...rest)
    expect(decodeDns(header(100, []))).toBeUndefined()
    expect(decodeDns(header(1, [0xc0, 12, 0, 12, 0, 1]))).toBeUndefined()
    expect(decodeDns(header(1, [0xc0, 14, 0xc0, 12, 0, 12, 0, 1]))).toBeUndefined()
    // A ladder of backward pointers, hidden in a record that nobody reads: short ones are followed, long ones cut off.
    const ladder = (steps: number): Uint8Array => {
      const at = 12 + 11
      const rungs = Array.from({ length: steps }, (_, i) => {
        const target = i === 0 ? at : at + 1 + 2 * (i - 1)
        return [0xc0 | (target >> 8), target & 255]
      }).flat()
      const last = at + 1 + 2 * (steps - 1)
      const hidden = [0, 0, 99, 0, 1, 0, 0, 0, 0, (rungs.length + 1) >> 8, (rungs.length + 1) & 255, 0, ...rungs]
      const reader = [0xc0 | (last >> 8), last & 255, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0]
      return Uint8Array.of(0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0, ...hidden, ...reader)
    }
    expect(decodeDns(ladder(100))?.answers).toHaveLength(1)
    expect(decodeDns(ladder(2000))).toBeUndefined()
  })

  test('whatever bytes come by multicast are read or dropped', () => {
    const valid = [
      encodeDns(peerAnnouncement('abc', [address], host)),
      encodeDns(peerQuery(['abc', 'def'])),
      encodeDns(peerGoodbye('abc', host))
    ]
    let read = 0
    fc.assert(
      fc.property(hostileBytes(valid), (bytes) => {
        const packet = decodeDns(bytes)
        if (!packet) return
        read++
        readPeerQuery(packet)
        const announcement = readAnnouncement(packet)
        for (const found of announcement?.addresses ?? []) expect(found.node).toBe(announcement?.node)
        if (packet.questions.length + packet.answers.length + packet.additionals.length > MAX_RECORDS)
          throw new Error('too many')
      }),
      { numRuns: INPUTS }
    )
    expect(read).toBeGreaterThan(INPUTS / 20)
    expect(read).toBeLessThan(INPUTS)
  })
})

describe('the schedule', () => {
  const runFor = (schedule: MulticastSchedule, untilMs: number): { ask: number; answer: number } => {
    const counts = { ask: 0, answer: 0 }
    for (let nowMs = 0; nowMs <= untilMs; nowMs = Math.max(nowMs + 1, Math.min(schedule.nextMs, untilMs + 1))) {
      for (const action of schedule.due(nowMs)) counts[action]++
    }
    return counts
  }

  test('quick at the start, one question in ten minutes later', () => {
    expect(runFor(new MulticastSchedule(0, () => 0.5), 2_000).ask).toBeGreaterThanOrEqual(2)
    const schedule = new MulticastSchedule(0, () => 0.5)
    runFor(schedule, 60 * 60_000)
    const before = schedule.nextMs
    schedule.due(before)
    expect(schedule.nextMs - before).toBe(10 * 60_000)
  })

  test('announces itself twice, a second apart', () => {
    const schedule = new MulticastSchedule(0, () => 0.5)
    expect(runFor(schedule, 900).answer).toBe(1)
    expect(runFor(new MulticastSchedule(0, () => 0.5), 60_000).answer).toBe(2)
  })

  test('does not answer who knows us, and answers others at most once a second', () => {
    const schedule = new MulticastSchedule(0, () => 0.5)
    runFor(schedule, 5_000)
    schedule.heardQuestion(5_000, true, false)
    expect(schedule.due(5_200)).not.toContain('answer')
    for (let i = 0; i < 50; i++) schedule.heardQuestion(5_000 + i, false, false)
    const answers: number[] = []
    for (let nowMs = 5_050; nowMs < 7_000; nowMs += 10) {
      if (schedule.due(nowMs).includes('answer')) answers.push(nowMs)
      schedule.heardQuestion(nowMs, false, false)
    }
    expect(answers.length).toBeGreaterThan(0)
    expect(answers.length).toBeLessThanOrEqual(2)
  })

  test("once questions come seldom, somebody else's counts as ours", () => {
    const schedule = new MulticastSchedule(0, () => 0.5)
    runFor(schedule, 30 * 60_000)
    const next = schedule.nextMs
    schedule.heardQuestion(next - 1_000, true, true)
    expect(schedule.nextMs).toBeGreaterThan(next + 5 * 60_000)
  })

  test('sixty idle nodes ask less than once a minute together', () => {
    let seed = 1
    const fraction = (): number => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    }
    const nodes = Array.from({ length: 60 }, () => new MulticastSchedule(0, fraction))
    let asked = 0
    const hourMs = 60 * 60_000
    for (let nowMs = 0; nowMs < 2 * hourMs; ) {
      nowMs = Math.min(...nodes.map(({ nextMs }) => nextMs))
      for (const asking of nodes) {
        if (!asking.due(nowMs).includes('ask')) continue
        if (nowMs > hourMs) asked++
        for (const other of nodes) if (other !== asking) other.heardQuestion(nowMs, true, true)
      }
    }
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThan(60)
  })
})

describe('networks', () => {
  test.each([
    ['10.0.0.9', '10.0.0.5', 24, true],
    ['10.0.1.9', '10.0.0.5', 24, false],
    ['10.0.1.9', '10.0.0.5', 16, true],
    ['192.168.255.255', '192.168.0.1', 16, true],
    ['8.8.8.8', '10.0.0.5', 0, true],
    ['10.0.0.5', '10.0.0.5', 32, true],
    ['10.0.0.4', '10.0.0.5', 32, false]
  ])('%s is on the network of %s/%i: %s', (one, own, prefix, expected) => {
    expect(sameNetwork(one, { interface: 'eth0', address: own, family: 4, prefix })).toBe(expected)
  })
  test('IPv6 has one socket per interface, and nothing is spoken on the interface of an access point', () => {
    const all = [
      { interface: 'eth0', address: '10.0.0.5', family: 4, prefix: 24 },
      { interface: 'eth0', address: 'fd00::5', family: 6, prefix: 64 },
      { interface: 'eth0', address: 'fe80::5', family: 6, prefix: 64 },
      { interface: 'wlan0', address: '192.168.4.1', family: 4, prefix: 24 },
      { interface: 'wlan0', address: 'fe80::6', family: 6, prefix: 64 }
    ] as const
    const networks = multicastNetworks(all, new Set(['192.168.4.1']))
    expect(networks.map(({ own, group }) => [own.interface, own.address, group])).toEqual([
      ['eth0', '10.0.0.5', '224.0.0.251'],
      ['eth0', 'fe80::5', 'ff02::fb']
    ])
  })

  test('so many sockets are opened, and not one more; so many addresses of an interface are announced', () => {
    const cables = Array.from({ length: MAX_MULTICAST_SOCKETS + 1 }, (_, i) => {
      return { interface: `eth${i}`, address: `10.0.${i}.5`, family: 4, prefix: 24 } as const
    })
    expect(multicastNetworks(cables.slice(1), new Set())).toHaveLength(MAX_MULTICAST_SOCKETS)
    expect(multicastNetworks(cables, new Set())).toHaveLength(MAX_MULTICAST_SOCKETS)
    const providers = ['fd00::5', 'fd01::5', 'fe80::5', 'fd02::5'].map((address) => {
      return { interface: 'eth0', address, family: 6, prefix: 64 } as const
    })
    expect(multicastNetworks(providers, new Set()).map(addressesToAnnounce)).toEqual([
      [
        { host: 'fe80::5', webSocket: false },
        { host: 'fd00::5', webSocket: true },
        { host: 'fd01::5', webSocket: true }
      ]
    ])
  })

  test('a link-local address is dialled in the zone where it was heard, others where we have a neighbour of theirs', () => {
    const [network] = multicastNetworks(
      [
        { interface: 'eth0', address: 'fe80::5', family: 6, prefix: 64 },
        { interface: 'eth0', address: 'fd00::5', family: 6, prefix: 64 }
      ],
      new Set()
    )
    if (!network) throw new Error('no network')
    const hosts = ['fe80::9', 'fe80::9%eth0', 'fe80::9%eth1', 'fd00::9', 'fd01::9', '10.0.0.9', 'room.example.org']
    expect(hosts.map((host) => reachable(host, network))).toEqual([
      ...['fe80::9%eth0', 'fe80::9%eth0', undefined, 'fd00::9', undefined, undefined, undefined]
    ])
  })

  test('link-local addresses heard over IPv4 are not dialled: nobody knows of which link they are', () => {
    const [network] = multicastNetworks([{ interface: 'eth0', address: '10.0.0.5', family: 4, prefix: 24 }], new Set())
    if (!network) throw new Error('no network')
    expect(reachable('fe80::9', network)).toBeUndefined()
    expect(reachable('10.0.0.9', network)).toBe('10.0.0.9')
  })
})
