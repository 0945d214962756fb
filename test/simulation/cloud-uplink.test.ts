/**
 * An uplink that comes and goes, over many seeds: the room's links are carried out by whoever gets through, and files pass in turn, with the
 * code of the program on simulated time. After the last fault everything is done within bounded time, and on the way no limit is broken.
 */
import { expect, test } from 'vitest'
import type { BlobSource } from '../../node/blobs/index.ts'
import type { CloudMembers, CloudRoads } from '../../node/cloud/cloud-links.ts'
import { CloudLinks, paceSource } from '../../node/cloud/index.ts'
import { LINK_RETRY_MOST_MS, UPLINK_IN_FLIGHT_BYTES, UPLINK_REQUESTS } from '../../node/cloud/limits.ts'
import { cloudFold } from '../../node/cloud/link-fold.ts'
import { encodeCloudInvitation, encodeCloudLinkAnswer } from '../../protocols/cloud-link.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Entry, FoldView, NewEntry } from '../../protocols/journal.ts'
import type { MessageStream, NodeId } from '../../protocols/message-stream.ts'
import { type SeededRandom, seededRandom } from '../kit/seeded-random.ts'
import { seedFailure, seedsOf } from '../kit/seeds.ts'
import { SimulatedClock, SimulatedTime, settle } from '../kit/simulated-clock.ts'
import { chainBytes, nodeOf, ROOM } from '../unit/room/room-kit.ts'

const SEEDS = 150
const DEVICES = 3
const CLOUD = nodeOf('cloud')

/** Whether there is internet, by simulated time. */
class Uplink {
  readonly #time: SimulatedTime
  up = false
  /** Called when it breaks: what was on the way is lost. */
  readonly broken = new Set<() => void>()

  constructor(time: SimulatedTime) {
    this.#time = time
  }

  comesAndGoes(random: SeededRandom, faultsEndMs: number): void {
    const turn = (): void => {
      if (this.#time.nowMs >= faultsEndMs) {
        this.up = true
        return
      }
      this.up = random.chance(0.5)
      if (!this.up) for (const lose of [...this.broken]) lose()
      this.#time.after(random.below(20_000), turn)
    }
    turn()
  }
}

function simulatedJournals(time: SimulatedTime, random: SeededRandom) {
  const states = Array.from({ length: DEVICES }, () => ({ facts: cloudFold.empty(), listeners: new Set<() => void>() }))
  let number = 0
  const view = (device: number): FoldView<ReturnType<typeof cloudFold.empty>> => {
    const own = states[device] as (typeof states)[number]
    return {
      state: own.facts,
      onChange: (listener) => {
        const call = (): void => listener([])
        own.listeners.add(call)
        return () => void own.listeners.delete(call)
      }
    }
  }
  const append = (device: number) => (entries: NewEntry[]) => {
    for (const { topic, kind, version, body } of entries) {
      const stamp = { lamport: ++number, writer: 'w'.repeat(64), number, index: 0 }
      const entry: Entry = { ...stamp, node: nodeOf(`device ${device}`), topic, kind, version, critical: false, body }
      for (const [at, one] of states.entries()) {
        const arrive = (): void => {
          cloudFold.apply(one.facts, entry)
          for (const listener of [...one.listeners]) listener()
        }
        if (at === device) arrive()
        else time.after(random.below(5_000), arrive)
      }
    }
    return Promise.resolve([])
  }
  return { view, append }
}

async function linkStory(seed: number): Promise<{ asked: number }> {
  const random = seededRandom(seed)
  const time = new SimulatedTime()
  const uplink = new Uplink(time)
  const faultsEndMs = 30_000 + random.below(120_000)
  const journals = simulatedJournals(time, random)
  let isMember = false
  let asked = 0
  const open = new Map<number, number>()
  const memberListeners = new Set<() => void>()
  const learn = (): void => {
    isMember = true
    for (const listener of [...memberListeners]) listener()
  }
  const devices: CloudLinks[] = []
  const dialled = new Set<number>()
  for (let device = 0; device < DEVICES; device++) {
    const self = nodeOf(`device ${device}`)
    const members: CloudMembers = {
      self,
      mayAdmit: (node) => node !== CLOUD,
      isMember: (node) => node === CLOUD && isMember,
      isRemoved: () => false,
      certify: () => ({
        room: ROOM,
        roomName: 'Hall',
        chain: chainBytes('a'),
        ringKeys: [{ epoch: 0, key: new Uint8Array(32) }]
      }),
      remove: () => Promise.resolve(),
      onChange: (listener) => {
        memberListeners.add(listener)
        return () => void memberListeners.delete(listener)
      }
    }
    const roads: CloudRoads = {
      addStaticAddress: () => void dialled.add(device),
      visit: async (_address, _protocol, _limits, talk) => {
        open.set(device, (open.get(device) ?? 0) + 1)
        expect(open.get(device)).toBe(1)
        try {
          await wait(time, 50 + random.below(3_000))
          if (!uplink.up) throw new JoineryError('CLOSED', 'no internet')
          asked++
          const busy = random.chance(0.2)
          const result = await talk(answering(busy ? 'BUSY' : 'LINKED'))
          if (!busy) time.after(random.below(2_000), learn)
          return result
        } finally {
          open.set(device, 0)
        }
      }
    }
    const clock = new SimulatedClock(time)
    const journal = { append: journals.append(device), view: async () => journals.view(device) as never }
    const links = await CloudLinks.open({ journal, clock, random: random.fork(), members })
    links.start(roads)
    devices.push(links)
  }
  uplink.comesAndGoes(random, faultsEndMs)
  const secret = random.bytes(20)
  const text = encodeCloudInvitation({ node: CLOUD, addresses: ['/ip4/203.0.113.1/tcp/4417'], secret })
  await (random.pick(devices) as CloudLinks).link({ text })
  const isDone = (): boolean =>
    isMember && dialled.size === DEVICES && devices.every((one) => one.list()[0]?.state === 'member')
  const done = await time.run(faultsEndMs + LINK_RETRY_MOST_MS + 20_000, isDone)
  if (!done) throw new Error(`not linked: ${JSON.stringify(devices.map((one) => one.list()))}`)
  // Trying goes on with a back-off: a device that is offline all day does not fill its log.
  expect(asked).toBeLessThan(40)
  for (const one of devices) one.stop()
  return { asked }
}

