/** What the front door serves, whichever room the device is in just now, or none. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef, Mirror } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { BlobServer, ServeOptions } from '../http/front-door.ts'
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
    async serveBlob(request: IncomingMessage, response: ServerResponse, cid: Cid) {
      await server().serveBlob(request, response, cid)
    }
  }
}
