/**
 * `/room/invitations`: what lets further devices in, for whoever may change devices. A new invitation is kept for a few minutes in this device's memory, for the
 * person who made it alone: it stands in no address, no log and no cache.
 */
import type { FastifyInstance } from 'fastify'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { MAX_INVITED_DEVICES } from '../../protocols/invitation.ts'
import { type FreshInvitation, renderInvitationsPage } from '../../web-client/room/invitations-page.ts'
import type { Clock } from '../platform/clock.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { FreshCodes } from './fresh-codes.ts'
import { addGuardedRoutes, allowed } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'
import type { InvitationsDoor } from './room-door.ts'

export interface InvitationRouteOptions {
  invitations: InvitationsDoor
  people: PeopleDoor
  clock: Clock
  addresses(): NetworkAddress[]
  port(): number
}

const PATH = '/room/invitations'
const PACE = { burst: 5, refillMs: 10_000 }

export function addInvitationRoutes(app: FastifyInstance, options: InvitationRouteOptions): void {
  const { invitations, people, clock } = options
  const fresh = new FreshCodes<FreshInvitation>(clock)
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  app.get(PATH, { config: { action: 'change-devices' } }, async (request, reply) => {
    if (!personOf(request, people)) return goTo(reply, `/sign-in?next=${PATH}`)
    const { id } = allowed(request, people, 'change-devices')
    const made = fresh.get(id)
    const view = { open: invitations.open(), ...(made && { made }) }
    return sendFreshPage(reply, renderInvitationsPage(view, visitorOf(request, people)))
  })
  addGuardedRoutes(app, { people, clock }, [
    {
      path: PATH,
      action: 'change-devices',
      pace: PACE,
      async handle(person, request, reply) {
        const form = formOf(request)
        const uses = Number(form.get('uses'))
        if (!Number.isInteger(uses) || uses < 1 || uses > MAX_INVITED_DEVICES)
          throw new JoineryError('BAD_REQUEST', `1 to ${MAX_INVITED_DEVICES} devices`)
        const role = form.get('role') === 'laptop' ? 'laptop' : 'node'
        const { id, text } = await invitations.make(uses)
        const { origins, loopbackOnly } = roomAddresses(request.raw.visit?.host, options.addresses(), options.port())
        const line = loopbackOnly ? undefined : await lineOf(invitations, `${origins[0]}/`, text)
        fresh.set(person.id, { id, text, uses, role, ...(line !== undefined && { line }) })
        return goTo(reply, PATH)
      }
    },
    {
      path: `${PATH}/noted`,
      action: 'change-devices',
      pace: PACE,
      async handle(person, _request, reply) {
        fresh.delete(person.id)
        return goTo(reply, PATH)
      }
    },
    {
      path: `${PATH}/revoke`,
      action: 'change-devices',
      pace: PACE,
      async handle(person, request, reply) {
        const id = formOf(request).get('invitation') ?? ''
        await invitations.revoke(id)
        if (fresh.get(person.id)?.id === id) fresh.delete(person.id)
        return goTo(reply, PATH)
      }
    }
  ])
}

/** @returns undefined where the program that runs is none that can be handed out */
async function lineOf(
  invitations: Pick<InvitationsDoor, 'line'>,
  address: string,
  text: string
): Promise<string | undefined> {
  try {
    return await invitations.line(address, text)
  } catch (error) {
    if (hasCode(error, 'NOT_COMPILED')) return undefined
    throw error
  }
}
