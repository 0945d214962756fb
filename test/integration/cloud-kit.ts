/** Cloud peers and rooms as real processes, and what tests ask of them. */
import { join } from 'node:path'
import type { CloudPeerStatus, CloudRoomStatus } from '../../node/control/operations.ts'
import { until } from '../kit/child.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { seededRandom } from '../kit/seeded-random.ts'

export interface Started extends AsyncDisposable {
  node: NodeProcess
  place: NodePlace
  meshPort: number
}

export async function startNode(place: NodePlace, words: readonly string[]): Promise<Started> {
  const node = await NodeProcess.start(place, [...words, '--no-discovery'])
  const { meshPort } = await node.status()
  return { node, place, meshPort, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}

export const startCloud = (place: NodePlace, name = 'cloud', ...words: string[]): Promise<Started> =>
  startNode(place, ['--role', 'cloud', '--name', name, ...words])

export const startRoom = (place: NodePlace, room: string, name: string, ...words: string[]): Promise<Started> =>
  startNode(place, ['--new-room', room, '--name', name, ...words])

/** @param address `host:port` of the cloud peer, or of what stands before it */
export async function linkText(cloud: Started, address: string, uses = 1): Promise<string> {
  const words = ['cloud', 'invite', '--uses', String(uses), '--address', address]
  return (await joineryJson<{ text: string }>(cloud.place, words)).text
}

export const link = (room: Started, text: string, ...words: string[]): Promise<CloudPeerStatus> =>
  joineryJson<CloudPeerStatus>(room.place, ['cloud', 'link', text, ...words])

export const cloudsOf = (room: Started): Promise<CloudPeerStatus[]> =>
  joineryJson<CloudPeerStatus[]>(room.place, ['cloud', 'status'])

export const roomsAt = (cloud: Started): Promise<CloudRoomStatus[]> =>
  joineryJson<CloudRoomStatus[]>(cloud.place, ['cloud', 'rooms'])

/** Waits for what the room itself says of its cloud peer. */
export function cloudWhere(
  room: Started,
  what: string,
  holds: (cloud: CloudPeerStatus) => boolean,
  timeoutMs = 60_000
): Promise<CloudPeerStatus> {
  return until(
    what,
    async () => {
      const [cloud] = await cloudsOf(room)
      if (cloud && holds(cloud)) return cloud
      throw new Error(`not yet: ${JSON.stringify(cloud)}`)
    },
    { timeoutMs }
  )
}

/** All that the room has is at its cloud peer. */
export const isDone = (leastBytes: number) => (cloud: CloudPeerStatus) =>
  cloud.state === 'linked' && cloud.journalDone && cloud.heldBytes >= leastBytes && cloud.leftFiles === 0

export async function importFolder(room: Started, folder: string): Promise<void> {
  await joinery(room.place, ['import', folder])
}

export const dataOf = (folder: string, name: string): NodePlace => ({ data: join(folder, name) })

/** Bytes that no compression makes smaller. */
export function noise(length: number, seed: number): Buffer {
  return Buffer.from(seededRandom(seed).bytes(length))
}
