import { pino } from 'pino'
import {
  type BlobServer,
  createFrontDoor,
  type FrontDoor,
  type FrontDoorComponents,
  type FrontDoorInit,
  type NoteDoor
} from '../../node/http/front-door.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import type { Mirror } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'

export interface StartedFrontDoor {
  frontDoor: FrontDoor
  port: number
  origin: string
}

/** Blobs that are not there; tests of content give their own. */
const noBlobs: BlobServer = {
  serveFile: () => Promise.reject(new JoineryError('NOT_FOUND', 'no blobs here')),
  serveBlob: () => Promise.reject(new JoineryError('NOT_FOUND', 'no blobs here'))
}

/** A front door on a free port of this machine with a room that stands still. */
export async function startFrontDoor(
  room: RoomOverview | (() => Promise<RoomOverview>),
  more: {
    mirrors?: ReadonlyMap<string, Mirror>
    blobs?: BlobServer
    init?: Partial<FrontDoorInit>
    onMissing?: () => void
    notes?: NoteDoor
    search?: FrontDoorComponents['search']
    people?: FrontDoorComponents['people']
    git?: FrontDoorComponents['git']
    repositories?: FrontDoorComponents['repositories']
    dashboard?: NonNullable<FrontDoorComponents['dashboard']>
  } = {}
): Promise<StartedFrontDoor> {
  const frontDoor = await createFrontDoor(
    {
      clock: systemClock,
      disk: nodeDisk,
      log: pino({ level: 'silent' }),
      blobs: more.blobs ?? noBlobs,
      mirrors: more.mirrors ?? new Map(),
      room: { overview: typeof room === 'function' ? room : () => Promise.resolve(room) },
      ...(more.notes && { notes: more.notes }),
      ...(more.search && { search: more.search }),
      ...(more.people && { people: more.people }),
      ...(more.git && { git: more.git }),
      ...(more.repositories && { repositories: more.repositories }),
      ...(more.dashboard && { dashboard: more.dashboard }),
      onMissing: more.onMissing ?? (() => undefined),
      addresses: () => [{ interface: 'eth0', address: '192.168.1.20', family: 4, prefix: 24 }]
    },
    {
      port: 0,
      host: '127.0.0.1',
      hostNames: ['pi-front', 'pi-front.local'],
      version: '0.1.0',
      assetsDirectory: new URL('../../web-client/assets', import.meta.url).pathname,
      ...more.init
    }
  )
  const { port } = await frontDoor.start()
  return { frontDoor, port, origin: `http://127.0.0.1:${port}` }
}
