/** `/room`: the dashboard, its stream, and what a facilitator can do from it about devices and the clock. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { may } from '../../protocols/people-rights.ts'
import { glanceOfOverview, type RoomGlance } from '../../protocols/room-glance.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import type { Language } from '../../web-client/languages.ts'
import { renderDevicePage, renderRoomPage } from '../../web-client/room/room-page.ts'
import { renderStolenPage } from '../../web-client/room/stolen-page.ts'
import { type RoomTexts, roomTextsIn } from '../../web-client/room/texts.ts'
import type { RoomLive } from '../live/index.ts'
import type { KnownPerson } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { sendCompressed } from './compressed.ts'
import type { EventStreams } from './event-streams.ts'
import { FreshCodes } from './fresh-codes.ts'
import { followGlance } from './glance-stream.ts'
import { addGuardedRoutes, allowed, type GuardedRoute } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS, policyWithStyle } from './response-headers.ts'
import type { RoomDoor, StolenNotes } from './room-door.ts'

export interface RoomRouteOptions {
  overview(): Promise<RoomOverview>
  /** Absent: the page shows the overview, and nothing can be changed from it. */
  room: RoomDoor | undefined
  people: PeopleDoor | undefined
  streams: EventStreams
  clock: Clock
  /** Of the dashboard; undefined when it was not built. */
  script: { path: string; bytes: Buffer } | undefined
  /** The style sheet of all pages: the dashboard carries it with it, since a slow phone waits half a second for a second file. */
  style?: string | undefined
  onProblem(cause: unknown): void
}

/** A page that is shown once waits so long for other devices to say how they are. */
const GLIMPSE_MS = 600
/** A facilitator clicks a few times in a row. */
const PACE = { burst: 10, refillMs: 2_000 }
/** The page has words of its own for these. */
const PROBLEMS: ReadonlyMap<string, (words: RoomTexts) => string> = new Map([
  ['CLOCK_NOT_FORWARD', ({ clock }) => clock.notForward],
  ['TIME_INVALID', ({ clock }) => clock.wrong],
  ['NAME_DIFFERS', ({ actions }) => actions.notConfirmed]
])

export function addRoomRoutes(app: FastifyInstance, options: RoomRouteOptions): void {
  const { people, room, script, streams, clock } = options
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  const style = options.style === undefined ? undefined : withoutComments(options.style)
  const policy =
    style === undefined ? undefined : policyWithStyle(Buffer.from(sha256(Buffer.from(style))).toString('base64'))
  app.get('/room', async (request, reply) => {
    if (policy !== undefined) reply.header('Content-Security-Policy', policy)
    return await sendRoom(request, reply, options, style)
  })
  app.get<{ Params: { id: string } }>('/room/devices/:id', async (request, reply) => {
    const glance = await glanceNow(options)
    const device = glance.devices.find(({ id }) => id === request.params.id)
    if (!device) throw new JoineryError('NOT_IN_ROOM', 'no such device')
    const page = renderDevicePage(device, glance, visitorOf(request, people), {
      mayChange: mayChangeRoom(request, options)
    })
    return await sendRoomPage(request, reply, page)
  })
  if (script)
    app.get(script.path, async (request, reply) => {
      reply.type('text/javascript; charset=utf-8')
      return sendCompressed(request, reply, script.bytes, 'public, max-age=31536000, immutable', true)
    })
  if (!room || !people) return

  app.get('/room/live', { config: { action: 'watch-room' }, exposeHeadRoute: false }, async (request, reply) => {
    const { id } = allowed(request, people, 'watch-room')
    const live = liveOf(room)
    return streams.open(reply, { person: `room ${id}` }, (stream) =>
      followGlance({
        ...{ clock, live, onProblem: options.onProblem },
        async glance() {
          // Who was signed out or removed meanwhile sees no names any more; in another room the page begins anew.
          if (room.current() !== live || !may(personOf(request, people), 'watch-room')) stream.end()
          return await room.glance()
        },
        tell: (change) => stream.send(change)
      })
    )
  })

  const { actions } = room
  /** For whoever did it, until they have read what is left to do. */
  const stolen = new FreshCodes<StolenNotes>(clock)
  app.get('/room/devices/stolen', { config: { action: 'change-devices' } }, async (request, reply) => {
    if (!personOf(request, people)) return goTo(reply, '/sign-in?next=/room')
    const notes = stolen.get(allowed(request, people, 'change-devices').id)
    if (!notes) return goTo(reply, '/room')
    return sendFreshPage(reply, renderStolenPage(notes, visitorOf(request, people)))
  })
  /** A name typed in full: nothing that cannot be undone happens by one wrong click. */
  const confirmed = async (request: FastifyRequest): Promise<string> => {
    const form = formOf(request)
    const id = form.get('device') ?? ''
    const device = (await room.glance()).devices.find((one) => one.id === id)
    if (!device) throw new JoineryError('NOT_FOUND', 'no such device in the room')
    if ((form.get('confirm') ?? '').trim().toLowerCase() !== device.name.toLowerCase())
      throw new JoineryError('NAME_DIFFERS', 'another name was typed')
    return id
  }
  /** Does it, and shows the room again: with what was wrong where the page has words for it. */
  const doing =
    (
      work: (request: FastifyRequest, person: KnownPerson) => Promise<void>,
      then = '/room?done'
    ): GuardedRoute['handle'] =>
    async (person, request, reply) => {
      try {
        await work(request, person)
        return goTo(reply, then)
      } catch (error) {
        if (error instanceof JoineryError && PROBLEMS.has(error.code)) return goTo(reply, `/room?problem=${error.code}`)
        throw error
      }
    }
  addGuardedRoutes(app, { people, clock }, [
    {
      path: '/room/clock',
      action: 'set-clock',
      pace: PACE,
      handle: doing((request) => liveOf(room).setClock(timeOf(formOf(request).get('time'))))
    },
    {
      path: '/room/devices/rename',
      action: 'change-devices',
      pace: PACE,
      handle: doing(async (request) => {
        const form = formOf(request)
        await actions.rename(form.get('device') ?? '', (form.get('name') ?? '').trim())
      })
    },
    {
      path: '/room/devices/move-off',
      action: 'change-devices',
      pace: PACE,
      handle: doing(async (request) => {
        const form = formOf(request)
        await actions.setLeaving(form.get('device') ?? '', form.get('leaving') === 'yes')
      })
    },
    {
      path: '/room/devices/remove',
      action: 'change-devices',
      pace: PACE,
      handle: doing(async (request) => {
        await actions.remove(await confirmed(request))
      })
    },
    {
      path: '/room/devices/stolen',
      action: 'change-devices',
      pace: PACE,
      handle: doing(async (request, person) => {
        stolen.set(person.id, await actions.stolen(await confirmed(request)))
      }, '/room/devices/stolen')
    },
    {
      path: '/room/devices/approve',
      action: 'change-devices',
      pace: PACE,
      handle: doing(async (request) => {
        const form = formOf(request)
        await actions.answer(form.get('device') ?? '', form.get('code') ?? '', form.get('answer') === 'same')
      })
    }
  ])
}

