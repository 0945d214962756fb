/**
 * At most so many connections from one address. The next one takes the place of one that is idle, or waits a while for a place: a class behind one router
 * has one address, and R takes a refusal for the last word. Whoever comes beyond that hears it at once and costs nothing more.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { plainAddress } from '../load/index.ts'
import type { Clock } from '../platform/clock.ts'

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

export interface ConnectionLimitInit {
  perAddress: number
  /** Connections of one address, and of all together, that wait for a place. */
  heldPerAddress: number
  held: number
  heldMs: number
}

/** What is open from one address. */
interface Visitors {
  open: Map<Socket, Visit>
  held: Held[]
}

interface Visit {
  answers: number
  /** It was answered, and may ask for more or not. */
  idle: boolean
}

interface Held {
  socket: Socket
  letIn(): void
}

/** Stands before Node's own listener, so that a refused or waiting socket never gets a parser. */
export function limitConnections(
  components: { server: Server; clock: Clock },
  init: ConnectionLimitInit
): ConnectionLimit {
  const { server, clock } = components
  const accept = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  const byAddress = new Map<string, Visitors>()
  const visits = new WeakMap<Socket, Visit>()
  const all = new Set<Socket>()
  let held = 0
  let open = 0
  let refused = 0

  server.on('connection', (socket: Socket) => {
    all.add(socket)
    socket.once('close', () => all.delete(socket))
    const address = plainAddress(socket.remoteAddress)
    const visitors = byAddress.get(address) ?? { open: new Map(), held: [] }
    byAddress.set(address, visitors)
    if (visitors.open.size < init.perAddress) letIn(socket, address, visitors)
    else if (visitors.held.length < init.heldPerAddress && held < init.held) {
      hold(socket, address, visitors)
      endIdle(visitors)
    } else refuse(socket)
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const visit = visits.get(socket)
    if (!visit) return
    visit.answers++
    visit.idle = false
    response.once('close', () => {
      visit.answers--
      if (visit.answers > 0 || socket.destroyed) return
      visit.idle = true
      const visitors = byAddress.get(plainAddress(socket.remoteAddress))
      if (visitors && visitors.held.length > 0) endIdle(visitors)
    })
  })

  function letIn(socket: Socket, address: string, visitors: Visitors): void {
    const visit: Visit = { answers: 0, idle: false }
    visitors.open.set(socket, visit)
    visits.set(socket, visit)
    open++
    socket.once('close', () => {
      open--
      visitors.open.delete(socket)
      visitors.held.shift()?.letIn()
      if (visitors.open.size === 0 && visitors.held.length === 0) byAddress.delete(address)
    })
    for (const listener of accept) listener.call(server, socket)
  }

  /** The oldest one that is idle is closed for it, as it would be some seconds later. */
  function endIdle({ open: sockets }: Visitors): void {
    for (const [socket, { idle }] of sockets) {
      if (!idle) continue
      socket.destroy()
      return
    }
  }

  function hold(socket: Socket, address: string, visitors: Visitors): void {
    const leave = (): void => {
      cancel()
      socket.off('close', onClose)
      socket.off('error', onError)
      held--
      const at = visitors.held.indexOf(waiting)
      if (at >= 0) visitors.held.splice(at, 1)
    }
    const onError = (): void => void socket.destroy()
    const onClose = (): void => leave()
    const waiting: Held = {
      socket,
      letIn() {
        leave()
        letIn(socket, address, visitors)
      }
    }
    const cancel = clock.after(init.heldMs, () => {
      leave()
      refuse(socket)
    })
    socket.on('error', onError)
    socket.once('close', onClose)
    visitors.held.push(waiting)
    held++
  }

  function refuse(socket: Socket): void {
    refused++
    socket.on('error', () => socket.destroy())
    socket.end(REFUSAL, () => socket.destroy())
  }

  return {
    open: () => open,
    refused: () => refused,
    destroyAll() {
      for (const socket of all) socket.destroy()
    }
  }
}
