import { describe, expect, test } from 'vitest'
import {
  BIG_DOWNLOAD_BYTES,
  EXPECTED_MS,
  FIRST_SLOTS,
  KEEP_TURN_MS,
  LARGEST_UNRESUMED_BYTES,
  MOST_DECISIONS,
  MOST_DOWNLOADS,
  MOST_EXPECTED,
  RETRY_AFTER_LEAST_SECONDS,
  RETRY_AFTER_MOST_SECONDS,
  UNANSWERED_MS,
  UNBURDENED_DOWNLOADS,
  WAITING_BYTES,
  WAITING_EVERY_MS
} from '../../../node/load/limits.ts'
import { type Admission, type Download, Load } from '../../../node/load/load.ts'
import { canReach } from '../../../node/load/reach.ts'
import type { NetworkAddress } from '../../../node/platform/network-interfaces.ts'
import { type Cid, cidOfDigest } from '../../../protocols/cid.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { encodeLoadAnswer, LOAD_ANSWER_WITHIN_MS, LOAD_PROTOCOL } from '../../../protocols/load.ts'
import type { MessageStream, PeerLink, PeerProfile } from '../../../protocols/message-stream.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { SimulatedClock, SimulatedTime, settle } from '../../kit/simulated-clock.ts'
import { MemoryLinks, streamPair } from '../blobs/room.ts'

const NETWORK = '192.168.1.'
const file = (number: number): Cid => cidOfDigest(new Uint8Array(32).fill(number, 0, 1).fill(number >> 8, 1, 2))

interface TestDevice {
  load: Load
  links: MemoryLinks
  held: Set<Cid>
  address: string
}

/** Devices of one network that all hold everything, unless a test says otherwise. */
class Room {
  readonly time = new SimulatedTime()
  readonly clock = new SimulatedClock(this.time)
  readonly devices: TestDevice[] = []
  /** Streams are opened and nothing ever comes. */
  readonly deaf = new Set<string>()

  constructor(count: number) {
    for (let i = 0; i < count; i++) {
      const links = new MemoryLinks()
      const held = new Set<Cid>()
      const address = `${NETWORK}${10 + i}`
      const networks: NetworkAddress[] = [{ interface: 'eth0', address, family: 4, prefix: 24 }]
      const load = new Load({
        ...{ clock: this.clock, links, networkAddresses: () => networks },
        holds: (cid) => held.has(cid),
        holders: (cid) =>
          this.devices.filter((one) => one.address !== address && one.held.has(cid)).map((one) => one.address)
      })
      this.devices.push({ load, links, held, address })
    }
    for (const one of this.devices) for (const other of this.devices) if (one !== other) this.link(one, other)
  }

  link(from: TestDevice, to: TestDevice, profile: Partial<PeerProfile> = {}): void {
    const link: PeerLink = {
      ...{ peer: to.address, profile: profileOf(to.address, profile), remoteAddress: to.address, dialer: true },
      open: async (protocol, _limits, signal) => {
        const [ours, theirs] = streamPair()
        const back = { ...link, peer: from.address }
        if (this.deaf.has(to.address)) return await untilAborted(signal)
        to.links.handlers
          .get(protocol)
          ?.handler(theirs, back)
          .catch((error: Error) => theirs.abort(error))
        return ours
      }
    }
    from.links.add(link)
  }

  async admit(device: number, number: number, more: Partial<Download> = {}): Promise<Admission> {
    const { load, address } = this.devices[device] as TestDevice
    const answer = load.admit({
      file: { cid: file(number), sizeBytes: 2 * BIG_DOWNLOAD_BYTES },
      leftBytes: 2 * BIG_DOWNLOAD_BYTES,
      visitor: `${NETWORK}${100 + number}`,
      own: address,
      manner: 'queue',
      resumes: true,
      moves: true,
      wasSent: false,
      seesPage: false,
      ...more
    })
    return await answer
  }

  /** Downloads under way at a device. */
  async busy(device: number, count: number): Promise<Admission[]> {
    const all: Admission[] = []
    for (let i = 0; i < count; i++) all.push(await this.admit(device, 200 + i, { manner: 'soon', moves: false }))
    return all
  }

  holdAll(...numbers: number[]): void {
    for (const { held } of this.devices) for (const number of numbers) held.add(file(number))
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<MessageStream> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new JoineryError('TIMED_OUT', 'nobody answers')))
  })
}

