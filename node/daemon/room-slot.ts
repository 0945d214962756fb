/** The place of the one room in a node: empty at first, filled by founding or joining, emptied by leaving. One change at a time. */
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { createMesh, type Mesh } from '../mesh/index.ts'
import type { OwnSite } from '../notes/index.ts'
import { hardwareFingerprint } from '../platform/hardware.ts'
import { networkAddresses } from '../platform/network-interfaces.ts'
import { leaveRoom, openRoom, type Room, renewIdentity } from '../room/index.ts'
import { type Device, FOLDERS } from './device.ts'
import { openRoomRuntime, type RoomRuntime } from './room-runtime.ts'

export interface RoomSlotInit {
  /** Absent: work on the folder without a network. */
  network?: { httpPort(): number; site: OwnSite }
}

export class RoomSlot {
  readonly device: Device
  readonly #init: RoomSlotInit
  #runtime: RoomRuntime | undefined
  /** Looks around and asks, while there is no room. */
  #outsideMesh: Mesh | undefined
  /** Kept over the change from outside to inside, so that the port stays the one that others learnt. */
  #meshPort: number
  #changing: Promise<unknown> = Promise.resolve()
  /** Changes under way and waiting; `start` is the first. */
  #changes = 0
  #started = false

  constructor(device: Device, init: RoomSlotInit) {
    this.device = device
    this.#init = init
    this.#meshPort = device.config.meshPort
  }

  async start(): Promise<void> {
    this.#started = true
    await this.#change(async () => {
      const room = await openRoom(this.device, this.#folder())
      if (room) await this.#open(room)
      else await this.#lookAround()
    })
  }

  async stop(): Promise<void> {
    await this.#change(() => this.#close())
  }

  /** True until the room is open for the first time, and while it is entered or left: `current` says nothing then. */
  get isChanging(): boolean {
    return !this.#started || this.#changes > 0
  }

  get current(): RoomRuntime | undefined {
    return this.#runtime
  }

  /** @throws JoineryError `NO_ROOM` */
  get runtime(): RoomRuntime {
    if (!this.#runtime) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return this.#runtime
  }

  /** The mesh, inside or outside; absent without a network. */
  get mesh(): Mesh | undefined {
    return this.#runtime?.network?.mesh ?? this.#outsideMesh
  }

  /** Of the pages; absent without a network. */
  get httpPort(): number | undefined {
    return this.#init.network?.httpPort()
  }

  /**
   * Puts the device into a room.
   *
   * @param make writes the room's file and gives the room
   */
  async enter(make: (init: { folder: string; identity: Device['identity'] }) => Promise<Room>): Promise<RoomRuntime> {
    return await this.#change(async () => {
      const before = this.#runtime?.room
      const room = await make(this.#folder())
      if (this.#runtime && before?.id === room.id && sameChain(before, room)) return this.#runtime
      await this.#close()
      return await this.#open(room)
    })
  }

  /**
   * Forgets the room; files stay. The key goes with it: the room does not let it in any more. The room's file goes last, so that a power
   * cut leaves a device that is still in the room, or one that is in none.
   */
  async leave(): Promise<void> {
    await this.#change(async () => {
      await this.#close()
      const { disk, config } = this.device
      // Another room's journal begins empty, and so do its notes.
      for (const folder of [FOLDERS.journal, FOLDERS.noteSnapshots, FOLDERS.mesh]) await disk.remove(folder(config))
      await disk.syncDirectory(config.dataDirectory)
      this.device.identity = await renewIdentity(this.device, {
        folder: config.dataDirectory,
        hardware: await hardwareFingerprint()
      })
      await leaveRoom(this.device, this.#folder())
      await this.#lookAround()
    })
  }

  #folder(): { folder: string; identity: Device['identity'] } {
    return { folder: FOLDERS.room(this.device.config), identity: this.device.identity }
  }

  async #open(room: Room): Promise<RoomRuntime> {
    const { network } = this.#init
    const runtime = await this.#onMeshPort((meshPort) =>
      openRoomRuntime(
        this.device,
        room,
        network ? { network: { httpPort: network.httpPort(), meshPort, site: network.site } } : {}
      )
    )
    this.#runtime = runtime
    if (runtime.network) this.#meshPort = runtime.network.mesh.meshPort
    return runtime
  }

  async #lookAround(): Promise<void> {
    const { network } = this.#init
    if (!network) return
    const { clock, config, disk, identity, random } = this.device
    const mesh = await this.#onMeshPort(async (meshPort) => {
      const outside = await createMesh(
        { clock, random, disk, key: identity.key, policy: OUTSIDE, networkAddresses },
        {
          folder: FOLDERS.mesh(config),
          meshPort,
          bootId: identity.bootId,
          profile: { name: config.name, role: config.role, httpPort: network.httpPort(), capacityBytes: 0 },
          staticAddresses: config.staticAddresses,
          hiddenAddresses: config.accessPointAddresses,
          discovery: config.discovery
        }
      )
      await outside.start()
      return outside
    })
    this.#meshPort = mesh.meshPort
    this.#outsideMesh = mesh
  }

  /** A port that the system chose may be in other hands by now, or the one above it, which is needed too: then it chooses again. */
  async #onMeshPort<Opened>(open: (meshPort: number) => Promise<Opened>): Promise<Opened> {
    try {
      return await open(this.#meshPort)
    } catch (error) {
      if (this.device.config.meshPort !== 0 || this.#meshPort === 0 || !hasCode(error, 'MESH_PORT_BUSY')) throw error
      return open(0)
    }
  }

  async #close(): Promise<void> {
    const runtime = this.#runtime
    const outside = this.#outsideMesh
    this.#runtime = undefined
    this.#outsideMesh = undefined
    await outside?.stop()
    await runtime?.stop()
  }

  #change<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#changes++
    const result = this.#changing.then(work).finally(() => this.#changes--)
    this.#changing = result.catch(() => undefined)
    return result
  }
}

/** In no room: nobody is let in, nobody is expected. */
const OUTSIDE: Parameters<typeof createMesh>[0]['policy'] = {
  room: () => undefined,
  admits: () => 'NO_ROOM',
  members: () => [],
  onChange: () => () => undefined
}

function sameChain(a: Room, b: Room): boolean {
  return Buffer.compare(a.chain, b.chain) === 0
}
