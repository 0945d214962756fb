/** The routes of the dashboard over a room of which only what was asked for is kept. */
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach } from 'vitest'
import '../../../node/collections/errors.ts'
import { addContentDeskRoutes, UPLOAD_PATH } from '../../../node/http/content-desk-routes.ts'
import { addCopiesRoutes } from '../../../node/http/copies-routes.ts'
import { EventStreams } from '../../../node/http/event-streams.ts'
import { guardRoutes, type RoutePace } from '../../../node/http/guarded-routes.ts'
import { addInvitationRoutes } from '../../../node/http/invitation-routes.ts'
import type { RoomDoor } from '../../../node/http/room-door.ts'
import { addRoomRoutes } from '../../../node/http/room-routes.ts'
import { addSignalRoutes } from '../../../node/http/signal-routes.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { PersonRole } from '../../../protocols/people.ts'
import { type Action, may } from '../../../protocols/people-rights.ts'
import { glanceOfOverview } from '../../../protocols/room-glance.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'
import { LiveRoom } from '../live/live-kit.ts'
import { cookieOf, type PeopleNode, peopleNode } from '../people/people-kit.ts'

/** Each route that is served and what it takes; a new one has to be added here. */
export const ROUTES: Readonly<Record<string, Action | 'anybody'>> = {
  'GET /room': 'anybody',
  'GET /room/devices/:id': 'anybody',
  'GET /room/live': 'watch-room',
  'POST /room/clock': 'set-clock',
  'POST /room/devices/rename': 'change-devices',
  'POST /room/devices/move-off': 'change-devices',
  'POST /room/devices/remove': 'change-devices',
  'POST /room/devices/stolen': 'change-devices',
  'GET /room/devices/stolen': 'change-devices',
  'POST /room/devices/approve': 'change-devices',
  'GET /room/content': 'change-content',
  'GET /room/content/space': 'change-content',
  [`POST ${UPLOAD_PATH}`]: 'change-content',
  'POST /room/content/stick': 'change-content',
  'POST /room/content/folder': 'change-content',
  'GET /room/versions/:collection': 'change-content',
  'POST /room/versions/rollback': 'change-content',
  'GET /room/copies': 'change-content',
  'POST /room/copies': 'change-content',
  'GET /room/invitations': 'change-devices',
  'POST /room/invitations': 'change-devices',
  'POST /room/invitations/noted': 'change-devices',
  'POST /room/invitations/revoke': 'change-devices',
  'GET /room/ready': 'check-room',
  'POST /room/ready': 'check-room',
  'GET /signals': 'anybody',
  'POST /signals': 'show-signal',
  'GET /signals/live': 'show-signal',
  'POST /signals/all-down': 'take-signals-down'
}
export const SECRET = 'JOINERY:SECRET'
export const ROLES: readonly (PersonRole | 'nobody')[] = ['nobody', 'learner', 'helper', 'facilitator']

interface Declared {
  action: Action | undefined
  pace: RoutePace | undefined
}

export let folder: TemporaryFolder
export let app: FastifyInstance
export let node: PeopleNode
export let table: Map<string, Declared>
export let cookies: Map<string, string>
export let done: string[]
export let dashboard: RoomDoor
export let copies: NonNullable<RoomDoor['copies']>
export let invitations: NonNullable<RoomDoor['invitations']>
export let isOver: boolean
export let passing: Promise<void>

