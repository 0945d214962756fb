/**
 * The libp2p host as the mesh uses it: TCP and WebSockets, noise, yamux, identify, and nothing that talks to the internet or
 * passes traffic of others: no relay, no DHT, no bootstrap list, no private network (it broke bulk transfers; peers are admitted after noise).
 */
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { JoineryError } from '../../protocols/errors.ts'
import { tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { SigningKey } from '../platform/signing.ts'
import {
  DIAL_TIMEOUT_MS,
  HELLO_TIMEOUT_MS,
  INBOUND_PER_ADDRESS_PER_SECOND,
  MAX_CONNECTIONS,
  MAX_PARALLEL_DIALS,
  MAX_PENDING_INBOUND,
  MAX_STREAMS_PER_CONNECTION,
  STREAM_WINDOW_BYTES
} from './limits.ts'
import { zonedTcp } from './zoned-tcp.ts'

export type StreamHandler = (stream: Stream, connection: Connection) => void | Promise<void>
export type ConnectionListener = (event: { detail: Connection }) => void

/** What the mesh uses of libp2p: a room's view of a shared host has this and nothing else. */
export interface MeshHost
  extends Pick<Libp2p, 'peerId' | 'getConnections' | 'getMultiaddrs' | 'dial' | 'start' | 'stop'> {
  readonly peerStore: Pick<Libp2p['peerStore'], 'delete' | 'merge'>
  handle(protocol: string, handler: StreamHandler, options: { maxInboundStreams: number }): Promise<void>
  addEventListener(type: 'connection:open' | 'connection:close', listener: ConnectionListener): void
}

export interface HostInit {
  key: SigningKey
  /** TCP; WebSockets are one above: they cannot share a port. 0: any free ones. */
  port: number
  /** Asked after noise: a peer that was refused a moment ago costs one handshake and no more. */
  denies: (peer: string) => boolean
}

/** Not started yet. */
export async function createHost(init: HostInit): Promise<Libp2p> {
  const { port } = init
  const webSocketPort = port === 0 ? 0 : port + 1
  return await createLibp2p({
    privateKey: privateKeyFromRaw(concat(init.key.seed, init.key.publicKey)),
    start: false,
    addresses: {
      listen: [
        `/ip4/0.0.0.0/tcp/${port}`,
        `/ip4/0.0.0.0/tcp/${webSocketPort}/ws`,
        // A device without IPv6 goes on without (faultTolerance); with it, the same ports serve both.
        ...(port === 0 ? [] : [`/ip6/::/tcp/${port}`, `/ip6/::/tcp/${webSocketPort}/ws`])
      ]
    },
    transportManager: { faultTolerance: 1 },
    transports: [zonedTcp({ dialOpts: { noDelay: true }, listenOpts: { noDelay: true } }), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        // Links have their own keep-alive, which also notices a dead peer; this one only logs.
        enableKeepAlive: false,
        maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
        maxOutboundStreams: MAX_STREAMS_PER_CONNECTION,
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES }
      })
    ],
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: INBOUND_PER_ADDRESS_PER_SECOND,
      maxIncomingPendingConnections: MAX_PENDING_INBOUND,
      maxParallelDials: MAX_PARALLEL_DIALS * 2,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: DIAL_TIMEOUT_MS / 2,
      inboundUpgradeTimeout: HELLO_TIMEOUT_MS,
      // Reconnecting is the dial plan's job.
      reconnectRetries: 0
    },
    connectionGater: {
      // The default refuses private addresses in browsers only; said here so that an update cannot surprise us.
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: (peer: PeerId) => init.denies(peer.toString()),
      // What identify tells us is not dialled: the address book keeps its own, checked addresses.
      filterMultiaddrForPeer: () => false
    },
    services: { identify: identify({ runOnConnectionOpen: true }) }
  })
}

export interface MeshPorts {
  tcp: number
  webSocket: number
}

/** @throws JoineryError `MESH_PORT_BUSY` */
export async function startHost(host: MeshHost, wantedPort: number): Promise<MeshPorts> {
  try {
    await host.start()
  } catch (cause) {
    throw new JoineryError('MESH_PORT_BUSY', 'the mesh port could not be opened', { cause })
  }
  const ports: MeshPorts = { tcp: 0, webSocket: 0 }
  for (const address of host.getMultiaddrs()) {
    const found = tryMeshAddress(address.toString())
    if (found?.kind !== 'ip4') continue
    if (found.transport === 'tcp') ports.tcp = found.port
    else ports.webSocket = found.port
  }
  // libp2p starts although a port is taken (an IPv6 one may be missing): the IPv4 ones must be there.
  if (ports.tcp === 0 || ports.webSocket === 0) {
    await host.stop()
    throw new JoineryError('MESH_PORT_BUSY', `port ${wantedPort} or ${wantedPort + 1} is taken`)
  }
  return ports
}

/** In good order when the other side still answers. */
export function closeConnection(connection: Connection): void {
  if (connection.status !== 'open') return
  connection.close({ signal: AbortSignal.timeout(1_000) }).catch((error: Error) => connection.abort(error))
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}
