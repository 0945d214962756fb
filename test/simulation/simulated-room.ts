/**
 * A room of simulated devices, what people do in it, and the rules that must hold after each step and once all is quiet.
 * Simulator rules of the design: nothing acknowledged is lost, stored bytes are those of their names, states are equal once quiet, nothing
 * waits for ever after a stop, and after the faults end everything converges within bounded simulated time.
 */

import type { PlacementNode } from '../../node/blobs/index.ts'
import { LIAR_PAUSE_MS } from '../../node/blobs/limits.ts'
import type { Journal } from '../../node/journal/index.ts'
import { type CborValue, encodeCbor } from '../../protocols/cbor.ts'
import { parseCid } from '../../protocols/cid.ts'
import { compareStamps, type Entry, type Fold, type Stamp } from '../../protocols/journal.ts'
import type { PeerLinks } from '../../protocols/message-stream.ts'
import { type SeededRandom, seededRandom } from '../kit/seeded-random.ts'
import { SimulatedTime, settle } from '../kit/simulated-clock.ts'
import { type NetworkFaults, SimulatedNetwork } from '../kit/simulated-network.ts'
import {
  blobBody,
  expectedFacts,
  type Facts,
  factsFold,
  factsIn,
  factsText,
  type KeptBlob,
  PAD,
  TOPIC
} from './facts-fold.ts'
import { checkStoredBytes, lieAboutSyncs, stillWrites } from './room-checks.ts'
import { SimulatedDevice } from './simulated-device.ts'

export interface RoomInit {
  devices: number
  network: Partial<NetworkFaults>
  /** Each device draws its own below this. */
  diskLatencyMs: number
  /** The last device is one that lies. */
  liar?: (links: PeerLinks, random: SeededRandom) => PeerLinks
  fold?: Fold<Facts>
  tamperJournal?: (journal: Journal) => Journal
  /** Remembers where each timer was made; costs a stack trace each. */
  watchTimers?: boolean
  /** After the last fault so much simulated time is enough for everything. */
  convergenceMs?: number
  /** How often, of all moments, some device merges what it wrote. */
  mergeChance?: number
  /** A medium that says "synced" and does not. */
  lyingDisks?: boolean
}

/** Stored and named by an acknowledged entry: from now on it must not be lost. */
interface KeptOne extends KeptBlob {
  by: SimulatedDevice
}

const KEYS = { set: 'register', put: 'value' } as const

/** Three rounds of digests. It takes some 3 s, 17 on the worst network; a peer that could not be reached is left alone for up to a minute. */
const CONVERGENCE_MS = 60_000
/** A clean stop has no reason to take longer: one sync of a slow card and one commit. */
const STOP_MS = 5_000

export class SimulatedRoom {
  readonly time = new SimulatedTime()
  readonly random: SeededRandom
  readonly network: SimulatedNetwork
  readonly devices: SimulatedDevice[] = []
  readonly liar: SimulatedDevice | undefined
  /** Everything that anybody ever tried to write, by its id: what is not in here was never said. */
  readonly #said = new Map<number, string>()
  /** The key of each value that a newer one of the same device may replace. */
  readonly #puts = new Map<number, string>()
  /** Acknowledged, by writer and number and index. */
  readonly #acknowledged = new Map<string, { id: number; by: SimulatedDevice; stamp: Stamp }>()
  /** Of what each device acknowledged, by writer. */
  readonly #newest = new Map<SimulatedDevice, Map<string, { number: number; place: string; id: number }>>()
  readonly #durable = new Map<string, Set<string>>()
  readonly kept = new Map<string, KeptOne>()
  /** Timers that a clean stop left running, with the place that made them where that was watched. */
  readonly forgotten: string[] = []
  /** Successful answers with bytes of a blob, by device and its start, blob and place. */
  readonly fetches = new Map<string, number>()
  readonly #problems: string[] = []
  readonly #convergenceMs: number
  readonly #merges: boolean
  #nextId = 1
  merged = 0
  /** Acknowledged values that are not here any more, since their device has put newer ones. */
  letGo = 0

