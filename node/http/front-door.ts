/**
 * The front door: the one HTTP server of a node. Every request passes the guards (method, path, host, origin) here; content goes straight
 * to the mirrors and the blobs, pages and API go to fastify.
 *
 * ```ts
 * const frontDoor = await createFrontDoor({ clock, disk, log, blobs, mirrors, room, onMissing, addresses: networkAddresses }, init)
 * const { port } = await frontDoor.start()
 * …
 * await frontDoor.stop()
 * ```
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Mirror, MissingPackage } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { isRequestId, REQUEST_ID_HEADER, REQUEST_ID_PARAMETER } from '../../protocols/request-id.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import type { Want } from '../../protocols/wants.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { newRequestId, withRequestId } from '../platform/request-id.ts'
import { type ConnectionLimit, limitConnections } from './connection-limit.ts'
import { UPLOAD_PATH } from './content-desk-routes.ts'
import { type BlobServer, createContentRoute } from './content-route.ts'
import { answerError, asJoineryError, isFailure } from './error-answer.ts'
import { EventStreams } from './event-streams.ts'
import type { Downloads } from './file-answer.ts'
import { createGitRoute, type GitDoor } from './git-route.ts'
import type { RouteLine } from './guarded-routes.ts'
import type { HandoutDoor } from './handout-routes.ts'
import { isOwnOrigin, type VisitedHost, visitedHost } from './host-check.ts'
import * as limits from './limits.ts'
import { listen, USUAL_PORTS } from './listen.ts'
import { type RoomHearing, whenOpen } from './not-heard-yet.ts'
import type { NoteDoor } from './note-routes.ts'
import { createPages } from './own-pages.ts'
import type { PeopleDoor } from './people-door.ts'
import type { RepositoryDoor } from './repository-door.ts'
import { parseRequestTarget, type RequestPath } from './request-path.ts'
import { setCommonHeaders } from './response-headers.ts'
import type { RoomDoor } from './room-door.ts'
import type { SearchDoor } from './search-routes.ts'
import type { TakeHomeDoor } from './take-home-routes.ts'
import type { UplinkDoor } from './uplink-routes.ts'
import type { FetchingDoor } from './want-routes.ts'

export type { BlobServer, ServeOptions } from './content-route.ts'
export type { HeardOfRoom, RoomHearing } from './not-heard-yet.ts'
export type { NoteDoor } from './note-routes.ts'

/** What the pages and the API tell about the room. */
interface RoomInfo {
  /** Called at most once a second, whatever the number of visitors. */
  overview(): Promise<RoomOverview>
}

export interface FrontDoorComponents {
  clock: Clock
  disk: Disk
  log: FastifyBaseLogger
  blobs: BlobServer
  /** By the first part of the path: `pypi`, `cran`, `lessons`, `installers`. */
  mirrors: ReadonlyMap<string, Mirror>
  /** Absent: every download is served at once. */
  downloads?: Downloads
  room: RoomInfo
  /** Absent: no shared notes here. */
  notes?: NoteDoor
  /** Absent: nobody can sign in here. */
  people?: PeopleDoor
  /** The dashboard: stickies, how devices are, what can be changed; absent: the overview only. */
  dashboard?: RoomDoor
  /** Absent: git clients find nothing here. */
  git?: GitDoor
  /** Absent: no repositories here. Needs people. */
  repositories?: RepositoryDoor
  /** Absent: nothing is packed to be taken home here. Needs people. */
  takeHome?: TakeHomeDoor
  /** The room's copy on the internet; absent: nothing is told of it here. Needs people. */
  uplink?: UplinkDoor
  /** Of git over SSH; undefined: there is none. */
  sshPort?(): number | undefined
  /** The program, for further devices; absent: it is not handed out. */
  handout?: HandoutDoor
  /** Absent: nothing is searched here. */
  search?: SearchDoor
  /** What `onMissing` counted, to be exported. */
  wants?(): Promise<readonly Want[]>
  /** Absent: nothing is fetched from the internet. */
  fetching?: FetchingDoor
  /** Counts what people asked for in vain. */
  onMissing(missing: MissingPackage, asker?: string): void
  /** What this device has heard of its room; absent: all there is. */
  hearing?: RoomHearing
  /** The device's addresses as they are now. */
  addresses(): NetworkAddress[]
}

export interface FrontDoorInit {
  /** undefined = 80, or 8080 where that is taken or not allowed; 0 = any free one. */
  port: number | undefined
  /** `::` = all addresses. */
  host: string
  /** Names of this device in lower case, beside `localhost`: `pi`, `pi.local` and what `host_names` adds. */
  hostNames: readonly string[]
  version: string
  /** Of the program's files: where `web-client/assets` is. */
  assetsDirectory: string
  /** Only tests set these. */
  limits?: Partial<FrontDoorLimits>
}

