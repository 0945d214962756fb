/** `/room/internet`: what is done and what is left at the room's cloud peer, for whoever helps. */
import type { FastifyInstance } from 'fastify'
import type { CloudPeerStatus } from '../../protocols/cloud-peer-status.ts'
import { renderUplinkPage } from '../../web-client/uplink/uplink-page.ts'
import { allowed } from './guarded-routes.ts'
import { addPageHeaders, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

/** Of the room that the device is in just now. */
export interface UplinkDoor {
  status(): Promise<readonly CloudPeerStatus[]>
}

export function addUplinkRoutes(
  app: FastifyInstance,
  { uplink, people }: { uplink: UplinkDoor; people: PeopleDoor }
): void {
  addPageHeaders(app, PAGE_HEADERS)
  app.get('/room/internet', { config: { action: 'watch-room' } }, async (request, reply) => {
    allowed(request, people, 'watch-room')
    return sendFreshPage(reply, renderUplinkPage(await uplink.status(), visitorOf(request, people)))
  })
}
