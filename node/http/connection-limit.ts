/**
 * How many connections one address may have. A class behind one router, or behind an access point that masks it, has one address, and R takes a
 * refusal for the last word; somebody who floods has one too. They differ in what they send: a learner's request comes at once and is answered.
 *
 * - Few connections of an address may be quiet (nothing is being answered on them): whoever stalls ends up among these.
 * - Many may be in use.
 * - Whoever comes beyond that waits unread in a line, at the price of a socket: the oldest one that is idle is closed for it. Who has not sent
 *   its request after some seconds is sent away, and so is whoever waited long, but for R, which would not come again: it stays as long as it likes.
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
const END_OF_HEAD = '\r\n\r\n'

export interface ConnectionLimit {
  /** Connections that are open and accepted. */
  open(): number
  refused(): number
  /** Ends every connection at once, also those that became something else than HTTP. */
  destroyAll(): void
}

export interface ConnectionLimitInit {
  /** Of all addresses, without those that wait. */
  connections: number
  /** Of one address. */
  perAddress: number
  /** Of these, those on which nothing is being answered. */
  quietPerAddress: number
  /** Connections of one address, and of all together, that wait for a place. */
  heldPerAddress: number
  held: number
  /** A request that is not there by then does not come. */
  heldHeadMs: number
  heldMs: number
  /** Of a request that `isPatient`. */
  heldPatientMs: number
  /** @param head the request line and what comes after it, as bytes (latin1) */
  isPatient(head: string): boolean
}

/** What one address has. */
interface Visitors {
  open: Map<Socket, Visit>
  /** Of these, those that are being answered. */
  answered: number
  held: Set<Held>
}

interface Visit {
  answers: number
  /** Counted among those that are being answered. */
  counts: boolean
  /** It was answered, and may ask for more or not. */
  idle: boolean
}

interface Held {
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
  /** Of these somebody waits. */
  const lines = new Set<Visitors>()
  const visits = new WeakMap<Socket, { visit: Visit; visitors: Visitors }>()
  const all = new Set<Socket>()
  let held = 0
  let open = 0
  let refused = 0

  server.on('connection', (socket: Socket) => {
    all.add(socket)
    socket.once('close', () => all.delete(socket))
    const address = plainAddress(socket.remoteAddress)
    const visitors = byAddress.get(address) ?? { open: new Map(), answered: 0, held: new Set() }
    byAddress.set(address, visitors)
    if (visitors.held.size === 0 && hasPlace(visitors)) letIn(socket, address, visitors)
    else if (visitors.held.size < init.heldPerAddress && held < init.held) {
      hold(socket, address, visitors)
      endIdle(visitors)
    } else {
      refuse(socket)
      forgetWhenEmpty(address, visitors)
    }
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const known = visits.get(socket)
    if (!known) return
    const { visit, visitors } = known
    begin(known)
    response.once('close', () => {
      visit.answers--
      if (visit.answers > 0) return
      end(known)
      visit.idle = !socket.destroyed
      if (visitors.held.size > 0 || quiet(visitors) > init.quietPerAddress) endIdle(visitors)
    })
  })
  server.on('upgrade', ({ socket }: IncomingMessage) => {
    const known = visits.get(socket)
    // In use for as long as it is there.
    if (known) begin(known)
  })

  function begin({ visit, visitors }: { visit: Visit; visitors: Visitors }): void {
    visit.answers++
    visit.idle = false
    if (visit.counts) return
    visit.counts = true
    visitors.answered++
    admitWaiting(visitors)
  }

  function end({ visit, visitors }: { visit: Visit; visitors: Visitors }): void {
    if (visit.counts) visitors.answered--
    visit.counts = false
  }

  function quiet(visitors: Visitors): number {
    return visitors.open.size - visitors.answered
  }

  function hasPlace(visitors: Visitors): boolean {
    return open < init.connections && visitors.open.size < init.perAddress && quiet(visitors) < init.quietPerAddress
  }

  function admitWaiting(visitors: Visitors): void {
    for (const waiting of visitors.held) {
      if (!hasPlace(visitors)) return
      waiting.letIn()
    }
  }

  function letIn(socket: Socket, address: string, visitors: Visitors): void {
    const visit: Visit = { answers: 0, counts: false, idle: false }
    visitors.open.set(socket, visit)
    visits.set(socket, { visit, visitors })
    open++
    socket.once('close', () => {
      const wasFull = open >= init.connections
      open--
      visitors.open.delete(socket)
      end({ visit, visitors })
      admitWaiting(visitors)
      if (wasFull) for (const others of lines) admitWaiting(others)
      forgetWhenEmpty(address, visitors)
    })
    for (const listener of accept) listener.call(server, socket)
  }

  function forgetWhenEmpty(address: string, visitors: Visitors): void {
    if (visitors.open.size === 0 && visitors.held.size === 0) byAddress.delete(address)
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
      visitors.held.delete(waiting)
      if (visitors.held.size === 0) lines.delete(visitors)
    }
    const sendAway = (): void => {
      leave()
      refuse(socket)
      forgetWhenEmpty(address, visitors)
    }
    const onError = (): void => void socket.destroy()
    const onClose = (): void => {
      leave()
      forgetWhenEmpty(address, visitors)
    }
    const waiting: Held = {
      letIn() {
        leave()
        letIn(socket, address, visitors)
      }
    }
    let cancel = clock.after(init.heldHeadMs, () => {
      const head = peek(socket)
      if (!head.includes(END_OF_HEAD)) return sendAway()
      const stayMs = (init.isPatient(head) ? init.heldPatientMs : init.heldMs) - init.heldHeadMs
      cancel = clock.after(Math.max(0, stayMs), sendAway)
    })
    socket.on('error', onError)
    socket.once('close', onClose)
    visitors.held.add(waiting)
    lines.add(visitors)
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

/** What has come so far, which stays there to be read. */
function peek(socket: Socket): string {
  const bytes = socket.read() as Buffer | null
  if (bytes === null) return ''
  socket.unshift(bytes)
  return bytes.toString('latin1')
}
