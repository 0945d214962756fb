/**
 * Every route that a node serves, from the table that it serves by: no foreign page reaches one, none changes something for somebody who may not, takes more
 * than it says or goes on for whoever is too quick, and each answer carries the headers that keep a browser safe. A route that is added is tested with it.
 */
import { request as httpRequest } from 'node:http'
import fastify from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UPLOAD_PATH } from '../../node/http/content-desk-routes.ts'
import { createFrontDoor, type FrontDoor, type FrontDoorComponents, type NoteDoor } from '../../node/http/front-door.ts'
import { changesBy, guardRoutes, type RouteLine } from '../../node/http/guarded-routes.ts'
import { MAX_BODY_BYTES } from '../../node/http/limits.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonRole } from '../../protocols/people.ts'
import { may } from '../../protocols/people-rights.ts'
import { glanceOfOverview } from '../../protocols/room-glance.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { LiveRoom } from '../unit/live/live-kit.ts'
import { cookieOf, type PeopleNode, peopleNode } from '../unit/people/people-kit.ts'
import { sampleHost } from '../unit/web-client/repository-sample.ts'

const ROLES: readonly (PersonRole | 'nobody')[] = ['nobody', 'learner', 'helper', 'facilitator']
/** Time stands still until the end: what was used up stays so. */
let nowMs = 1_000_000
const clock = { ...systemClock, monotonicMs: () => nowMs }

const stuck = { name: 'stuck', shownName: 'Somebody else', sticky: 'red' as const, hand: false, ageMs: 0 }

let node: PeopleNode
let door: FrontDoor
let origin: string
let cookies: Map<string, string>
let isOver = false
let passing: Promise<void>
/** What reached the room. Nothing may, in this file. */
const done: string[] = []

const act = (what: string) => async (): Promise<never> => {
  done.push(what)
  throw new JoineryError('BAD_REQUEST', what)
}
const notes: NoteDoor = {
  syncPath: '/notes/sync/',
  handleUpgrade: (_request, socket) => socket.destroy(),
  page: (path) => (path === '/notes/' ? { bytes: Buffer.from('notes'), headers: {} } : undefined),
  asset: () => undefined,
  list: () => [],
  create: act('create note'),
  rename: act('rename note'),
  exportText: async () => ({ title: 'Ana', text: 'text' })
}

beforeAll(async () => {
  node = await peopleNode('a')
  cookies = new Map([['nobody', '']])
  await newPeople()
  const room = new LiveRoom(1)
  const { live } = await room.add('a')
  // Simulated time goes on while real requests are answered.
  const goOn = async (): Promise<void> => {
    while (!isOver) await room.pass(20)
  }
  passing = goOn()
  const facilitator = node.people.list().find(({ role }) => role === 'facilitator')
  async function* nothing(): AsyncGenerator<never> {}
  door = await createFrontDoor(
    {
      clock,
      disk: nodeDisk,
      log: pino({ level: 'silent' }),
      blobs: {
        serveFile: act('serve'),
        serveBlob: () => Promise.reject(new JoineryError('NOT_FOUND', 'no blobs here'))
      },
      mirrors: new Map([
        [
          'pypi',
          {
            answer: async () => ({
              kind: 'bytes' as const,
              bytes: Buffer.from('x'),
              contentType: 'text/html',
              etag: 'r1'
            })
          }
        ]
      ]),
      room: { overview: async () => sampleRoom },
      notes,
      people: { current: () => node.people, wifi: () => ({ current: undefined, set: act('wifi') }) },
      dashboard: {
        current: () => live,
        glance: async () => ({
          ...glanceOfOverview(sampleRoom),
          signals: { green: 0, red: 1, hands: 0, learners: 1, people: [stuck] }
        }),
        actions: {
          ...{ rename: act('rename'), setLeaving: act('leave'), remove: act('remove'), answer: act('answer') },
          stolen: act('stolen'),
          ...{ add: act('add'), rollback: act('rollback'), versions: async () => [], sticks: async () => [] },
          uploads: { folder: '/nowhere', freeBytes: act('upload') },
          check: { start: () => void done.push('check'), state: () => undefined }
        },
        copies: { state: async () => ({ devices: 1, offeredBytes: 1, rules: [] }), set: act('copies') },
        invitations: { open: () => [], make: act('invite'), revoke: act('revoke'), line: act('line') }
      },
      git: { current: () => undefined },
      repositories: { current: () => sampleHost(facilitator?.id ?? '') },
      takeHome: {
        counts: () => ({ lessonFiles: 0, lessonBytes: 0, notes: 0, repositories: 0, people: 0 }),
        ...{ lessonsAndNotes: nothing, ofPerson: nothing, archiveClass: nothing, beginNewClass: act('new class') }
      },
      uplink: { status: async () => [] },
      search: { search: async () => undefined },
      wants: async () => [],
      handout: {
        describe: async () => ({ fileName: 'joinery.tar', sizeBytes: 1, sha256: 'x' }),
        read: async function* () {
          yield Buffer.from('x')
        }
      } as NonNullable<FrontDoorComponents['handout']>,
      onMissing: () => undefined,
      addresses: () => []
    },
    {
      ...{ port: 0, host: '127.0.0.1', hostNames: ['pi-front'], version: '0.1.0' },
      assetsDirectory: new URL('../../web-client/assets', import.meta.url).pathname
    }
  )
  const { port } = await door.start()
  origin = `http://127.0.0.1:${port}`
})
afterAll(async () => {
  isOver = true
  nowMs = Number.MAX_SAFE_INTEGER
  await passing
  await door?.stop()
})

