/**
 * libp2p's TCP with link-local IPv6 addresses. Its own dials them without their zone, which no kernel can route, and drops every connection
 * that comes from one, since a multiaddr of `fe80::1%eth0` is none; `/ip6zone/eth0/ip6/fe80::1` is.
 */
import type { Server, Socket } from 'node:net'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { hasZone, tryMeshAddress } from '../../protocols/mesh-address.ts'

type Factory = ReturnType<typeof tcp>

export function zonedTcp(options: Parameters<typeof tcp>[0]): Factory {
  const make = tcp(options)
  return (components) => withZones(make(components))
}

function withZones(transport: Transport): Transport {
  const dial = transport.dial.bind(transport)
  const listen = transport.createListener.bind(transport)
  return Object.assign(transport, {
    dial: ((to, options) => {
      // Options are those of `net.connect`: this host goes before that of the address.
      const host = tryMeshAddress(to.toString())?.host ?? ''
      return dial(to, hasZone(host) ? Object.assign({ host }, options) : options)
    }) satisfies Transport['dial'],
    createListener: ((options) => {
      const arrival = new Arrival()
      const listener = listen({ ...options, upgrader: arrival.upgrader(options.upgrader) })
      arrival.watch(serverOf(listener))
      return listener
    }) satisfies Transport['createListener']
  })
}

/** The socket being accepted: its server tells of it, and libp2p makes a connection of it, within one turn. */
class Arrival {
  #zone: string | undefined

  watch(server: Server): void {
    server.prependListener('connection', (socket: Socket) => {
      const [address, zone] = socket.remoteAddress?.split('%') ?? []
      this.#zone = zone
      if (zone !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: address })
    })
  }

  /** As `own`, but connections carry the zone by which they came. */
  upgrader(own: Upgrader): Upgrader {
    const named = Object.create(own) as Upgrader
    named.upgradeInbound = (connection, options) => {
      this.#name(connection)
      return own.upgradeInbound(connection, options)
    }
    return named
  }

  #name(connection: MultiaddrConnection): void {
    if (this.#zone !== undefined) connection.remoteAddr = multiaddr(`/ip6zone/${this.#zone}${connection.remoteAddr}`)
  }
}

function serverOf(listener: object): Server {
  if (!('server' in listener)) throw new TypeError('a TCP listener without its server: libp2p has changed')
  return listener.server as Server
}
