/** Discovery on real networks: bridges and cables in network namespaces, no default route and no multicast route anywhere. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DiscoveryFacts, NeighbourRoom, PeerStatus } from '../../node/mesh/index.ts'
import { type Child, PATIENCE_MS } from '../kit/child.ts'
import { type Device, NetworkLab } from '../kit/network-lab.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import type { MemberSettings } from './mesh-programs/member.ts'

const FLAGS = ['--max-old-space-size=96', '--max-semi-space-size=1']
const MEMBER = [process.execPath, ...FLAGS, join(import.meta.dirname, 'mesh-programs/member.ts')]
const RESOLVER = [process.execPath, join(import.meta.dirname, 'mesh-programs/resolver.ts')]
const STOCK = [process.execPath, join(import.meta.dirname, 'mesh-programs/stock.ts')]

interface Facts {
  facts: DiscoveryFacts
  peers: PeerStatus[]
  neighbours: NeighbourRoom[]
  links: string[]
}

/** Everything of one test: ends with it. */
class Hall implements AsyncDisposable {
  readonly lab: NetworkLab
  readonly #folders: TemporaryFolder[] = []

  constructor(lab: NetworkLab) {
    this.lab = lab
  }

  static async open(): Promise<Hall> {
    return new Hall(await NetworkLab.make())
  }

  async member(device: Device, settings: Partial<MemberSettings> = {}): Promise<Member> {
    const folder = temporaryFolder()
    this.#folders.push(folder)
    return await Member.start(device, { folder: folder.path, name: device.name, ...settings })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]()
    for (const folder of this.#folders) folder[Symbol.dispose]()
  }
}

class Member {
  readonly child: Child
  readonly node: string
  readonly addresses: string[]
  readonly settings: MemberSettings

  private constructor(child: Child, settings: MemberSettings, ready: { node: string; addresses: string[] }) {
    this.child = child
    this.settings = settings
    this.node = ready.node
    this.addresses = ready.addresses
  }

  static async start(device: Device, settings: MemberSettings): Promise<Member> {
    const child = device.start([...MEMBER, JSON.stringify(settings)])
    const [line] = await child.line(/^.*"kind":"ready".*$/)
    return new Member(child, settings, JSON.parse(line) as { node: string; addresses: string[] })
  }

  /** The first event of this kind about `peer`. */
  async event(kind: string, peer?: Member, timeoutMs?: number): Promise<{ atMs: number; [key: string]: unknown }> {
    const about = peer ? `.*"node":"${peer.node}"` : ''
    const [line] = await this.child.line(new RegExp(`^.*"kind":"${kind}"${about}.*$`), timeoutMs)
    return JSON.parse(line) as { atMs: number }
  }

  async invite(uses?: number): Promise<string> {
    this.child.process.stdin?.write(`${JSON.stringify({ do: 'invite', ...(uses === undefined ? {} : { uses }) })}\n`)
    const [line] = await this.child.line(/^.*"kind":"invited".*$/)
    return (JSON.parse(line) as { text: string }).text
  }

