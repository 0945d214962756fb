/** Every route about people and repositories, from the route table itself: who may call it and who may not. */
import fastify, { type FastifyInstance } from 'fastify'
import { beforeEach, describe, expect, test } from 'vitest'
import { guardRoutes } from '../../../node/http/guarded-routes.ts'
import { addKeyRoutes } from '../../../node/http/key-routes.ts'
import { addPeopleRoutes } from '../../../node/http/people-routes.ts'
import { addPeopleUpkeepRoutes } from '../../../node/http/people-upkeep-routes.ts'
import { addRepositoryRoutes } from '../../../node/http/repository-routes.ts'
import { addTakeHomeRoutes } from '../../../node/http/take-home-routes.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { PersonRole } from '../../../protocols/people.ts'
import { sampleHost } from '../web-client/repository-sample.ts'
import { cookieOf, type PeopleNode, peopleNode } from './people-kit.ts'

type Least = PersonRole | 'anybody' | 'owner'

/** Each route that is served; a new one has to be added here. */
const ROUTES: Readonly<Record<string, Least>> = {
  'GET /join': 'anybody',
  'GET /sign-up': 'anybody',
  'POST /sign-up': 'anybody',
  'GET /sign-in': 'anybody',
  'POST /sign-in': 'anybody',
  'GET /sign-out': 'anybody',
  'POST /sign-out': 'anybody',
  'GET /me': 'anybody',
  'POST /me/code-noted': 'learner',
  'POST /me/name': 'learner',
  'POST /me/sign-out-others': 'learner',
  'POST /me/code': 'learner',
  'POST /me/remove': 'learner',
  'GET /me/keys': 'anybody',
  'POST /me/keys/ssh': 'learner',
  'POST /me/keys/token': 'learner',
  'POST /me/keys/noted': 'learner',
  'POST /me/keys/end': 'learner',
  'GET /api/me': 'learner',
  'GET /take-home': 'anybody',
  'GET /take-home/lessons-and-notes.zip': 'anybody',
  'GET /take-home/mine.zip': 'learner',
  'GET /take-home/class.zip': 'facilitator',
  'POST /take-home/new-class': 'facilitator',
  'GET /people': 'helper',
  'POST /people/add': 'helper',
  'GET /people/cards': 'helper',
  'POST /people/cards-done': 'helper',
  'POST /people/wifi': 'facilitator',
  'POST /people/code': 'helper',
  'POST /people/code-noted': 'helper',
  'POST /people/role': 'facilitator',
  'POST /people/remove': 'facilitator',
  'POST /people/sign-up': 'facilitator',
  'GET /people/unused': 'facilitator',
  'POST /people/unused': 'facilitator',
  'GET /repositories': 'anybody',
  'GET /new': 'anybody',
  'POST /new': 'learner',
  'GET /:person': 'anybody',
  'GET /:person/:repository': 'anybody',
  'GET /:person/:repository/*': 'anybody',
  'POST /:person/:repository/settings/add-collaborator': 'owner',
  'POST /:person/:repository/settings/remove': 'owner',
  'POST /:person/:repository/settings/remove-collaborator': 'owner'
}

const ORDER: readonly (PersonRole | 'nobody')[] = ['nobody', 'learner', 'helper', 'facilitator']

