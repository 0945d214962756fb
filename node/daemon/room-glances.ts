/** The room at a glance, put together from the overview, from what devices said of themselves, and from who shows a sticky. */
import type { DeviceReport } from '../../protocols/device-report.ts'
import type { PersonId } from '../../protocols/people.ts'
import type {
  CollectionGlance,
  DeviceGlance,
  HourGlance,
  PersonSignalGlance,
  PresentGlance,
  RecoveredGlance,
  RoomGlance,
  SignalsGlance
} from '../../protocols/room-glance.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'
import type { ReportLine } from '../live/index.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

const MINUTE_MS = 60_000
/** Counting the copies of 75,000 files takes some 50 ms, and more on a board: a hundredth of the time goes into it, and a small room is told at once. */
const COPIES_PAUSE = { least: 1_000, most: 15_000, perCountingMs: 100 }
const MAX_COLLECTIONS = 32
/** Whoever holds a card can renew many codes: more say no more to a reader. */
const MAX_RECOVERED = 20
const MEGABYTE = 1e6
/** Clocks of devices are compared by messages that take a moment. */
const CLOCK_GRAIN_MS = 10_000

interface Copies {
  fewest: number
  single: number
}

export class RoomGlances {
  readonly #slot: RoomSlot
  readonly #overview: () => Promise<RoomOverview>
  #copies: { of: RoomRuntime; untilMs: number; byName: Map<string, Copies> } | undefined

  constructor(slot: RoomSlot, overview: () => Promise<RoomOverview>) {
    this.#slot = slot
    this.#overview = overview
  }

  async glance(): Promise<RoomGlance> {
    const overview = await this.#overview()
    const { current, device } = this.#slot
    const clock = current?.roomClock ?? device.clock
    const reports = new Map((current?.live?.reports() ?? []).map((line) => [line.node, line]))
    const nowMs = clock.wallMs()
    return {
      ...(overview.room && { room: overview.room }),
      timeMs: inMinutes(nowMs),
      timeIsSet: (current?.roomClock.count ?? 0) > 0,
      devices: overview.devices.map((one) => deviceGlance(one, reports.get(one.id), nowMs)),
      hours: Object.fromEntries(
        [...reports].flatMap(([id, { report }]) => (report.hour ? [[id, hourGlance(report.hour)]] : []))
      ),
      collections: current ? this.#collections(current, reports) : [],
      waiting: overview.waiting,
      neighbours: overview.neighbours,
      wanted: overview.wanted,
      ...(overview.fetching && { fetching: overview.fetching }),
      signals: signalsGlance(current),
      recovered: current ? recoveredGlances(current) : [],
      present: current ? presentGlances(current, reports) : {}
    }
  }

  #collections(runtime: RoomRuntime, reports: ReadonlyMap<string, ReportLine>): CollectionGlance[] {
    const copies = this.#countCopies(runtime)
    return runtime.collections
      .summary()
      .slice(0, MAX_COLLECTIONS)
      .map(({ collection: name, files, sizeBytes }) => {
        const held = [...reports].flatMap(([id, { report }]) => {
          const own = report.collections.find((one) => one.name === name)
          return own && own.heldFiles > 0 ? [{ id, files: own.heldFiles }] : []
        })
        const { fewest = 0, single = 0 } = copies.get(name) ?? {}
        return { name, files, sizeBytes, fewestCopies: fewest, singleFiles: single, held }
      })
  }

  #countCopies(runtime: RoomRuntime): Map<string, Copies> {
    const { clock } = this.#slot.device
    const atMs = clock.monotonicMs()
    if (this.#copies?.of === runtime && atMs < this.#copies.untilMs) return this.#copies.byName
    const byName = new Map<string, Copies>()
    for (const { collection } of runtime.collections.summary().slice(0, MAX_COLLECTIONS)) {
      const sum: Copies = { fewest: Number.MAX_SAFE_INTEGER, single: 0 }
      for (const { cid } of runtime.collections.list(collection)) {
        const copies = runtime.blobs.copiesOf(cid)
        sum.fewest = Math.min(sum.fewest, copies)
        if (copies < 2) sum.single++
      }
      if (sum.fewest < Number.MAX_SAFE_INTEGER) byName.set(collection, sum)
    }
    const { least, most, perCountingMs } = COPIES_PAUSE
    const doneMs = clock.monotonicMs()
    const pauseMs = Math.min(most, Math.max(least, (doneMs - atMs) * perCountingMs))
    this.#copies = { of: runtime, untilMs: doneMs + pauseMs, byName }
    return byName
  }
}

