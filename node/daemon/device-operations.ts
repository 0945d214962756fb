/** What a person can do about devices: rooms, invitations, approval, removal. */
import { JoineryError } from '../../protocols/errors.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { AskProgress, NearbyRoom, Operations } from '../control/operations.ts'
import type { Mesh } from '../mesh/index.ts'
import { sleep } from '../platform/clock.ts'
import { networkAddresses } from '../platform/network-interfaces.ts'
import { foundRoom, joinGranted, joinRoom, type RemovalReport } from '../room/index.ts'
import './errors.ts'
import { findDevice } from './find-device.ts'
import { invitedAddresses } from './invited-addresses.ts'
import { firstFacilitator } from './person-operations.ts'
import type { RoomSlot } from './room-slot.ts'

export type DeviceOperations = Pick<
  Operations,
  | 'createRoom'
  | 'invite'
  | 'join'
  | 'nearbyRooms'
  | 'askToJoin'
  | 'askers'
  | 'approve'
  | 'remove'
  | 'stolen'
  | 'neighbours'
>

/** What this device shows while it asks: on its own page, since it may have no screen. */
export interface Asking {
  room?: string
  code?: string
  /** Codes for further devices of the room: each of them was asked, and each has one of its own. */
  others?: string[]
}

export interface DeviceOperationsInit {
  onAsking(asking: Asking | undefined): void
}

export function deviceOperations(slot: RoomSlot, { onAsking }: DeviceOperationsInit): DeviceOperations {
  const { config } = slot.device
  const network = (): Mesh => {
    if (!slot.mesh) throw new JoineryError('NOT_RUNNING', 'this needs the running device')
    return slot.mesh
  }
  const joined = async (entering: ReturnType<RoomSlot['enter']>) => {
    const { room, membership } = await entering
    return { roomId: room.id, name: membership.view().roomName ?? room.name, device: slot.device.identity.node }
  }

  return {
    async createRoom({ name }) {
      const created = await joined(slot.enter((init) => foundRoom(slot.device, { ...init, name })))
      return { ...created, facilitator: await firstFacilitator(slot.runtime.people) }
    },

    async join({ invitation }) {
      const standing = slot.current?.membership.standing()
      if (standing === 'removed') throw new JoineryError('REMOVED_FROM_ROOM', 'this device was taken out of its room')
      // A device that nobody has let in yet may hold an invitation that was used up: the new one takes its place.
      const renew = standing === 'waiting' || standing === 'unwelcome'
      return await joined(
        slot.enter((init) => joinRoom(slot.device, { ...init, invitation, role: config.role, renew }))
      )
    },

    async invite({ uses }) {
      const { membership, network: reached, room, uplink } = slot.runtime
      // A cloud peer of the room comes last: it lets a device in after the workshop, when no other is near.
      const clouds = uplink.clouds.list().flatMap((cloud) => cloud.addresses.slice(0, 1))
      const addresses = [...invitedAddresses(reached?.mesh.addresses() ?? [], networkAddresses()), ...clouds]
      const { text, token } = await membership.invite({ uses, addresses })
      return { text, uses, roomId: room.id, id: token }
    },

    async nearbyRooms({ waitMs }, signal) {
      const mesh = network()
      await sleep(slot.device.clock, waitMs, signal)
      return mesh.neighbours().map(
        ({ room, name, met }): NearbyRoom => ({
          roomId: room,
          ...(name === '' ? {} : { name }),
          devices: met.map(({ node, address }) => ({ id: node, name: node.slice(-8), address }))
        })
      )
    },

    askToJoin: ({ roomId }, signal) => askToJoin(slot, network(), roomId, onAsking, signal),

    async askers() {
      return network()
        .asks()
        .map(({ node, name, code }) => ({ id: node, name, code }))
    },

    async approve({ device, code }) {
      const mesh = network()
      const asks = mesh.asks()
      const digits = code.replace(/\D/g, '')
      const ask = findDevice(asks, device)
      if (ask.code !== digits) {
        mesh.decline(ask.id)
        throw new JoineryError('CODE_DIFFERS', `the code of ${ask.name} is another one`)
      }
      await mesh.approve(ask.id)
      return { id: ask.node, name: ask.name }
    },

    async remove({ device }) {
      return removed(await removeDevice(slot, device, false))
    },

    async stolen({ device }) {
      const report = await removeDevice(slot, device, true)
      return {
        ...removed(report),
        revokedInvitations: report.revoked.map(({ token, uses, usedBy }) => ({
          id: token,
          uses: uses ?? 0,
          usesLeft: Math.max(0, (uses ?? 0) - usedBy.length)
        })),
        toCheck: report.toCheck.map(({ node, name }) => ({ id: node, name }))
      }
    },

    async neighbours() {
      return network()
        .neighbours()
        .map(({ room, name, devices }) => ({ roomId: room, ...(name === '' ? {} : { name }), devices }))
    }
  }
}

async function* askToJoin(
  slot: RoomSlot,
  mesh: Mesh,
  roomId: string,
  onAsking: (asking: Asking | undefined) => void,
  outer?: AbortSignal
): AsyncGenerator<AskProgress> {
  if (slot.current) throw new JoineryError('ROOM_EXISTS', `this device is in the room ${slot.current.room.name}`)
  const { config } = slot.device
  const cancel = new AbortController()
  const signal = outer ? AbortSignal.any([outer, cancel.signal]) : cancel.signal
  const codes = new Map<NodeId, string>()
  onAsking({})
  try {
    for await (const progress of mesh.ask({ name: config.name, role: config.role, room: roomId, signal })) {
      switch (progress.step) {
        case 'looking':
          yield { kind: 'asking', device: '', address: '' }
          break
        case 'compare':
          codes.set(progress.member, progress.code)
          onAsking(shownCodes(progress.roomName, codes))
          yield { kind: 'code', code: progress.code, device: shortId(progress.member) }
          break
        case 'refused':
          if (progress.code === 'DECLINED')
            throw new JoineryError('ASK_DECLINED', 'the room did not let this device in')
          break
        case 'granted': {
          const { grant } = progress
          const { room } = await slot.enter((init) => joinGranted(slot.device, { ...init, grant }))
          yield { kind: 'joined', roomId: room.id, name: room.name }
          return
        }
      }
    }
  } finally {
    cancel.abort()
    onAsking(undefined)
  }
}

function shownCodes(room: string, codes: ReadonlyMap<NodeId, string>): Asking {
  const [code, ...others] = codes.values()
  return { room, ...(code === undefined ? {} : { code }), ...(others.length === 0 ? {} : { others }) }
}

async function removeDevice(slot: RoomSlot, said: string, stolen: boolean): Promise<RemovalReport> {
  const { membership } = slot.runtime
  const { members } = membership.view()
  const { node } = findDevice(members.values(), said)
  return await membership.remove(node, { stolen })
}

function removed({ node, name, cuts }: RemovalReport): { id: NodeId; name: string; lastBatches: number } {
  return { id: node, name, lastBatches: cuts.size }
}

function shortId(node: NodeId): string {
  return node.slice(-8)
}
