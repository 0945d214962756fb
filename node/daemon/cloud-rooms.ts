/**
 * The rooms at a cloud peer: each in a folder of its own with its own journal, files, keys and members, opened when a device of it calls and closed
 * when nobody talks to it. Nothing is shared between two of them but the port, the key of this device and the disk.
 */
import { join } from 'node:path'
import type { Grant } from '../../protocols/approval.ts'
import { isRoomId, type RoomId } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { MAX_OPEN_ROOMS, MAX_ROOMS, MIN_FREE_BYTES, ROOM_IDLE_MS } from '../cloud/index.ts'
import type { SharedHost } from '../mesh/index.ts'
import { joinGranted, joinRoom, openRoom, type Room } from '../room/index.ts'
import { type Device, FOLDERS } from './device.ts'
import { openRoomRuntime, type RoomRuntime } from './room-runtime.ts'

const SWEEP_MS = 60_000

interface OpenRoom {
  runtime: Promise<RoomRuntime>
  /** Set once it is open. */
  opened?: RoomRuntime
  lastUsedMs: number
}

/** Opens one room in its folder. */
export type OpenRoomRuntime = (device: Device, id: RoomId, host: SharedHost) => Promise<RoomRuntime>

export class CloudRooms {
  readonly #device: Device
  readonly #openRuntime: OpenRoomRuntime
  readonly #ids = new Set<RoomId>()
  readonly #open = new Map<RoomId, OpenRoom>()
  readonly #closing = new Map<RoomId, Promise<void>>()
  /** Rooms whose members removed this cloud peer, as long as that is remembered: they are not opened again. */
  readonly #removedFrom = new Set<RoomId>()
  /** Rooms that unlinked it, and may link it again. */
  readonly #unlinkedFrom = new Set<RoomId>()
  #host: SharedHost | undefined
  #cancelSweep: () => void = () => undefined
  #stopped = false

  private constructor(device: Device, openRuntime: OpenRoomRuntime) {
    this.#device = device
    this.#openRuntime = openRuntime
  }

  /** Finds the rooms that are there; none of them is opened yet. @param openRuntime only tests give one */
  static async find(device: Device, openRuntime: OpenRoomRuntime = openFolder): Promise<CloudRooms> {
    const rooms = new CloudRooms(device, openRuntime)
    const folder = roomsFolder(device)
    await device.disk.makeDirectory(folder)
    await device.disk.syncDirectory(device.config.dataDirectory)
    for (const { name } of await device.disk.list(folder)) {
      // A folder without a place in the room is what a power cut left of a link.
      if (isRoomId(name) && (await device.disk.stat(join(folder, name, 'room', 'room')))) rooms.#ids.add(name)
    }
    return rooms
  }