/** Accounts that have used up nothing yet. */
async function newPeople(): Promise<void> {
  for (const role of ['learner', 'helper', 'facilitator'] as const) {
    const { person } = await node.people.add({ shownName: `A ${role} ${node.people.list().length}`, role })
    cookies.set(role, cookieOf(await node.people.openSession(person.id)))
  }
}

const changing = (): RouteLine[] => door.routes.filter(({ changes }) => changes)
/** Where the sample has something. */
const addressOf = ({ path }: RouteLine): string => {
  const owner = node.people.list().find(({ role }) => role === 'facilitator')?.name ?? ''
  return path
    .replace(':person', owner)
    .replace(':repository', 'recipes')
    .replace(':collection', 'lessons')
    .replace(':file', 'joinery.tar')
    .replace('setup/:name', 'setup/pip.sh')
    .replace(':id', path.startsWith('/room/') ? (sampleRoom.devices[0]?.id ?? '') : 'a-note')
    .replace('*', path.startsWith('/:person') ? 'commits' : '')
}

interface Sent {
  cookie?: string | undefined
  origin?: string | undefined
  host?: string
  type?: string
  body?: string | number
  from?: string
  headers?: Record<string, string>
}
interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** @param sent a number as body: so many bytes, and none of them is sent */
function send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const { body, cookie, type, from = '127.0.0.1' } = sent
  return new Promise((resolve, reject) => {
    const asked = httpRequest({
      // As it stands: an address would be tidied up.
      ...{ method, path, host: '127.0.0.1', port: new URL(origin).port },
      localAddress: from,
      agent: false,
      headers: {
        ...(cookie !== undefined && { cookie }),
        ...(sent.origin !== undefined && { origin: sent.origin }),
        ...(sent.host !== undefined && { host: sent.host }),
        ...(type !== undefined && { 'content-type': type }),
        ...(body !== undefined &&
          sent.headers?.['transfer-encoding'] === undefined && {
            'content-length': String(typeof body === 'number' ? body : Buffer.byteLength(body))
          }),
        ...sent.headers
      }
    })
    asked.once('error', reject)
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      const end = (): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        asked.destroy()
      }
      // A stream of events has no end.
      if (/event-stream/.test(String(response.headers['content-type']))) end()
      else response.once('end', end)
    })
    asked.flushHeaders()
    if (typeof body !== 'number') asked.end(body)
  })
}

const nameOf = ({ method, path }: RouteLine): string => `${method} ${path}`

