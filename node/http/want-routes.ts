/** `/wants.csv` and `/wants.json`: what people asked for and the room lacks, to take along. Who asked is told only to those who help. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { writeCsv } from '../../protocols/csv.ts'
import { may } from '../../protocols/people-rights.ts'
import { type Want, wantRows } from '../../protocols/wants.ts'
import { addPageHeaders, personOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

export interface WantRouteOptions {
  /** Of the whole room, as far as this device knows. */
  wants(): Promise<readonly Want[]>
  people: PeopleDoor | undefined
}

export function addWantRoutes(app: FastifyInstance, { wants, people }: WantRouteOptions): void {
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
}