interface FrontDoorLimits {
  connectionsPerAddress: number
  quietConnectionsPerAddress: number
  heldConnectionsPerAddress: number
  heldConnections: number
  heldConnectionMs: number
  heldRConnectionMs: number
  connections: number
  headersTimeoutMs: number
  requestTimeoutMs: number
  stallCheckIntervalMs: number
  stalledAnswerTimeoutMs: number
  stopGraceMs: number
}

export interface FrontDoor {
  /** @throws JoineryError `PORT_TAKEN` or `PORT_FORBIDDEN` */
  start(): Promise<{ port: number }>
  /** Stops listening, gives answers under way a few seconds, then ends them. */
  stop(): Promise<void>
  figures(): { openConnections: number; refusedConnections: number; requests: number }
  /** What is served, and what each route demands; content and git have routes of their own beside it. */
  readonly routes: readonly RouteLine[]
}

const STANDARD_LIMITS: FrontDoorLimits = {
  connectionsPerAddress: limits.MAX_CONNECTIONS_PER_ADDRESS,
  quietConnectionsPerAddress: limits.MAX_QUIET_CONNECTIONS_PER_ADDRESS,
  heldConnectionsPerAddress: limits.MAX_HELD_CONNECTIONS_PER_ADDRESS,
  heldConnections: limits.MAX_HELD_CONNECTIONS,
  heldConnectionMs: limits.HELD_CONNECTION_MS,
  heldRConnectionMs: limits.HELD_R_CONNECTION_MS,
  connections: limits.MAX_CONNECTIONS,
  headersTimeoutMs: limits.HEADERS_TIMEOUT_MS,
  requestTimeoutMs: limits.REQUEST_TIMEOUT_MS,
  stallCheckIntervalMs: limits.STALL_CHECK_INTERVAL_MS,
  stalledAnswerTimeoutMs: limits.STALLED_ANSWER_TIMEOUT_MS,
  stopGraceMs: limits.STOP_GRACE_MS
}

/** What the guards found out about a request; routes read it instead of the headers. */
interface Visit {
  host: VisitedHost
  path: RequestPath
}

declare module 'node:http' {
  interface IncomingMessage {
    visit?: Visit
  }
}

export async function createFrontDoor(components: FrontDoorComponents, init: FrontDoorInit): Promise<FrontDoor> {
  const applied = { ...STANDARD_LIMITS, ...init.limits }
  const hostNames = new Set(init.hostNames.map((name) => name.toLowerCase()))
  const content = createContentRoute(components)
  const git = components.git && createGitRoute(components.git, components)
  let pages: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  let requests = 0

  const isNoteSocket = (request: IncomingMessage): boolean =>
    components.notes !== undefined && request.url?.startsWith(components.notes.syncPath) === true
  const server = createServer(
    {
      maxHeaderSize: limits.MAX_HEADER_BYTES,
      headersTimeout: applied.headersTimeoutMs,
      // A push takes as long as its learner's Wi-Fi needs; every other request has `limitBody`.
      requestTimeout: 0,
      connectionsCheckingInterval: applied.stallCheckIntervalMs,
      keepAliveTimeout: limits.KEEP_ALIVE_TIMEOUT_MS,
      noDelay: true,
      // Whatever else asks to change the protocol (curl and Java ask for HTTP/2) is answered as if it had not.
      shouldUpgradeCallback: (request) => isNoteSocket(request)
    },
    (request, response) => {
      requests++
      const id = requestIdOf(request)
      response.setHeader(REQUEST_ID_HEADER, id)
      withRequestId(id, () => {
        if (components.log.level === 'debug') logAnswer(components, request, response)
        handle(request, response).catch((error: unknown) => {
          const known = asJoineryError(error)
          if (isFailure(known)) components.log.warn({ err: error, url: request.url }, 'a request failed')
          answerError(request, response, known)
        })
      })
    }
  )
  // What is past the connections waits; what is past both never gets so far as to be told.
  server.maxConnections = applied.connections + applied.heldConnections
  server.maxHeadersCount = limits.MAX_HEADERS
  server.maxRequestsPerSocket = limits.MAX_REQUESTS_PER_CONNECTION
  server.timeout = applied.stalledAnswerTimeoutMs
  const connections: ConnectionLimit = limitConnections(
    { server, clock: components.clock },
    {
      connections: applied.connections,
      perAddress: applied.connectionsPerAddress,
      quietPerAddress: applied.quietConnectionsPerAddress,
      heldPerAddress: applied.heldConnectionsPerAddress,
      held: applied.heldConnections,
      heldHeadMs: Math.min(applied.headersTimeoutMs, applied.heldConnectionMs),
      heldMs: applied.heldConnectionMs,
      heldPatientMs: applied.heldRConnectionMs,
      isPatient: isOfR
    }
  )
  server.on('upgrade', (request, socket, head) => {
    const { notes, log } = components
    withRequestId(requestIdOf(request), () => {
      if (!notes || !isNoteSocket(request)) {
        socket.destroy()
        return
      }
      log.debug({ url: request.url }, 'a note is opened')
      notes.handleUpgrade(request, socket, head)
    })
  })
  const streams = new EventStreams(components)
  const { app, routes } = await createPages(
    components,
    init,
    server,
    streams,
    (handler) => {
      pages = handler
    },
    () => ({ openConnections: connections.open(), refusedConnections: connections.refused(), requests })
  )

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setCommonHeaders(response)
    const reads = request.method === 'GET' || request.method === 'HEAD'
    try {
      const path = parseRequestTarget(request.url ?? '')
      const isGit = git?.owns(path) === true
      const timeoutMs = path.path === UPLOAD_PATH ? limits.UPLOAD_TIMEOUT_MS : applied.requestTimeoutMs
      if (!isGit && !reads) limitBody(request, components.clock, timeoutMs)
      const visit = check(request, path, hostNames, isGit)
      request.visit = visit
      if (!content.owns(path.path) && !ABOUT_THE_PROGRAM.has(path.path)) await whenOpen(components, response)
      if (isGit && !content.owns(path.path)) {
        await git?.answer(request, response, path)
        return
      }
      if (!content.owns(visit.path.path)) {
        pages?.(request, response)
        return
      }
      // Content has no use for a body; reading it on keeps the connection usable, `limitBody` ends a slow one.
      if (!reads) request.resume()
      await content.answer(request, response, visit.path)
    } catch (error) {
      if (!reads) request.resume()
      throw error
    }
  }

  return {
    async start() {
      const port = await listen(server, init.port === undefined ? USUAL_PORTS : [init.port], init.host)
      return { port }
    },
    async stop() {
      streams.endAll()
      await closeServer(server, connections, components.clock, applied.stopGraceMs)
      await app.close()
    },
    figures: () => ({ openConnections: connections.open(), refusedConnections: connections.refused(), requests }),
    routes
  }
}

