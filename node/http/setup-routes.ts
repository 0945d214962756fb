/** `/setup`, `/setup/<tool>` and the scripts behind them: made for the address that the visitor came by. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { posixSetup } from '../../web-client/setup/posix-script.ts'
import { powershellSetup } from '../../web-client/setup/powershell-script.ts'
import { renderSetupPage } from '../../web-client/setup/setup-page.ts'
import { SETUP_TOOLS, type SetupPlace, type SetupTool, setupPlace } from '../../web-client/setup/setup-tool.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { addPageHeaders, goTo, sendPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'
import type { SetupMemory } from './setup-memory.ts'

export interface SetupRouteOptions {
  people: PeopleDoor | undefined
  addresses(): NetworkAddress[]
  port(): number
  memory: SetupMemory
}

export function addSetupRoutes(app: FastifyInstance, { people, addresses, port, memory }: SetupRouteOptions): void {
  addPageHeaders(app, PAGE_HEADERS)
  const placeOf = (request: FastifyRequest): SetupPlace => {
    const [origin = ''] = roomAddresses(request.raw.visit?.host, addresses(), port()).origins
    const place = setupPlace(origin)
    if (!place) throw new JoineryError('BAD_REQUEST', 'an address that no script should carry')
    return place
  }
  app.get('/setup/', async (_request, reply) => goTo(reply, '/setup'))
  app.get('/setup', async (request, reply) =>
    sendPage(request, reply, renderSetupPage(undefined, placeOf(request), visitorOf(request, people)))
  )
  app.get<{ Params: { name: string } }>('/setup/:name', async (request, reply) => {
    const [, name = '', system] = /^([a-z]+)(?:\.(sh|ps1))?$/.exec(request.params.name) ?? []
    const tool = SETUP_TOOLS.find((one) => one === name)
    if (!tool) throw new JoineryError('NOT_IN_ROOM', 'no setup for that')
    const place = placeOf(request)
    if (system === undefined) return sendPage(request, reply, renderSetupPage(tool, place, visitorOf(request, people)))
    if (request.method === 'GET' && runsIt(request.headers['user-agent'] ?? '')) memory.note(request.ip, tool)
    return reply
      .header('Cache-Control', 'no-cache')
      .header('Vary', 'Host')
      .type('text/plain; charset=utf-8')
      .send(scriptOf(tool, system, place))
  })
}

function scriptOf(tool: SetupTool, system: string, place: SetupPlace): string {
  return system === 'sh' ? posixSetup(tool, place) : powershellSetup(tool, place)
}

/** A browser only looks at it; curl and PowerShell (which says Mozilla too) come from the line that was pasted. */
function runsIt(agent: string): boolean {
  return /PowerShell/i.test(agent) || !/\bMozilla\//.test(agent)
}
