/** `/signals`: one's own sticky and raised hand. A form posts it, also without scripts; with them the buttons stay where they are and follow the room. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { Sticky } from '../../protocols/room-live.ts'
import { renderSignalsPage } from '../../web-client/room/signals-page.ts'
import type { RoomLive, ShownSignal } from '../live/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { EventStreams } from './event-streams.ts'
import { addGuardedRoutes, allowed } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, ownPath, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

export interface SignalRouteOptions {
  people: PeopleDoor
  live(): RoomLive | undefined
  streams: EventStreams
  clock: Clock
}

const STICKIES: readonly Sticky[] = ['green', 'red']
/** The board has a pace of its own for each person; this one keeps wrong requests off. */
const PACE = { burst: 20, refillMs: 1_500 }
/** Several changes at once are told once. */
const TELL_AFTER_MS = 100

export function addSignalRoutes(app: FastifyInstance, options: SignalRouteOptions): void {
  const { people, streams, clock } = options
  const live = (): RoomLive => {
    const found = options.live()
    if (!found) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return found
  }
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  app.get('/signals', async (request, reply) => sendFreshPage(reply, renderSignalsPage(visitorOf(request, people))))

  addGuardedRoutes(app, options, [
    {
      path: '/signals',
      action: 'show-signal',
      pace: PACE,
      async handle(person, request, reply) {
        const form = formOf(request)
        live().setSignal(person.id, wanted(form, live().signalOf(person.id)))
        if (wantsJson(request)) return reply.header('Cache-Control', 'no-store').send(live().signalOf(person.id))
        return goTo(reply, ownPath(form.get('next')) ?? '/')
      }
    },
    {
      path: '/signals/all-down',
      action: 'take-signals-down',
      pace: { burst: 5, refillMs: 5_000 },
      async handle(_person, request, reply) {
        live().takeAllDown()
        if (wantsJson(request)) return reply.header('Cache-Control', 'no-store').send({})
        return goTo(reply, '/room#signals')
      }
    }
  ])

  app.get('/signals/live', { config: { action: 'show-signal' }, exposeHeadRoute: false }, async (request, reply) => {
    const { id } = allowed(request, people, 'show-signal')
    const room = live()
    return streams.open(reply, { person: id, from: request.ip }, (stream) => {
      let told = ''
      let cancel: (() => void) | undefined
      const tell = (): void => {
        cancel = undefined
        const now = room.signalOf(id)
        const text = JSON.stringify(now)
        if (text !== told) stream.send(now)
        told = text
      }
      tell()
      const leave = room.presence.enter(id)
      const stop = room.onChange(() => {
        cancel ??= clock.after(TELL_AFTER_MS, tell)
      })
      return () => {
        stop()
        leave()
        cancel?.()
      }
    })
  })
}

/** What is not in the form stays as it is. @throws JoineryError `BAD_REQUEST` */
function wanted(form: URLSearchParams, now: ShownSignal): ShownSignal {
  const sticky = form.get('sticky')
  const hand = form.get('hand')
  const known = STICKIES.find((one) => one === sticky)
  if ((sticky !== null && !known && sticky !== 'none') || (hand !== null && hand !== 'up' && hand !== 'down'))
    throw new JoineryError('BAD_REQUEST', 'no such sticky')
  const shown = sticky === null ? now.sticky : known
  return { ...(shown && { sticky: shown }), hand: hand === null ? now.hand : hand === 'up' }
}

function wantsJson(request: FastifyRequest): boolean {
  return request.headers.accept === 'application/json'
}