/** As another device or a program before us calls it, or whoever sent the visitor here; else a new one. */
function requestIdOf({ headers, url = '' }: IncomingMessage): string {
  const given = headers[REQUEST_ID_HEADER.toLowerCase()]
  if (isRequestId(given)) return given
  const sent = url.startsWith('/blob/') && SENT_ID.exec(url)?.[1]
  return isRequestId(sent) ? sent : newRequestId()
}

function logAnswer({ clock, log }: FrontDoorComponents, request: IncomingMessage, response: ServerResponse): void {
  const sinceMs = clock.monotonicMs()
  response.once('close', () => {
    const { method, url } = request
    log.debug(
      { method, url, status: response.statusCode, tookMs: Math.round(clock.monotonicMs() - sinceMs) },
      'answered'
    )
  })
}

/** By the address, or, where another device sent it here, by how it calls itself. */
function isOfR(head: string): boolean {
  return /^[A-Z]+ \/cran\//.test(head) || /\r\nUser-Agent: (?:R[ /]|libcurl\/)/i.test(head)
}

const SENT_ID = new RegExp(`[?&]${REQUEST_ID_PARAMETER}=([^&]*)`)
/** Said by the program, whichever room it is in. */
const ABOUT_THE_PROGRAM = new Set(['/healthz', '/metrics'])

/** @throws JoineryError for whatever must not get further */
function check(request: IncomingMessage, path: RequestPath, hostNames: ReadonlySet<string>, isGit: boolean): Visit {
  // Two of them are two answers to where it goes (RFC 9112 section 3.2): Node would take the first, and who stands before us perhaps the other.
  const host =
    (request.headersDistinct.host ?? []).length > 1 ? undefined : visitedHost(request.headers.host, hostNames)
  if (!host) throw new JoineryError('FOREIGN_HOST', 'asked for under a name that is not ours')
  const reads = request.method === 'GET' || request.method === 'HEAD'
  // Git sends no Origin; its route has a rule of its own.
  if (!reads && !isGit && !isOwnOrigin(request.headers.origin, host))
    throw new JoineryError('FOREIGN_ORIGIN', 'a change asked for by a foreign page')
  return { host, path }
}

/** Node's own limit counts for all requests alike, so this one counts for those that are not a push. */
function limitBody(request: IncomingMessage, clock: Clock, timeoutMs: number): void {
  const cancel = clock.after(timeoutMs, () => {
    if (!request.complete) request.socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  })
  request.once('end', cancel)
  request.once('close', cancel)
}

async function closeServer(server: Server, connections: ConnectionLimit, clock: Clock, graceMs: number): Promise<void> {
  if (!server.listening) return
  let open = true
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      open = false
      resolve()
    })
  })
  const endMs = clock.monotonicMs() + graceMs
  // A connection whose answer has ended meanwhile would otherwise be kept for the next request.
  while (open && clock.monotonicMs() < endMs) {
    server.closeIdleConnections()
    await Promise.race([closed, sleep(clock, limits.STOP_CHECK_INTERVAL_MS)])
  }
  connections.destroyAll()
  await closed
}