  start(host: SharedHost): void {
    this.#host = host
    this.#sweepLater()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelSweep()
    await Promise.all([...this.#open.keys()].map((room) => this.#close(room)))
    await Promise.all(this.#closing.values())
  }

  ids(): RoomId[] {
    return [...this.#ids].sort()
  }

  /** Undefined while nobody talks to it. */
  opened(room: RoomId): RoomRuntime | undefined {
    return this.#open.get(room)?.opened
  }

  isRefused(room: RoomId): boolean {
    return this.#removedFrom.has(room)
  }

  /** The room has said that it does not want this cloud peer, for now or for good. */
  isUnlinked(room: RoomId): boolean {
    return this.#removedFrom.has(room) || this.#unlinkedFrom.has(room)
  }

  async hasRoomFor(room: RoomId): Promise<boolean> {
    if (this.#ids.has(room)) return true
    const free = await this.#device.disk.freeBytes(this.#device.config.dataDirectory)
    return this.#ids.size < MAX_ROOMS && free >= MIN_FREE_BYTES
  }

  /** Durable when it resolves. A room that is there keeps the place that it has. */
  async takeIn(grant: Grant): Promise<void> {
    const device = this.#deviceOf(grant.room)
    const init = { folder: FOLDERS.room(device.config), identity: device.identity }
    if (!(await openRoom(device, init))) {
      await device.disk.makeDirectory(device.config.dataDirectory)
      await joinGranted(device, { ...init, grant })
      await device.disk.syncDirectory(roomsFolder(this.#device))
    }
    this.#ids.add(grant.room)
  }

  /** With an invitation of the room, which the administrator was given. What `joinRoom` throws. */
  async joinInvited(id: RoomId, invitation: string): Promise<void> {
    const device = this.#deviceOf(id)
    const init = { folder: FOLDERS.room(device.config), identity: device.identity }
    await device.disk.makeDirectory(device.config.dataDirectory)
    await joinRoom(device, { ...init, invitation, role: 'cloud' })
    await device.disk.syncDirectory(roomsFolder(this.#device))
    this.#ids.add(id)
  }

  /**
   * Opens it, if it is here.
   *
   * @returns undefined: no such room
   * @throws JoineryError `BUSY` when too many are open and in use
   */
  async open(id: RoomId): Promise<RoomRuntime | undefined> {
    if (this.#stopped || !this.#ids.has(id) || this.#removedFrom.has(id)) return undefined
    await this.#closing.get(id)
    const known = this.#open.get(id)
    if (known) {
      known.lastUsedMs = this.#device.clock.monotonicMs()
      return await known.runtime
    }
    this.#makeSpace()
    const opening: OpenRoom = { runtime: this.#start(id), lastUsedMs: this.#device.clock.monotonicMs() }
    this.#open.set(id, opening)
    try {
      opening.opened = await opening.runtime
      return opening.opened
    } catch (error) {
      this.#open.delete(id)
      throw error
    }
  }

  async #start(id: RoomId): Promise<RoomRuntime> {
    const host = this.#host
    if (!host) throw new JoineryError('NOT_RUNNING', 'the cloud peer does not run')
    const device = this.#deviceOf(id)
    const runtime = await this.#openRuntime(device, id, host)
    const { membership, uplink } = runtime
    const look = (): void => {
      if (uplink.clouds.unlinked().includes(device.identity.node)) this.#unlinkedFrom.add(id)
      else this.#unlinkedFrom.delete(id)
      if (membership.standing() !== 'removed') return
      this.#removedFrom.add(id)
      device.log.warn({ room: id }, 'the room was unlinked; what it left stays until it is dropped')
    }
    membership.onChange(look)
    uplink.clouds.onChange(look)
    look()
    return runtime
  }

  /** The one that nobody has talked to for the longest is closed. */
  #makeSpace(): void {
    if (this.#open.size < MAX_OPEN_ROOMS) return
    let idlest: { id: RoomId; lastUsedMs: number } | undefined
    for (const [id, { opened, lastUsedMs }] of this.#open) {
      if (!opened || isInUse(opened)) continue
      if (!idlest || lastUsedMs < idlest.lastUsedMs) idlest = { id, lastUsedMs }
    }
    if (!idlest) throw new JoineryError('BUSY', 'too many rooms are talked to at once')
    void this.#close(idlest.id)
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#device.clock.after(SWEEP_MS, () => {
      const nowMs = this.#device.clock.monotonicMs()
      for (const [id, one] of this.#open) {
        if (!one.opened) continue
        if (isInUse(one.opened)) one.lastUsedMs = nowMs
        else if (nowMs - one.lastUsedMs > ROOM_IDLE_MS) void this.#close(id)
      }
      this.#sweepLater()
    })
  }

  #close(id: RoomId): Promise<void> {
    const open = this.#open.get(id)
    if (!open) return this.#closing.get(id) ?? Promise.resolve()
    this.#open.delete(id)
    const closing = open.runtime
      .then((runtime) => runtime.stop())
      .catch((err: unknown) => this.#device.log.warn({ err, room: id }, 'a room did not close in order'))
      .finally(() => this.#closing.delete(id))
    this.#closing.set(id, closing)
    return closing
  }

  /** The same device, seen from one room: its folder lies inside the cloud peer's. */
  #deviceOf(id: RoomId): Device {
    const { config } = this.#device
    return { ...this.#device, config: { ...config, dataDirectory: roomFolder(this.#device, id) } }
  }
}

async function openFolder(device: Device, id: RoomId, host: SharedHost): Promise<RoomRuntime> {
  const room = await openRoom(device, { folder: FOLDERS.room(device.config), identity: device.identity })
  if (!room) throw new JoineryError('NOT_FOUND', `the folder of room ${id} holds no place in it`)
  return await openRoomRuntime(device, room, {
    network: { httpPort: 0, meshPort: host.meshPort, hosting: host.hosting(id) }
  })
}

export function roomFolder(device: Device, id: RoomId): string {
  return join(roomsFolder(device), id)
}

function roomsFolder({ config }: Device): string {
  return join(config.dataDirectory, 'rooms')
}

function isInUse({ network }: RoomRuntime): boolean {
  return (network?.mesh.links().length ?? 0) > 0
}

/** The name that a room has, as far as this cloud peer knows it. */
export async function roomNameOf(device: Device, id: RoomId, runtime: RoomRuntime | undefined): Promise<string> {
  if (runtime) return runtime.membership.view().roomName ?? runtime.room.name
  const config = { ...device.config, dataDirectory: roomFolder(device, id) }
  const room: Room | undefined = await openRoom(device, { folder: FOLDERS.room(config), identity: device.identity })
  return room?.name ?? ''
}