describe('a route that changes something', () => {
  it('and does not say who may and how often is not served', () => {
    const app = fastify()
    guardRoutes(app, { clock })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const)
      expect(() => app.route({ method, url: `/${method}`, handler: async () => '' })).toThrow('who may and how often')
    expect(() => app.route({ method: ['GET', 'POST'], url: '/both', handler: async () => '' })).toThrow()
    app.post('/said', changesBy('sign-in'), async () => '')
    app.get('/read', async () => '')
  })

  it('is every one that there is: none of them takes more than a form, apart from the upload', () => {
    expect(changing().length).toBeGreaterThan(30)
    expect(new Set(changing().map(({ method }) => method))).toEqual(new Set(['POST', 'PATCH']))
    for (const line of changing())
      if (line.path !== UPLOAD_PATH) expect([nameOf(line), line.bodyLimitBytes]).toEqual([nameOf(line), MAX_BODY_BYTES])
  })

  it('is not reached by a foreign page, with the cookie of a facilitator and with every type that a page can send', async () => {
    const cookie = cookies.get('facilitator')
    const types = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', undefined]
    const foreign = [
      'http://evil.example',
      'null',
      undefined,
      origin.replace(/\d+$/, '1'),
      origin.replace('http:', 'https:')
    ]
    for (const line of changing())
      for (const [at, from] of foreign.entries()) {
        const type = types[at % types.length]
        const { status, body } = await send(line.method, addressOf(line), {
          ...{ cookie, origin: from, body: 'name=x' },
          ...(type !== undefined && { type })
        })
        expect([nameOf(line), from, status, /FOREIGN_ORIGIN/.test(body)]).toEqual([nameOf(line), from, 403, true])
      }
    expect(done).toEqual([])
  })

  it('is answered 421 under a name that is not ours, also when the page says that it is of that name', async () => {
    for (const line of changing()) {
      const sent = { host: 'evil.example', origin: 'http://evil.example', cookie: cookies.get('facilitator') }
      const { status, body } = await send(line.method, addressOf(line), { ...sent, body: 'name=x' })
      expect([nameOf(line), status, /FOREIGN_HOST/.test(body)]).toEqual([nameOf(line), 421, true])
    }
  })

  it('is for whoever has the right, and tells the others before anything that they send was read', async () => {
    for (const line of changing()) {
      if (line.action === undefined) throw new Error(nameOf(line))
      for (const who of ROLES) {
        if (may(who === 'nobody' ? undefined : { role: who }, line.action)) continue
        // Not a byte of it comes: only who refuses without reading can answer.
        const { status } = await send(line.method, addressOf(line), {
          cookie: cookies.get(who),
          origin,
          body: 1_000_000
        })
        expect([nameOf(line), who, status]).toEqual([nameOf(line), who, who === 'nobody' ? 401 : 403])
      }
    }
    expect(done).toEqual([])
  })

  it('takes as much as it says and not one byte more', async () => {
    for (const line of changing()) {
      const type = line.path.startsWith('/api/') ? 'application/json' : 'application/x-www-form-urlencoded'
      const sent = { cookie: cookies.get('facilitator'), origin, type }
      const { status, body } = await send(line.method, addressOf(line), { ...sent, body: line.bodyLimitBytes + 1 })
      expect([nameOf(line), status, /TOO_LARGE/.test(body)]).toEqual([nameOf(line), 413, true])
      if (line.bodyLimitBytes > MAX_BODY_BYTES) continue
      // Without a length, and growing while it comes.
      const chunked = { ...sent, headers: { 'transfer-encoding': 'chunked' } }
      const grown = await send(line.method, addressOf(line), { ...chunked, body: 'x'.repeat(line.bodyLimitBytes + 1) })
      expect([nameOf(line), grown.status]).toEqual([nameOf(line), 413])
    }
    expect(done).toEqual([])
  })

  it('goes on for so many in a row and not one more, for a person and for an address', async () => {
    await newPeople()
    for (const [number, line] of changing().entries()) {
      const isForAnybody = line.action !== undefined && may(undefined, line.action)
      // Every route with an address of its own: what one is asked for does not use up the pace of another one.
      const from = `127.0.${1 + number}.1`
      const sent = {
        origin,
        type: 'application/x-unknown',
        body: 'x',
        from,
        cookie: isForAnybody ? '' : cookies.get('facilitator')
      }
      for (let count = 0; count < (line.pace?.burst ?? 0); count++) {
        const { status } = await send(line.method, addressOf(line), sent)
        expect([nameOf(line), count, status]).toEqual([nameOf(line), count, 415])
      }
      expect([nameOf(line), (await send(line.method, addressOf(line), sent)).status]).toEqual([nameOf(line), 429])
      if (isForAnybody)
        expect((await send(line.method, addressOf(line), { ...sent, from: '127.0.200.1' })).status).toBe(415)
    }
    expect(done).toEqual([])
  })
})

