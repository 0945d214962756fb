/** Connections that came to no link: who was met, refused or fell silent, how long it may stay, and when it is tried again. */
import type { Connection } from '@libp2p/interface'
import type { RoomId } from '../../protocols/certificate.ts'
import type { AdmissionPolicy, Refusal } from '../../protocols/hello.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { DialPlan } from './dial-plan.ts'
import type { HelloEffect } from './hello-session.ts'
import { closeConnection, type MeshHost } from './host.ts'
import { ipOf } from './introductions.ts'
import { LINGER_MS, MAX_STRANGERS_PER_ADDRESS, REDIAL_MOST_MS } from './limits.ts'
import type { MeshEvent } from './mesh-status.ts'
import type { Strangers } from './strangers.ts'
import type { Denials } from './watches.ts'

export interface UnadmittedComponents {
  clock: Clock
  host: MeshHost
  plan: DialPlan
  policy: AdmissionPolicy
  strangers: Strangers
  denials: Denials
  isLink(connection: Connection): boolean
}

export class Unadmitted {
  readonly #components: UnadmittedComponents
  readonly #emit: (event: MeshEvent) => void
  /** Questions of ours to be let in, under way. */
  #asking = 0

  constructor(components: UnadmittedComponents, emit: (event: MeshEvent) => void) {
    this.#components = components
    this.#emit = emit
  }

  /** False: its address has too many of them already. */
  hasRoomFor(connection: Connection): boolean {
    const address = ipOf(connection)
    const { host, isLink } = this.#components
    const strangers = host
      .getConnections()
      .filter((one) => one.direction === 'inbound' && !isLink(one) && ipOf(one) === address)
    return strangers.length <= MAX_STRANGERS_PER_ADDRESS
  }

  met(connection: Connection, met: Extract<HelloEffect, { kind: 'met' }>): void {
    const { clock, plan, policy, strangers, denials } = this.#components
    const node = connection.remotePeer.toString()
    if (met.room !== null && met.room === policy.room()?.id) {
      // We came into that room while the hello was ending: it is said anew.
      plan.broken(node, 'our room changed', clock.monotonicMs())
      closeConnection(connection)
      return
    }
    const isNew = strangers.meet({ node, address: ipOf(connection), room: met.room, roomName: met.roomName })
    if (isNew && met.room !== null) this.#emit({ kind: 'neighbour', room: met.room, name: met.roomName })
    if (met.what === 'other-room') {
      plan.refused(node, 'OTHER_ROOM', clock.monotonicMs())
      denials.add(node)
      closeConnection(connection)
    } else {
      plan.refused(node, 'NO_ROOM', clock.monotonicMs(), REDIAL_MOST_MS)
      this.#linger(connection)
    }
  }

  /** It stays while a question to be let in is open on it. */
  #linger(connection: Connection): void {
    const { clock, isLink } = this.#components
    clock.after(LINGER_MS, () => {
      if (connection.status !== 'open' || isLink(connection)) return
      const isAsked = connection.streams.some(({ protocol }) => protocol.startsWith('/joinery/ask/'))
      if (this.#asking > 0 || isAsked) this.#linger(connection)
      else closeConnection(connection)
    })
  }

  refused(connection: Connection, code: Refusal, by: 'us' | 'them', proven: boolean): void {
    const { clock, plan, denials } = this.#components
    const node = connection.remotePeer.toString()
    closeConnection(connection)
    if (code === 'DUPLICATE') return
    if (by === 'us') denials.add(node)
    const isPassing = code === 'BUSY' || code === 'CLONED'
    plan.refused(node, code, clock.monotonicMs(), isPassing ? REDIAL_MOST_MS : undefined)
    // Believed only of somebody who has shown to be of the room.
    if (by === 'them' && code === 'REMOVED' && proven) this.#emit({ kind: 'removed', by: node })
    this.#emit({ kind: 'refused', node, code, by })
  }

  /** The hello came to no end. */
  failed(connection: Connection): void {
    const { clock, plan, denials } = this.#components
    const node = connection.remotePeer.toString()
    plan.broken(node, 'no hello', clock.monotonicMs())
    if (connection.direction === 'inbound') denials.add(node)
    closeConnection(connection)
  }

  /** Who belongs to the room since a moment ago is listened to and dialled, whatever was said of it before. */
  welcome(members: ReadonlySet<NodeId>, before: ReadonlySet<NodeId>): void {
    const { clock, plan, denials } = this.#components
    const newcomers = [...members].filter((node) => !before.has(node))
    for (const node of newcomers) {
      denials.forget(node)
      plan.welcome(node, clock.monotonicMs())
    }
    // Who refused us may have done so for want of the fact that we have just heard.
    if (newcomers.length > 0) plan.forgive(clock.monotonicMs(), (node) => members.has(node))
  }

  /** While `asking` runs, connections to members of rooms are kept. */
  async *whileAsking<Progress>(asking: AsyncGenerator<Progress>): AsyncGenerator<Progress> {
    this.#asking++
    try {
      yield* asking
    } finally {
      this.#asking--
    }
  }

  /** Connections over which a room can be asked to let us in. */
  askable(): { connection: Connection; room: RoomId }[] {
    const { host, strangers } = this.#components
    return host.getConnections().flatMap((connection) => {
      const node: NodeId = connection.remotePeer.toString()
      const room = strangers.roomOf(node)
      return room && connection.status === 'open' ? [{ connection, room }] : []
    })
  }
}
