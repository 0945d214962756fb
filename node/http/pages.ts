/** `/`, `/room` and the files they need. Pages are rendered here, by pure functions of web-client, and work without scripts. */
import { basename, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import { renderDevicesPage } from '../../web-client/devices-page.ts'
import { renderFirstPage } from '../../web-client/first-page.ts'
import { chooseLanguage, isLanguage } from '../../web-client/languages.ts'
import { ASSETS } from '../../web-client/page-frame.ts'
import { systemOf, type Visitor } from '../../web-client/visitor.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import { sha256 } from '../platform/hash.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { matches } from './content-route.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'

export interface PageOptions {
  overview(): Promise<RoomOverview>
  assets: readonly Asset[]
  addresses(): NetworkAddress[]
  port(): number
  /** Shared notes are served here. */
  hasNotes: boolean
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
    return sendPage(request, reply, renderFirstPage(await options.overview(), addresses, visitorOf(request), options))
  })
  app.get('/room', async (request, reply) => {
    return sendPage(request, reply, renderDevicesPage(await options.overview(), visitorOf(request)))
  })
  for (const { path, type, bytes, etag } of options.assets) {
    app.get(path, async (request, reply) => {
      reply.header('ETag', etag).header('Cache-Control', 'no-cache').type(type)
      if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return reply.send(bytes)
    })
  }
}

function sendPage(request: FastifyRequest, reply: FastifyReply, page: string): FastifyReply {
  const etag = etagOf(Buffer.from(page))
  reply.header('ETag', etag).header('Cache-Control', 'no-cache').header('Vary', 'Accept-Language, Host, User-Agent')
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.type('text/html; charset=utf-8').send(page)
}

function visitorOf(request: FastifyRequest): Visitor {
  const visit = request.raw.visit
  const asked = new URLSearchParams(visit?.path.search ?? '').get('lang')
  return {
    language: isLanguage(asked) ? asked : chooseLanguage(request.headers['accept-language']),
    system: systemOf(request.headers['user-agent']),
    path: visit?.path.path ?? '/'
  }
}

function etagOf(bytes: Uint8Array): string {
  return `"${Buffer.from(sha256(bytes)).toString('base64url').slice(0, 22)}"`
}