describe('every answer', () => {
  const everywhere = (): [string, string, Sent][] => {
    const cookie = cookies.get('facilitator')
    const more: [string, string, Sent][] = [
      ['GET', '/nothing', {}],
      ['GET', '/nothing', { headers: { accept: 'text/html' } }],
      ['GET', '/api/nothing', {}],
      ['GET', '/pypi', {}],
      ['GET', '/pypi/x', {}],
      ['GET', '/pypi/x', { headers: { 'if-none-match': '"r1"' } }],
      ['GET', '/%2e%2e/x', {}],
      ['GET', '/blob/x', {}],
      ['GET', '/a/b.git/info/refs?service=git-upload-pack', {}],
      ['POST', '/a/b.git/git-upload-pack', {}],
      ['DELETE', '/', { origin }],
      ['GET', `/${'x'.repeat(5_000)}`, {}]
    ]
    const read = door.routes.filter(({ method }) => method === 'GET')
    for (const line of read) {
      more.push(
        ['GET', addressOf(line), { cookie }],
        ['HEAD', addressOf(line), { cookie }],
        ['GET', addressOf(line), {}]
      )
      more.push(['GET', addressOf(line), { host: 'evil.example' }], ['POST', addressOf(line), {}])
    }
    return more
  }

  it('says what may run, that nothing is guessed, where it may be framed and what is told of the way', async () => {
    const statuses = new Set<number>()
    const check = (asked: string, { status, headers }: Answer): void => {
      statuses.add(status)
      const policy = String(headers['content-security-policy'])
      expect([asked, status, headers['x-content-type-options']]).toEqual([asked, status, 'nosniff'])
      expect([asked, status, headers['referrer-policy']]).toEqual([
        asked,
        status,
        expect.stringMatching(/^(?:no-referrer|same-origin)$/)
      ])
      // Content may be framed by content: what it runs in has no origin.
      if (policy.startsWith('sandbox'))
        expect([asked, policy]).toEqual([asked, expect.not.stringContaining('allow-same-origin')])
      else {
        expect([asked, status, policy]).toEqual([asked, status, expect.stringContaining("default-src 'none'")])
        expect([asked, policy]).toEqual([asked, expect.stringMatching(/frame-ancestors 'none'|; sandbox$/)])
        expect([asked, policy]).toEqual([asked, expect.not.stringMatching(/script-src[^;]*(?:unsafe|\*|https?:)/)])
      }
    }
    for (const [method, path, sent] of everywhere()) {
      const asked = `${method} ${path.slice(0, 60)} ${JSON.stringify(sent).slice(0, 60)}`
      const answer = await send(method, path, sent)
      check(asked, answer)
      const { etag } = answer.headers
      if (method !== 'GET' || typeof etag !== 'string' || sent.headers) continue
      const again = await send(method, path, { ...sent, headers: { 'if-none-match': etag } })
      expect([asked, again.status]).toEqual([asked, 304])
      check(`${asked} again`, again)
      // Browsers put what comes with "not modified" in the place of what they have.
      for (const name of ['content-security-policy', 'cache-control', 'referrer-policy'])
        expect([asked, name, again.headers[name]]).toEqual([asked, name, answer.headers[name]])
    }
    expect([...statuses].sort()).toEqual(
      expect.arrayContaining([200, 301, 303, 304, 400, 401, 403, 404, 405, 414, 421])
    )
  })

  it('that shows who somebody is stays out of every memory, and what takes a right is for nobody else', async () => {
    for (const line of door.routes) {
      if (line.method !== 'GET' || line.path.endsWith('/live')) continue
      for (const who of ROLES) {
        const { status, headers, body } = await send('GET', addressOf(line), { cookie: cookies.get(who) })
        const caching = String(headers['cache-control'])
        const has = line.action === undefined || may(who === 'nobody' ? undefined : { role: who }, line.action)
        if (!has) expect([nameOf(line), who, [303, 401, 403].includes(status)]).toEqual([nameOf(line), who, true])
        if (line.action !== undefined) expect([nameOf(line), who, caching]).toEqual([nameOf(line), who, 'no-store'])
        // A shared laptop: what was shown to one person is not what the next one goes back to.
        if (/A (?:learner|helper|facilitator) \d/.test(body))
          expect([nameOf(line), caching]).toEqual([
            nameOf(line),
            expect.stringMatching(/^(?:no-store|private, no-cache)$/)
          ])
        if (body.includes(stuck.shownName))
          expect([nameOf(line), who, caching]).toEqual([
            nameOf(line),
            expect.stringMatching(/helper|facilitator/),
            'no-store'
          ])
        if (headers['set-cookie'] !== undefined) expect(caching).toBe('no-store')
      }
    }
  })
})
