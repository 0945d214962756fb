/** The mesh put together: one host, its discovery, its introductions, its links. Each decision is in a file of its own. */
import type { Connection } from '@libp2p/interface'
import { JoineryError } from '../../protocols/errors.ts'
import type { Verdict } from '../../protocols/hello.ts'
import type { KnownPeer } from '../../protocols/known-peers.ts'
import { formatMeshAddress, parseMeshAddress } from '../../protocols/mesh-address.ts'
import type { MessageStream, NodeId, PeerLink, PeerProfile, StreamLimits } from '../../protocols/message-stream.ts'
import { Acquaintances } from './acquaintances.ts'
import { AddressBook } from './address-book.ts'
import { askAround } from './ask-around.ts'
import { AskDesk } from './asks.ts'
import { CloneWatch } from './clone-watch.ts'
import { DialPlan } from './dial-plan.ts'
import { Dialer } from './dialer.ts'
import { adviseDiscovery, unreachedHosts } from './discovery-advice.ts'
import type { Introduction } from './hello-session.ts'
import { closeConnection, type MeshHost, startHost } from './host.ts'
import { Introductions, ipOf } from './introductions.ts'
import { MAX_STATIC_ADDRESSES } from './limits.ts'
import { prefersExisting } from './link-choice.ts'
import { type Link, LinkTable } from './links.ts'
import { MulticastDiscovery } from './mdns.ts'
import type { Mesh, MeshComponents, MeshInit } from './mesh.ts'
import type {
  AskProgress,
  DiscoveryFacts,
  MeshEvent,
  NearbyDevice,
  NeighbourRoom,
  PeerStatus,
  PendingAsk
} from './mesh-status.ts'
import { ownAddresses } from './own-addresses.ts'
import { PeerExchange } from './peer-exchange.ts'
import { Roster } from './roster.ts'
import { Strangers } from './strangers.ts'
import { Unadmitted } from './unadmitted.ts'
import { visitStranger } from './visit.ts'
import type { Denials } from './watches.ts'

/** Of 0 to 100; whoever is not admitted has none. */
const LINK_VALUE = 100

export class MeshNode implements Mesh {
  readonly node: NodeId
  readonly #components: MeshComponents
  readonly #init: MeshInit
  readonly #host: MeshHost
  readonly #denials: Denials
  readonly #clones: CloneWatch
  readonly #roster: Roster
  readonly #plan: DialPlan
  readonly #dialer: Dialer
  readonly #links: LinkTable
  readonly #introductions: Introductions
  readonly #exchange: PeerExchange
  readonly #desk: AskDesk
  readonly #unadmitted: Unadmitted
  readonly #book: AddressBook
  readonly #strangers = new Strangers()
  readonly #listeners = new Set<(event: MeshEvent) => void>()
  readonly #acquaintances: Acquaintances
  readonly #hidden: ReadonlySet<string>
  #discovery: MulticastDiscovery | undefined
  #profile: Omit<PeerProfile, 'bootId'>
  #ports = { tcp: 0, webSocket: 0 }
  #inbound = 0
  #room: string
  #stopPolicy = (): void => {}