function answering(answer: 'LINKED' | 'BUSY'): MessageStream {
  return {
    send: () => Promise.resolve(),
    receive: () => Promise.resolve(encodeCloudLinkAnswer(answer)),
    close: () => Promise.resolve(),
    abort: () => undefined
  }
}

const wait = (time: SimulatedTime, ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve))

type Fetch = BlobSource['fetch']

async function filesStory(seed: number): Promise<{ lost: number }> {
  const random = seededRandom(seed)
  const time = new SimulatedTime()
  const uplink = new Uplink(time)
  const faultsEndMs = 30_000 + random.below(120_000)
  let quiet = false
  let requests = 0
  let bytes = 0
  let lost = 0
  const source: BlobSource = {
    fetch: (_link, request, signal) => {
      const size = request.end - request.start
      requests++
      bytes += size
      expect(requests === 1 || (requests <= UPLINK_REQUESTS && bytes <= UPLINK_IN_FLIGHT_BYTES)).toBe(true)
      return new Promise((resolve) => {
        const end = (outcome: Awaited<ReturnType<Fetch>>): void => {
          if (!uplink.broken.delete(lose)) return
          requests--
          bytes -= size
          resolve(outcome)
        }
        const lose = (): void => {
          lost++
          end({ kind: 'failed', failure: 'unreachable' })
        }
        uplink.broken.add(lose)
        signal.addEventListener('abort', lose)
        if (uplink.up) time.after(20 + size / 125, () => end({ kind: 'bytes', bytes: new Uint8Array(0) }))
        else time.after(100, lose)
      })
    },
    close: () => undefined
  }
  const clock = new SimulatedClock(time)
  const paced = paceSource(
    { clock, source },
    { overUplink: () => true, journalQuiet: () => quiet, budgetSpent: () => false, fetched: () => undefined }
  )
  uplink.comesAndGoes(random, faultsEndMs)
  const restless = (): void => {
    quiet = time.nowMs > faultsEndMs || random.chance(0.7)
    if (time.nowMs < faultsEndMs) time.after(random.below(10_000), restless)
  }
  restless()
  const link = { peer: 'peer' as NodeId } as Parameters<Fetch>[0]
  const wanted = Array.from({ length: 30 }, () => (random.chance(0.2) ? 2 ** 20 : 500 + random.below(30_000)))
  const total = wanted.reduce((sum, size) => sum + size, 0)
  let here = 0
  const abandoned = new AbortController()
  // As the planner does: a few at a time, and again what failed.
  const worker = async (): Promise<void> => {
    for (let size = wanted.pop(); size !== undefined; size = wanted.pop()) {
      for (;;) {
        const request = { start: 0, end: size } as Parameters<Fetch>[1]
        const outcome = await paced.fetch(link, request, abandoned.signal)
        if (outcome.kind === 'bytes') break
        await wait(time, 1_000)
      }
      here += size
    }
  }
  const workers = [worker(), worker(), worker(), worker()]
  const needsMs = total / 100 + 60_000
  const done = await time.run(faultsEndMs + needsMs, () => here === total)
  if (!done) throw new Error(`${here} of ${total} bytes came; ${requests} requests hang`)
  await Promise.all(workers)
  await settle()
  paced.close()
  expect({ requests, bytes }).toEqual({ requests: 0, bytes: 0 })
  return { lost }
}

test(`${SEEDS} rooms with an uplink that comes and goes are linked by one device, and all know it`, async () => {
  let asked = 0
  for (const seed of seedsOf('cloud-link', SEEDS)) {
    try {
      asked += (await linkStory(seed)).asked
    } catch (error) {
      throw seedFailure('cloud-link', seed, error)
    }
  }
  expect(asked).toBeGreaterThanOrEqual(process.env.SEED === undefined ? SEEDS : 1)
})

test(`${SEEDS} times files get through an uplink that comes and goes, in turn`, async () => {
  let lost = 0
  for (const seed of seedsOf('cloud-files', SEEDS)) {
    try {
      lost += (await filesStory(seed)).lost
    } catch (error) {
      throw seedFailure('cloud-files', seed, error)
    }
  }
  // Stories in which nothing breaks would prove nothing.
  expect(lost).toBeGreaterThan(process.env.SEED === undefined ? SEEDS : 0)
})
