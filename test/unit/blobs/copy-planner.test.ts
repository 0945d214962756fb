/** The real planner of many devices in one seeded world: no disk, no sockets, only who asks whom for what. */
import { expect, test } from 'vitest'
import { viewCatalogue } from '../../../node/blobs/catalogue-view.ts'
import { CopyPlanner } from '../../../node/blobs/copy-planner.ts'
import type { CopyEffect, CopyRequest } from '../../../node/blobs/copy-request.ts'
import { LIAR_PAUSE_MS, MAX_PARTIALS, MAX_RESTING } from '../../../node/blobs/limits.ts'
import { OpenBlobs } from '../../../node/blobs/open-blobs.ts'
import { Bitfield } from '../../../protocols/bitfield.ts'
import type { Cid } from '../../../protocols/cid.ts'
import type { CatalogueBlob } from '../../../protocols/content.ts'
import { hasPieceList, PIECE_BYTES, pieceCount, pieceListBytes } from '../../../protocols/piece-list.ts'
import { type SeededRandom, seededRandom } from '../../kit/seeded-random.ts'
import { allBits, blobOf, DrivenPlanner, randomCid } from './driven-planner.ts'

interface Device {
  id: string
  planner: CopyPlanner
  stored: Set<Cid>
  bits: Map<Cid, Bitfield>
  sentBytes: number
  lies: boolean
  up: boolean
}

interface World {
  devices: Device[]
  blobs: CatalogueBlob[]
  nowMs: number
  /** How often each device got each piece. */
  got: Map<string, number>
}

interface Faults {
  /** Of each request: that it fails. */
  failRate: number
  liar: boolean
  /** Of each step: that a link breaks for a while. */
  breakRate: number
}

const KIND: Faults = { failRate: 0, liar: false, breakRate: 0 }
const MAX_STEPS = 400_000

function build(random: SeededRandom, receivers: number, faults: Faults): World {
  const blobs = Array.from({ length: 25 + random.below(30) }, () => {
    const big = random.chance(0.08)
    const sizeBytes = big ? 3 * PIECE_BYTES + random.below(20 * PIECE_BYTES) : 1 + random.below(PIECE_BYTES)
    return blobOf(random, sizeBytes, random.pick([0, 1, 2] as const))
  })
  const world: World = { devices: [], blobs, nowMs: 0, got: new Map() }
  const view = viewCatalogue([{ shard: randomCid(random), blobs }])
  const all = allBits(blobs.length)
  // The first has everything; with a liar there are two, and one of them gives wrong bytes.
  const holders = faults.liar ? 2 : 1
  for (let i = 0; i < receivers + holders; i++) {
    const stored = new Set(
      i < holders ? blobs.flatMap(({ cid: name, pieces }) => (pieces ? [name, pieces] : [name])) : []
    )
    world.devices.push({
      id: `n${i}`,
      planner: new CopyPlanner({
        self: `n${i}`,
        maxRequests: 4,
        maxInFlightBytes: 8 * PIECE_BYTES,
        hasLocally: (name) => stored.has(name),
        hasList: (name) => stored.has(name)
      }),
      stored,
      bits: new Map(),
      sentBytes: 0,
      lies: faults.liar && i === 1,
      up: true
    })
  }
  for (const device of world.devices) {
    device.planner.catalogueChanged(view, all, () => all)
    for (const other of world.devices) if (other !== device) link(device, other, world)
  }
  return world
}

function link(device: Device, other: Device, { blobs }: World): void {
  const everything = new Bitfield(blobs.length)
  const have = new Bitfield(blobs.length)
  blobs.forEach(({ cid }, i) => {
    everything.add(i)
    if (other.stored.has(cid)) have.add(i)
  })
  device.planner.linked(other.id, everything)
  device.planner.inventory(other.id, have, new Bitfield(blobs.length), everything)
  for (const [cid, bits] of other.bits) device.planner.holders.partial(other.id, cid, bits.copy())
}

