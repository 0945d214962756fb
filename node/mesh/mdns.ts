/**
 * Discovery by multicast DNS with one socket per interface and IPv4 address, and one per interface for IPv6. A single socket sends on the one interface that the kernel picks
 * by its routes: without a default or multicast route (an isolated access point) that is none, and with an uplink it is the wrong one.
 */

import type { Socket } from 'node:dgram'
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { formatMeshAddress, ipMeshAddress, type MeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import type { Random } from '../platform/random.ts'
import { INTERFACE_POLL_MS, MAX_KNOWN_NODES } from './limits.ts'
import {
  type Announcement,
  asksForHost,
  type Host,
  type PeerQuery,
  peerAnnouncement,
  peerGoodbye,
  peerQuery,
  RECORD_TTL_S,
  readAnnouncement,
  readPeerQuery
} from './mdns-records.ts'
import { type MulticastAction, MulticastSchedule } from './mdns-schedule.ts'
import { type DnsHostRecord, type DnsPacket, type DnsRecord, decodeDns, encodeDns } from './mdns-wire.ts'
import type { DiscoveryFacts } from './mesh-status.ts'
import {
  addressesToAnnounce,
  type MulticastNetwork,
  multicastNetworks,
  openSocket,
  reachable
} from './multicast-network.ts'

export interface DiscoveryComponents {
  clock: Clock
  random: Random
  networkAddresses: () => NetworkAddress[]
}

export interface DiscoveryInit {
  node: NodeId
  /** The listening ports. */
  ports: { tcp: number; webSocket: number }
  /** Addresses on which nothing is asked or announced: an access point's, which every node has. */
  hidden: ReadonlySet<string>
  /** A node was heard on the network of this address. */
  found(node: NodeId, address: string): void
  /** Somebody else announces our own id. */
  foundSelf(where: string): void
  /** The set of own addresses changed. */
  interfacesChanged(): void
}

const LOOPBACK: NetworkAddress = { interface: 'lo', address: '127.0.0.1', family: 4, prefix: 8 }
/** Characters of a process' random name; 80 bits, so that two never meet. */
const INSTANCE_BYTES = 10
const GOODBYE_TIMEOUT_MS = 500

interface Listener {
  network: MulticastNetwork
  socket: Socket | undefined
  schedule: MulticastSchedule
  cancelTimer: () => void
  error: string | undefined
  sent: number
  received: number
  echoed: number
  /** Instances heard here → when; newest last. */
  instances: Map<string, number>
}

export class MulticastDiscovery {
  readonly #components: DiscoveryComponents
  readonly #init: DiscoveryInit
  readonly #instance: string
  readonly #listeners = new Map<string, Listener>()
  #cancelPoll = (): void => {}
  #stopped = false

  constructor(components: DiscoveryComponents, init: DiscoveryInit) {
    this.#components = components
    this.#init = init
    this.#instance = Buffer.from(components.random.bytes(INSTANCE_BYTES)).toString('hex')
  }

  start(): void {
    this.#poll()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelPoll()
    await Promise.all([...this.#listeners.values()].map((listener) => this.#close(listener, true)))
    this.#listeners.clear()
  }

  facts(): DiscoveryFacts['interfaces'] {
    return [...this.#listeners.values()].map(({ network, socket, error, received, echoed, sent, instances }) => ({
      interface: network.own.interface,
      address: network.own.address,
      open: socket !== undefined && error === undefined,
      ...(error === undefined ? {} : { error }),
      received,
      echoed,
      sent,
      found: instances.size
    }))
  }

  /** Opens sockets for addresses that appeared and closes those of addresses that went. */
  #poll(): void {
    this.#cancelPoll = this.#components.clock.after(INTERFACE_POLL_MS, () => this.#poll())
    const wanted = new Map(this.#networks().map((network) => [network.key, network]))
    let changed = false
    for (const [key, listener] of this.#listeners) {
      // A socket that failed is opened anew: the reason, such as an interface without multicast, may have gone.
      if (wanted.has(key) && listener.error === undefined) continue
      changed ||= !wanted.has(key)
      this.#listeners.delete(key)
      void this.#close(listener, false)
    }
    for (const [key, network] of wanted) {
      if (this.#listeners.has(key)) continue
      changed = true
      this.#listeners.set(key, this.#open(network))
    }
    if (changed) this.#init.interfacesChanged()
  }

  #networks(): MulticastNetwork[] {
    const addresses = this.#components.networkAddresses()
    // Several nodes on one machine find each other also where it has no network at all.
    return multicastNetworks(addresses.length === 0 ? [LOOPBACK] : addresses, this.#init.hidden)
  }

  #open(network: MulticastNetwork): Listener {
    const { clock, random } = this.#components
    const listener: Listener = {
      network,
      socket: undefined,
      schedule: new MulticastSchedule(clock.monotonicMs(), () => random.fraction()),
      cancelTimer: () => {},
      error: undefined,
      sent: 0,
      received: 0,
      echoed: 0,
      instances: new BoundedMap(MAX_KNOWN_NODES)
    }
    listener.socket = openSocket(network, {
      failed: (error) => {
        listener.error = error
      },
      received: (bytes, from) => this.#received(listener, bytes, from),
      ready: () => this.#act(listener)
    })
    return listener
  }

  #act(listener: Listener): void {
    if (this.#stopped || listener.socket === undefined) return
    const nowMs = this.#components.clock.monotonicMs()
    for (const action of listener.schedule.due(nowMs)) this.#send(listener, action)
    listener.cancelTimer()
    const waitMs = Math.max(1, listener.schedule.nextMs - nowMs)
    listener.cancelTimer = this.#components.clock.after(waitMs, () => this.#act(listener))
  }

  #send(listener: Listener, action: MulticastAction): void {
    listener.sent++
    const packet =
      action === 'ask'
        ? peerQuery([this.#instance, ...this.#known(listener)])
        : peerAnnouncement(this.#instance, this.#addressesOn(listener.network), this.#hostOn(listener.network))
    this.#sendPacket(listener, packet, (error) => {
      if (error) listener.error = error.message
    })
  }

  #sendPacket(
    listener: Listener,
    packet: DnsPacket<DnsRecord | DnsHostRecord>,
    done: (error: Error | null) => void
  ): void {
    const { group, port } = listener.network
    listener.socket?.send(encodeDns(packet), port, group, done)
  }

  /** Instances heard less than half their time to live ago, newest first. */
  #known(listener: Listener): string[] {
    const sinceMs = this.#components.clock.monotonicMs() - (RECORD_TTL_S * 1000) / 2
    return [...listener.instances]
      .filter(([, heardMs]) => heardMs >= sinceMs)
      .map(([instance]) => instance)
      .reverse()
  }

  #received(listener: Listener, bytes: Uint8Array, from: string): void {
    const { network } = listener
    // Linux gives each socket the packets of all groups that any socket joined: only this network's are ours.
    if (this.#stopped || reachable(from, network) === undefined) return
    if (network.ownHosts.has(from) && network.own.interface !== LOOPBACK.interface) listener.echoed++
    else listener.received++
    const packet = decodeDns(bytes)
    if (!packet) return
    const query = readPeerQuery(packet)
    if (query) this.#asked(listener, query)
    else if (asksForHost(packet, this.#instance)) {
      listener.schedule.heardQuestion(this.#components.clock.monotonicMs(), false, false)
      this.#act(listener)
    }
    const announcement = readAnnouncement(packet)
    if (announcement) this.#announced(listener, announcement, from)
  }

  #asked(listener: Listener, query: PeerQuery): void {
    const known = listener.instances
    const asksOurs = [...query.known].every((instance) => instance === this.#instance || known.has(instance))
    listener.schedule.heardQuestion(this.#components.clock.monotonicMs(), query.known.has(this.#instance), asksOurs)
    this.#act(listener)
  }

  #announced(listener: Listener, announcement: Announcement, from: string): void {
    if (announcement.instance === this.#instance) return
    if (announcement.node === this.#init.node) {
      this.#init.foundSelf(from)
      return
    }
    const { instances, network } = listener
    instances.set(announcement.instance, this.#components.clock.monotonicMs())
    for (const address of announcement.addresses) {
      // Stock nodes announce all their addresses everywhere; those of other networks cannot be reached from here, and a forged
      // packet must not make us dial somebody elsewhere.
      const host = reachable(address.host, network)
      if (host === undefined) continue
      const { kind, port, transport } = address
      this.#init.found(announcement.node, formatMeshAddress({ kind, host, port, transport }))
    }
  }

  /** Both families, whichever this socket speaks: an interface is one network. */
  #hostOn({ own }: MulticastNetwork): Host {
    const { hidden, ports } = this.#init
    const others = this.#components
      .networkAddresses()
      .filter(({ interface: name, address }) => name === own.interface && address !== own.address)
      .map(({ address }) => address)
    return { addresses: [own.address, ...others.filter((address) => !hidden.has(address))], port: ports.tcp }
  }

  #addressesOn(network: MulticastNetwork): string[] {
    const { ports, node } = this.#init
    const addresses = addressesToAnnounce(network).flatMap(({ host, webSocket }): MeshAddress[] => [
      ipMeshAddress(host, ports.tcp),
      ...(webSocket ? [ipMeshAddress(host, ports.webSocket, 'ws')] : [])
    ])
    return addresses.map((address) => formatMeshAddress({ ...address, node }))
  }

  async #close(listener: Listener, goodbye: boolean): Promise<void> {
    listener.cancelTimer()
    const { socket } = listener
    listener.socket = undefined
    if (!socket) return
    if (goodbye && listener.error === undefined) {
      listener.socket = socket
      await new Promise<void>((resolve) => {
        const cancel = this.#components.clock.after(GOODBYE_TIMEOUT_MS, resolve)
        this.#sendPacket(listener, peerGoodbye(this.#instance, this.#hostOn(listener.network)), () => {
          cancel()
          resolve()
        })
      })
      listener.socket = undefined
    }
    await new Promise<void>((resolve) => socket.close(resolve))
  }
}