describe('a device that is asked for a big download', () => {
  test('serves it while it is not busy, and a small one always', async () => {
    const room = new Room(2)
    room.holdAll(1)
    expect((await room.admit(0, 1)).kind).toBe('serve')
    await room.busy(0, 5)
    expect(await room.admit(0, 1, { leftBytes: BIG_DOWNLOAD_BYTES - 1 })).toEqual({ kind: 'serve' })
  })

  test('sends the visitor to the device that is least busy, and says where by its IP address', async () => {
    const room = new Room(3)
    room.holdAll(1, 2, 3)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    await room.busy(1, UNBURDENED_DOWNLOADS)
    expect(await room.admit(0, 1)).toEqual({ kind: 'elsewhere', origin: `http://${NETWORK}12:8080` })
    // Counted in at the other one before it comes.
    expect((await room.admit(0, 2)).kind).toBe('elsewhere')
    expect((await room.admit(0, 3)).kind).toBe('serve')
    expect(room.devices[0]?.load.figures().sentElsewhere).toBe(2)
  })

  test('shares a class that clicks at once among all, though nobody chose a device', async () => {
    const room = new Room(3)
    const numbers = Array.from({ length: 30 }, (_, i) => i)
    room.holdAll(...numbers)
    const answers = await Promise.all(numbers.map((number) => room.admit(0, number)))
    const sent = answers.flatMap((answer) => (answer.kind === 'elsewhere' ? [answer.origin] : []))
    const at = (address: string): number => sent.filter((origin) => origin.includes(address)).length
    for (const count of [answers.length - sent.length, at(`${NETWORK}11`), at(`${NETWORK}12`)]) {
      expect(count).toBeGreaterThanOrEqual(9)
      expect(count).toBeLessThanOrEqual(11)
    }
  })

  test('does not ask for more than it can decide about at once', async () => {
    const room = new Room(2)
    const numbers = Array.from({ length: MOST_DECISIONS + 4 }, (_, i) => i)
    room.holdAll(...numbers)
    room.deaf.add(deviceOf(room, 1).address)
    const answers = numbers.map((number) => room.admit(0, number, { manner: 'always' }))
    let served = 0
    for (const answer of answers) void answer.then(() => served++)
    await settle()
    // The first two and those past the limit are served at once; for the others the silent device is waited for.
    expect(served).toBe(4)
    await room.time.run(room.clock.monotonicMs() + LOAD_ANSWER_WITHIN_MS)
    await Promise.all(answers)
  })

  test('expects whom it took for a moment only', async () => {
    const room = new Room(2)
    room.holdAll(1, 2, 3, 4)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    expect((await room.admit(0, 1)).kind).toBe('elsewhere')
    expect((await room.admit(0, 2)).kind).toBe('elsewhere')
    expect((await room.admit(0, 3)).kind).toBe('serve')
    await room.time.run(room.clock.monotonicMs() + EXPECTED_MS + 1)
    expect((await room.admit(0, 4)).kind).toBe('elsewhere')
  })

  test('takes so many who are on their way and no more', async () => {
    const room = new Room(2)
    const numbers = Array.from({ length: MOST_EXPECTED + 1 }, (_, i) => i)
    room.holdAll(...numbers)
    await room.busy(0, 2 * MOST_EXPECTED)
    const kinds: string[] = []
    for (const number of numbers) kinds.push((await room.admit(0, number)).kind)
    expect(kinds).toEqual([...Array(MOST_EXPECTED).fill('elsewhere'), 'serve'])
  })

  test.each<[string, Partial<Download>]>([
    ['was sent here by another device', { moves: false, wasSent: true }],
    ['comes from another network', { visitor: '10.9.9.9' }],
    ['came by an address that is no network of ours', { own: '127.0.0.1', visitor: '127.0.0.1' }],
    [
      'could not go on where a long download broke off',
      { resumes: false, file: { cid: file(1), sizeBytes: LARGEST_UNRESUMED_BYTES + 1 } }
    ]
  ])('keeps who %s', async (_who, more) => {
    const room = new Room(2)
    room.holdAll(1)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    expect((await room.admit(0, 1, more)).kind).toBe('serve')
  })

  test('sends who cannot resume elsewhere for what is soon there', async () => {
    const room = new Room(2)
    room.holdAll(1)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    const at = { cid: file(1), sizeBytes: LARGEST_UNRESUMED_BYTES }
    expect((await room.admit(0, 1, { resumes: false, file: at, manner: 'always' })).kind).toBe('elsewhere')
  })

  test.each<[string, (room: Room) => void]>([
    ['does not hold it', (room) => void room.devices[1]?.held.clear()],
    ['is a laptop', (room) => room.link(deviceOf(room, 0), deviceOf(room, 1), { role: 'laptop' })],
    ['serves no pages', (room) => room.link(deviceOf(room, 0), deviceOf(room, 1), { httpPort: 0 })],
    ['is not linked any more', (room) => deviceOf(room, 0).links.remove(deviceOf(room, 1).address)],
    ['does not know the question', (room) => void deviceOf(room, 1).links.handlers.delete(LOAD_PROTOCOL)]
  ])('sends nobody to one that %s', async (_what, change) => {
    const room = new Room(2)
    room.holdAll(1)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    change(room)
    const answer = room.admit(0, 1)
    await settle()
    await room.time.run(room.clock.monotonicMs() + LOAD_ANSWER_WITHIN_MS)
    expect((await answer).kind).toBe('serve')
  })

  test('waits no longer than agreed for a device that has gone without a word, and then leaves it alone for a while', async () => {
    const room = new Room(2)
    room.holdAll(1, 2, 3)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    room.deaf.add(deviceOf(room, 1).address)
    const beganMs = room.clock.monotonicMs()
    const answer = room.admit(0, 1)
    await settle()
    await room.time.run(beganMs + LOAD_ANSWER_WITHIN_MS)
    expect((await answer).kind).toBe('serve')
    room.deaf.clear()
    // Not even asked.
    expect((await room.admit(0, 2)).kind).toBe('serve')
    await room.time.run(room.clock.monotonicMs() + UNANSWERED_MS)
    expect((await room.admit(0, 3)).kind).toBe('elsewhere')
  })

  test('a device that lies about its load is only sent learners, as many as it takes', async () => {
    const room = new Room(2)
    room.holdAll(1)
    await room.busy(0, UNBURDENED_DOWNLOADS)
    deviceOf(room, 1).links.handle(LOAD_PROTOCOL, { maxMessageBytes: 64, idleTimeoutMs: 0 }, async (stream) => {
      await stream.receive()
      await stream.send(Uint8Array.of(...encodeLoadAnswer({ takes: true, active: 0 }), 0))
    })
    expect((await room.admit(0, 1)).kind).toBe('serve')
  })
})