/** Runs until all have everything. @returns simulated ms */
function run(random: SeededRandom, world: World, faults: Faults): number {
  const events: { atMs: number; run: () => void }[] = []
  const at = (delayMs: number, action: () => void): void => {
    events.push({ atMs: world.nowMs + delayMs, run: action })
    for (let i = events.length - 1; i > 0 && (events[i - 1]?.atMs ?? 0) < (events[i]?.atMs ?? 0); i--)
      [events[i], events[i - 1]] = [events[i - 1] as never, events[i] as never]
  }
  const others = (device: Device): Device[] => world.devices.filter((one) => one !== device)
  const decide = (device: Device): void => {
    for (const effect of device.planner.plan(world.nowMs)) {
      if (effect.kind === 'request') at(2 + random.below(40), () => answer(device, effect.request))
      if (effect.kind === 'open') at(1, () => opened(device, effect.ref.cid, pieceCount(effect.ref.sizeBytes)))
      if (effect.kind === 'finish') at(3, () => store(device, effect.cid))
    }
  }
  const opened = (device: Device, cid: Cid, pieces: number): void => {
    const bits = device.bits.get(cid) ?? new Bitfield(pieces)
    device.bits.set(cid, bits)
    device.planner.opened(cid, bits)
    decide(device)
  }
  const store = (device: Device, cid: Cid): void => {
    device.stored.add(cid)
    device.bits.delete(cid)
    device.planner.stored(cid)
    const number = world.blobs.findIndex((blob) => blob.cid === cid)
    for (const other of others(device)) {
      if (number >= 0)
        at(random.below(150), () => {
          other.planner.gained(device.id, number)
          other.planner.holders.partial(device.id, cid, undefined)
          decide(other)
        })
    }
    decide(device)
  }
  const answer = (device: Device, request: CopyRequest): void => {
    const { ref, piece, id, peer } = request
    const from = world.devices.find((one) => one.id === peer) as Device
    const big = hasPieceList(ref.sizeBytes)
    if (random.chance(faults.failRate))
      device.planner.failed(id, random.pick(['stalled', 'unreachable', 'busy'] as const), world.nowMs)
    else if (!from.stored.has(ref.cid) && !from.bits.get(ref.cid)?.has(piece))
      device.planner.failed(id, 'missing', world.nowMs)
    else {
      from.sentBytes += request.end - request.start
      if (from.lies) device.planner.failed(id, 'lied', world.nowMs)
      else {
        const key = `${device.id} ${ref.cid} ${piece}`
        world.got.set(key, (world.got.get(key) ?? 0) + 1)
        if (big) {
          const bits = device.bits.get(ref.cid)
          bits?.add(piece)
          for (const other of others(device))
            at(random.below(150), () => {
              const now = device.bits.get(ref.cid)
              if (now) other.planner.holders.partial(device.id, ref.cid, now.copy())
              decide(other)
            })
        } else device.stored.add(ref.cid)
        device.planner.arrived(id, 10, world.nowMs)
        if (!big) store(device, ref.cid)
      }
    }
    decide(device)
  }
  const tick = (): void => {
    for (const device of world.devices) decide(device)
    if (random.chance(faults.breakRate)) {
      const [a, b] = random.shuffle(world.devices) as [Device, Device]
      a.planner.unlinked(b.id)
      b.planner.unlinked(a.id)
      at(random.below(5000), () => {
        link(a, b, world)
        link(b, a, world)
      })
    }
    at(1000, tick)
  }
  tick()
  const done = (): boolean => world.devices.every(({ stored }) => world.blobs.every(({ cid }) => stored.has(cid)))
  for (let step = 0; !done(); step++) {
    const event = events.pop()
    if (!event || step > MAX_STEPS) throw new Error('it never ends')
    world.nowMs = event.atMs
    event.run()
  }
  return world.nowMs
}

test('without faults: everything is copied, nothing twice, the first holder sends at most 1.3 times the data', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed)
    const receivers = 2 + random.below(5)
    const world = build(random, receivers, KIND)
    run(random, world, KIND)
    const twice = [...world.got].filter(([, times]) => times > 1)
    expect(twice, `seed ${seed}`).toEqual([])
    const bytes = world.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes + receivers * pieceListBytes(sizeBytes), 0)
    expect((world.devices[0]?.sentBytes ?? 0) / bytes, `seed ${seed}`).toBeLessThanOrEqual(1.3)
  }
})

test('with lost requests, breaking links and a liar: everything is copied, and the liar is left after a few lies', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed)
    const faults = { failRate: 0.1, breakRate: 0.3, liar: true }
    const world = build(random, 1 + random.below(4), faults)
    run(random, world, faults)
    // Each device asks it four things at once at most, and then not again for minutes, also not over a new link.
    const asked = 4 * 2 * PIECE_BYTES * (world.devices.length - 1)
    const chances = 1 + Math.floor(world.nowMs / LIAR_PAUSE_MS)
    expect(world.devices[1]?.sentBytes ?? 0, `seed ${seed}`).toBeLessThanOrEqual(asked * chances)
  }
})

test('a device that is expected to fetch its share and does not holds the others up once, not at each file', () => {
  const world = new DrivenPlanner({
    seed: 3,
    blobs: (random) => Array.from({ length: 200 }, () => blobOf(random, 1000))
  })
  world.link('first')
  world.link('stuck', [])
  expect(world.run()).toBeLessThan(10_000)
})

