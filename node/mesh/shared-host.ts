/**
 * One libp2p host for many rooms, as a cloud peer needs it: an administrator opens one port, and every room has a mesh of its own behind it.
 * The first message of a hello names the room; from then on the connection belongs to that room's view, which sees no other connection.
 * Who names a room that is not here learns only that. A shared host never dials: the rooms come to it, and what their devices say of
 * addresses in their own networks must not make a machine on the internet call there.
 */
import type { Connection, Stream } from '@libp2p/interface'
import type { RoomId } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import {
  decodeHello,
  encodeHello,
  HELLO_PROTOCOL,
  MAX_HELLO_BYTES,
  NONCE_BYTES,
  OLDEST_PROTOCOL_VERSION,
  PROTOCOL_VERSION
} from '../../protocols/hello.ts'
import type { MessageStream, NodeId, StreamLimits } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { SigningKey } from '../platform/signing.ts'
import './errors.ts'
import {
  type ConnectionListener,
  closeConnection,
  createHost,
  type HostInit,
  type MeshHost,
  type StreamHandler,
  startHost
} from './host.ts'
import { ipOf } from './introductions.ts'
import { HELLO_TIMEOUT_MS, LINGER_MS, MAX_STRANGERS_PER_ADDRESS } from './limits.ts'
import { peekMessage } from './peeked-stream.ts'
import { messageStream } from './streams.ts'

export interface SharedHostInit {
  key: SigningKey
  /** TCP; WebSockets are one above. 0: any two free ones. */
  meshPort: number
  /** 16 bytes in hex, new at each start. */
  bootId: string
  /** Opens the room if it is here: its mesh has called `hosting` when this resolves with true. */
  openRoom(room: RoomId): Promise<boolean>
}

/** Where a mesh gets its host from; see `MeshComponents.hosting`. */
export type Hosting = (init: HostInit) => Promise<MeshHost>

const HELLO_LIMITS: StreamLimits = { maxMessageBytes: MAX_HELLO_BYTES, idleTimeoutMs: HELLO_TIMEOUT_MS }

export class SharedHost {
  readonly node: NodeId
  readonly #clock: Clock
  readonly #random: Random
  readonly #init: SharedHostInit
  readonly #host: MeshHost
  readonly #views = new Map<RoomId, RoomView>()
  readonly #owner = new WeakMap<Connection, RoomView>()
  readonly #registered = new Map<string, Promise<void>>()
  #meshPort = 0

  private constructor(components: { clock: Clock; random: Random; host: MeshHost }, init: SharedHostInit) {
    this.#clock = components.clock
    this.#random = components.random
    this.#host = components.host
    this.#init = init
    this.node = nodeIdOfPublicKey(init.key.publicKey)
  }

  /** Not started yet. */
  static async create(components: { clock: Clock; random: Random }, init: SharedHostInit): Promise<SharedHost> {
    let shared: SharedHost | undefined
    const denies = (peer: string): boolean => shared?.denies(peer) ?? false
    const host = await createHost({ key: init.key, port: init.meshPort, denies })
    shared = new SharedHost({ ...components, host }, init)
    return shared
  }

  get meshPort(): number {
    return this.#meshPort
  }

