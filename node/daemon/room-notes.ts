/** The notes of the room that the device is in just now, for the front door. */
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import type { NoteDoor } from '../http/front-door.ts'
import { visitedHost } from '../http/host-check.ts'
import type { Mesh } from '../mesh/index.ts'
import { createNotePages, NOTES_SYNC_PATH, type Notes, type OwnSite } from '../notes/index.ts'
import type { Device } from './device.ts'
import { noteTicket } from './note-ticket.ts'
import { pagesOf } from './pages-of.ts'
import type { RoomSlot } from './room-slot.ts'

export interface RoomNotesInit {
  programDirectory: string
}

export async function roomNotes(device: Device, slot: RoomSlot, init: RoomNotesInit): Promise<NoteDoor> {
  const pages = await createNotePages(device, { directory: join(init.programDirectory, 'dist-web') })
  const notes = (): Notes => {
    const { current } = slot
    if (!current?.notes) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return current.notes
  }
  return {
    syncPath: NOTES_SYNC_PATH,
    handleUpgrade(request, socket, head) {
      const open = slot.current?.notes
      if (open) open.handleUpgrade(request, socket, head)
      else socket.destroy()
    },
    page(path, language, account, cookies) {
      const ring = slot.current?.room.keyRing
      return pages.page(path, language, account, account && ring ? noteTicket(ring, cookies) : undefined)
    },
    asset: (path) => pages.asset(path),
    list: () => notes().list(),
    create: (title) => notes().create(title),
    rename: (id, title) => notes().rename(id, title),
    exportText: (id) => notes().exportText(id)
  }
}

/** A page that lost its own device opens its socket on another one: pages of every device of the room may. */
export function roomSite(hostNames: ReadonlySet<string>, around: { mesh(): Mesh | undefined }): OwnSite {
  return {
    allowsHost: (host) => visitedHost(host, hostNames) !== undefined,
    allowsOrigin(origin, host) {
      const asked = origin.toLowerCase()
      if (asked === `http://${host.toLowerCase()}`) return true
      return (around.mesh()?.peers() ?? []).some((peer) => pagesOf(peer).includes(`${asked}/`))
    }
  }
}
