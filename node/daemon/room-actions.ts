/** What a facilitator does from the room's page, by the same operations as on the command line. */
import { JoineryError } from '../../protocols/errors.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { isName } from '../../protocols/room-facts.ts'
import { DEFAULT_RESERVE_BYTES } from '../blobs/index.ts'
import type { ImportResult, Operations } from '../control/operations.ts'
import type { AddedContent, NewContent, RoomActions } from '../http/room-door.ts'
import { diskSpace } from '../platform/disk-space.ts'
import { workshopFolders } from '../platform/folders-of-workshops.ts'
import { pluggedSticks } from '../platform/plugged-sticks.ts'
import { FOLDERS } from './device.ts'
import type { ReadyCheck } from './ready/ready-check.ts'
import type { RoomSlot } from './room-slot.ts'

export function roomActions(slot: RoomSlot, operations: Operations, check: ReadyCheck): RoomActions {
  const { config } = slot.device
  /** The page names devices by their whole id. */
  const member = (id: string): NodeId => {
    if (!slot.runtime.membership.view().members.has(id))
      throw new JoineryError('NOT_FOUND', 'no such device in the room')
    return id
  }
  return {
    async rename(device, name) {
      if (name === '' || !isName(name)) throw new JoineryError('BAD_REQUEST', 'not a name for a device')
      await slot.runtime.membership.set(member(device), 'name', name)
    },
    async setLeaving(device, leaving) {
      await slot.runtime.membership.set(member(device), 'drained', leaving)
    },
    async remove(device) {
      await operations.remove({ device: member(device) })
    },
    async stolen(device) {
      const { name, revokedInvitations, toCheck } = await operations.stolen({ device: member(device) })
      return {
        name,
        invitations: revokedInvitations.map(({ id, usesLeft }) => ({ id, usesLeft })),
        toCheck: toCheck.map((one) => one.name || one.id.slice(-8))
      }
    },
    async answer(device, code, isSame) {
      if (isSame) {
        await operations.approve({ device, code })
        return
      }
      for (const ask of slot.mesh?.asks() ?? []) if (ask.node === device) slot.mesh?.decline(ask.id)
    },
    add: (content, signal) => addContent(operations, content, signal),
    versions: (collection) => operations.history({ collection }),
    async rollback(collection, version) {
      await operations.rollback({ collection, version })
    },
    sticks: () => pluggedSticks(),
    folders: () => workshopFolders(config.workshopFolder, config.dataDirectory),
    check: {
      start() {
        const { log } = slot.device
        check
          .run(new AbortController().signal)
          .catch((err: unknown) => log.warn({ err }, 'the check of the room ended early'))
      },
      state: () => check.state
    },
    uploads: {
      folder: FOLDERS.uploads(config),
      async freeBytes() {
        return Math.max(0, (await diskSpace(config.dataDirectory)).freeBytes - DEFAULT_RESERVE_BYTES)
      }
    }
  }
}

async function addContent(
  operations: Operations,
  { source, collection, under, unpack }: NewContent,
  signal: AbortSignal
): Promise<AddedContent> {
  const request = {
    source,
    unpack,
    ...(collection !== undefined && { collection }),
    ...(under !== undefined && { under })
  }
  let result: ImportResult | undefined
  for await (const progress of operations.import(request, signal))
    if (progress.kind === 'done') result = progress.result
  if (!result) throw new JoineryError('CLOSED', 'the work ended without a result')
  return result
}
