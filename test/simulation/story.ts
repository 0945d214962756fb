/** What happens in a room, drawn from a seed: who writes and imports, what breaks, who is switched off, whose clock jumps. */
import { type SeededRandom, seededRandom } from '../kit/seeded-random.ts'
import type { NetworkFaults } from '../kit/simulated-network.ts'
import { tamperWith } from './liar.ts'
import type { SimulatedDevice } from './simulated-device.ts'
import { type RoomInit, SimulatedRoom } from './simulated-room.ts'

const YEAR_MS = 365 * 24 * 3_600_000
/** Blobs bigger than 2 MiB have pieces; they cost the most real time, so few seeds have them. */
const BIG_BLOB_BYTES = 2 * 2 ** 20 + 300_000

export interface Outcome {
  convergenceMs: number
  acknowledged: number
  /** Batches whose bodies shrank. */
  merged: number
  /** Values that a newer one of the same device replaced. */
  letGo: number
  kept: number
  steps: number
  bytes: number
  /** Timers that a clean stop left running. */
  forgotten: string[]
}

/** A whole life of a room. Throws when a rule is broken. `change` breaks the code under test on purpose. */
export async function tellStory(seed: number, change: Partial<RoomInit> = {}): Promise<Outcome> {
  const room = makeRoom(seed, change)
  const random = room.random.fork()
  /** Boards without a battery, laptops, and one that was set wrong. */
  const wallMs = (): number => random.pick([0, 0, 0, 56 * YEAR_MS, 56.9 * YEAR_MS, 129 * YEAR_MS])
  for (const device of room.devices) if (random.chance(0.9)) room.start(device, wallMs())
  await room.run(random.below(3_000))
  const actions = 8 + random.below(25)
  // Of its own, so that a story goes on as it would without.
  const mergeRandom = seededRandom(seed ^ 0x5eed)
  for (let i = 0; i < actions; i++) {
    await act(room, random, wallMs)
    if (mergeRandom.chance(change.mergeChance ?? 0)) await typeAndMerge(room, mergeRandom)
    await room.run(random.chance(0.5) ? random.below(200) : random.below(5_000))
  }
  const convergenceMs = await room.converge(wallMs)
  await stopAll(room)
  const { acknowledged, merged, letGo, time, network, forgotten } = room
  const bytes = network.totalBytes
  return { convergenceMs, acknowledged, merged, letGo, kept: room.kept.size, steps: time.steps, bytes, forgotten }
}

/** Somebody types for a while; some time later, perhaps at once, that device merges. */
async function typeAndMerge(room: SimulatedRoom, random: SeededRandom): Promise<void> {
  const device = random.pick(room.honest)
  for (let key = 10 + random.below(20); key > 0; key--) {
    room.write(device, 1)
    await room.run(random.below(600))
  }
  room.merge(random.chance(0.7) ? device : random.pick(room.honest))
}

function makeRoom(seed: number, change: Partial<RoomInit>): SimulatedRoom {
  // The seed of the room's shape is another one than that of its life, or small changes here would change every life.
  const shape = (seed * 2_654_435_761) >>> 0
  const bad: Partial<NetworkFaults> = { breakRate: 0.01, duplicateRate: 0.01, delayMs: [1, 200], noticeMs: [10, 5_000] }
  const awful: Partial<NetworkFaults> = {
    breakRate: 0.08,
    duplicateRate: 0.05,
    delayMs: [5, 2_000],
    connectMs: [100, 5_000],
    noticeMs: [10, 15_000],
    bytesPerSecond: 200_000
  }
  const network = [{}, bad, bad, awful][shape % 4] ?? {}
  const liar = (shape >>> 4) % 4 === 0 ? { liar: tamperWith } : {}
  const diskLatencyMs = [0, 3, 40, 250][(shape >>> 8) % 4] ?? 0
  return new SimulatedRoom(seed, { devices: 3 + ((shape >>> 12) % 3), network, diskLatencyMs, ...liar, ...change })
}

async function act(room: SimulatedRoom, random: SeededRandom, wallMs: () => number): Promise<void> {
  const on = room.devices.filter(({ life }) => life !== undefined)
  const off = room.devices.filter(({ isOn }) => !isOn)
  const device = on.length > 0 ? random.pick(on) : undefined
  const roll = random.below(100)
  if (roll < 40 && device) return room.write(device, 1 + random.below(random.chance(0.2) ? 40 : 4))
  if (roll < 52 && device) return room.keep(honestOf(room, device, random), someBytes(random), random.below(4))
  if (roll < 62) return split(room, random)
  if (roll < 68) return swizzle(room, random)
  if (roll < 74) return room.network.healAll()
  if (roll < 80 && device) return device.losePower()
  if (roll < 85) {
    // Also one that is still starting.
    const any = random.pick(room.devices)
    if (any.isOn) any.kill()
    return
  }
  if (roll < 88 && device) return await room.stop(device)
  if (roll < 91 && device) return device.jumpClock((random.fraction() - 0.5) * 60 * YEAR_MS)
  if (off.length > 0) room.start(random.pick(off), wallMs())
}

/** What a liar imports nobody can be promised. */
function honestOf(room: SimulatedRoom, device: SimulatedDevice, random: SeededRandom): SimulatedDevice {
  return device === room.liar ? random.pick(room.honest) : device
}

function someBytes(random: SeededRandom): Uint8Array {
  if (random.chance(0.02))
    return new Uint8Array(BIG_BLOB_BYTES).fill(random.below(256)).fill(random.below(256), 0, 2 ** 20)
  return random.bytes(1 + random.below(random.chance(0.1) ? 60_000 : 2_000))
}

/** Two or three groups that do not see each other. */
function split(room: SimulatedRoom, random: SeededRandom): void {
  const groups: string[][] = [[], [], []]
  for (const device of random.shuffle(room.devices)) groups[random.below(random.chance(0.3) ? 3 : 2)]?.push(device.id)
  room.network.part(groups)
}

/** Swizzle-clog of FoundationDB: links are cut one after the other and come back in another order. */
async function swizzle(room: SimulatedRoom, random: SeededRandom): Promise<void> {
  const chosen = room.devices.filter(() => random.chance(0.6))
  const pairs = chosen.flatMap((a) => room.devices.filter((b) => b !== a).map((b) => [a.id, b.id] as const))
  for (const [a, b] of random.shuffle(pairs)) {
    room.network.cut(a, b)
    await room.run(random.below(150))
  }
  for (const [a, b] of random.shuffle(pairs)) {
    room.network.heal(a, b)
    await room.run(random.below(150))
  }
}

/** (e) of the simulator rules: nothing is left running. */
async function stopAll(room: SimulatedRoom): Promise<void> {
  for (const device of room.honest) await room.stop(device)
}
