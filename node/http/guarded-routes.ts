/**
 * Routes that change something, as a table: each line says who may, how often, and how much may come. The same-origin check is the front door's
 * (a cookie with SameSite=Lax and an Origin of our own: no foreign page can cause one of these), everything else is checked here, before the work.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { type Action, may } from '../../protocols/people-rights.ts'
import { Paces } from '../live/index.ts'
import type { KnownPerson } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { personOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'

export interface GuardedRoute {
  path: string
  action: Action
  /** How often one person may: at once, and one more after so long. */
  pace: { burst: number; refillMs: number }
  /** Of what is sent; as the server's own where it is left out. */
  bodyLimit?: number
  handle(person: KnownPerson, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
}

/** What a route declares of itself; tests read it from the route table. */
declare module 'fastify' {
  interface FastifyContextConfig {
    action?: Action
    pace?: GuardedRoute['pace']
  }
}

export interface Guards {
  people: PeopleDoor
  clock: Clock
}

/** A few people of a room change things at the same time. */
const MAX_PACED = 2_000

export function addGuardedRoutes(
  app: FastifyInstance,
  { people, clock }: Guards,
  routes: readonly GuardedRoute[]
): void {
  for (const { path, action, pace, bodyLimit, handle } of routes) {
    const paces = new Paces({ clock }, { ...pace, most: MAX_PACED })
    app.post(
      path,
      { config: { action, pace }, ...(bodyLimit !== undefined && { bodyLimit }) },
      async (request, reply) => {
        const person = allowed(request, people, action)
        if (!paces.allows(person.id)) throw new JoineryError('TOO_OFTEN', 'too many changes in a short time')
        return await handle(person, request, reply)
      }
    )
  }
}

/** Who is signed in and may do this. @throws JoineryError `NOT_SIGNED_IN`, `NOT_ALLOWED` */
export function allowed(request: FastifyRequest, people: PeopleDoor, action: Action): KnownPerson {
  const person = personOf(request, people)
  if (!person) throw new JoineryError('NOT_SIGNED_IN', 'nobody is signed in')
  if (!may(person, action)) throw new JoineryError('NOT_ALLOWED', `a ${person.role} may not ${action}`)
  return person
}
