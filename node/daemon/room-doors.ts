/** What the front door serves, whichever room the device is in just now, or none. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef, Mirror } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Downloads } from '../http/file-answer.ts'
import type { BlobServer, ServeOptions } from '../http/front-door.ts'
import type { GitHost } from '../http/git-route.ts'
import type { RepositoryHost } from '../http/repository-door.ts'
import { MIRRORS } from '../mirrors/index.ts'
import type { RoomSlot } from './room-slot.ts'

export function roomMirrors(slot: RoomSlot): ReadonlyMap<string, Mirror> {
  return new Map(
    MIRRORS.map((name): [string, Mirror] => [
      name,
      {
        async answer(request) {
          const mirror = slot.current?.mirrors.get(name)
          return mirror ? await mirror.answer(request) : { kind: 'missing' }
        }
      }
    ])
  )
}

export function roomBlobServer(slot: RoomSlot): BlobServer {
  const server = (): BlobServer => {
    const { current } = slot
    if (!current) throw new JoineryError('NOT_FOUND', 'this device belongs to no room yet')
    return current.blobs.server
  }
  return {
    async serveFile(request: IncomingMessage, response: ServerResponse, file: BlobRef, options: ServeOptions) {
      await server().serveFile(request, response, file, options)
    },
    named: (cid: Cid) => slot.current?.blobs.server.named(cid),
    async serveBlob(request: IncomingMessage, response: ServerResponse, cid: Cid) {
      await server().serveBlob(request, response, cid)
    }
  }
}

export function roomDownloads(slot: RoomSlot): Downloads {
  return { admit: async (download) => (await slot.current?.load?.admit(download)) ?? { kind: 'serve' } }
}

/** @throws JoineryError `GIT_MISSING`, `GIT_TOO_OLD` */
export function roomGitHost(slot: RoomSlot): GitHost | undefined {
  const { current } = slot
  if (!current?.git) return undefined
  if (current.git instanceof JoineryError) throw current.git
  const { agreement } = current.git
  return { people: current.people, directory: agreement.directory, service: agreement }
}

/** @throws JoineryError `GIT_MISSING`, `GIT_TOO_OLD` */
export function roomRepositories(slot: RoomSlot): RepositoryHost | undefined {
  const { current } = slot
  if (!current?.git) return undefined
  if (current.git instanceof JoineryError) throw current.git
  return { directory: current.git.agreement.directory, reading: current.git.reading }
}
