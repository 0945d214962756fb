/** A front door with everything that a node serves behind it, in which nothing may come of what is asked: for tests that ask every route. */
import { request as httpRequest } from 'node:http'
import { pino } from 'pino'
import { createFrontDoor, type FrontDoorComponents, type NoteDoor } from '../../node/http/front-door.ts'
import type { RouteLine } from '../../node/http/guarded-routes.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonRole } from '../../protocols/people.ts'
import { glanceOfOverview } from '../../protocols/room-glance.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { LiveRoom } from '../unit/live/live-kit.ts'
import { cookieOf, peopleNode } from '../unit/people/people-kit.ts'
import { sampleHost } from '../unit/web-client/repository-sample.ts'

export const ROLES: readonly (PersonRole | 'nobody')[] = ['nobody', 'learner', 'helper', 'facilitator']
/** Somebody whose name only those who help may see. */
export const STUCK = { name: 'stuck', shownName: 'Somebody else', sticky: 'red' as const, hand: false, ageMs: 0 }

export interface Sent {
  cookie?: string | undefined
  origin?: string | undefined
  host?: string
  type?: string
  /** A number: so many bytes, and none of them is sent. */
  body?: string | number
  /** Any address of the loopback network. */
  from?: string
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface WholeDoor extends AsyncDisposable {
  routes: readonly RouteLine[]
  origin: string
  /** What reached the room. */
  done: readonly string[]
  /** What the device has written down. */
  logged: readonly string[]
  /** Of the newest account of each role. */
  cookies: ReadonlyMap<string, string>
  /** Accounts that have used up nothing yet. */
  renewPeople(): Promise<void>
  /** An address of that route where the sample has something. */
  addressOf(line: RouteLine): string
  send(method: string, path: string, sent?: Sent): Promise<Answer>
}

export const nameOf = ({ method, path }: RouteLine): string => `${method} ${path}`

export async function startWholeDoor(): Promise<WholeDoor> {
  /** Time stands still until the end: what was used up stays so. */
  let nowMs = 1_000_000
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const done: string[] = []
  const logged: string[] = []
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
  const { people } = await peopleNode('a')
  const cookies = new Map([['nobody', '']])
  const renewPeople = async (): Promise<void> => {
    for (const role of ['learner', 'helper', 'facilitator'] as const) {
      const { person } = await people.add({ shownName: `A ${role} ${people.list().length}`, role })
      cookies.set(role, cookieOf(await people.openSession(person.id)))
    }
  }
  await renewPeople()
  const facilitator = people.list().find(({ role }) => role === 'facilitator')
  const room = new LiveRoom(1)
  const { live } = await room.add('a')
  let isOver = false
  // Simulated time goes on while real requests are answered.
  const goOn = async (): Promise<void> => {
    while (!isOver) await room.pass(20)
  }
  const passing = goOn()
  async function* nothing(): AsyncGenerator<never> {}
  const door = await createFrontDoor(
    {
      clock,
      disk: nodeDisk,
      log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) }),
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
      people: { current: () => people, wifi: () => ({ current: undefined, set: act('wifi') }) },
      dashboard: {
        current: () => live,
        glance: async () => ({
          ...glanceOfOverview(sampleRoom),
          signals: { green: 0, red: 1, hands: 0, learners: 1, people: [STUCK] }
        }),
        actions: {
          ...{ rename: act('rename'), setLeaving: act('leave'), remove: act('remove'), answer: act('answer') },
          stolen: act('stolen'),
          ...{
            add: act('add'),
            rollback: act('rollback'),
            versions: async () => [],
            sticks: async () => [],
            folders: async () => []
          },
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
      search: { search: (query) => Promise.reject(new JoineryError(query === 'fails' ? 'INTERNAL' : 'BUSY', query)) },
      wants: async () => [],
      fetching: { begin: () => void done.push('fetch wants'), set: act('wants automatic') },
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
  return {
    ...{ routes: door.routes, origin: `http://127.0.0.1:${port}`, done, logged, cookies, renewPeople },
    addressOf: ({ path }) =>
      path
        .replace(':person', facilitator?.name ?? '')
        .replace(':repository', 'recipes')
        .replace(':collection', 'lessons')
        .replace(':file', 'joinery.tar')
        .replace('setup/:name', 'setup/pip.sh')
        .replace(':id', path.startsWith('/room/') ? (sampleRoom.devices[0]?.id ?? '') : 'a-note')
        .replace('*', path.startsWith('/:person') ? 'commits' : ''),
    send: (method, path, sent = {}) => send({ method, path, host: '127.0.0.1', port }, sent),
    async [Symbol.asyncDispose]() {
      isOver = true
      nowMs = Number.MAX_SAFE_INTEGER
      await passing
      await door.stop()
    }
  }
}

function send(place: { method: string; path: string; host: string; port: number }, sent: Sent): Promise<Answer> {
  const { body, cookie, type, from = '127.0.0.1' } = sent
  return new Promise((resolve, reject) => {
    const asked = httpRequest({
      // As it stands: an address would be tidied up.
      ...place,
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
