/**
 * `/wants.csv` and `/wants.json`: what people asked for and the room lacks, to take along; who asked is told only to those who help. And the forms by which
 * a facilitator has it fetched from the internet.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { writeCsv } from '../../protocols/csv.ts'
import { may } from '../../protocols/people-rights.ts'
import { type Want, wantRows } from '../../protocols/wants.ts'
import type { Clock } from '../platform/clock.ts'
import { addGuardedRoutes } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

export interface WantRouteOptions {
  /** Of the whole room, as far as this device knows. */
  wants(): Promise<readonly Want[]>
  people: PeopleDoor | undefined
  fetching: FetchingDoor | undefined
  clock: Clock
}

/** Fetching what is missing from the internet. */
export interface FetchingDoor {
  /** In the background; while it runs already, nothing more happens. */
  begin(): void
  set(change: { automatic: boolean }): Promise<unknown>
}

/** A facilitator clicks a few times in a row. */
const PACE = { burst: 10, refillMs: 2_000 }

export function addWantRoutes(app: FastifyInstance, { wants, people, fetching, clock }: WantRouteOptions): void {
  addPageHeaders(app, PAGE_HEADERS)
  const told = async (request: FastifyRequest): Promise<readonly Want[]> => {
    const person = personOf(request, people)
    const all = await wants()
    return person && may(person, 'see-people') ? all : all.map((want) => ({ ...want, who: [] }))
  }
  const fresh = (reply: FastifyReply, name: string): FastifyReply =>
    reply.header('Cache-Control', 'no-store').header('Content-Disposition', `attachment; filename="${name}"`)
  app.get('/wants.csv', async (request, reply) =>
    fresh(reply, 'wants.csv')
      .type('text/csv; charset=utf-8')
      .send(`${writeCsv(wantRows(await told(request)))}\n`)
  )
  app.get('/wants.json', async (request, reply) => fresh(reply, 'wants.json').send({ wants: await told(request) }))
  if (!fetching || !people) return
  acceptForms(app)
  addGuardedRoutes(app, { people, clock }, [
    {
      path: '/room/wants/fetch',
      action: 'change-content',
      pace: PACE,
      async handle(_person, _request, reply) {
        fetching.begin()
        return goTo(reply, '/room#wanted')
      }
    },
    {
      path: '/room/wants/automatic',
      action: 'change-content',
      pace: PACE,
      async handle(_person, request, reply) {
        await fetching.set({ automatic: formOf(request).get('automatic') === 'on' })
        return goTo(reply, '/room#wanted')
      }
    }
  ])
}
