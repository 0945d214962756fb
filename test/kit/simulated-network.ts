/**
 * The mesh of the simulator: `PeerLinks` for each device, over links that delay, break, repeat, narrow and part.
 * A message stream is reliable and in order as long as it lives, as a real one over TCP is; what a bad network does to it is that it
 * ends in the middle, that two streams overtake one another, that a link dies long before anybody notices, and that one is made anew
 * while the other side still believes in the old one.
 */
import { JoineryError } from '../../protocols/errors.ts'
import type {
  MessageStream,
  NodeId,
  PeerLink,
  PeerLinks,
  PeerProfile,
  StreamLimits
} from '../../protocols/message-stream.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedClock, SimulatedTime } from './simulated-clock.ts'
import { SimulatedStream, type StreamEnd } from './simulated-stream.ts'

export interface NetworkFaults {
  /** A message takes between these two, drawn anew each time. */
  delayMs: readonly [least: number, most: number]
  /** A link comes up so long after both devices could see each other. */
  connectMs: readonly [least: number, most: number]
  /** Until a device notices that a link is dead. */
  noticeMs: readonly [least: number, most: number]
  /** Of each message: that its link or its stream ends at this moment, with what was on the way. */
  breakRate: number
  /** Of each message: that it comes twice. No real stream does this; a receiver must survive it all the same. */
  duplicateRate: number
  /** Of each link and direction. */
  bytesPerSecond: number
}

export const KIND_NETWORK: NetworkFaults = {
  delayMs: [1, 5],
  connectMs: [10, 100],
  noticeMs: [10, 500],
  breakRate: 0,
  duplicateRate: 0,
  bytesPerSecond: 50e6
}

interface Host {
  readonly id: NodeId
  readonly clock: SimulatedClock
  readonly profile: PeerProfile
  readonly links: SimulatedLinks
  alive: boolean
}

export class SimulatedNetwork {
  readonly #time: SimulatedTime
  readonly #random: SeededRandom
  readonly #hosts = new Map<NodeId, Host>()
  readonly #cut = new Set<string>()
  readonly #wires = new Map<string, Wire>()
  readonly #bytes = new Map<string, number>()
  faults: NetworkFaults

  constructor(components: { time: SimulatedTime; random: SeededRandom }, faults: Partial<NetworkFaults> = {}) {
    this.#time = components.time
    this.#random = components.random
    this.faults = { ...KIND_NETWORK, ...faults }
  }