test('what waits for our own disk is not asked of another peer, however long that takes', () => {
  const world = new DrivenPlanner({
    seed: 4,
    blobs: (random) => Array.from({ length: 3 }, () => blobOf(random, 100_000)),
    maxRequests: 1
  })
  for (const peer of ['one', 'other']) {
    world.link(peer)
    world.planner.holders.get(peer)?.worked(100_000, 10)
  }
  const [first] = world.plan(0).requests
  if (!first) throw new Error('nothing was asked for')
  world.planner.received(first.id)
  const [second] = world.plan(30_000).requests
  expect(second?.ref).not.toEqual(first.ref)
  world.arrive(first, 30_000)
  // The same wait for a peer's bytes is another matter.
  const [moved] = world.plan(60_000).requests
  expect(moved?.ref).toEqual(second?.ref)
  expect(moved?.peer).not.toBe(second?.peer)
})

/** So many big blobs of an early class, which take all places, and one more of a later class. */
function bigBlobs(early: number): DrivenPlanner {
  return new DrivenPlanner({
    seed: 7,
    blobs: (random) => [
      ...Array.from({ length: early }, () => blobOf(random, 3 * PIECE_BYTES, 0)),
      blobOf(random, 3 * PIECE_BYTES, 2)
    ],
    maxRequests: 2 * MAX_PARTIALS,
    hasLists: true
  })
}

test('blobs whose lists lied keep no place: as many as there are places, and the next one is copied', () => {
  const world = bigBlobs(MAX_PARTIALS)
  world.link('first')
  const last = world.blobs.at(-1) as CatalogueBlob
  const asked = new Set<Cid>()
  for (let nowMs = 0; nowMs < 10_000 && !world.stored.has(last.cid); nowMs += 10) {
    for (const effect of world.planner.plan(nowMs)) {
      if (effect.kind === 'request') {
        asked.add(effect.request.ref.cid)
        world.planner.arrived(effect.request.id, 5, nowMs)
      } else if (effect.kind === 'open') world.planner.opened(effect.ref.cid, new Bitfield(3))
      else if (effect.kind === 'finish' && effect.cid !== last.cid) world.planner.closed(effect.cid, nowMs + 3_600_000)
      else if (effect.kind === 'finish') {
        world.stored.add(effect.cid)
        world.planner.stored(effect.cid)
      }
    }
  }
  expect(world.stored).toContain(last.cid)
  expect(asked.size).toBe(MAX_PARTIALS + 1)
  // They rest: not one piece of them is asked for before their hour is over, and all of them are afterwards.
  expect(world.plan(3_500_000).requests).toEqual([])
  expect(world.run({ fromMs: 3_610_000 })).toBeLessThan(10_000)
})

test('blobs that nobody can send any more give their places to one that somebody can', () => {
  const world = bigBlobs(MAX_PARTIALS)
  const holders = ['gone', 'gone too']
  for (const peer of holders) world.link(peer, Array(MAX_PARTIALS).keys())
  // All but one piece of each, and then those who hold it leave.
  const begun = new Set<Cid>()
  for (let nowMs = 0; nowMs < 100; nowMs++) {
    for (const request of world.plan(nowMs).requests) {
      begun.add(request.ref.cid)
      if (request.piece < 2) world.arrive(request, nowMs)
    }
  }
  expect(begun.size).toBe(MAX_PARTIALS)
  for (const peer of holders) world.planner.unlinked(peer)
  world.plan(20_000)
  const last = world.blobs.at(-1) as CatalogueBlob
  world.link('other', [MAX_PARTIALS])
  const { effects } = world.plan(20_001)
  expect(effects.filter(({ kind }) => kind === 'close')).toHaveLength(1)
  const { requests } = world.plan(20_002)
  expect(requests.map(({ ref }) => ref.cid)).toContain(last.cid)
  for (const request of requests) world.arrive(request, 20_003)
  // With its holder comes what was begun.
  world.link('gone', Array(MAX_PARTIALS).keys())
  expect(world.run({ fromMs: 20_004 })).toBeLessThan(10_000)
})

test('at most so many blobs rest: of one more the first is tried again', () => {
  const effects: CopyEffect[] = []
  const open = new OpenBlobs({ hasList: () => true, effects })
  const random = seededRandom(8)
  const blobs = Array.from({ length: MAX_RESTING + 1 }, () => blobOf(random, 3 * PIECE_BYTES))
  const rest = (blob: CatalogueBlob | undefined): void => {
    if (!blob) throw new Error('no blob')
    open.take(blob, 0, 0, false)
    open.closed(blob.cid, 1_000, false)
  }
  for (const blob of blobs.slice(0, MAX_RESTING)) rest(blob)
  expect(blobs.filter(({ cid }) => open.rests(cid, 0))).toHaveLength(MAX_RESTING)
  rest(blobs.at(-1))
  expect(blobs.map(({ cid }) => open.rests(cid, 0))).toEqual([false, ...Array(MAX_RESTING).fill(true)])
  expect(blobs.some(({ cid }) => open.rests(cid, 1_000))).toBe(false)
})