  constructor(seed: number, init: RoomInit) {
    this.random = seededRandom(seed)
    this.#merges = init.mergeChance !== undefined
    this.#convergenceMs = init.convergenceMs ?? CONVERGENCE_MS
    this.network = new SimulatedNetwork({ time: this.time, random: this.random.fork() }, init.network)
    for (let i = 0; i < init.devices; i++) {
      const isLiar = init.liar !== undefined && i === init.devices - 1
      const random = this.random.fork()
      const device: SimulatedDevice = new SimulatedDevice(
        { time: this.time, network: this.network, random },
        {
          name: `device-${i}${isLiar ? '-liar' : ''}`,
          capacityBytes: 2 ** 30,
          watchTimers: init.watchTimers ?? false,
          merges: init.mergeChance !== undefined,
          diskLatencyMs: random.fraction() * init.diskLatencyMs,
          fold: init.fold ?? factsFold,
          members: () => this.members(),
          ...(isLiar && init.liar ? { tamper: (links) => init.liar?.(links, random.fork()) ?? links } : {}),
          ...(init.tamperJournal ? { tamperJournal: init.tamperJournal } : {}),
          onDurable: (entries) => this.#onDurable(device, entries),
          onFetched: (cid, start) => this.#onFetched(device, cid, start),
          onProblem: (text) => {
            if (!isLiar) this.#problems.push(text)
          }
        }
      )
      if (init.lyingDisks) lieAboutSyncs(device)
      this.devices.push(device)
      if (isLiar) this.liar = device
    }
  }

  get honest(): SimulatedDevice[] {
    return this.devices.filter((device) => device !== this.liar)
  }

  members(): PlacementNode[] {
    return this.devices.map((device) => ({
      node: device.id,
      capacityBytes: 2 ** 30,
      // What a liar says that it keeps is nobody's copy in these checks.
      counts: device !== this.liar,
      keepsAll: false,
      drained: false
    }))
  }

  async run(durationMs: number): Promise<void> {
    await this.time.run(this.time.nowMs + durationMs)
    this.check()
  }

  /** Starts in the background: a device that is cut in the middle of its start never finishes it. */
  start(device: SimulatedDevice, wallMs: number): void {
    this.#watch(`${device.name} starts`, device.start(wallMs))
  }

  async startAll(wallMs: () => number): Promise<void> {
    for (const device of this.devices) if (!device.isOn) this.start(device, wallMs())
    if (!(await this.time.run(this.time.nowMs + 60_000, () => this.devices.every(({ life }) => life !== undefined)))) {
      throw new Error(`not all devices have started: ${this.#problems.join('; ')}`)
    }
  }

