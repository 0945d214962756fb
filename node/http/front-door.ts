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
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Mirror, MissingPackage } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import type { Want } from '../../protocols/wants.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { addApiRoutes } from './api.ts'
import { type ConnectionLimit, limitConnections } from './connection-limit.ts'
import { type BlobServer, createContentRoute } from './content-route.ts'
import { answerError, asJoineryError } from './error-answer.ts'
import { EventStreams } from './event-streams.ts'
import type { Downloads } from './file-answer.ts'
import { fresh } from './fresh-value.ts'
import { createGitRoute, type GitDoor } from './git-route.ts'
import { addHandoutRoutes, type HandoutDoor } from './handout-routes.ts'
import { isOwnOrigin, type VisitedHost, visitedHost } from './host-check.ts'
import { addKeyRoutes } from './key-routes.ts'
import * as limits from './limits.ts'
import { listen, USUAL_PORTS } from './listen.ts'
import { orNotHeardYet, type RoomHearing, whenOpen } from './not-heard-yet.ts'
import { addNoteRoutes, type NoteDoor } from './note-routes.ts'
import { addPageRoutes, loadAssets } from './pages.ts'
import type { PeopleDoor } from './people-door.ts'
import { addPeopleRoutes } from './people-routes.ts'
import type { RepositoryDoor } from './repository-door.ts'
import { addRepositoryRoutes } from './repository-routes.ts'
import { parseRequestTarget, type RequestPath } from './request-path.ts'
import { setCommonHeaders } from './response-headers.ts'
import type { RoomDoor } from './room-door.ts'
import { addRoomRoutes } from './room-routes.ts'
import { loadRoomScript } from './room-script.ts'
import { addSetupRoutes } from './setup-routes.ts'
import { addSignalRoutes } from './signal-routes.ts'
import { addTakeHomeRoutes, type TakeHomeDoor } from './take-home-routes.ts'
import { addWantRoutes } from './want-routes.ts'

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
  /** Of git over SSH; undefined: there is none. */
  sshPort?(): number | undefined
  /** The program, for further devices; absent: it is not handed out. */
  handout?: HandoutDoor
  /** What `onMissing` counted, to be exported. */
  wants?(): readonly Want[]
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
}

const STANDARD_LIMITS: FrontDoorLimits = {
  connectionsPerAddress: limits.MAX_CONNECTIONS_PER_ADDRESS,
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
      handle(request, response).catch((error: unknown) => {
        const known = asJoineryError(error)
        if (known.status >= 500) components.log.warn({ err: error, url: request.url }, 'a request failed')
        answerError(request, response, known)
      })
    }
  )
  server.maxConnections = applied.connections
  server.maxHeadersCount = limits.MAX_HEADERS
  server.maxRequestsPerSocket = limits.MAX_REQUESTS_PER_CONNECTION
  server.timeout = applied.stalledAnswerTimeoutMs
  const connections: ConnectionLimit = limitConnections(server, applied.connectionsPerAddress)
  server.on('upgrade', (request, socket, head) => {
    const { notes } = components
    if (notes && isNoteSocket(request)) notes.handleUpgrade(request, socket, head)
    else socket.destroy()
  })
  const streams = new EventStreams(components)
  const app = await createPages(
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
      if (!isGit && !reads) limitBody(request, components.clock, applied.requestTimeoutMs)
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
    figures: () => ({ openConnections: connections.open(), refusedConnections: connections.refused(), requests })
  }
}

/** Said by the program, whichever room it is in. */
const ABOUT_THE_PROGRAM = new Set(['/healthz', '/metrics'])

/** @throws JoineryError for whatever must not get further */
function check(request: IncomingMessage, path: RequestPath, hostNames: ReadonlySet<string>, isGit: boolean): Visit {
  const host = visitedHost(request.headers.host, hostNames)
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

async function createPages(
  components: FrontDoorComponents,
  init: FrontDoorInit,
  server: Server,
  streams: EventStreams,
  onHandler: (handler: (request: IncomingMessage, response: ServerResponse) => void) => void,
  figures: FrontDoor['figures']
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    loggerInstance: components.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.MAX_BODY_BYTES,
    exposeHeadRoutes: true,
    // The guards have decoded and checked the path already; no proxy is trusted.
    trustProxy: false,
    serverFactory: (handler) => {
      onHandler(handler)
      return server
    }
  })
  app.setErrorHandler((error, request, reply) => {
    const known = orNotHeardYet(components, asJoineryError(error))
    if (known.status >= 500) components.log.warn({ err: error, url: request.url }, 'a page failed')
    reply.hijack()
    answerError(request.raw, reply.raw, known)
  })
  app.setNotFoundHandler((request, reply) => {
    const reads = request.method === 'GET' || request.method === 'HEAD'
    reply.hijack()
    answerError(
      request.raw,
      reply.raw,
      reads
        ? orNotHeardYet(components, new JoineryError('NOT_IN_ROOM', 'no such page'))
        : new JoineryError('METHOD_NOT_ALLOWED', 'no such action')
    )
  })
  const overview = fresh(components.clock, () => components.room.overview())
  const assets = await loadAssets(components.disk, init.assetsDirectory)
  const { clock, addresses, notes, people, repositories } = components
  const hasRepositories = people !== undefined && repositories !== undefined
  // Each in a scope of its own: their headers stay with them.
  void app.register((scope, _options, done) => {
    addApiRoutes(scope, { overview, version: init.version, figures, hasNotes: notes !== undefined, clock })
    done()
  })
  void app.register((scope, _options, done) => {
    addPageRoutes(scope, {
      ...{ overview, assets, addresses, people, hasRepositories },
      port: () => portOf(server),
      hasNotes: notes !== undefined
    })
    done()
  })
  void app.register((scope, _options, done) => {
    addSetupRoutes(scope, { people, addresses, port: () => portOf(server) })
    if (components.handout) addHandoutRoutes(scope, components.handout)
    done()
  })
  if (people) {
    void app.register((scope, _options, done) => {
      addPeopleRoutes(scope, { people, repositories, clock, addresses, port: () => portOf(server) })
      done()
    })
  }
  if (people) {
    void app.register((scope, _options, done) => {
      addKeyRoutes(scope, { people, clock, sshPort: () => components.sshPort?.() })
      done()
    })
  }
  const { takeHome, wants } = components
  if (wants) {
    void app.register((scope, _options, done) => {
      addWantRoutes(scope, { people, wants })
      done()
    })
  }
  if (people && takeHome) {
    void app.register((scope, _options, done) => {
      addTakeHomeRoutes(scope, { takeHome, people })
      done()
    })
  }
  if (people && repositories) {
    void app.register((scope, _options, done) => {
      addRepositoryRoutes(scope, { people, repositories, clock, addresses, port: () => portOf(server) })
      done()
    })
  }
  const { dashboard } = components
  const script = await loadRoomScript(components.disk, init.assetsDirectory)
  const onProblem = (cause: unknown): void => components.log.warn({ err: cause }, 'the dashboard could not be told')
  void app.register((scope, _options, done) => {
    addRoomRoutes(scope, { overview, room: dashboard, people, streams, clock, script, onProblem })
    done()
  })
  if (people && dashboard) {
    void app.register((scope, _options, done) => {
      addSignalRoutes(scope, { people, live: () => dashboard.current(), streams, clock })
      done()
    })
  }
  if (notes) {
    void app.register((scope, _options, done) => {
      addNoteRoutes(scope, { notes, people })
      done()
    })
  }
  await app.ready()
  return app
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
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
