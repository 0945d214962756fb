/** Who was met and is not of our room: devices of other rooms, and devices that have none. Bounded; the oldest sighting goes first. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { RoomId } from '../../protocols/certificate.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { MAX_NEARBY, MAX_NEIGHBOURS } from './limits.ts'
import type { NearbyDevice, NeighbourRoom } from './mesh-status.ts'

interface Met {
  node: NodeId
  address: string
  room: RoomId | null
  roomName: string
}

export class Strangers {
  /** Newest last. */
  readonly #met = new BoundedMap<NodeId, Met>(MAX_NEIGHBOURS + MAX_NEARBY)

  /** @returns whether this is a room that was not known */
  meet(met: Met): boolean {
    const known = [...this.#met.values()].some(({ room }) => room === met.room)
    this.#met.set(met.node, met)
    return met.room !== null && !known
  }

  forget(node: NodeId): void {
    this.#met.delete(node)
  }

  clear(): void {
    this.#met.clear()
  }

  /** @param own our room, which is not its own neighbour */
  neighbours(own: RoomId | undefined): NeighbourRoom[] {
    const rooms = new Map<RoomId, NeighbourRoom>()
    for (const { room, roomName, node, address } of this.#met.values()) {
      if (room === null || room === own) continue
      const before = rooms.get(room)
      const met = [...(before?.met ?? []), { node, address }]
      rooms.set(room, { room, name: roomName || before?.name || '', devices: met.length, met })
    }
    return [...rooms.values()].slice(-MAX_NEIGHBOURS)
  }

  nearby(): NearbyDevice[] {
    const devices = [...this.#met.values()].filter(({ room }) => room === null)
    return devices.slice(-MAX_NEARBY).map(({ node, address }) => ({ node, address }))
  }

  /** The room of a device that was met; null: none. */
  roomOf(node: NodeId): RoomId | null | undefined {
    return this.#met.get(node)?.room
  }
}