  constructor(components: MeshComponents, init: MeshInit, parts: { host: MeshHost; node: NodeId; denials: Denials }) {
    const { clock, random, disk, policy } = components
    this.#components = components
    this.#init = init
    this.#host = parts.host
    this.node = parts.node
    this.#denials = parts.denials
    this.#clones = new CloneWatch(clock, {
      link: (peer) => this.#links.get(peer),
      probe: (link) => this.#exchange.probe(link),
      emit: (event) => this.#emit(event)
    })
    this.#profile = init.profile
    this.#hidden = new Set(init.hiddenAddresses)
    this.#room = policy.room()?.id ?? ''
    const { host } = parts
    this.#plan = new DialPlan(this.node, () => random.fraction())
    this.#roster = new Roster({
      self: this.node,
      plan: this.#plan,
      linkedBootId: (peer) => this.#links.get(peer)?.profile.bootId,
      linked: () => this.#links.links().map(({ peer }) => peer)
    })
    this.#dialer = new Dialer({ clock, host, plan: this.#plan }, { wanted: () => this.#roster.wanted() })
    this.#unadmitted = new Unadmitted(
      {
        clock,
        host,
        plan: this.#plan,
        policy,
        strangers: this.#strangers,
        denials: this.#denials,
        isLink: (connection) => this.#links.get(connection.remotePeer.toString())?.connection === connection
      },
      (event) => this.#emit(event)
    )
    this.#introductions = new Introductions(
      { clock, random, host, policy },
      {
        self: () => ({
          id: this.node,
          bootId: Buffer.from(init.bootId, 'hex'),
          profile: this.#profile,
          meshPort: this.#ports.tcp,
          sign: (message) => components.key.sign(message)
        }),
        judge: (connection, introduction) => this.#judge(connection, introduction),
        admitted: (link) => this.#admitted(link),
        met: (connection, effect) => {
          this.#unadmitted.met(connection, effect)
          // It may let us in: whoever starts anew inside that room finds it again, also without multicast.
          const isAskable = effect.room !== null && policy.room() === undefined
          if (isAskable) this.#acquaintances.noteAddresses(connection.remotePeer.toString())
        },
        refused: (connection, code, by, proven) => {
          if (by === 'them' && code === 'CLONED')
            this.#clones.found(this.node, 'this device', connection.remotePeer.toString())
          this.#unadmitted.refused(connection, code, by, proven)
        },
        failed: (connection) => this.#unadmitted.failed(connection)
      }
    )
    this.#links = new LinkTable({ clock, host, admission: (connection) => this.#introductions.link(connection) })
    this.#exchange = new PeerExchange(
      { clock, links: this.#links },
      {
        known: () => this.#roster.known(),
        told: (link, peers) => this.#told(link, peers),
        dead: (link) => this.#drop(link)
      }
    )
    this.#desk = new AskDesk({ clock, random, host, policy, grant: components.grant }, (event) => this.#emit(event))
    this.#book = new AddressBook({ clock, disk }, { folder: init.folder })
    this.#acquaintances = new Acquaintances({ book: this.#book, plan: this.#plan })
    for (const address of (init.staticAddresses ?? []).slice(0, MAX_STATIC_ADDRESSES)) this.addStaticAddress(address)
  }

  get meshPort(): number {
    return this.#ports.tcp
  }

  async start(): Promise<void> {
    const { clock, random, networkAddresses, policy } = this.#components
    for (const [node, addresses] of await this.#book.load()) {
      for (const address of [...addresses].reverse()) this.#plan.learn(node, address, clock.monotonicMs(), false)
    }
    this.#policyChanged()
    this.#stopPolicy = policy.onChange(() => this.#policyChanged())
    this.#host.addEventListener('connection:open', ({ detail }) => this.#connected(detail))
    this.#host.addEventListener('connection:close', ({ detail }) => this.#disconnected(detail))
    await this.#introductions.start()
    await this.#desk.start()
    this.#exchange.start()
    await this.#links.ready()
    this.#ports = await startHost(this.#host, this.#init.meshPort)
    if (this.#init.discovery !== false) {
      this.#discovery = new MulticastDiscovery(
        { clock, random, networkAddresses },
        {
          node: this.node,
          ports: this.#ports,
          hidden: this.#hidden,
          found: (node, address) => this.#plan.learn(node, address, clock.monotonicMs(), true),
          foundSelf: (where) => this.#clones.found(this.node, where, 'us'),
          interfacesChanged: () => this.#plan.awake(clock.monotonicMs())
        }
      )
      this.#discovery.start()
    }
    this.#dialer.start()
  }

  async stop(): Promise<void> {
    this.#stopPolicy()
    this.#dialer.stop()
    this.#exchange.stop()
    this.#desk.stop()
    await this.#discovery?.stop()
    for (const link of this.#links.links()) this.#links.remove(link)
    await this.#host.stop()
    await this.#book.close()
  }

  links(): readonly PeerLink[] {
    return this.#links.links()
  }

  onLink(listener: (link: PeerLink) => void): () => void {
    return this.#links.onLink(listener)
  }

  onLinkLost(listener: (link: PeerLink) => void): () => void {
    return this.#links.onLinkLost(listener)
  }

  handle(
    protocol: string,
    limits: StreamLimits,
    handler: (stream: MessageStream, link: PeerLink) => Promise<void>
  ): void {
    this.#links.handle(protocol, limits, handler)
  }

  addresses(): string[] {
    const init = { node: this.node, port: this.#ports.tcp, hidden: this.#hidden }
    return ownAddresses(this.#components.networkAddresses(), init)
  }

  setProfile(profile: Partial<Omit<PeerProfile, 'bootId'>>): void {
    this.#profile = { ...this.#profile, ...profile }
  }

  addStaticAddress(text: string): void {
    const { node, ...plain } = parseMeshAddress(text)
    this.#plan.addFixed(formatMeshAddress(plain), node, this.#components.clock.monotonicMs())
  }

  async visit<Result>(
    address: string,
    protocol: string,
    limits: StreamLimits,
    talk: (stream: MessageStream) => Promise<Result>
  ): Promise<Result> {
    const result = await visitStranger({ clock: this.#components.clock, host: this.#host }, address, {
      ...{ protocol, limits, talk }
    })
    // It refused us a moment ago perhaps, and does not any more. What others said still counts.
    const visited = parseMeshAddress(address).node
    this.#plan.forgive(this.#components.clock.monotonicMs(), (node) => node === visited)
    return result
  }

  peers(): PeerStatus[] {
    const nodes = new Set([...this.#roster.members, ...this.#links.links().map(({ peer }) => peer)])
    return [...nodes].map((node) => this.#acquaintances.statusOf(node, this.#links.get(node)))
  }

  neighbours(): NeighbourRoom[] {
    return this.#strangers.neighbours(this.#components.policy.room()?.id)
  }

  nearby(): NearbyDevice[] {
    return this.#strangers.nearby()
  }

  asks(): PendingAsk[] {
    return this.#desk.list()
  }

  async approve(askId: string): Promise<void> {
    await this.#desk.approve(askId)
  }

  decline(askId: string): void {
    this.#desk.decline(askId)
  }

  ask(init: Parameters<Mesh['ask']>[0]): AsyncGenerator<AskProgress> {
    const { clock, random } = this.#components
    const look = (): void => {
      this.#plan.forgive(clock.monotonicMs())
      this.#dialer.dialDue()
    }
    const around = { ...init, room: init.room, look, members: () => this.#unadmitted.askable() }
    return this.#unadmitted.whileAsking(askAround({ clock, random, host: this.#host }, around))
  }

  discovery(): DiscoveryFacts {
    const links = this.#links.links()
    const unreached = unreachedHosts(this.#plan.targets(), (node) => this.#links.get(node) !== undefined)
    const facts = {
      interfaces: this.#discovery?.facts() ?? [],
      listening: [`${this.#ports.tcp}`, `${this.#ports.webSocket}`],
      dials: { ...this.#dialer.counts },
      inbound: this.#inbound
    }
    const networks = this.#components.networkAddresses().filter(({ address }) => !this.#hidden.has(address))
    return { ...facts, advice: adviseDiscovery({ ...facts, networks, links, unreached }) }
  }

  onEvent(listener: (event: MeshEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #emit(event: MeshEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  #connected(connection: Connection): void {
    if (connection.direction === 'inbound') {
      this.#inbound++
      if (!this.#unadmitted.hasRoomFor(connection)) {
        connection.abort(new JoineryError('BUSY', 'too many strangers at one address'))
        return
      }
    }
    this.#introductions.connected(connection)
  }

  #disconnected(connection: Connection): void {
    this.#introductions.disconnected(connection)
    const node = connection.remotePeer.toString()
    const link = this.#links.get(node)
    if (link?.connection === connection) this.#drop(link)
    // libp2p keeps what identify said of everybody it ever met; we keep our own book.
    if (this.#host.getConnections(connection.remotePeer).length === 0) {
      this.#host.peerStore.delete(connection.remotePeer).catch(() => {})
    }
  }

  /** Is there room for this link beside the one that exists? */
  async #judge(connection: Connection, introduction: Introduction): Promise<Verdict> {
    const peer = connection.remotePeer.toString()
    const existing = this.#links.get(peer)
    if (!existing) return 'OK'
    if (existing.profile.bootId === introduction.profile.bootId) {
      return this.#prefersExisting(existing, connection) ? 'DUPLICATE' : 'OK'
    }
    // The device was started anew, and its old connection is not known to be dead yet; or there are two of it.
    if (await this.#exchange.probe(existing)) {
      this.#clones.found(peer, ipOf(connection), 'us')
      return 'CLONED'
    }
    this.#drop(existing)
    return 'OK'
  }

  #prefersExisting(existing: Link, connection: Connection): boolean {
    if (existing.connection === connection) return false
    const ageMs = this.#components.clock.monotonicMs() - existing.sinceMs
    const newcomer = { dialer: connection.direction === 'outbound' }
    return prefersExisting(this.node, existing.peer, { dialer: existing.dialer, ageMs }, newcomer)
  }

  #admitted(link: Link): void {
    const existing = this.#links.get(link.peer)
    if (existing && this.#prefersExisting(existing, link.connection)) {
      closeConnection(link.connection)
      return
    }
    const replaced = this.#links.add(link)
    if (replaced) closeConnection(replaced.connection)
    this.#plan.linked(link.peer)
    // Where there are too many connections, libp2p closes those of the least value first.
    const tags = { member: { value: LINK_VALUE } }
    this.#host.peerStore.merge(link.connection.remotePeer, { tags }).catch(() => {})
    this.#strangers.forget(link.peer)
    this.#acquaintances.remember(link, this.#components.clock.monotonicMs())
    this.#emit({ kind: 'linked', node: link.peer, name: link.profile.name })
  }

  #drop(link: Link): void {
    if (!this.#links.remove(link)) return
    this.#plan.unlinked(link.peer, this.#components.clock.monotonicMs())
    closeConnection(link.connection)
    this.#emit({ kind: 'unlinked', node: link.peer })
  }

  #told(link: Link, peers: KnownPeer[]): void {
    this.#roster.told(peers, this.#components.clock.monotonicMs())
    void this.#clones.compare(link, peers)
  }

  #policyChanged(): void {
    const { clock, policy } = this.#components
    const before = this.#roster.members
    this.#roster.setMembers(policy.members())
    const { members } = this.#roster
    const room = policy.room()?.id ?? ''
    if (room !== this.#room) {
      // Another room, or none any more: everybody is met anew.
      this.#room = room
      this.#strangers.clear()
      this.#denials.clear()
      this.#plan.forgive(clock.monotonicMs())
      for (const connection of this.#host.getConnections()) closeConnection(connection)
      return
    }
    this.#unadmitted.welcome(members, before)
    for (const link of this.#links.links()) {
      const verdict = policy.admits(link.peer, link.chain, link.profile.role)
      if (verdict === 'OK') continue
      this.#emit({ kind: 'refused', node: link.peer, code: verdict, by: 'us' })
      this.#drop(link)
    }
  }
}
