/** Pages and API of a node: fastify behind the front door's guards, each area's routes in a scope of its own. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { ASSETS } from '../../web-client/asset-addresses.ts'
import { addApiRoutes } from './api.ts'
import { addContentDeskRoutes } from './content-desk-routes.ts'
import { addCopiesRoutes } from './copies-routes.ts'
import { answerError, asJoineryError, isFailure } from './error-answer.ts'
import type { EventStreams } from './event-streams.ts'
import { fresh } from './fresh-value.ts'
import type { FrontDoor, FrontDoorComponents, FrontDoorInit } from './front-door.ts'
import { guardRoutes, type RouteLine } from './guarded-routes.ts'
import { addHandoutRoutes } from './handout-routes.ts'
import { addInvitationRoutes } from './invitation-routes.ts'
import { addKeyRoutes } from './key-routes.ts'
import * as limits from './limits.ts'
import { orNotHeardYet } from './not-heard-yet.ts'
import { addNoteRoutes } from './note-routes.ts'
import { addPageRoutes, loadAssets } from './pages.ts'
import { addPeopleRoutes } from './people-routes.ts'
import { addPeopleUpkeepRoutes } from './people-upkeep-routes.ts'
import { addRepositoryRoutes } from './repository-routes.ts'
import { addRoomRoutes, glanceOf } from './room-routes.ts'
import { loadRoomScript } from './room-script.ts'
import { addSearchRoutes } from './search-routes.ts'
import { SetupMemory } from './setup-memory.ts'
import { addSetupRoutes } from './setup-routes.ts'
import { addSignalRoutes } from './signal-routes.ts'
import { addTakeHomeRoutes } from './take-home-routes.ts'
import { addUplinkRoutes } from './uplink-routes.ts'
import { addWantRoutes } from './want-routes.ts'

export interface Pages {
  app: FastifyInstance
  routes: readonly RouteLine[]
}

export async function createPages(
  components: FrontDoorComponents,
  init: FrontDoorInit,
  server: Server,
  streams: EventStreams,
  onHandler: (handler: (request: IncomingMessage, response: ServerResponse) => void) => void,
  figures: FrontDoor['figures']
): Promise<Pages> {
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
    if (isFailure(known)) components.log.warn({ err: error, url: request.url }, 'a page failed')
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
  const routes = guardRoutes(app, components)
  const memory = new SetupMemory()
  const hasRepositories = people !== undefined && repositories !== undefined
  // Each in a scope of its own: their headers stay with them.
  const within = (add: (scope: FastifyInstance) => void): void => {
    void app.register((scope, _options, done) => {
      add(scope)
      done()
    })
  }
  within((scope) => {
    addApiRoutes(scope, {
      dashboard: components.dashboard,
      streams,
      overview,
      version: init.version,
      figures,
      hasNotes: notes !== undefined,
      clock
    })
  })
  within((scope) => {
    addPageRoutes(scope, {
      ...{ overview, assets, addresses, people, hasRepositories, memory },
      port: () => portOf(server),
      hasNotes: notes !== undefined,
      hasSearch: components.search !== undefined
    })
  })
  within((scope) => {
    addSetupRoutes(scope, { people, addresses, memory, port: () => portOf(server) })
    if (components.handout) addHandoutRoutes(scope, components.handout)
  })
  const { dashboard } = components
  const script = await loadRoomScript(components.disk, init.assetsDirectory)
  if (people) {
    const here = dashboard && { glance: () => glanceOf(dashboard), script: script?.path }
    within((scope) => {
      addPeopleRoutes(scope, { people, repositories, clock, addresses, port: () => portOf(server), here })
    })
    within((scope) => {
      const onProblem = (cause: unknown): void => components.log.warn({ err: cause }, 'accounts could not be removed')
      addPeopleUpkeepRoutes(scope, { people, repositories, clock, here, onProblem })
    })
    within((scope) => {
      addKeyRoutes(scope, { people, clock, sshPort: () => components.sshPort?.() })
    })
  }
  const { fetching, search, takeHome, uplink, wants } = components
  if (search) {
    void app.register((scope, _options, done) => {
      addSearchRoutes(scope, { search, people, addresses, port: () => portOf(server) })
      done()
    })
  }
  if (wants) {
    within((scope) => {
      addWantRoutes(scope, { people, wants, fetching, clock })
    })
  }
  if (people && uplink) {
    within((scope) => {
      addUplinkRoutes(scope, { uplink, people })
    })
  }
  if (people && takeHome) {
    within((scope) => {
      addTakeHomeRoutes(scope, { takeHome, people })
    })
  }
  if (people && repositories) {
    within((scope) => {
      addRepositoryRoutes(scope, { people, repositories, clock, addresses, port: () => portOf(server) })
    })
  }
  const onProblem = (cause: unknown): void => components.log.warn({ err: cause }, 'the dashboard could not be told')
  const style = assets.find(({ path }) => path === ASSETS.style)?.bytes.toString()
  within((scope) => {
    addRoomRoutes(scope, { overview, room: dashboard, people, streams, clock, script, style, onProblem })
  })
  if (people && dashboard) {
    within((scope) => {
      addSignalRoutes(scope, { people, live: () => dashboard.current(), streams, clock })
    })
    within((scope) => {
      addContentDeskRoutes(scope, { room: dashboard, people, clock, disk: components.disk, onProblem })
    })
    const { copies, invitations } = dashboard
    if (copies) within((scope) => addCopiesRoutes(scope, { copies, people, clock }))
    if (invitations)
      within((scope) => {
        addInvitationRoutes(scope, { invitations, people, clock, addresses, port: () => portOf(server) })
      })
  }
  if (notes) {
    within((scope) => {
      addNoteRoutes(scope, { notes, people })
    })
  }
  await app.ready()
  return { app, routes }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
