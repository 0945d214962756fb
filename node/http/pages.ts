/** `/` and the files that all pages need. Pages are rendered here, by pure functions of web-client, and work without scripts. */
import { basename, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import { ASSETS, nameAssets } from '../../web-client/asset-addresses.ts'
import { renderDesignPage } from '../../web-client/design/design-page.ts'
import { renderFirstPage } from '../../web-client/first-page.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { sendCompressed } from './compressed.ts'
import { addPageHeaders, etagOf, sendPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'
import type { SetupMemory } from './setup-memory.ts'

export interface PageOptions {
  overview(): Promise<RoomOverview>
  assets: readonly Asset[]
  addresses(): NetworkAddress[]
  port(): number
  /** Shared notes are served here. */
  hasNotes: boolean
  hasSearch?: boolean
  memory?: SetupMemory
  hasRepositories: boolean
  people: PeopleDoor | undefined
}

/** A file of web-client/assets; small, and in memory. */
export interface Asset {
  /** `/assets/style.css`: for pages that somebody else made. */
  path: string
  /** With its content's hash in it: `/assets/style.3f9a….css`. */
  namedPath: string
  type: string
  bytes: Buffer
  etag: string
}

/** 60 bits: a new version never meets the name of an old one. */
const HASH_CHARACTERS = 10
/** A new version has another name. */
const FOR_EVER = 'public, max-age=31536000, immutable'
const MAX_ASSET_BYTES = 256 * 1024
const ASSET_TYPES: Readonly<Record<string, string>> = {
  [ASSETS.style]: 'text/css; charset=utf-8',
  [ASSETS.script]: 'text/javascript; charset=utf-8',
  [ASSETS.icon]: 'image/svg+xml',
  [ASSETS.signals]: 'text/javascript; charset=utf-8'
}

/** @throws Error when the program's own files are not there */
export async function loadAssets(disk: Disk, directory: string): Promise<Asset[]> {
  const assets: Asset[] = []
  for (const [path, type] of Object.entries(ASSET_TYPES)) {
    const bytes = await readSmallFile(disk, join(directory, basename(path)), MAX_ASSET_BYTES)
    if (!bytes) throw new Error(`the program is incomplete: ${path} is missing`)
    const etag = etagOf(bytes)
    const namedPath = path.replace(/(?=\.[a-z]+$)/, `.${etag.slice(1, 1 + HASH_CHARACTERS)}`)
    assets.push({ path, namedPath, type, bytes: Buffer.from(bytes), etag })
  }
  nameAssets((plain) => assets.find(({ path }) => path === plain)?.namedPath ?? plain)
  return assets
}

export function addPageRoutes(app: FastifyInstance, options: PageOptions): void {
  addPageHeaders(app, PAGE_HEADERS)
  app.get('/', async (request, reply) => {
    const addresses = roomAddresses(request.raw.visit?.host, options.addresses(), options.port())
    const page = renderFirstPage(await options.overview(), addresses, visitorOf(request, options.people), {
      ...options,
      setUp: options.memory?.of(request.ip) ?? []
    })
    // The page that a whole class opens at once.
    return sendCompressed(request, reply.type('text/html; charset=utf-8'), Buffer.from(page), 'private, no-cache')
  })
  app.get('/design', async (request, reply) => {
    const style = options.assets.find(({ path }) => path === ASSETS.style)?.bytes.toString() ?? ''
    return sendPage(request, reply, renderDesignPage(style, visitorOf(request, options.people)))
  })
  for (const { path, namedPath, type, bytes } of options.assets) {
    for (const [address, caching] of [
      [path, 'no-cache'],
      [namedPath, FOR_EVER]
    ] as const) {
      app.get(address, async (request, reply) => sendCompressed(request, reply.type(type), bytes, caching, true))
    }
  }
}