describe('installers', () => {
  test('wait for their turn: a browser sees a page, a program a few bytes from time to time', async () => {
    const room = new Room(1)
    const running: Admission[] = []
    for (let i = 0; i < FIRST_SLOTS; i++) running.push(await room.admit(0, i))
    expect(running.every((one) => one.kind === 'serve' && one.pace?.next() === undefined)).toBe(true)
    const program = await room.admit(0, 50)
    expect(program.kind).toBe('serve')
    expect(await room.admit(0, 51, { seesPage: true })).toEqual({ kind: 'wait', place: 2 })
    if (program.kind !== 'serve') throw new Error('not served')
    let given: number | undefined | 'nothing yet' = 'nothing yet'
    void program.pace?.next()?.then((bytes) => {
      given = bytes
    })
    await room.time.run(room.clock.monotonicMs() + WAITING_EVERY_MS - 1)
    expect(given).toBe('nothing yet')
    await room.time.run(room.clock.monotonicMs() + 1)
    expect(given).toBe(WAITING_BYTES)
    const turn = program.pace?.next()
    const [first] = running
    if (first?.kind === 'serve') first.closed?.(true)
    expect(await turn).toBeUndefined()
    expect(program.pace?.next()).toBeUndefined()
  })

  test('a page says how long it takes, by what leaves just now and what is ahead', async () => {
    const room = new Room(1)
    for (let i = 0; i < FIRST_SLOTS; i++) await room.admit(0, i)
    const [one] = [await room.admit(0, 0)]
    for (let second = 0; second < 4; second++) {
      if (one?.kind === 'serve') one.pace?.sent(100_000)
      await room.time.run(room.clock.monotonicMs() + 1000)
    }
    const shown = await room.admit(0, 50, { seesPage: true })
    expect(shown).toMatchObject({ kind: 'wait', place: 1 })
    const left = 2 * BIG_DOWNLOAD_BYTES - 400_000
    if (shown.kind !== 'wait') throw new Error('no page')
    expect(shown.waitSeconds).toBeGreaterThan(left / 100_000 / 1.4)
    expect(shown.waitSeconds).toBeLessThan((left / 100_000) * 1.4)
  })

  test('who does not come back within a while has lost the turn, and nothing is remembered', async () => {
    const room = new Room(1)
    const running: Admission[] = []
    for (let i = 0; i < FIRST_SLOTS; i++) running.push(await room.admit(0, i))
    const waiting = await room.admit(0, 50)
    for (const one of running) if (one.kind === 'serve') one.closed?.(false)
    expect(waiting.kind === 'serve' && waiting.pace?.next()).not.toBe(undefined)
    await room.time.run(room.clock.monotonicMs() + KEEP_TURN_MS + 1_000)
    expect(waiting.kind === 'serve' && waiting.pace?.next()).toBe(undefined)
    if (waiting.kind === 'serve') waiting.closed?.(true)
    await room.time.run(room.clock.monotonicMs() + 60_000)
    expect(room.devices[0]?.load.figures()).toMatchObject({ active: 0, waiting: 0 })
    expect(room.time.pending).toBe(0)
  })
})

