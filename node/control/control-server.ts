/**
 * Serves `Operations` on the local socket, to the user who runs the node and to nobody else: the socket and its folder belong to them.
 *
 * ```ts
 * const control = createControlServer({ operations, disk, clock, log }, { socketPath, version })
 * await control.start()   // ALREADY_RUNNING when another node has this folder
 * ```
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import { drained } from '../platform/back-pressure.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { restrictToOwner } from '../platform/file-rights.ts'
import './errors.ts'
import { MAX_CONNECTIONS, MAX_LINE_BYTES, MAX_REQUEST_BYTES, STOP_GRACE_MS } from './limits.ts'
import { OPERATION_KINDS, type Operations } from './operations.ts'
import { probeSocket } from './probe-socket.ts'
import { isOperation, PATH_PREFIX, type StreamLine, toWire, VERSION_HEADER } from './wire.ts'

export interface ControlComponents {
  operations: Operations
  disk: Disk
  clock: Clock
  log: { warn(details: object, text: string): void }
}

export interface ControlInit {
  /** See `controlSocketPath`. */
  socketPath: string
  version: string
}

export interface ControlServer {
  /** Takes over a socket that a dead node left. @throws JoineryError `ALREADY_RUNNING` when a live one has it */
  start(): Promise<void>
  /** Cancels what is under way and removes the socket. */
  stop(): Promise<void>
}

export function createControlServer(components: ControlComponents, init: ControlInit): ControlServer {
  const { operations, disk, clock, log } = components
  const underWay = new Set<AbortController>()
  const server = createServer({ noDelay: true }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.warn({ err: error, url: request.url }, 'a command could not be answered')
      response.destroy()
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  server.requestTimeout = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader(VERSION_HEADER, init.version)
    const cancel = new AbortController()
    underWay.add(cancel)
    response.once('close', () => cancel.abort(new JoineryError('CANCELLED', 'the command was ended')))
    try {
      const { name, options } = await readRequest(request, init.version)
      if (OPERATION_KINDS[name] === 'stream') await answerStream(response, operations, name, options, cancel.signal)
      else await answerOnce(response, operations, name, options, cancel.signal)
    } catch (error) {
      if (!response.headersSent) sendError(response, error)
      else if (!response.destroyed) response.end(lineOf({ error: toWire(error) }))
    } finally {
      underWay.delete(cancel)
    }
  }

  return {
    async start() {
      if (await probeSocket(init.socketPath))
        throw new JoineryError('ALREADY_RUNNING', 'another Joinery runs on this data folder')
      await disk.remove(init.socketPath)
      await listen(server, init.socketPath)
      await restrictToOwner(init.socketPath)
    },
    async stop() {
      if (!server.listening) return
      for (const cancel of underWay) cancel.abort(new JoineryError('STOPPED', 'the device is stopping'))
      // Node removes the socket's file when the server closes.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const grace = new AbortController()
      await Promise.race([closed, sleep(clock, STOP_GRACE_MS, grace.signal).catch(() => undefined)])
      grace.abort()
      server.closeAllConnections()
      await closed
    }
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function readRequest(
  request: IncomingMessage,
  version: string
): Promise<{ name: keyof Operations; options: Record<string, unknown> }> {
  const theirs = request.headers[VERSION_HEADER]
  if (theirs !== version)
    throw new JoineryError(
      'OTHER_VERSION',
      `this command is version ${String(theirs ?? 'unknown')}, the running device ${version}`
    )
  const name = (request.url ?? '').slice(PATH_PREFIX.length)
  if (request.method !== 'POST' || !request.url?.startsWith(PATH_PREFIX) || !isOperation(name))
    // A command of ours knows only what this program knows, so it is a newer one.
    throw new JoineryError('UNKNOWN_OPERATION', 'the running device does not know this command')
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > MAX_REQUEST_BYTES) throw new JoineryError('TOO_LARGE', 'the request is too long')
    parts.push(part)
  }
  let options: unknown
  try {
    options = bytes === 0 ? {} : JSON.parse(Buffer.concat(parts).toString())
  } catch (cause) {
    throw new JoineryError('MALFORMED', 'the request is not JSON', { cause })
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new JoineryError('MALFORMED', 'the options are not an object')
  return { name, options: options as Record<string, unknown> }
}

type AnyOperation = (options: Record<string, unknown>, signal: AbortSignal) => unknown

async function answerOnce(
  response: ServerResponse,
  operations: Operations,
  name: keyof Operations,
  options: Record<string, unknown>,
  signal: AbortSignal
): Promise<void> {
  const operation = operations[name].bind(operations) as AnyOperation
  const result = await operation(options, signal)
  if (response.destroyed) return
  const body = JSON.stringify(result ?? null)
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

/** One item per line; waits while the command does not read, and ends the work when it has gone. */
async function answerStream(
  response: ServerResponse,
  operations: Operations,
  name: keyof Operations,
  options: Record<string, unknown>,
  signal: AbortSignal
): Promise<void> {
  const operation = operations[name].bind(operations) as AnyOperation
  response.setHeader('Content-Type', 'application/x-ndjson')
  response.flushHeaders()
  for await (const item of operation(options, signal) as AsyncIterable<unknown>) {
    signal.throwIfAborted()
    if (response.write(lineOf({ item })) || (await drained(response, signal))) continue
    signal.throwIfAborted()
    throw new JoineryError('CLOSED', 'whoever asked has left')
  }
  signal.throwIfAborted()
  response.end(lineOf({ end: true }))
}

function lineOf(line: StreamLine): string {
  const text = `${JSON.stringify(line)}\n`
  if (text.length > MAX_LINE_BYTES) throw new JoineryError('TOO_LARGE', 'a line of the answer is too long')
  return text
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return
  const body = JSON.stringify(toWire(error))
  response.statusCode = error instanceof JoineryError ? error.status : 500
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  // The rest of a request that was too long is not waited for.
  response.setHeader('Connection', 'close')
  response.end(body)
}