  /** A device is switched on and finds the others. */
  join(id: NodeId, clock: SimulatedClock, profile: PeerProfile): PeerLinks {
    if (this.#hosts.has(id)) throw new Error(`${id} is on already`)
    const links = new SimulatedLinks()
    const host: Host = { id, clock, profile, links, alive: true }
    for (const other of this.#hosts.values()) this.#connectLater(host, other)
    this.#hosts.set(id, host)
    return links
  }

  /** A device stops in good order: it ends its own streams now, the others notice some time later. */
  stop(id: NodeId): void {
    const host = this.#hosts.get(id)
    if (!host) return
    for (const wire of this.#wires.values()) {
      for (const stream of [...wire.streams]) if (stream.clock === host.clock) stream.lose()
    }
    this.leave(id)
  }

  /** A device loses its power or its process: the others notice some time later. */
  leave(id: NodeId): void {
    const host = this.#hosts.get(id)
    if (!host) return
    host.alive = false
    this.#hosts.delete(id)
    for (const wire of [...this.#wires.values()]) if (wire.a === host || wire.b === host) this.#breakWire(wire)
  }

  /** Parts the devices into groups that cannot reach each other. A device in no group reaches nobody. */
  part(groups: readonly (readonly NodeId[])[]): void {
    const groupOf = new Map(groups.flatMap((group, index) => group.map((id) => [id, index] as const)))
    const ids = [...this.#hosts.keys()]
    for (const a of ids) {
      for (const b of ids) {
        if (a >= b) continue
        const together = groupOf.has(a) && groupOf.get(a) === groupOf.get(b)
        if (together) this.heal(a, b)
        else this.cut(a, b)
      }
    }
  }

  cut(a: NodeId, b: NodeId): void {
    this.#cut.add(pairOf(a, b))
    const wire = this.#wires.get(pairOf(a, b))
    if (wire) this.#breakWire(wire)
  }

  heal(a: NodeId, b: NodeId): void {
    if (!this.#cut.delete(pairOf(a, b))) return
    const [x, y] = [this.#hosts.get(a), this.#hosts.get(b)]
    if (x && y) this.#connectLater(x, y)
  }

  healAll(): void {
    for (const pair of [...this.#cut]) {
      const [a = '', b = ''] = pair.split(' ')
      this.heal(a, b)
    }
  }

  /** Bytes of messages that left `from` for `to`, whether or not they arrived. */
  bytesBetween(from: NodeId, to: NodeId): number {
    return this.#bytes.get(`${from} ${to}`) ?? 0
  }

  get totalBytes(): number {
    let sum = 0
    for (const bytes of this.#bytes.values()) sum += bytes
    return sum
  }

  between(range: readonly [least: number, most: number]): number {
    return range[0] + this.#random.fraction() * (range[1] - range[0])
  }

  #connectLater(x: Host, y: Host): void {
    this.#time.after(this.between(this.faults.connectMs), () => {
      if (!x.alive || !y.alive || this.#cut.has(pairOf(x.id, y.id)) || this.#wires.has(pairOf(x.id, y.id))) return
      this.#connect(x, y)
    })
  }

  #connect(x: Host, y: Host): void {
    const [a, b] = this.#random.chance(0.5) ? [x, y] : [y, x]
    const wire: Wire = { a, b, up: true, busyUntilMs: [0, 0], streams: new Set(), noticed: 0 }
    this.#wires.set(pairOf(a.id, b.id), wire)
    a.links.add(this.#linkOf(wire, a, b, true))
    b.links.add(this.#linkOf(wire, b, a, false))
  }

  #linkOf(wire: Wire, self: Host, other: Host, dialer: boolean): PeerLink {
    return {
      peer: other.id,
      profile: other.profile,
      remoteAddress: `10.0.0.${1 + ([...this.#hosts.keys()].indexOf(other.id) % 250)}`,
      dialer,
      open: (protocol, limits, signal) => this.#open(wire, self, other, protocol, limits, signal)
    }
  }

  async #open(
    wire: Wire,
    self: Host,
    other: Host,
    protocol: string,
    limits: StreamLimits,
    signal: AbortSignal | undefined
  ): Promise<MessageStream> {
    signal?.throwIfAborted()
    const handled = other.links.handlers.get(protocol)
    await this.#roundTrip(self, signal)
    if (!wire.up) throw new JoineryError('CLOSED', 'the link is gone')
    if (!handled) throw new JoineryError('CLOSED', `${protocol} is not spoken`)
    const back = other.links.all().find((link) => link.peer === self.id)
    if (!back) throw new JoineryError('CLOSED', 'the link is gone')
    const ours = this.#end(wire, self, other, limits)
    const theirs = this.#end(wire, other, self, handled.limits)
    ours.join(theirs)
    theirs.join(ours)
    wire.streams.add(ours)
    wire.streams.add(theirs)
    signal?.addEventListener('abort', () => ours.abort(asError(signal.reason)), { once: true })
    handled.handler(theirs, back).catch((error: unknown) => theirs.abort(asError(error)))
    return ours
  }

  #roundTrip(self: Host, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#time.after(this.between(this.faults.delayMs), () => {
        if (self.clock.alive) resolve()
      })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  #end(wire: Wire, self: Host, other: Host, limits: StreamLimits): SimulatedStream {
    const direction = wire.a === self ? 0 : 1
    const end: StreamEnd = {
      clock: self.clock,
      ended: (stream) => wire.streams.delete(stream),
      carry: (bytes, arrive) => {
        this.#count(self.id, other.id, bytes)
        if (!wire.up) return
        if (this.#random.chance(this.faults.breakRate)) {
          if (this.#random.chance(0.5)) this.#breakWire(wire)
          else stream.lose()
          return
        }
        const starts = Math.max(this.#time.nowMs, wire.busyUntilMs[direction])
        const leaves = starts + (bytes * 1000) / this.faults.bytesPerSecond
        wire.busyUntilMs[direction] = leaves
        const atMs = leaves - this.#time.nowMs + this.between(this.faults.delayMs)
        const times = this.#random.chance(this.faults.duplicateRate) ? 2 : 1
        stream.schedule(atMs, this.#time, () => {
          if (wire.up && other.alive) for (let i = 0; i < times; i++) arrive()
        })
      }
    }
    const stream = new SimulatedStream(end, limits)
    return stream
  }

  #count(from: NodeId, to: NodeId, bytes: number): void {
    const key = `${from} ${to}`
    this.#bytes.set(key, (this.#bytes.get(key) ?? 0) + bytes)
  }

  /** Nothing passes from now on; each side learns it when it notices, and only then can they connect again. */
  #breakWire(wire: Wire): void {
    if (!wire.up) return
    wire.up = false
    for (const [self, other] of [
      [wire.a, wire.b],
      [wire.b, wire.a]
    ] as const) {
      this.#time.after(this.between(this.faults.noticeMs), () => {
        wire.noticed++
        if (self.alive) {
          self.links.remove(other.id)
          for (const stream of wire.streams) if (stream.clock === self.clock) stream.lose()
        }
        if (wire.noticed < 2) return
        const pair = pairOf(self.id, other.id)
        if (this.#wires.get(pair) === wire) this.#wires.delete(pair)
        const [x, y] = [this.#hosts.get(self.id), this.#hosts.get(other.id)]
        if (x && y && !this.#cut.has(pair)) this.#connectLater(x, y)
      })
    }
  }
}

interface Wire {
  /** The side that dialled. */
  a: Host
  b: Host
  up: boolean
  busyUntilMs: [number, number]
  streams: Set<SimulatedStream>
  noticed: number
}

class SimulatedLinks implements PeerLinks {
  readonly #links = new Map<NodeId, PeerLink>()
  readonly #came = new Set<(link: PeerLink) => void>()
  readonly #went = new Set<(link: PeerLink) => void>()
  readonly handlers = new Map<
    string,
    { limits: StreamLimits; handler: (stream: MessageStream, link: PeerLink) => Promise<void> }
  >()

  links(): readonly PeerLink[] {
    return this.all()
  }

  all(): PeerLink[] {
    return [...this.#links.values()]
  }

  onLink(listener: (link: PeerLink) => void): () => void {
    this.#came.add(listener)
    for (const link of this.#links.values()) listener(link)
    return () => this.#came.delete(listener)
  }

  onLinkLost(listener: (link: PeerLink) => void): () => void {
    this.#went.add(listener)
    return () => this.#went.delete(listener)
  }

  handle(
    protocol: string,
    limits: StreamLimits,
    handler: (stream: MessageStream, link: PeerLink) => Promise<void>
  ): void {
    this.handlers.set(protocol, { limits, handler })
  }

  add(link: PeerLink): void {
    this.#links.set(link.peer, link)
    for (const listener of [...this.#came]) listener(link)
  }

  remove(peer: NodeId): void {
    const link = this.#links.get(peer)
    if (!link) return
    this.#links.delete(peer)
    for (const listener of [...this.#went]) listener(link)
  }
}

function pairOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
