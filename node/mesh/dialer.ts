/** Carries out the dial plan: opens connections, counts how they ended. The hello that follows decides what they are worth. */
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { type DialPlan, type DialTarget, dialOrder } from './dial-plan.ts'
import type { MeshHost } from './host.ts'
import { DIAL_TIMEOUT_MS } from './limits.ts'
import type { DiscoveryFacts } from './mesh-status.ts'
import { areUnknownNames } from './name-lookup.ts'

const TICK_MS = 500

/** `name-unknown`: none of its addresses is anything but a host name that does not resolve. */
export type DialFailure = 'refused' | 'timed-out' | 'unreachable' | 'name-unknown' | 'other'

export class Dialer {
  readonly #clock: Clock
  readonly #host: MeshHost
  readonly #plan: DialPlan
  readonly #wanted: () => (node: NodeId) => boolean
  #cancelTick = (): void => {}
  readonly counts: DiscoveryFacts['dials'] = { succeeded: 0, refused: 0, timedOut: 0, unreachable: 0, other: 0 }

  constructor(
    components: { clock: Clock; host: MeshHost; plan: DialPlan },
    init: { wanted: () => (node: NodeId) => boolean }
  ) {
    this.#clock = components.clock
    this.#host = components.host
    this.#plan = components.plan
    this.#wanted = init.wanted
  }

  start(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.start())
    this.dialDue()
  }

  stop(): void {
    this.#cancelTick()
  }

  dialDue(): void {
    for (const target of this.#plan.due(this.#clock.monotonicMs(), this.#wanted())) void this.dial(target)
  }

  /** @returns the connection, or undefined when no address answered */
  async dial(target: DialTarget): Promise<Connection | undefined> {
    try {
      const connection = await this.#host.dial(
        dialOrder(target).map((address) => multiaddr(withNode(address, target.node))),
        { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) }
      )
      this.counts.succeeded++
      this.#plan.succeeded(target, connection.remotePeer.toString(), this.#clock.monotonicMs())
      return connection
    } catch (error) {
      const why = await this.#whyNot(error, target)
      this.counts[COUNTED[why]]++
      this.#plan.failed(target, why, this.#clock.monotonicMs())
      return undefined
    }
  }

  async #whyNot(error: unknown, { addresses }: DialTarget): Promise<DialFailure> {
    return (await areUnknownNames(addresses)) ? 'name-unknown' : dialFailure(error)
  }
}

const COUNTED = {
  refused: 'refused',
  'timed-out': 'timedOut',
  unreachable: 'unreachable',
  'name-unknown': 'other',
  other: 'other'
} as const

function withNode(address: string, node: NodeId | undefined): string {
  return node === undefined || tryMeshAddress(address)?.node !== undefined ? address : `${address}/p2p/${node}`
}

/** libp2p wraps the errors of the addresses that it tried. */
export function dialFailure(error: unknown): DialFailure {
  const seen = new Set<unknown>()
  const open: unknown[] = [error]
  let timedOut = false
  while (open.length > 0) {
    const one = open.pop()
    if (!(one instanceof Error) || seen.has(one)) continue
    seen.add(one)
    const { code } = one as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused'
    if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL') return 'unreachable'
    if (code === 'ETIMEDOUT' || one.name === 'TimeoutError' || one.name === 'AbortError') timedOut = true
    if (one instanceof AggregateError) open.push(...one.errors)
    open.push(one.cause)
  }
  return timedOut ? 'timed-out' : 'other'
}
