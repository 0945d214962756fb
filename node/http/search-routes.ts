/** `/search?q=…`: looks through the room's lessons and names. */
import type { FastifyInstance } from 'fastify'
import type { SearchAnswer } from '../../protocols/search.ts'
import { renderSearchPage } from '../../web-client/search/search-page.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { addPageHeaders, sendPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'

export interface SearchDoor {
  /** @throws JoineryError `BUSY`, and what reading the disk throws; undefined without a room */
  search(query: string): Promise<SearchAnswer | undefined>
}

export interface SearchRouteOptions {
  search: SearchDoor
  people: PeopleDoor | undefined
  addresses(): NetworkAddress[]
  port(): number
}

export function addSearchRoutes(app: FastifyInstance, { search, people, addresses, port }: SearchRouteOptions): void {
  addPageHeaders(app, PAGE_HEADERS)
  app.get('/search', async (request, reply) => {
    const query = new URLSearchParams(request.raw.visit?.path.search ?? '').get('q') ?? ''
    const answer = query.trim() === '' ? undefined : await search.search(query)
    const [origin = ''] = roomAddresses(request.raw.visit?.host, addresses(), port()).origins
    return sendPage(request, reply, renderSearchPage(answer, origin, visitorOf(request, people)))
  })
}