  async stop(device: SimulatedDevice): Promise<void> {
    let forgotten: string[] | undefined
    this.#watch(
      `${device.name} stops`,
      device.stop().then((timers) => {
        forgotten = timers
      })
    )
    await this.time.run(this.time.nowMs + STOP_MS, () => forgotten !== undefined)
    // The stop itself lets promises run dry, when no event may be left that would.
    for (let i = 0; i < 3 && forgotten === undefined; i++) await settle()
    if (forgotten === undefined) throw new Error(`${device.name} did not stop within ${STOP_MS} ms`)
    if (forgotten.length > 0) this.forgotten.push(...forgotten.map((where) => `${device.name}: ${where}`))
  }

  /** Somebody writes some facts on a device; whether it is told "saved" is remembered. */
  write(device: SimulatedDevice, count: number): void {
    const { journal } = device.life ?? {}
    if (!journal) return
    const written = Array.from({ length: count }, () => this.#newFact())
    const entries = written.map(({ kind, body }) => ({ topic: TOPIC, kind, version: 1, body }))
    this.#watch(
      `${device.name} appends`,
      journal.append(entries).then((stamps) => {
        for (const [index, stamp] of stamps.entries()) this.#acknowledge(device, stamp, written[index]?.id ?? 0)
      })
    )
  }

  /** The device merges what it wrote, as it would by itself later. */
  merge(device: SimulatedDevice): void {
    const { journal } = device.life ?? {}
    if (!journal) return
    this.#watch(
      `${device.name} merges`,
      journal.compact().then((batches) => {
        this.merged += batches
      })
    )
  }

  /** A file is imported on a device: stored, then named. */
  keep(device: SimulatedDevice, bytes: Uint8Array, copies: number): void {
    const { journal, blobs } = device.life ?? {}
    if (!journal || !blobs) return
    this.#watch(
      `${device.name} imports`,
      (async () => {
        const ref = await blobs.store.put(bytes)
        const policy = copies === 0 ? ({ kind: 'everywhere' } as const) : ({ kind: 'copies', copies } as const)
        const blob: KeptBlob = { cid: ref.cid, sizeBytes: ref.sizeBytes, pieces: ref.pieces, policy }
        const id = this.#nextId++
        const body = blobBody(blob, id)
        this.#said.set(id, textOf(body))
        const [stamp] = await journal.append([{ topic: TOPIC, kind: 'blob', version: 1, body }])
        if (stamp) this.#acknowledge(device, stamp, id)
        this.kept.set(blob.cid, { ...blob, by: device })
      })()
    )
  }

  /** The rules that hold at every moment. */
  check(): void {
    if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'))
    for (const device of this.honest) {
      const { journal, sync } = device.life ?? {}
      if (!journal || !sync) continue
      if (journal.state() !== 'open') throw new Error(`${device.name}: the journal is ${journal.state()}`)
      // Batches of a writer lie one behind the other: the newest stands for those before it.
      for (const [writer, { number, place, id }] of this.#newest.get(device) ?? []) {
        if (journal.exchange.next(writer) <= number) throw new Error(`${device.name} lost ${place} (fact ${id})`)
      }
      this.#checkClaims(device, journal)
    }
  }

  /** "Saved on N devices" may be late, never early. */
  #checkClaims(device: SimulatedDevice, journal: Journal): void {
    for (const [place, { stamp }] of this.#acknowledged) {
      const claimed = journal.copiesElsewhere(stamp)
      if (claimed === 0) continue
      const holders = this.devices.filter((one) => one !== device && this.#durable.get(place)?.has(one.id))
      const liars = this.liar && this.liar !== device ? 1 : 0
      if (claimed > holders.length + liars) {
        throw new Error(`${device.name} claims ${claimed} copies of ${place}, there are ${holders.length}`)
      }
    }
  }

  /** Faults are over: everybody comes back, and within bounded time everybody has everything. */
  async converge(wallMs: () => number): Promise<number> {
    this.network.faults = {
      ...this.network.faults,
      breakRate: 0,
      duplicateRate: 0,
      delayMs: [1, 10],
      noticeMs: [10, 500]
    }
    this.network.healAll()
    await this.startAll(wallMs)
    const startedMs = this.time.nowMs
    const quiet = (): boolean => this.#differences(1).length === 0
    let nextLookMs = 0
    const run = (untilMs: number): Promise<boolean> =>
      this.time.run(untilMs, () => {
        if (this.time.nowMs < nextLookMs) return false
        nextLookMs = this.time.nowMs + 250
        return quiet()
      })
    let done = await run(startedMs + this.#convergenceMs)
    // A part that comes twice, as on no real stream, makes an honest device look like a liar: only then may it take as long as one is left alone.
    if (!done && this.#isWronglySuspected()) done = await run(startedMs + this.#convergenceMs + LIAR_PAUSE_MS)
    this.check()
    if (!done) {
      throw new Error(`not equal ${this.#convergenceMs} ms after the last fault:\n${this.#differences(20).join('\n')}`)
    }
    await this.#checkQuietRoom()
    return this.time.nowMs - startedMs
  }

  #isWronglySuspected(): boolean {
    const honest = new Set(this.honest.map(({ id }) => id))
    return this.honest.some(({ life }) => life?.blobs.distrusted().some((peer) => honest.has(peer)) === true)
  }

  #differences(most: number): string[] {
    const found: string[] = []
    const [first] = this.honest
    const root = first?.life && Buffer.from(first.life.journal.exchange.root()).toString('hex')
    for (const device of this.honest) {
      const { life } = device
      if (!life || found.length >= most) break
      if (Buffer.from(life.journal.exchange.root()).toString('hex') !== root)
        found.push(`${device.name}: another journal`)
      else if (first?.life && factsText(life.facts.state) !== factsText(first.life.facts.state))
        found.push(`${device.name}: other facts from the same journal`)
      else if (stillWrites(life.journal)) found.push(`${device.name}: still writes`)
    }
    for (const blob of this.kept.values()) {
      if (found.length >= most) break
      const holders = this.honest.filter(({ life }) => life?.blobs.store.has(parseCid(blob.cid)))
      const wanted = blob.policy.kind === 'copies' ? blob.policy.copies : this.honest.length
      if (holders.length < Math.min(wanted, this.honest.length))
        found.push(`${blob.cid} (${blob.sizeBytes} bytes) has ${holders.length} of ${wanted} copies`)
    }
    return found
  }

  /** What is only looked at once, because it reads everything. */
  async #checkQuietRoom(): Promise<void> {
    for (const device of this.honest) {
      const { life } = device
      if (!life) throw new Error(`${device.name} is off`)
      const inOrder: Entry[] = []
      for await (const entry of life.journal.entriesOf(TOPIC)) inOrder.push(...factsIn(entry))
      inOrder.sort(compareStamps)
      const expected = expectedFacts(inOrder)
      if (factsText(life.facts.state) !== expected) {
        throw new Error(`${device.name} folded ${factsText(life.facts.state)}\ninstead of ${expected}`)
      }
      const ids = new Set<number>()
      for (const { body } of inOrder) {
        const id = (body as { id: number }).id
        if (this.#said.get(id) !== textOf(body ?? null))
          throw new Error(`${device.name} holds what nobody said: ${JSON.stringify(body)}`)
        if (ids.has(id)) throw new Error(`${device.name} holds fact ${id} twice`)
        ids.add(id)
      }
      for (const [place, { id, by, stamp }] of this.#acknowledged) {
        // What a liar wrote nobody else may ever have understood.
        if (by === this.liar || ids.has(id)) continue
        if (!this.#isOverwritten(id, by, stamp, inOrder))
          throw new Error(`${device.name} never got ${place} (fact ${id})`)
        if (device === this.honest[0]) this.letGo++
      }
      checkStoredBytes(device, life.blobs.store)
    }
  }

  /** A newer value of the same device is here. */
  #isOverwritten(id: number, by: SimulatedDevice, stamp: Stamp, inOrder: readonly Entry[]): boolean {
    const key = this.#puts.get(id)
    return inOrder.some(
      (entry) =>
        entry.kind === 'put' &&
        entry.node === by.id &&
        (entry.body as { key: string }).key === key &&
        compareStamps(stamp, entry) < 0
    )
  }

  #newFact(): { id: number; kind: string; body: { [key: string]: string | number } } {
    const id = this.#nextId++
    const kind = this.random.chance(0.5) ? (this.#merges && this.random.chance(0.5) ? 'put' : 'set') : 'add'
    const pad = this.#merges ? { pad: PAD } : {}
    const body = kind === 'add' ? { id, ...pad } : { id, key: `${KEYS[kind]}-${this.random.below(6)}`, ...pad }
    this.#said.set(id, textOf(body))
    if (kind === 'put' && 'key' in body) this.#puts.set(id, String(body.key))
    return { id, kind, body }
  }

  #acknowledge(device: SimulatedDevice, stamp: Stamp, id: number): void {
    const place = `${stamp.writer} ${stamp.number} ${stamp.index}`
    this.#acknowledged.set(place, { id, by: device, stamp })
    const newest = this.#newest.get(device) ?? new Map<string, { number: number; place: string; id: number }>()
    this.#newest.set(device, newest)
    if ((newest.get(stamp.writer)?.number ?? -1) < stamp.number)
      newest.set(stamp.writer, { number: stamp.number, place, id })
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  #onDurable(device: SimulatedDevice, entries: readonly Entry[]): void {
    for (const { writer, number, index } of entries) {
      const place = `${writer} ${number} ${index}`
      const holders = this.#durable.get(place) ?? new Set()
      this.#durable.set(place, holders)
      holders.add(device.id)
    }
  }

  #onFetched(device: SimulatedDevice, cid: string, start: number): void {
    const key = `${device.name}#${device.starts} ${cid} ${start}`
    this.fetches.set(key, (this.fetches.get(key) ?? 0) + 1)
  }

  /** Work of a device that may never end, because the device did. A refusal is a failure of the run unless the device is stopping. */
  #watch(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      const code = (error as { code?: string }).code
      if (code === 'STOPPED' || code === 'BUSY') return
      this.#problems.push(`${what}: ${error instanceof Error ? error.stack : error}`)
    })
  }
}

function textOf(body: CborValue): string {
  return Buffer.from(encodeCbor(body)).toString('latin1')
}
