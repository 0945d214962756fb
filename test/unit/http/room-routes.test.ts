/** Every route of the dashboard, from the route table itself: who may, how often, and from where. */
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import '../../../node/collections/errors.ts'
import { addContentDeskRoutes, UPLOAD_PATH } from '../../../node/http/content-desk-routes.ts'
import { addCopiesRoutes } from '../../../node/http/copies-routes.ts'
import {
  EventStreams,
  MAX_SIGNAL_STREAMS_PER_ADDRESS,
  MAX_STREAMS_PER_PERSON
} from '../../../node/http/event-streams.ts'
import { guardRoutes, type RoutePace } from '../../../node/http/guarded-routes.ts'
import { addInvitationRoutes } from '../../../node/http/invitation-routes.ts'
import type { RoomDoor } from '../../../node/http/room-door.ts'
import { addRoomRoutes } from '../../../node/http/room-routes.ts'
import { addSignalRoutes } from '../../../node/http/signal-routes.ts'
import { cleanName } from '../../../node/http/upload.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { PersonRole } from '../../../protocols/people.ts'
import { type Action, may } from '../../../protocols/people-rights.ts'
import { glanceOfOverview } from '../../../protocols/room-glance.ts'
import { type StartedFrontDoor, startFrontDoor } from '../../browser/front-door-kit.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'
import { LiveRoom } from '../live/live-kit.ts'
import { cookieOf, type PeopleNode, peopleNode } from '../people/people-kit.ts'

