import {
  createMembership,
  foundRoom,
  joinGranted,
  joinRoom,
  type Membership,
  type NodeIdentity,
  openIdentity,
  type Room
} from '../../../node/room/index.ts'
import type { Role } from '../../../protocols/room-facts.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime, settle } from '../../kit/simulated-clock.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'
import { SimulatedNetwork } from '../../kit/simulated-network.ts'
import { MemoryJournal } from './shared-journal.ts'

export const FOLDER = '/data'

export interface Device {
  name: string
  identity: NodeIdentity
  disk: SimulatedDisk
  room: Room
  journal: MemoryJournal
  membership: Membership
  problems: unknown[]
}

export class World {
  readonly time = new SimulatedTime()
  readonly random: SeededRandom = seededRandom(7)
  readonly network = new SimulatedNetwork({ time: this.time, random: this.random })
  readonly devices: Device[] = []
  readonly #firstSeed: number

  constructor(firstSeed = 1000) {
    this.#firstSeed = firstSeed
  }

  async device(name: string, enter: { invitation?: string; grantFrom?: Device; role?: Role } = {}): Promise<Device> {
    const random = seededRandom(this.#firstSeed + this.devices.length)
    const disk = new SimulatedDisk({ random })
    await disk.makeDirectory(FOLDER)
    const parts = { disk, random }
    const identity = await openIdentity(parts, { folder: FOLDER, hardware: { serial: name, macs: [] } })
    const { invitation, grantFrom, role = 'node' } = enter
    const init = { folder: FOLDER, identity }
    const room = grantFrom
      ? await joinGranted(parts, {
          ...init,
          grant: await grantFrom.membership.grant({ node: identity.node, name, role })
        })
      : invitation
        ? await joinRoom(parts, { ...init, invitation, role })
        : await foundRoom(parts, { ...init, name: 'Hall' })
    const journal = new MemoryJournal(identity.node, Buffer.from(random.bytes(32)).toString('hex'))
    const clock = new SimulatedClock(this.time)
    const problems: unknown[] = []
    const membership = await createMembership(
      { clock, random, journal, room, identity },
      { name, role, onProblem: (problem) => problems.push(problem) }
    )
    const device = { name, identity, disk, room, journal, membership, problems }
    this.devices.push(device)
    const links = this.network.join(identity.node, clock, profileOf(name))
    membership.attach(links)
    // The simulated network says no hello: what the mesh asks then is asked here.
    links.onLink(({ peer }) => {
      const guest = this.devices.find(({ identity }) => identity.node === peer)
      if (guest) verdict(device, guest)
    })
    return device
  }

  /** Time passes; whoever is linked exchanges its journal. */
  async pass(ms = 5_000): Promise<void> {
    await this.time.run(this.time.nowMs + ms)
    for (const one of this.devices)
      for (const other of this.devices)
        if (one !== other && this.#areFriends(one, other)) one.journal.meet(other.journal)
    await settle()
    await this.time.run(this.time.nowMs + 1_000)
  }

  readonly away = new Set<Device>()

  #areFriends(one: Device, other: Device): boolean {
    return !this.away.has(one) && !this.away.has(other) && verdict(one, other) === 'OK' && verdict(other, one) === 'OK'
  }

  leave(device: Device): void {
    this.away.add(device)
    for (const other of this.devices) if (other !== device) this.network.cut(device.identity.node, other.identity.node)
  }

  comeBack(device: Device): void {
    this.away.delete(device)
    for (const other of this.devices) if (other !== device) this.network.heal(device.identity.node, other.identity.node)
  }
}

/** What `host` says to `guest` at a hello. */
export function verdict(host: Device, guest: Device): string {
  return host.membership.policy.admits(guest.identity.node, guest.room.chain, 'node')
}

export const invitationOf = async (device: Device, uses: number | null = 1): Promise<string> =>
  (await device.membership.invite({ uses, addresses: ['/ip4/10.0.0.1/tcp/4001/p2p/12D3KooWx'] })).text

export const membersOf = (device: Device): string[] =>
  [...device.membership.view().members.values()].map(({ name }) => name).sort()
