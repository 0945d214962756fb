/** What an administrator can ask of a cloud peer. What only a device of a room can do is refused with a code. */

import { roomIdOf } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { decodeInvitation } from '../../protocols/invitation.ts'
import { formatMeshAddress, parseMeshAddress } from '../../protocols/mesh-address.ts'
import type { LinkDesk } from '../cloud/index.ts'
import type { CloudRoomStatus, NodeStatus, Operations } from '../control/operations.ts'
import { sha256 } from '../platform/hash.ts'
import { networkAddresses } from '../platform/network-interfaces.ts'
import type { CloudRooms } from './cloud-rooms.ts'
import { roomFolder, roomNameOf } from './cloud-rooms.ts'
import type { Device } from './device.ts'
import { treeBytes } from './folder-bytes.ts'
import { invitedAddresses } from './invited-addresses.ts'
import type { RoomSlot } from './room-slot.ts'

export interface CloudOperationsComponents {
  device: Device
  desk: LinkDesk
  rooms: CloudRooms
  /** Without a room: gives what every device can answer. */
  base: Operations
  slot: RoomSlot
}

export interface CloudOperationsInit {
  meshPort(): number
  /** Multiaddrs of this device, without its id. */
  addresses(): string[]
}

export function cloudOperations(components: CloudOperationsComponents, init: CloudOperationsInit): Operations {
  const { device, desk, rooms, base } = components
  const refuse = (): never => {
    throw new JoineryError('IS_A_CLOUD_PEER', 'this device is a cloud peer')
  }
  return {
    ...base,
    async status(): Promise<NodeStatus> {
      const found = await base.status()
      const open = rooms.ids().flatMap((id) => rooms.opened(id) ?? [])
      return {
        ...found,
        meshPort: init.meshPort(),
        meshAddresses: init.addresses().map((address) => `${address}/p2p/${device.identity.node}`),
        blobs: { ...found.blobs, held: open.reduce((sum, { blobs }) => sum + blobs.store.count, 0) },
        problems: found.problems.filter(({ code }) => code !== 'NO_ROOM')
      }
    },
    async cloudInvite({ uses, addresses }) {
      const said = (addresses ?? device.config.hostNames).map((one) => addressOf(one, init.meshPort()))
      const ours = said.length > 0 ? said : invitedAddresses(init.addresses(), networkAddresses())
      return { text: await desk.invite({ uses, addresses: ours }), uses, addresses: ours }
    },
    async cloudRooms(): Promise<CloudRoomStatus[]> {
      const list: CloudRoomStatus[] = []
      for (const id of rooms.ids()) {
        const runtime = rooms.opened(id)
        const files = await runtime?.blobs.status()
        list.push({
          id,
          name: await roomNameOf(device, id, runtime),
          open: runtime !== undefined,
          devices: runtime?.network?.mesh.links().length ?? 0,
          diskBytes: await treeBytes(device.disk, roomFolder(device, id)),
          missingFiles: files?.missing ?? 0,
          missingBytes: files?.missingBytes ?? 0,
          unlinked: rooms.isUnlinked(id)
        })
      }
      return list
    },
    /** With an invitation of the room instead of a link text: the administrator was given one. */
    async join({ invitation }) {
      const { chain, roomName } = decodeInvitation(invitation)
      const room = roomIdOf(chain.foundingKey, sha256)
      await rooms.joinInvited(room, invitation)
      return { roomId: room, name: roomName, device: device.identity.node }
    },
    createRoom: async () => refuse(),
    invite: async () => refuse(),
    askToJoin: () => refuse(),
    cloudLink: async () => refuse(),
    cloudUnlink: async () => refuse(),
    cloudStatus: async () => [],
    setCloudBudget: async () => refuse()
  }
}

/** `cloud.example.org`, `cloud.example.org:4001` and multiaddrs, as people write them. */
function addressOf(text: string, meshPort: number): string {
  const named = text.startsWith('/') || /:\d+$/.test(text) ? text : `${text}:${meshPort}`
  const { node: _, ...address } = parseMeshAddress(named)
  return formatMeshAddress(address)
}
