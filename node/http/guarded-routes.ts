/**
 * Who may change something, how often, and how much may come: each route that changes something says so in its own line, and this is held before
 * a byte of what is sent is read. A route that does not say it is not served at all. The same-origin check is the front door's (a cookie with
 * SameSite=Lax and an Origin of our own: no foreign page can cause one of these).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { type Action, may } from '../../protocols/people-rights.ts'
import { Paces } from '../live/index.ts'
import { addressGroup, type KnownPerson } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { personOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'

/** How often one person may, or one address where nobody is signed in: at once, and one more after so long. */
export interface RoutePace {
  burst: number
  refillMs: number
}

export interface GuardedRoute {
  path: string
  action: Action
  pace: RoutePace
  /** Of what is sent; as the server's own where it is left out. */
  bodyLimit?: number
  handle(person: KnownPerson, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
}

/** What a route declares of itself. */
declare module 'fastify' {
  interface FastifyContextConfig {
    action?: Action
    pace?: RoutePace
  }
}

/** One line of the table of routes. */
export interface RouteLine {
  method: string
  path: string
  changes: boolean
  action: Action | undefined
  pace: RoutePace | undefined
  bodyLimitBytes: number
}

export interface Guards {
  people?: PeopleDoor | undefined
  clock: Clock
}

/** What somebody does by hand. */
const USUAL_PACE: RoutePace = { burst: 30, refillMs: 2_000 }
/** A few people of a room change things at the same time. */
const MAX_PACED = 2_000
const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Before the routes are added.
 *
 * @returns the table of routes, which fills while they are added
 */
export function guardRoutes(app: FastifyInstance, { people, clock }: Guards): readonly RouteLine[] {
  const lines: RouteLine[] = []
  app.addHook('onRoute', (route) => {
    const { action, pace } = route.config ?? {}
    const methods = [route.method].flat()
    const changes = methods.some((method) => !READING.has(method))
    const bodyLimitBytes = route.bodyLimit ?? app.initialConfig.bodyLimit ?? 0
    for (const method of methods) lines.push({ method, path: route.url, changes, action, pace, bodyLimitBytes })
    if (!changes) return
    if (action === undefined || pace === undefined)
      throw new Error(`${methods} ${route.url} changes something and does not say who may and how often: see changesBy`)
    const paces = new Paces({ clock }, { ...pace, most: MAX_PACED })
    const guard = async (request: FastifyRequest): Promise<void> => {
      const person = personOf(request, people)
      demand(person, action)
      if (!paces.allows(person?.id ?? `from ${addressGroup(request.ip)}`))
        throw new JoineryError('TOO_OFTEN', 'too many changes in a short time')
    }
    route.onRequest = [guard, route.onRequest ?? []].flat()
  })
  return lines
}

/** What a route says that changes something: `app.post('/me/name', changesBy('change-own-account'), …)`. */
export function changesBy(action: Action, pace = USUAL_PACE): { config: { action: Action; pace: RoutePace } } {
  return { config: { action, pace } }
}

export function addGuardedRoutes(app: FastifyInstance, { people }: Guards, routes: readonly GuardedRoute[]): void {
  for (const { path, action, pace, bodyLimit, handle } of routes) {
    const limit = bodyLimit === undefined ? {} : { bodyLimit }
    app.post(path, { ...changesBy(action, pace), ...limit }, async (request, reply) =>
      handle(allowed(request, people, action), request, reply)
    )
  }
}

/** Who is signed in and may do this. @throws JoineryError `NOT_SIGNED_IN`, `NOT_ALLOWED` */
export function allowed(request: FastifyRequest, people: PeopleDoor | undefined, action: Action): KnownPerson {
  const person = personOf(request, people)
  if (!person) throw new JoineryError('NOT_SIGNED_IN', 'nobody is signed in')
  demand(person, action)
  return person
}

function demand(person: KnownPerson | undefined, action: Action): void {
  if (may(person, action)) return
  if (!person) throw new JoineryError('NOT_SIGNED_IN', 'nobody is signed in')
  throw new JoineryError('NOT_ALLOWED', `a ${person.role} may not ${action}`)
}