function deviceGlance(
  overview: RoomOverview['devices'][number],
  line: ReportLine | undefined,
  nowMs: number
): DeviceGlance {
  const { report, ageMs = 0 } = line ?? {}
  const { remainingMs, ...rest } = overview
  const leftMs = report?.remainingMs ?? remainingMs
  return {
    ...rest,
    usedBytes: rounded(overview.usedBytes, MEGABYTE),
    missingBytes: rounded(overview.missingBytes, MEGABYTE),
    ...(leftMs !== undefined && overview.missingBytes > 0 && { remainingMs: inMinutes(leftMs + MINUTE_MS - 1) }),
    ...(report && { figures: figuresOf(report, ageMs, nowMs) }),
    sees: (report?.links ?? []).map(({ node, roundTripMs, bytesPerSecond }) => ({
      id: node,
      ...(roundTripMs !== undefined && { roundTripMs: aboutRight(roundTripMs) }),
      ...(bytesPerSecond !== undefined && { bytesPerSecond: aboutRight(bytesPerSecond) })
    })),
    warnings: report?.warnings ?? []
  }
}

function figuresOf(report: DeviceReport, ageMs: number, nowMs: number): NonNullable<DeviceGlance['figures']> {
  const { board, version, temperatureC, clients, loadPercent, bytesPerSecond } = report
  return {
    ...{ board, version, loadPercent },
    uptimeMs: inMinutes(report.uptimeMs),
    memoryBytes: rounded(report.memoryBytes, MEGABYTE),
    memoryFreeBytes: aboutRight(report.memoryFreeBytes),
    diskBytes: rounded(report.diskBytes, MEGABYTE),
    diskFreeBytes: aboutRight(report.diskFreeBytes),
    ...(temperatureC !== undefined && { temperatureC }),
    ...(clients && { clients }),
    clockOffMs: rounded(report.wallMs + ageMs - nowMs, CLOCK_GRAIN_MS),
    bytesPerSecond: aboutRight(bytesPerSecond)
  }
}

function hourGlance({ load, memory, sent }: NonNullable<DeviceReport['hour']>): HourGlance {
  return { load: hexOf(load), memory: hexOf(memory), sent: hexOf(sent) }
}

function hexOf(samples: Uint8Array): string {
  return Buffer.from(samples).toString('hex')
}

function signalsGlance(runtime: RoomRuntime | undefined): SignalsGlance {
  const glance: SignalsGlance = { green: 0, red: 0, hands: 0, learners: 0, people: [] }
  if (!runtime) return glance
  for (const { role } of runtime.people.list()) if (role === 'learner') glance.learners++
  for (const { person: id, sticky, hand, ageMs } of runtime.live?.signals() ?? []) {
    const person = runtime.people.person(id)
    // Somebody who was removed, or whose account has not come yet.
    if (!person) continue
    if (sticky) glance[sticky]++
    if (hand) glance.hands++
    const { name, shownName } = person
    glance.people.push({ name, shownName, ...(sticky && { sticky }), hand, ageMs: inMinutes(ageMs) })
  }
  glance.people.sort((a, b) => urgency(a) - urgency(b))
  return glance
}

function recoveredGlances({ people, membership }: RoomRuntime): RecoveredGlance[] {
  const { members } = membership.view()
  return people
    .recovered()
    .slice(0, MAX_RECOVERED)
    .map(({ person, node }) => ({ person: person.shownName, device: members.get(node)?.name || node.slice(-8) }))
}

/** Who has a page open on which device, and who shows something wherever they are. */
function presentGlances(
  { people, live }: RoomRuntime,
  reports: ReadonlyMap<string, ReportLine>
): RoomGlance['present'] {
  const present: { [person: string]: PresentGlance } = {}
  const of = (id: PersonId): PresentGlance | undefined => {
    const person = people.person(id)
    if (!person) return undefined
    present[id] ??= { shownName: person.shownName, at: [], hand: false }
    return present[id]
  }
  for (const [id, { report, ageMs }] of reports) {
    for (const { person, forMs, awayMs } of report.people ?? []) {
      const away = awayMs === 0 ? 0 : inMinutes(awayMs + ageMs)
      of(person)?.at.push({ id, sinceMs: inMinutes(forMs + ageMs), awayMs: away })
    }
  }
  for (const { person, sticky, hand, ageMs } of live?.signals() ?? []) {
    const one = of(person)
    if (one) Object.assign(one, { ...(sticky && { sticky }), hand, signalMs: inMinutes(ageMs) })
  }
  return present
}

/** The order of those who wait alike stays: the longest first. */
function urgency({ hand, sticky }: PersonSignalGlance): number {
  return sticky === 'red' ? 0 : hand ? 1 : 2
}

function inMinutes(ms: number): number {
  return rounded(ms, MINUTE_MS)
}

function rounded(value: number, to: number): number {
  return Math.floor(value / to) * to
}

/** Two digits are enough for the eye, and jump about less. */
function aboutRight(value: number): number {
  return value < 100 ? Math.round(value) : Number(value.toPrecision(2))
}
