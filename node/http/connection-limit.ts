/** At most so many connections from one address; the next ones hear it at once and cost nothing more. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const TEXT = 'TOO_MANY_CONNECTIONS: this address has too many connections open.\nWait a second and try again.\n'
const REFUSAL = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: text/plain; charset=utf-8',
  'Retry-After: 1',
  'Connection: close',
  `Content-Length: ${TEXT.length}`,
  '',
  TEXT
].join('\r\n')

export interface ConnectionLimit {
  /** Connections that are open and accepted. */
  open(): number
  refused(): number
  /** Ends every connection at once, also those that became something else than HTTP. */
  destroyAll(): void
}

/** Stands before Node's own listener, so that a refused socket never gets a parser. */
export function limitConnections(server: Server, perAddress: number): ConnectionLimit {
  const accept = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  const byAddress = new Map<string, number>()
  const open = new Set<Socket>()
  let refused = 0
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress)
    const count = byAddress.get(address) ?? 0
    if (count >= perAddress) {
      refused++
      socket.on('error', () => socket.destroy())
      socket.end(REFUSAL, () => socket.destroy())
      return
    }
    byAddress.set(address, count + 1)
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      const left = (byAddress.get(address) ?? 1) - 1
      if (left > 0) byAddress.set(address, left)
      else byAddress.delete(address)
    })
    for (const listener of accept) listener.call(server, socket)
  })
  return {
    open: () => open.size,
    refused: () => refused,
    destroyAll() {
      for (const socket of open) socket.destroy()
    }
  }
}

/** An IPv4 address that came over an IPv6 socket is still the same device. */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/i, '')
}