  async facts(): Promise<Facts> {
    const before = this.child.lines.filter((line) => line.includes('"kind":"facts"')).length
    this.child.process.stdin?.write(`${JSON.stringify({ do: 'facts' })}\n`)
    while (true) {
      const lines = this.child.lines.filter((line) => line.includes('"kind":"facts"'))
      if (lines.length > before) return JSON.parse(lines.at(-1) as string) as Facts
      if (this.child.over) throw new Error(this.child.output())
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async factsWhere(holds: (facts: Facts) => boolean, timeoutMs = PATIENCE_MS): Promise<Facts> {
    const until = performance.now() + timeoutMs
    while (true) {
      const facts = await this.facts()
      if (holds(facts)) return facts
      if (performance.now() > until)
        throw new Error(`not so after ${timeoutMs} ms: ${JSON.stringify(facts)}\n${this.child.output()}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

describe('on an isolated network', () => {
  test('two devices find and admit each other, without any route', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    await one.plug(cable)
    await two.plug(cable)
    const founder = await hall.member(one)
    const invitation = (await founder.invite(1)).replaceAll(/.{40}/g, '$&\n')
    const second = await hall.member(two, { invitation })
    await second.event('linked', founder)
    await founder.event('linked', second)
  })

  test('two devices with nothing but link-local IPv6 find and admit each other, whoever dials', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    for (const device of [one, two]) await device.plug(cable, { ipv4: false })
    const founder = await hall.member(one)
    const second = await hall.member(two, { invitation: await founder.invite(1) })
    await second.event('linked', founder)
    await founder.event('linked', second)
    const both = [await founder.facts(), await second.facts()]
    expect(both.map(({ peers }) => peers[0]?.dialer).sort()).toEqual([false, true])
    for (const { peers } of both) expect(peers[0]?.remoteAddress).toMatch(/^fe80::[0-9a-f:]+%eth0$/)
  })

  test('a cable that is plugged in later is noticed', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    const founder = await hall.member(one)
    await two.plug(cable)
    // Addresses in the invitation would be another way; there are none but loopback.
    const second = await hall.member(two, { invitation: await founder.invite() })
    await one.plug(cable)
    await second.event('linked', founder)
  })

  test('a cable that is pulled is noticed, and the link comes back by itself', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    const plug = await one.plug(cable)
    await two.plug(cable)
    const founder = await hall.member(one)
    const second = await hall.member(two, { invitation: await founder.invite() })
    await second.event('linked', founder)
    await plug.unplug()
    await second.event('unlinked', founder)
    await plug.replug()
    await second.factsWhere(({ links }) => links.length === 1)
  })

  test('a device on two networks finds the others on both, wherever its default route is', async () => {
    await using hall = await Hall.open()
    const [left, right] = [await hall.lab.network(), await hall.lab.network()]
    const [hub, one, two] = [await hall.lab.device('hub'), await hall.lab.device('one'), await hall.lab.device('two')]
    const uplink = await hub.plug(left)
    await hub.plug(right)
    await one.plug(left)
    await two.plug(right)
    await hub.run(['ip', 'route', 'add', 'default', 'dev', uplink.interface])
    const founder = await hall.member(hub)
    const invitation = await founder.invite()
    const first = await hall.member(one, { invitation })
    const second = await hall.member(two, { invitation })
    await first.event('linked', founder)
    await second.event('linked', founder)
    const { facts } = await founder.facts()
    const heardOn = facts.interfaces.filter(({ found }) => found > 0).map((one) => one.interface)
    expect(new Set(heardOn).size).toBe(2)
  })

  test("an access point's address is neither asked on nor announced", async () => {
    await using hall = await Hall.open()
    const [cable, radio] = [await hall.lab.network(), await hall.lab.network()]
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    await one.plug(cable)
    const accessPoint = await one.plug(radio)
    await two.plug(cable)
    const founder = await hall.member(one, { hidden: [accessPoint.address] })
    const second = await hall.member(two, { invitation: await founder.invite() })
    await second.event('linked', founder)
    const { facts } = await founder.facts()
    expect(facts.interfaces.map(({ address }) => address)).not.toContain(accessPoint.address)
    expect(founder.addresses.join()).not.toContain(accessPoint.address)
    const { peers } = await second.factsWhere(({ peers }) => peers.length > 0)
    expect(JSON.stringify(peers)).not.toContain(accessPoint.address)
    expect(JSON.stringify(peers)).not.toContain('127.0.0.1')
  })

  test('two rooms on one cable never mix, and each shows the other as a neighbour', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const devices = [await hall.lab.device('a1'), await hall.lab.device('a2'), await hall.lab.device('b1')] as const
    for (const device of devices) await device.plug(cable)
    const a1 = await hall.member(devices[0], { found: 'Room A' })
    const a2 = await hall.member(devices[1], { invitation: await a1.invite() })
    const b1 = await hall.member(devices[2], { found: 'Room B' })
    await a2.event('linked', a1)
    const ofA = await a1.factsWhere(({ neighbours }) => neighbours.length === 1)
    const ofB = await b1.factsWhere(({ neighbours }) => neighbours[0]?.devices === 2)
    expect(ofA.neighbours).toMatchObject([{ name: 'Room B', devices: 1 }])
    expect(ofB.neighbours).toMatchObject([{ name: 'Room A', devices: 2 }])
    expect(ofB.links).toEqual([])
    expect(ofA.links).toEqual([a2.node])
  })
})

describe('together with stock libp2p', () => {
  test('stock mDNS discovers us, and we hear and reach it', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    const ours = await one.plug(cable)
    const theirs = await two.plug(cable)
    // The stock one sends where the kernel's routes lead; ours has none.
    await two.run(['ip', 'route', 'add', '224.0.0.0/4', 'dev', theirs.interface])
    const founder = await hall.member(one)
    const stock = two.start(STOCK)
    await stock.line(/^ready/)
    const [line] = await stock.line(new RegExp(`^discovered ${founder.node}.*`))
    expect(line).toContain(`/ip4/${ours.address}/tcp/4001`)
    expect(line).not.toContain('127.0.0.1')
    await founder.factsWhere(({ facts }) => facts.interfaces.some(({ found }) => found === 1))
    // Found by multicast, dialled, met: it speaks no hello, so it is not admitted.
    await stock.line(new RegExp(`^connected ${founder.node}`))
    const { links } = await founder.factsWhere(({ facts }) => facts.dials.succeeded >= 1)
    expect(links).toEqual([])
  })
})

describe('a stock resolver', () => {
  test('that speaks IPv4 finds the IPv4 and the IPv6 addresses of a device, and its port', async () => {
    await using hall = await Hall.open()
    const cable = await hall.lab.network()
    const [one, two] = [await hall.lab.device('one'), await hall.lab.device('two')]
    const ours = await one.plug(cable)
    const theirs = await two.plug(cable)
    await one.run(['ip', '-6', 'address', 'add', 'fd00:17::5/64', 'dev', ours.interface, 'nodad'])
    await hall.member(one)
    const resolver = two.start([...RESOLVER, theirs.address])
    await resolver.line(/^host [0-9a-f]{20}\.local 4001$/)
    await resolver.line(new RegExp(`^A ${ours.address}$`))
    await resolver.line(/^AAAA fd00:17::5$/)
    await resolver.line(/^AAAA fe80::[0-9a-f:]+$/)
    expect(resolver.lines.filter((line) => /127\.0\.0\.1| ::1$/.test(line))).toEqual([])
  })
})

describe('without multicast', () => {
  test('the addresses in an invitation are enough, and others are learnt from peers', async () => {
    await using hall = await Hall.open()
    // Each behind a router of its own floor, which passes no multicast on.
    const router = await hall.lab.device('router')
    const devices: Device[] = []
    const networks = [await hall.lab.network(), await hall.lab.network(), await hall.lab.network()]
    const gateways = []
    for (const network of networks) gateways.push((await router.plug(network)).address)
    await router.forwardPackets()
    for (const [i, network] of networks.entries()) {
      const device = await hall.lab.device(`floor${i}`)
      await device.plug(network)
      for (const other of networks) if (other !== network) await device.route(other, gateways[i] as string)
      devices.push(device)
    }
    const [one, two, three] = devices as [Device, Device, Device]
    const founder = await hall.member(one)
    const invitation = await founder.invite()
    const second = await hall.member(two, { invitation })
    await second.event('linked', founder)
    const third = await hall.member(three, { invitation })
    await third.event('linked', founder)
    // Nobody gave the two each other's address but the founder.
    await third.event('linked', second)
    await second.event('linked', third)
    const { facts } = await third.facts()
    expect(facts.interfaces.every(({ found }) => found === 0)).toBe(true)
  })

  test('three devices on a machine without any network find each other over loopback', async () => {
    await using hall = await Hall.open()
    const machine = await hall.lab.device('machine')
    const founder = await hall.member(machine, { name: 'one', meshPort: 4001 })
    const invitation = await founder.invite()
    const second = await hall.member(machine, { name: 'two', meshPort: 4003, invitation })
    const third = await hall.member(machine, { name: 'three', meshPort: 4005, invitation })
    await third.event('linked', founder)
    await third.event('linked', second)
    await second.event('linked', founder)
  })
})