/** Each route that is served and what it takes; a new one has to be added here. */
const ROUTES: Readonly<Record<string, Action | 'anybody'>> = {
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
const SECRET = 'JOINERY:SECRET'
const ROLES: readonly (PersonRole | 'nobody')[] = ['nobody', 'learner', 'helper', 'facilitator']

interface Declared {
  action: Action | undefined
  pace: RoutePace | undefined
}

let folder: TemporaryFolder
let app: FastifyInstance
let node: PeopleNode
let table: Map<string, Declared>
let cookies: Map<string, string>
let done: string[]
let dashboard: RoomDoor
let copies: NonNullable<RoomDoor['copies']>
let invitations: NonNullable<RoomDoor['invitations']>
let isOver: boolean
let passing: Promise<void>

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
  const rule = { target: 'lessons', policy: { kind: 'everywhere' }, standard: true, files: 10, sizeBytes: 1e9 } as const
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

const [waiting] = sampleRoom.waiting
const [self, other] = sampleRoom.devices
const FORM = new URLSearchParams({
  ...{
    device: other?.id ?? '',
    name: 'pi-shelf',
    confirm: other?.name ?? '',
    leaving: 'yes',
    code: waiting?.code ?? ''
  },
  ...{ target: 'installers/rstudio', kind: 'copies', copies: '3', uses: '4', role: 'laptop', invitation: 'cd' },
  ...{ answer: 'same', time: '2096-11-24 13:30', collection: 'lessons', version: 'abc', stick: 'BIRDS', hand: 'up' }
}).toString()

async function call(route: string, who: string): Promise<number> {
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

function roleOf(who: string): { role: PersonRole } | undefined {
  return who === 'nobody' ? undefined : { role: who as PersonRole }
}

test('the table of routes is complete', () => {
  expect(Object.fromEntries([...table].map(([route, { action }]) => [route, action ?? 'anybody']))).toEqual(ROUTES)
})

describe.each(Object.entries(ROUTES))('%s', (route, action) => {
  test(`is for whoever may ${action}`, async () => {
    for (const who of ROLES) {
      const status = await call(route, who)
      const isAllowed = action === 'anybody' || may(roleOf(who), action)
      if (isAllowed) expect([who, status < 400]).toEqual([who, true])
      else if (who === 'nobody' && route.startsWith('GET') && !/\/(?:live|space)$/.test(route))
        expect([who, status]).toEqual([who, 303])
      else expect([who, status]).toEqual([who, who === 'nobody' ? 401 : 403])
    }
  })
})

describe('what comes of it', () => {
  const facilitator = (route: string, form: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: route,
      headers: { cookie: cookies.get('facilitator') ?? '', 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString()
    })

  test('each action reaches the room as it was asked for', async () => {
    for (const [route, { pace }] of [...table].filter(([one]) => one.startsWith('POST'))) {
      // The stick waits until the upload is over: one thing at a time.
      const again = (): Promise<number> => {
        node.clock.nowMs += pace?.refillMs ?? 0
        return call(route, 'facilitator')
      }
      await expect.poll(again).toBe(303)
    }
    expect(done.sort()).toEqual(
      [
        `answer "${other?.id}" "402771" true`,
        ...['add {"unpack":false}', 'add {"unpack":false}', 'check'],
        `leaving "${other?.id}" true`,
        'copies "installers/rstudio" {"kind":"copies","copies":3}',
        ...['invite 4', 'revoke "cd"'],
        `remove "${other?.id}"`,
        `stolen "${other?.id}"`,
        `rename "${other?.id}" "pi-shelf"`,
        'rollback "lessons" "abc"'
      ].sort()
    )
  })

  test('a device is removed only when its name was typed', async () => {
    const answer = await facilitator('/room/devices/remove', { device: other?.id ?? '', confirm: self?.name ?? '' })
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/room?problem=NAME_DIFFERS'])
    expect(done).toEqual([])
  })

  test('who blocked a stolen device reads once more what is left to do, and nobody else does', async () => {
    await facilitator('/room/devices/stolen', { device: other?.id ?? '', confirm: other?.name ?? '' })
    const look = async (who: string): Promise<[number, string]> => {
      const { statusCode, body } = await app.inject({
        url: '/room/devices/stolen',
        headers: { cookie: cookies.get(who) ?? '' }
      })
      return [statusCode, body]
    }
    const [status, page] = await look('facilitator')
    expect([status, page.includes('abababab'), page.includes('pi-back')]).toEqual([200, true, true])
    expect(await look('second facilitator')).toEqual([303, ''])
  })

  test('an invitation is shown to whoever made it alone, in no address and no cache, until they have it or take it back', async () => {
    const shown = async (who: string): Promise<boolean> => {
      const { headers, body } = await app.inject({
        url: '/room/invitations',
        headers: { cookie: cookies.get(who) ?? '' }
      })
      expect(headers['cache-control']).toBe('no-store')
      return body.includes(SECRET)
    }
    for (const [path, form] of [
      ['/room/invitations/noted', {}],
      ['/room/invitations/revoke', { invitation: 'ef'.repeat(32) }]
    ] as const) {
      const answer = await facilitator('/room/invitations', { uses: '3', role: 'laptop' })
      expect([answer.statusCode, answer.headers.location, answer.body]).toEqual([303, '/room/invitations', ''])
      expect(await shown('facilitator')).toBe(true)
      expect(await shown('second facilitator')).toBe(false)
      await facilitator(path, form)
      expect(await shown('facilitator')).toBe(false)
    }
    expect(done).toEqual(['invite 3', 'invite 3', `revoke "${'ef'.repeat(32)}"`])
  })

  test('the line to paste has the address that the page was asked at, and the role', async () => {
    await facilitator('/room/invitations', { uses: '1', role: 'laptop' })
    const { body } = await app.inject({
      url: '/room/invitations',
      headers: { cookie: cookies.get('facilitator') ?? '' }
    })
    expect(body).toContain(
      `wget http://192.168.1.20/x &amp;&amp; sudo ./joinery/install --join ${SECRET} --role laptop</code>`
    )
  })

  test.each(['0', '101', '1.5', 'many', ''])('%j devices cannot be invited', async (uses) => {
    expect((await facilitator('/room/invitations', { uses })).statusCode).toBe(400)
    expect(done).toEqual([])
  })

  test.each([
    ['copies', '0', 400],
    ['copies', '1', 303],
    ['copies', '60', 303],
    ['copies', '61', 400],
    ['copies', '', 400],
    ['never', '2', 400],
    ['standard', '', 303],
    ['on-demand', '0', 303]
  ])('a rule of %s %j is answered as on the command line', async (kind, number, status) => {
    const answer = await facilitator('/room/copies', { target: 'lessons', kind, copies: number })
    expect([answer.statusCode, done.length]).toEqual([status, status === 303 ? 1 : 0])
    // What was wrong stands in the form that it was sent from.
    if (status === 400) expect(answer.body).toContain('role="alert"')
  })

  test('a rule for what cannot be a collection is refused in words, and what was typed stays', async () => {
    copies.set = () => Promise.reject(new JoineryError('COLLECTION_NAME_WRONG', 'not a name'))
    const answer = await facilitator('/room/copies', { target: 'No such/<b>', kind: 'everywhere' })
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('That is no collection and no path of one.')
    expect(answer.body).toContain('value="No such/&lt;b&gt;"')
  })

  const noTimes = ['', 'yesterday', '24.11.2026 13:30', '2096-13-01 10:00', '2096-02-30 10:00', '2096-11-24 10:60']
  test.each(noTimes)('%j is no time', async (time) => {
    const answer = await facilitator('/room/clock', { time })
    expect(answer.headers.location).toBe('/room?problem=TIME_INVALID')
  })

  test('whoever is too quick is asked to wait, and somebody else is not', async () => {
    const { pace } = table.get('POST /signals/all-down') ?? {}
    for (let i = 0; i < (pace?.burst ?? 0); i++) expect(await call('POST /signals/all-down', 'facilitator')).toBe(303)
    expect(await call('POST /signals/all-down', 'facilitator')).toBe(429)
    node.clock.nowMs += pace?.refillMs ?? 0
    expect(await call('POST /signals/all-down', 'facilitator')).toBe(303)
  })

  test('names of those who need help are for those who help', async () => {
    const glance = glanceOfOverview(sampleRoom)
    const people = [{ name: 'ana', shownName: 'Ana María', sticky: 'red' as const, hand: false, ageMs: 0 }]
    dashboard.glance = async () => ({ ...glance, signals: { green: 0, red: 1, hands: 0, learners: 3, people } })
    for (const [who, isShown] of [
      ['nobody', false],
      ['learner', false],
      ['helper', true]
    ] as const) {
      const answer = await app.inject({ url: '/room', headers: { cookie: cookies.get(who) ?? '' } })
      expect([who, answer.body.includes('Ana María')]).toEqual([who, isShown])
      expect(answer.body).toContain('1 need help')
    }
  })
})

describe('behind the front door', () => {
  let door: StartedFrontDoor
  beforeEach(async () => {
    door = await startFrontDoor(sampleRoom, { people: { current: () => node.people }, dashboard })
  })
  afterEach(() => door.frontDoor.stop())

  test('no foreign page can cause any of it, with or without the cookie', async () => {
    for (const route of Object.keys(ROUTES)) {
      const [method, path = ''] = route.split(' ')
      if (method !== 'POST') continue
      for (const origin of ['http://evil.example', 'null', undefined]) {
        const answer = await fetch(door.origin + path, {
          method: 'POST',
          headers: {
            cookie: cookies.get('facilitator') ?? '',
            'content-type': 'application/x-www-form-urlencoded',
            ...(origin !== undefined && { origin })
          },
          body: FORM
        })
        expect([route, origin, answer.status]).toEqual([route, origin, 403])
        await answer.body?.cancel()
      }
    }
    expect(done).toEqual([])
  })

  test('a form that is longer than a form can be is refused', async () => {
    const answer = await fetch(`${door.origin}/room/devices/rename`, {
      method: 'POST',
      headers: {
        cookie: cookies.get('facilitator') ?? '',
        'content-type': 'application/x-www-form-urlencoded',
        origin: door.origin
      },
      body: `name=${'x'.repeat(200_000)}`
    })
    expect(answer.status).toBe(413)
    await answer.body?.cancel()
  })

  test('one person has so many streams open, and not one more; those that end make room', async () => {
    const open = async (): Promise<Response & { end(): void }> => {
      const ending = new AbortController()
      const answer = await fetch(`${door.origin}/signals/live`, {
        headers: { cookie: cookies.get('learner') ?? '' },
        signal: ending.signal
      })
      return Object.assign(answer, { end: () => ending.abort() })
    }
    const streams = await Promise.all(Array.from({ length: MAX_STREAMS_PER_PERSON }, open))
    for (const { status, headers } of streams) {
      expect(status).toBe(200)
      expect(headers.get('content-type')).toContain('text/event-stream')
    }
    expect((await open()).status).toBe(503)
    streams[0]?.end()
    await expect
      .poll(async () => {
        const again = await open()
        const { status } = again
        if (status !== 200) await again.body?.cancel()
        return status
      })
      .toBe(200)
  })

  test('one address follows so many stickies, and not one more: a class behind a router keeps connections for its pages', async () => {
    const ending = new AbortController()
    const open = async (cookie: string): Promise<number> => {
      const { status } = await fetch(`${door.origin}/signals/live`, { headers: { cookie }, signal: ending.signal })
      return status
    }
    for (let number = 0; number < MAX_SIGNAL_STREAMS_PER_ADDRESS; number++) {
      const { person } = await node.people.add({ shownName: `Learner ${number}` })
      expect(await open(cookieOf(await node.people.openSession(person.id)))).toBe(200)
    }
    expect(await open(cookies.get('learner') ?? '')).toBe(503)
    // A dashboard is another matter.
    const watching = await fetch(`${door.origin}/room/live`, {
      headers: { cookie: cookies.get('helper') ?? '' },
      signal: ending.signal
    })
    expect(watching.status).toBe(200)
    ending.abort()
  })

  test('an upload is streamed to the disk, and refused where it does not fit, has no known kind or is broken', async () => {
    const send = async (body: FormData | string, type?: string): Promise<number> => {
      const answer = await fetch(door.origin + UPLOAD_PATH, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          cookie: cookies.get('facilitator') ?? '',
          origin: door.origin,
          ...(type !== undefined && { 'content-type': type })
        },
        body
      })
      await answer.body?.cancel()
      return answer.status
    }
    const form = (name: string, size: number): FormData => {
      const made = new FormData()
      made.set('collection', 'installers')
      made.set('file', new Blob([new Uint8Array(size)]), name)
      return made
    }
    expect(await send(form('setup-1.0.exe', 100))).toBe(303)
    await expect.poll(() => done.filter((one) => one.startsWith('add'))).toHaveLength(1)
    await expect.poll(async () => (await nodeDisk.stat(`${folder.path}/uploads`)) === undefined).toBe(true)
    expect(await send(form('setup-1.1.exe', 2_000))).toBe(413)
    expect(await send(form('../../etc/passwd', 10))).toBe(415)
    for (const name of ['.bashrc', 'x.unknown', `${'x'.repeat(150)}.zip`, 'new\nline.zip'])
      expect(() => cleanName(name)).toThrow(expect.objectContaining({ code: 'UPLOAD_TYPE' }))
    expect(await send('--x\r\nnonsense', 'multipart/form-data; boundary=x')).toBe(400)
    expect(await send(FORM, 'application/x-www-form-urlencoded')).toBe(400)
    expect(await nodeDisk.stat(`${folder.path}/uploads`)).toBeUndefined()
  })
})