test('as the last resort pip is asked to come again; R is served whatever happens', async () => {
  const room = new Room(1)
  await room.busy(0, MOST_DOWNLOADS - 1)
  const last = await room.admit(0, 1, { manner: 'soon' })
  const again = (seconds: number): Admission => ({ kind: 'full', retryAfterSeconds: seconds })
  expect(await room.admit(0, 2, { manner: 'soon' })).toEqual(again(RETRY_AFTER_LEAST_SECONDS))
  // On a line that carries next to nothing nobody is told to come in an hour.
  for (let second = 0; second < 3; second++) {
    if (last.kind === 'serve') last.pace?.sent(100)
    await room.time.run(room.clock.monotonicMs() + 1000)
  }
  expect(await room.admit(0, 2, { manner: 'soon' })).toEqual(again(RETRY_AFTER_MOST_SECONDS))
  expect((await room.admit(0, 3, { manner: 'always' })).kind).toBe('serve')
})

test('stopping lets everybody go on who waits', async () => {
  const room = new Room(1)
  for (let i = 0; i < FIRST_SLOTS; i++) await room.admit(0, i)
  const waiting = await room.admit(0, 50)
  const turn = waiting.kind === 'serve' ? waiting.pace?.next() : undefined
  room.devices[0]?.load.stop()
  expect(await turn).toBeUndefined()
  expect(room.time.pending).toBe(0)
})

test.each([
  ['the same network', '192.168.1.50', '192.168.1.10', '192.168.1.11', true],
  ['the same IPv6 network', 'fd00::50', 'fd00::10', 'fd00::11', true],
  ['an access point of our own, the peer behind a cable', '192.168.4.7', '192.168.4.1', '192.168.1.11', false],
  ['a router between', '172.16.0.9', '192.168.1.10', '192.168.1.11', false],
  ['a peer that is ourselves', '192.168.1.50', '192.168.1.10', '192.168.1.10', false],
  ['link-local addresses', 'fe80::50', 'fe80::10', 'fe80::11', false],
  ['loopback', '127.0.0.1', '127.0.0.1', '127.0.0.1', false]
])('a visitor reaches a peer over %s: %s, %s, %s', (_what, visitor, own, peer, expected) => {
  const networks: NetworkAddress[] = [
    { interface: 'eth0', address: '192.168.1.10', family: 4, prefix: 24 },
    { interface: 'wlan0', address: '192.168.4.1', family: 4, prefix: 24 },
    { interface: 'eth0', address: 'fd00::10', family: 6, prefix: 64 },
    { interface: 'eth0', address: 'fe80::10', family: 6, prefix: 64 }
  ]
  expect(canReach({ visitor, own, peer }, networks)).toBe(expected)
})

function deviceOf(room: Room, number: number): TestDevice {
  return room.devices[number] as TestDevice
}
