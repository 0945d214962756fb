/** How many rooms a cloud peer holds and has open, and when one is closed: at each limit and one past it. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { MAX_OPEN_ROOMS, MAX_ROOMS, MIN_FREE_BYTES, ROOM_IDLE_MS } from '../../../node/cloud/index.ts'
import { CloudRooms } from '../../../node/daemon/cloud-rooms.ts'
import type { Device } from '../../../node/daemon/device.ts'
import type { RoomRuntime } from '../../../node/daemon/room-runtime.ts'
import type { SharedHost } from '../../../node/mesh/index.ts'
import type { RoomId } from '../../../protocols/certificate.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const SWEEP_MS = 60_000
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
/** A room id has 32 characters of base32. */
const roomOf = (number: number): RoomId =>
  [...Array(32).keys()].map((place) => ALPHABET[Math.floor(number / 32 ** place) % 32]).join('')

class Cloud {
  readonly time = new SimulatedTime()
  /** Devices linked with each open room. */
  readonly links = new Map<RoomId, number>()
  readonly closed: RoomId[] = []
  readonly removedFrom = new Set<RoomId>()
  freeBytes = MIN_FREE_BYTES
  rooms!: CloudRooms

  static async start(count: number): Promise<Cloud> {
    const cloud = new Cloud()
    const places = new Set(Array.from({ length: count }, (_, i) => roomOf(i)))
    // What a power cut left of a link, and what is no room.
    const names = [...places, roomOf(5_000), 'lost+found']
    const device = {
      clock: new SimulatedClock(cloud.time),
      disk: {
        makeDirectory: () => Promise.resolve(),
        syncDirectory: () => Promise.resolve(),
        list: () => Promise.resolve(names.map((name) => ({ name }))),
        stat: (path: string) => Promise.resolve(places.has(path.split('/')[3] ?? '') ? {} : undefined),
        freeBytes: () => Promise.resolve(cloud.freeBytes)
      },
      log: pino({ level: 'silent' }),
      config: { dataDirectory: '/data' },
      identity: { node: 'cloud' }
    } as unknown as Device
    cloud.rooms = await CloudRooms.find(device, (_device, id) => Promise.resolve(cloud.#runtime(id)))
    cloud.rooms.start({} as SharedHost)
    return cloud
  }

  #runtime(id: RoomId): RoomRuntime {
    const standing = () => (this.removedFrom.has(id) ? 'removed' : 'member')
    return {
      network: { mesh: { links: () => Array.from({ length: this.links.get(id) ?? 0 }) } },
      membership: { standing, onChange: () => () => undefined },
      uplink: { clouds: { unlinked: () => [], onChange: () => () => undefined } },
      stop: () => Promise.resolve(void this.closed.push(id))
    } as unknown as RoomRuntime
  }

  open(): RoomId[] {
    return this.rooms.ids().filter((id) => this.rooms.opened(id) !== undefined)
  }
}

test('it finds the rooms that are there, and a room that is not is not opened', async () => {
  const cloud = await Cloud.start(2)
  expect(cloud.rooms.ids()).toEqual([roomOf(0), roomOf(1)].sort())
  expect(await cloud.rooms.open(roomOf(5_000))).toBeUndefined()
  expect(cloud.open()).toEqual([])
  await cloud.rooms.stop()
})

test('so many rooms are open at once; for one more the one that nobody has talked to for the longest is closed', async () => {
  const cloud = await Cloud.start(MAX_OPEN_ROOMS + 2)
  for (let i = 0; i < MAX_OPEN_ROOMS; i++) {
    await cloud.time.run(i)
    await cloud.rooms.open(roomOf(i))
  }
  expect(cloud.open()).toHaveLength(MAX_OPEN_ROOMS)
  expect(cloud.closed).toEqual([])
  // The first one is called again: the second has waited longest now.
  await cloud.time.run(1_000)
  await cloud.rooms.open(roomOf(0))
  await cloud.rooms.open(roomOf(MAX_OPEN_ROOMS))
  expect(cloud.closed).toEqual([roomOf(1)])
  expect(cloud.open()).toHaveLength(MAX_OPEN_ROOMS)
  await cloud.rooms.stop()
})

test('a room that is talked to is never closed for another one: that one is told to come later', async () => {
  const cloud = await Cloud.start(MAX_OPEN_ROOMS + 1)
  for (let i = 0; i < MAX_OPEN_ROOMS; i++) {
    await cloud.rooms.open(roomOf(i))
    cloud.links.set(roomOf(i), 1)
  }
  await expect(cloud.rooms.open(roomOf(MAX_OPEN_ROOMS))).rejects.toMatchObject({ code: 'BUSY' })
  expect(cloud.closed).toEqual([])
  // One that is open is open for whoever else comes to it.
  expect(await cloud.rooms.open(roomOf(3))).toBeDefined()
  cloud.links.set(roomOf(7), 0)
  expect(await cloud.rooms.open(roomOf(MAX_OPEN_ROOMS))).toBeDefined()
  expect(cloud.closed).toEqual([roomOf(7)])
  await cloud.rooms.stop()
})

test('a room that nobody talks to is closed after its time and not before; talking to it begins the time anew', async () => {
  const cloud = await Cloud.start(2)
  const [quiet, busy] = [roomOf(0), roomOf(1)]
  await cloud.rooms.open(quiet)
  await cloud.rooms.open(busy)
  cloud.links.set(busy, 1)
  await cloud.time.run(ROOM_IDLE_MS)
  expect(cloud.closed).toEqual([])
  await cloud.time.run(ROOM_IDLE_MS + SWEEP_MS)
  expect(cloud.closed).toEqual([quiet])
  // The last device of the busy one leaves.
  cloud.links.set(busy, 0)
  await cloud.time.run(2 * ROOM_IDLE_MS + SWEEP_MS)
  expect(cloud.closed).toEqual([quiet])
  await cloud.time.run(2 * ROOM_IDLE_MS + 2 * SWEEP_MS)
  expect(cloud.closed).toEqual([quiet, busy])
  // And opened again when somebody calls.
  expect(await cloud.rooms.open(quiet)).toBeDefined()
  await cloud.rooms.stop()
  expect(cloud.closed).toEqual([quiet, busy, quiet])
  expect(cloud.time.pending).toBe(0)
})

test('a room that removed this cloud peer is not opened again', async () => {
  const cloud = await Cloud.start(1)
  cloud.removedFrom.add(roomOf(0))
  await cloud.rooms.open(roomOf(0))
  expect(cloud.rooms.isRefused(roomOf(0))).toBe(true)
  expect(await cloud.rooms.open(roomOf(0))).toBeUndefined()
  await cloud.rooms.stop()
})

test('it takes in so many rooms and no more, and none where the disk is nearly full; one that is there may always ask', async () => {
  const cloud = await Cloud.start(MAX_ROOMS - 1)
  expect(await cloud.rooms.hasRoomFor(roomOf(MAX_ROOMS))).toBe(true)
  cloud.freeBytes = MIN_FREE_BYTES - 1
  expect(await cloud.rooms.hasRoomFor(roomOf(MAX_ROOMS))).toBe(false)
  expect(await cloud.rooms.hasRoomFor(roomOf(0))).toBe(true)
  await cloud.rooms.stop()
  const full = await Cloud.start(MAX_ROOMS)
  expect(await full.rooms.hasRoomFor(roomOf(MAX_ROOMS))).toBe(false)
  expect(await full.rooms.hasRoomFor(roomOf(0))).toBe(true)
  await full.rooms.stop()
})
