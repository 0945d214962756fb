/** `/`, `/room` and the files they need. Pages are rendered here, by pure functions of web-client, and work without scripts. */
import { basename, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import { renderDevicesPage } from '../../web-client/devices-page.ts'
import { renderFirstPage } from '../../web-client/first-page.ts'
import { ASSETS } from '../../web-client/page-frame.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { matches } from './content-route.ts'
import { etagOf, sendPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'

export interface PageOptions {
  overview(): Promise<RoomOverview>
  assets: readonly Asset[]
  addresses(): NetworkAddress[]
  port(): number
  /** Shared notes are served here. */
  hasNotes: boolean
  hasRepositories: boolean
  people: PeopleDoor | undefined
}

/** A file of web-client/assets; small, and in memory. */
export interface Asset {
  path: string
  type: string
  bytes: Buffer
  etag: string
}

const MAX_ASSET_BYTES = 256 * 1024
const ASSET_TYPES: Readonly<Record<string, string>> = {
  [ASSETS.style]: 'text/css; charset=utf-8',
  [ASSETS.script]: 'text/javascript; charset=utf-8',
  [ASSETS.icon]: 'image/svg+xml'
}

/** @throws Error when the program's own files are not there */
export async function loadAssets(disk: Disk, directory: string): Promise<Asset[]> {
  const assets: Asset[] = []
  for (const [path, type] of Object.entries(ASSET_TYPES)) {
    const bytes = await readSmallFile(disk, join(directory, basename(path)), MAX_ASSET_BYTES)
    if (!bytes) throw new Error(`the program is incomplete: ${path} is missing`)
    assets.push({ path, type, bytes: Buffer.from(bytes), etag: etagOf(bytes) })
  }
  return assets
}

export function addPageRoutes(app: FastifyInstance, options: PageOptions): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(PAGE_HEADERS)
    done()
  })
  app.get('/', async (request, reply) => {
    const addresses = roomAddresses(request.raw.visit?.host, options.addresses(), options.port())
    return sendPage(
      request,
      reply,
      renderFirstPage(await options.overview(), addresses, visitorOf(request, options.people), options)
    )
  })
  app.get('/room', async (request, reply) => {
    return sendPage(request, reply, renderDevicesPage(await options.overview(), visitorOf(request, options.people)))
  })
  for (const { path, type, bytes, etag } of options.assets) {
    app.get(path, async (request, reply) => {
      reply.header('ETag', etag).header('Cache-Control', 'no-cache').type(type)
      if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return reply.send(bytes)
    })
  }
}