/** Before each test of a file all that the exported names stand for is made, and after it ended. */
export function serveForEachTest(): void {
  beforeEach(async () => {
    folder = temporaryFolder()
    node = await peopleNode('a')
    cookies = new Map([['nobody', '']])
    for (const role of ['learner', 'helper', 'facilitator', 'second facilitator'] as const) {
      const { person } = await node.people.add({
        shownName: `A ${role}`,
        role: role === 'second facilitator' ? 'facilitator' : role
      })
      cookies.set(role, cookieOf(await node.people.openSession(person.id)))
    }
    const room = new LiveRoom(1)
    const { live } = await room.add('a')
    isOver = false
    // Simulated time goes on while real requests are answered.
    const goOn = async (): Promise<void> => {
      while (!isOver) await room.pass(20)
    }
    passing = goOn()
    done = []
    const act =
      (what: string) =>
      async (...values: unknown[]): Promise<void> => {
        done.push([what, ...values.map((value) => JSON.stringify(value))].join(' '))
      }
    const rule = {
      target: 'lessons',
      policy: { kind: 'everywhere' },
      standard: true,
      files: 10,
      sizeBytes: 1e9
    } as const
    copies = { state: async () => ({ devices: 3, offeredBytes: 2e9, rules: [rule] }), set: act('copies') }
    invitations = {
      open: () => [{ id: 'cd'.repeat(32), by: 'pi-front', usesLeft: 2, usedBy: ['pi-window'] }],
      async make(uses) {
        await act('invite')(uses)
        return { id: 'ef'.repeat(32), text: SECRET }
      },
      revoke: act('revoke'),
      line: async (address, text) => `wget ${address}x && sudo ./joinery/install --join ${text}`
    }
    dashboard = {
      current: () => live,
      glance: async () => glanceOfOverview(sampleRoom),
      actions: {
        rename: act('rename'),
        setLeaving: act('leaving'),
        remove: act('remove'),
        async stolen(device) {
          await act('stolen')(device)
          return { name: 'pi-window', invitations: [{ id: 'ab'.repeat(32), usesLeft: 3 }], toCheck: ['pi-back'] }
        },
        answer: act('answer'),
        rollback: act('rollback'),
        add: async ({ source, ...rest }) => {
          await act('add')(rest)
          return { collections: [], refused: 0 }
        },
        versions: async () => [],
        sticks: async () => [{ name: 'BIRDS', path: '/media/BIRDS' }],
        folders: async () => [{ name: '/srv/workshops/spring', path: '/srv/workshops/spring' }],
        uploads: { folder: `${folder.path}/uploads`, freeBytes: async () => 1_000 },
        check: { start: () => void done.push('check'), state: () => undefined }
      }
    }
    table = new Map()
    app = fastify()
    app.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat())
        if (one !== 'HEAD') table.set(`${one} ${url}`, { action: config?.action, pace: config?.pace })
    })
    app.addHook('onRequest', (request, _reply, next) => {
      const [path = '', search = ''] = request.url.split('?')
      request.raw.visit = {
        host: { host: '192.168.1.20', name: '192.168.1.20', loopback: false },
        path: { path, search }
      }
      next()
    })
    app.setErrorHandler((error, _request, reply) =>
      reply.code(error instanceof JoineryError ? error.status : 500).send(error instanceof Error ? error.message : '')
    )
    const people = { current: () => node.people }
    const { clock } = node
    guardRoutes(app, { people, clock })
    const streams = new EventStreams({ clock })
    const onProblem = (cause: unknown): void => {
      throw cause
    }
    for (const add of [
      (scope: FastifyInstance) =>
        addRoomRoutes(scope, {
          ...{ room: dashboard, people, streams, clock, onProblem, script: undefined },
          overview: async () => sampleRoom
        }),
      (scope: FastifyInstance) => addSignalRoutes(scope, { people, live: () => live, streams, clock }),
      (scope: FastifyInstance) =>
        addContentDeskRoutes(scope, { room: dashboard, people, clock, disk: nodeDisk, onProblem }),
      (scope: FastifyInstance) => addCopiesRoutes(scope, { copies, people, clock }),
      (scope: FastifyInstance) =>
        addInvitationRoutes(scope, { invitations, people, clock, addresses: () => [], port: () => 80 })
    ])
      void app.register((scope, _options, next) => {
        add(scope)
        next()
      })
    await app.ready()
  })
  afterEach(async () => {
    isOver = true
    await passing
    await app.close()
    folder[Symbol.dispose]()
  })
}

export const [waiting] = sampleRoom.waiting
export const [self, other] = sampleRoom.devices
export const FORM = new URLSearchParams({
  ...{
    device: other?.id ?? '',
    name: 'pi-shelf',
    confirm: other?.name ?? '',
    leaving: 'yes',
    code: waiting?.code ?? ''
  },
  ...{ target: 'installers/rstudio', kind: 'copies', copies: '3', uses: '4', role: 'laptop', invitation: 'cd' },
  ...{
    answer: 'same',
    time: '2096-11-24 13:30',
    collection: 'lessons',
    version: 'abc',
    stick: 'BIRDS',
    folder: '/srv/workshops/spring',
    hand: 'up'
  }
}).toString()

export async function call(route: string, who: string): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  // Streams never end by themselves; who may open one is decided before.
  if (path.endsWith('/live') && may(roleOf(who), table.get(route)?.action ?? 'sign-in')) return 200
  const isUpload = path === UPLOAD_PATH
  const answer = await app.inject({
    method: method as 'GET' | 'POST',
    url: path.replace(':collection', 'lessons').replace(':id', other?.id ?? ''),
    headers: {
      cookie: cookies.get(who) ?? '',
      'content-type': isUpload ? 'multipart/form-data; boundary=x' : 'application/x-www-form-urlencoded'
    },
    ...(method === 'POST' && {
      payload: isUpload
        ? '--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK\r\n--x--\r\n'
        : FORM
    })
  })
  return answer.statusCode
}

export function roleOf(who: string): { role: PersonRole } | undefined {
  return who === 'nobody' ? undefined : { role: who as PersonRole }
}