async function sendRoom(
  request: FastifyRequest,
  reply: FastifyReply,
  options: RoomRouteOptions,
  style: string | undefined
): Promise<FastifyReply> {
  const glance = await glanceNow(options)
  const { people, room, script } = options
  const visitor = visitorOf(request, people)
  const mayChange = mayChangeRoom(request, options)
  const search = new URLSearchParams(visitor.search)
  const page = renderRoomPage(visitor.person?.helps ? glance : withoutNames(glance), visitor, {
    mayChange,
    sticks: mayChange && room ? (await room.actions.sticks()).map(({ name }) => name) : [],
    ...(mayChange && room && (await foldersOf(room, options.onProblem))),
    ...(room && { script: script?.path }),
    style,
    notice: noticeOf(search, visitor.language)
  })
  return await sendRoomPage(request, reply, page, visitor.person?.helps ? 'no-store' : undefined)
}

/** As it is now, with what the other devices say of themselves. */
async function glanceNow({ overview, room }: RoomRouteOptions): Promise<RoomGlance> {
  return room ? await glanceOf(room) : glanceOfOverview(await overview())
}

/** For a page that is shown once. */
export async function glanceOf(room: RoomDoor): Promise<RoomGlance> {
  await room.current()?.glimpse(GLIMPSE_MS)
  return await room.glance()
}

/** Packed: the cards of sixty devices are much for a narrow line. Kept nowhere where it shows who needs help. */
async function sendRoomPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: string,
  caching = 'private, no-cache'
): Promise<FastifyReply> {
  return await sendCompressed(request, reply.type('text/html; charset=utf-8'), Buffer.from(page), caching)
}

/** Words for whoever writes it, which a narrow line need not carry each time. */
function withoutComments(style: string): string {
  return style.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\n\s*/g, '\n')
}

/** A folder that cannot be read is no reason to show no room, and is told. */
async function foldersOf(
  { actions }: RoomDoor,
  onProblem: (cause: unknown) => void
): Promise<{ folders: string[]; foldersProblem?: string }> {
  try {
    return { folders: (await actions.folders()).map(({ name }) => name) }
  } catch (cause) {
    onProblem(cause)
    const { code } = cause as { code?: unknown }
    return { folders: [], foldersProblem: typeof code === 'string' ? code : 'ERROR' }
  }
}

function mayChangeRoom(request: FastifyRequest, { people, room }: Pick<RoomRouteOptions, 'people' | 'room'>): boolean {
  return room !== undefined && may(personOf(request, people), 'change-devices')
}

function noticeOf(search: URLSearchParams, language: Language): string | undefined {
  const words = roomTextsIn(language)
  return search.has('done') ? words.actions.done : PROBLEMS.get(search.get('problem') ?? '')?.(words)
}

/** Who is stuck, or was locked out, is for those who help. */
function withoutNames(glance: RoomGlance): RoomGlance {
  return { ...glance, signals: { ...glance.signals, people: [] }, present: {}, recovered: [] }
}

function liveOf(room: RoomDoor): RoomLive {
  const live = room.current()
  if (!live) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
  return live
}

const BY_HAND = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,3})?)?Z?$/

/** `2026-11-24T13:30:00.000Z` as browsers write it, or `2026-11-24 13:30`; UTC. */
function timeOf(text: string | null): number {
  const [, year, month, day, hour, minute, second = '0'] = BY_HAND.exec((text ?? '').trim()) ?? []
  const time = new Date(
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  )
  // A 13th month would be counted on into the next year, and the clock of a room does not go back.
  const isWritten =
    year !== undefined && time.toISOString().startsWith(`${year}-${month}-${day}T${hour}:${minute}:${second}`)
  if (!isWritten) throw new JoineryError('TIME_INVALID', 'not a time')
  return time.getTime()
}