let app: FastifyInstance
let node: PeopleNode
let table: string[]
let cookies: Map<string, string>
let target: string
beforeEach(async () => {
  node = await peopleNode('a')
  const { people } = node
  cookies = new Map([['nobody', '']])
  for (const role of ['learner', 'helper', 'facilitator'] as const) {
    const { person } = await people.add({ shownName: `A ${role}`, role })
    cookies.set(role, cookieOf(await people.openSession(person.id)))
  }
  await people.add({ shownName: 'Second facilitator', role: 'facilitator' })
  const owner = (await people.add({ shownName: 'Owner' })).person.id
  cookies.set('owner', cookieOf(await people.openSession(owner)))
  target = (await people.add({ shownName: 'Target' })).person.id
  const host = sampleHost(owner)
  table = []
  app = fastify()
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') table.push(`${one} ${url}`)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const [path = '', search = ''] = request.url.split('?')
    request.raw.visit = {
      host: { host: '192.168.1.20', name: '192.168.1.20', loopback: false },
      path: { path, search }
    }
    done()
  })
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof JoineryError ? error.status : 500).send(error instanceof Error ? error.message : '')
  )
  const current = { current: () => people }
  guardRoutes(app, { people: current, clock: node.clock })
  void app.register((scope, _options, done) => {
    const around = { addresses: () => [], port: () => 80 }
    addPeopleRoutes(scope, { people: current, clock: node.clock, repositories: undefined, ...around })
    done()
  })
  void app.register((scope, _options, done) => {
    const onProblem = (cause: unknown): void => {
      throw cause
    }
    addPeopleUpkeepRoutes(scope, { people: current, repositories: undefined, clock: node.clock, onProblem })
    done()
  })
  void app.register((scope, _options, done) => {
    addKeyRoutes(scope, { people: current, clock: node.clock, sshPort: () => 2222 })
    done()
  })
  void app.register((scope, _options, done) => {
    async function* nothing(): AsyncGenerator<never> {}
    const takeHome = {
      counts: () => ({ lessonFiles: 0, lessonBytes: 0, notes: 0, repositories: 0, people: 0 }),
      lessonsAndNotes: nothing,
      ofPerson: nothing,
      archiveClass: nothing,
      beginNewClass: async () => ({ people: 0, notes: 0, repositories: 0 })
    }
    addTakeHomeRoutes(scope, { people: current, takeHome })
    done()
  })
  void app.register((scope, _options, done) => {
    const repositories = { current: () => host }
    addRepositoryRoutes(scope, {
      people: current,
      repositories,
      clock: node.clock,
      addresses: () => [],
      port: () => 80
    })
    done()
  })
  await app.ready()
})

async function call(route: string, who: string): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const answer = await app.inject({
    method: method as 'GET' | 'POST',
    url: path.replace(':person', 'owner').replace(':repository', 'recipes').replace('*', 'commits'),
    headers: { cookie: cookies.get(who) ?? '', 'content-type': 'application/x-www-form-urlencoded' },
    ...(method === 'POST' && {
      payload: `person=${target}&role=helper&open=yes&name=target&confirm=x&shown-name=x&address=x`
    })
  })
  return answer.statusCode
}

test('the table of routes is complete', () => {
  expect([...new Set(table)].sort()).toEqual(Object.keys(ROUTES).sort())
})

describe.each(Object.entries(ROUTES))('%s', (route, least) => {
  test(`is for ${least}`, async () => {
    for (const who of [...ORDER, 'owner'] as const) {
      const isAllowed =
        least === 'anybody' ||
        (least === 'owner'
          ? who === 'owner'
          : who === 'owner'
            ? least === 'learner'
            : ORDER.indexOf(who) >= ORDER.indexOf(least))
      const status = await call(route, who)
      // `/me` and `/people` send whoever is not signed in to the sign-in page; trying a wrong code is answered 401 to everybody.
      if (route === 'POST /sign-in') expect(status).toBe(401)
      else if (isAllowed) expect([who, status < 400 || ![401, 403].includes(status)]).toEqual([who, true])
      // Pages send to the sign-in page; files and the API say that nobody is signed in.
      else if (who === 'nobody') expect([401, route.startsWith('GET') ? 303 : 401]).toContain(status)
      else expect([who, status]).toEqual([who, 403])
    }
  })
})

test('nobody acts on somebody with more rights than they have', async () => {
  const { people } = node
  target = people.named('a-facilitator')?.id ?? ''
  expect(await call('POST /people/code', 'helper')).toBe(403)
  expect(await call('POST /people/code', 'facilitator')).toBe(303)
})