  /** @throws JoineryError `MESH_PORT_BUSY` */
  async start(): Promise<void> {
    this.#host.addEventListener('connection:open', ({ detail }) => this.#opened(detail))
    this.#host.addEventListener('connection:close', ({ detail }) => this.#owner.get(detail)?.tell('close', detail))
    await this.#host.handle(HELLO_PROTOCOL, (stream, connection) => this.#hello(stream, connection), {
      maxInboundStreams: 1
    })
    this.#meshPort = (await startHost(this.#host, this.#init.meshPort)).tcp
  }

  async stop(): Promise<void> {
    await this.#host.stop()
  }

  /** Gives the mesh of a room its view of this host. One view a room; it ends with the mesh. */
  hosting(room: RoomId): Hosting {
    return async (init) => {
      const view = new RoomView(this.#host, {
        denies: init.denies,
        owns: (connection) => this.#owner.get(connection) === view,
        register: (protocol, maxInboundStreams) => this.#register(protocol, maxInboundStreams),
        ended: () => {
          if (this.#views.get(room) === view) this.#views.delete(room)
        }
      })
      this.#views.set(room, view)
      return view
    }
  }

  /** Streams of devices that no room has let in: for what comes before a room is here. */
  async handleStrangers(
    protocol: string,
    limits: StreamLimits,
    handler: (stream: MessageStream, peer: NodeId) => Promise<void>
  ): Promise<void> {
    const accept: StreamHandler = async (stream, connection) => {
      const messages = messageStream(this.#clock, stream, limits)
      try {
        await handler(messages, connection.remotePeer.toString())
        await messages.close()
      } catch (error) {
        messages.abort(error instanceof Error ? error : new Error('the handler failed'))
      }
    }
    await this.#host.handle(protocol, accept, { maxInboundStreams: 1 })
  }

  denies(peer: string): boolean {
    for (const view of this.#views.values()) if (view.denies(peer)) return true
    return false
  }

  /** A connection that names no room in time is closed; one address cannot hold many of them. */
  #opened(connection: Connection): void {
    const address = ipOf(connection)
    const strangers = this.#host
      .getConnections()
      .filter((one) => this.#owner.get(one) === undefined && ipOf(one) === address)
    if (strangers.length > MAX_STRANGERS_PER_ADDRESS) {
      connection.abort(new JoineryError('BUSY', 'too many strangers at one address'))
      return
    }
    this.#clock.after(HELLO_TIMEOUT_MS + LINGER_MS, () => {
      if (this.#owner.get(connection) === undefined) closeConnection(connection)
    })
  }

  async #hello(stream: Stream, connection: Connection): Promise<void> {
    try {
      if (this.#owner.has(connection)) throw new JoineryError('MALFORMED', 'a second hello')
      const opening = decodeHello(await peekMessage(this.#clock, stream, HELLO_LIMITS))
      if (opening.step !== 'opening') throw new JoineryError('MALFORMED', 'not the first step of a hello')
      const { room } = opening
      if (room === null || !(await this.#init.openRoom(room))) {
        await this.#sayUnknown(stream)
        return
      }
      const view = this.#views.get(room)
      if (!view || connection.status !== 'open') throw new JoineryError('CLOSED', 'the room is closed')
      this.#owner.set(connection, view)
      view.tell('open', connection)
      await view.handler(HELLO_PROTOCOL)?.(stream, connection)
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('the hello failed')
      stream.abort(failure)
      if (!this.#owner.has(connection)) closeConnection(connection)
    }
  }

  /** As a device without a room answers; it may go on to hand us its room. */
  async #sayUnknown(stream: Stream): Promise<void> {
    const messages = messageStream(this.#clock, stream, HELLO_LIMITS)
    await messages.receive()
    const bytes = encodeHello({
      step: 'opening',
      room: null,
      roomName: '',
      newestVersion: PROTOCOL_VERSION,
      oldestVersion: OLDEST_PROTOCOL_VERSION,
      bootId: Buffer.from(this.#init.bootId, 'hex'),
      nonce: this.#random.bytes(NONCE_BYTES)
    })
    await messages.send(bytes)
    await messages.close()
  }

  /** The first room that speaks a protocol registers it for all. */
  #register(protocol: string, maxInboundStreams: number): Promise<void> {
    // The hello is ours: it says whose connection it is.
    if (protocol === HELLO_PROTOCOL) return Promise.resolve()
    const known = this.#registered.get(protocol)
    if (known !== undefined) return known
    const dispatch: StreamHandler = async (stream, connection) => {
      const handler = this.#owner.get(connection)?.handler(protocol)
      if (handler) await handler(stream, connection)
      else stream.abort(new JoineryError('CLOSED', 'no room here speaks that'))
    }
    const registered = this.#host.handle(protocol, dispatch, { maxInboundStreams })
    this.#registered.set(protocol, registered)
    return registered
  }
}

interface RoomViewInit {
  denies(peer: string): boolean
  owns(connection: Connection): boolean
  register(protocol: string, maxInboundStreams: number): Promise<void>
  ended(): void
}

/** What a mesh uses of its host, for the connections of one room. */
class RoomView implements MeshHost {
  readonly #host: MeshHost
  readonly #init: RoomViewInit
  readonly #handlers = new Map<string, StreamHandler>()
  readonly #listeners = { open: new Set<ConnectionListener>(), close: new Set<ConnectionListener>() }

  constructor(host: MeshHost, init: RoomViewInit) {
    this.#host = host
    this.#init = init
  }

  get peerId(): MeshHost['peerId'] {
    return this.#host.peerId
  }

  get peerStore(): MeshHost['peerStore'] {
    return this.#host.peerStore
  }

  denies(peer: string): boolean {
    return this.#init.denies(peer)
  }

  handler(protocol: string): StreamHandler | undefined {
    return this.#handlers.get(protocol)
  }

  tell(what: 'open' | 'close', connection: Connection): void {
    for (const listener of [...this.#listeners[what]]) listener({ detail: connection })
  }

  async handle(protocol: string, handler: StreamHandler, options: { maxInboundStreams: number }): Promise<void> {
    if (this.#handlers.has(protocol)) throw new Error(`two features took ${protocol}`)
    this.#handlers.set(protocol, handler)
    await this.#init.register(protocol, options.maxInboundStreams)
  }

  getConnections(peer?: Parameters<MeshHost['getConnections']>[0]): Connection[] {
    return this.#host.getConnections(peer).filter((connection) => this.#init.owns(connection))
  }

  getMultiaddrs(): ReturnType<MeshHost['getMultiaddrs']> {
    return this.#host.getMultiaddrs()
  }

  dial(): Promise<never> {
    return Promise.reject(new JoineryError('CLOSED', 'a cloud peer does not dial'))
  }

  addEventListener(type: 'connection:open' | 'connection:close', listener: ConnectionListener): void {
    if (type === 'connection:open') this.#listeners.open.add(listener)
    else this.#listeners.close.add(listener)
  }

  /** The host itself is started and stopped by who made it. */
  start(): Promise<void> {
    return Promise.resolve()
  }

  stop(): Promise<void> {
    const open = this.getConnections()
    this.#init.ended()
    this.#listeners.open.clear()
    for (const connection of open) closeConnection(connection)
    return Promise.resolve()
  }
}
