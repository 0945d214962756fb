/**
 * The room at a glance, as its dashboard, `joinery top` and `joinery status` show it: the overview and what devices said of themselves a moment ago.
 * Figures are rounded, so that what does not matter to a person is no change. Plain data.
 */
import type {
  DeviceOverview,
  FetchingOverview,
  NeighbourOverview,
  RoomOverview,
  WaitingDevice,
  WantedOverview
} from './room-overview.ts'

/** What a device said of itself within the last minute. */
export interface DeviceFiguresGlance {
  /** Kind of board; empty when it does not say. */
  board: string
  version: string
  /** Of the program, in whole minutes. */
  uptimeMs: number
  loadPercent: number
  memoryBytes: number
  memoryFreeBytes: number
  diskBytes: number
  diskFreeBytes: number
  temperatureC?: number
  /** People on its own Wi-Fi, and how many its radio takes. */
  clients?: { now: number; most?: number }
  /** How far the time that it shows is from that of the device that answers. */
  clockOffMs: number
  /** Comes in now. */
  bytesPerSecond: number
}

/** How a device sees another one. */
export interface SightGlance {
  id: string
  roundTripMs?: number
  bytesPerSecond?: number
}

export interface DeviceGlance extends DeviceOverview {
  /** Absent when it has said nothing. */
  figures?: DeviceFiguresGlance
  sees: SightGlance[]
  /** Codes of what is wrong with it, as it says itself. */
  warnings: string[]
}

/** Samples of the last hour, one a minute, the newest last; each a byte as two hex digits. See `HourReport`. */
export interface HourGlance {
  load: string
  memory: string
  sent: string
}

export interface CollectionGlance {
  name: string
  files: number
  sizeBytes: number
  /** Of the file that has the fewest. */
  fewestCopies: number
  /** Files that one device alone holds. */
  singleFiles: number
  /** Devices and how many of its files they hold. */
  held: { id: string; files: number }[]
}

export interface PersonSignalGlance {
  name: string
  shownName: string
  sticky?: 'green' | 'red'
  hand: boolean
  /** In whole minutes. */
  ageMs: number
}

/** Where somebody has a page open, or had within the last half an hour. Times in whole minutes. */
export interface PlaceGlance {
  /** The device. */
  id: string
  /** How long the visit has lasted. */
  sinceMs: number
  /** Since a page was in sight; 0 while one is. */
  awayMs: number
}

/** Somebody who is here, or shows something. */
export interface PresentGlance {
  shownName: string
  /** Nowhere: their pages are closed, and what they showed stands. */
  at: PlaceGlance[]
  sticky?: 'green' | 'red'
  hand: boolean
  /** How long they show it, in whole minutes. */
  signalMs?: number
}

export interface SignalsGlance {
  green: number
  red: number
  hands: number
  /** Everybody who could show something. */
  learners: number
  /** Whoever shows red or a hand first, then the longest first; only for those who help. */
  people: PersonSignalGlance[]
}

/** Whose code was made from the card of a device, and which; names. */
export interface RecoveredGlance {
  person: string
  device: string
}

export interface RoomGlance {
  room?: { id: string; name: string }
  /** The time of the room, in whole minutes. */
  timeMs: number
  /** A person has set it. */
  timeIsSet: boolean
  devices: DeviceGlance[]
  /** By device. */
  hours: { [id: string]: HourGlance }
  collections: CollectionGlance[]
  waiting: WaitingDevice[]
  neighbours: NeighbourOverview[]
  wanted: WantedOverview[]
  fetching?: FetchingOverview
  signals: SignalsGlance
  /** Only for those who help; absent where nobody says. */
  recovered?: RecoveredGlance[]
  /** By the person's id; only for those who help. */
  present: { [person: string]: PresentGlance }
}

/** Where nobody says how devices are. */
export function glanceOfOverview({ room, devices, waiting, neighbours, wanted, fetching }: RoomOverview): RoomGlance {
  return {
    ...(room && { room }),
    ...(fetching && { fetching }),
    ...{ timeMs: 0, timeIsSet: false, hours: {}, collections: [], waiting, neighbours, wanted },
    devices: devices.map((device) => ({ ...device, sees: [], warnings: [] })),
    signals: { green: 0, red: 0, hands: 0, learners: 0, people: [] },
    present: {}
  }
}

/** What changed. A part that is not there did not. */
export interface GlanceChange {
  /** Everything; the first of a stream. */
  whole?: RoomGlance
  /** Ids in order, when devices came, went or changed places. */
  order?: string[]
  devices?: DeviceGlance[]
  hours?: { [id: string]: HourGlance }
  /** Null: gone. */
  present?: { [person: string]: PresentGlance | null }
  parts?: Partial<Omit<RoomGlance, 'devices' | 'hours' | 'present'>>
}

const PARTS = [
  'room',
  'timeMs',
  'timeIsSet',
  'collections',
  'waiting',
  'neighbours',
  'wanted',
  'fetching',
  'signals',
  'recovered'
] as const

/** @returns undefined when nothing did */
export function changeBetween(before: RoomGlance | undefined, after: RoomGlance): GlanceChange | undefined {
  if (!before) return { whole: after }
  // A room is left or entered once a day; a part that goes has no other way to be told.
  if (before.room !== undefined && after.room === undefined) return { whole: after }
  const change: GlanceChange = {}
  const order = after.devices.map(({ id }) => id)
  if (
    !same(
      order,
      before.devices.map(({ id }) => id)
    )
  )
    change.order = order
  const known = new Map(before.devices.map((device) => [device.id, device]))
  const devices = after.devices.filter((device) => !same(device, known.get(device.id)))
  if (devices.length > 0) change.devices = devices
  const hours = Object.entries(after.hours).filter(([id, hour]) => !same(hour, before.hours[id]))
  if (hours.length > 0) change.hours = Object.fromEntries(hours)
  const present = Object.entries(after.present).filter(([id, one]) => !same(one, before.present[id]))
  const gone = Object.keys(before.present).filter((id) => !Object.hasOwn(after.present, id))
  if (present.length + gone.length > 0)
    change.present = { ...Object.fromEntries(present), ...Object.fromEntries(gone.map((id) => [id, null])) }
  const parts = PARTS.filter((part) => !same(before[part], after[part]))
  if (parts.length > 0) change.parts = Object.fromEntries(parts.map((part) => [part, after[part]]))
  return Object.keys(change).length > 0 ? change : undefined
}

/** What a page or a terminal knows after a change. @returns undefined before the first whole one */
export function afterChange(before: RoomGlance | undefined, change: GlanceChange): RoomGlance | undefined {
  if (change.whole) return change.whole
  if (!before) return undefined
  const devices = new Map(before.devices.map((device) => [device.id, device]))
  for (const device of change.devices ?? []) devices.set(device.id, device)
  const order = change.order ?? before.devices.map(({ id }) => id)
  const hours = { ...before.hours, ...change.hours }
  for (const id of Object.keys(hours)) if (!order.includes(id)) delete hours[id]
  const present = { ...before.present }
  for (const [id, one] of Object.entries(change.present ?? {})) {
    if (one) present[id] = one
    else delete present[id]
  }
  return {
    ...before,
    ...change.parts,
    present,
    devices: order.flatMap((id) => devices.get(id) ?? []),
    hours
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Something that a person should look at. The words are where it is shown. */
export interface RoomWarning {
  code: string
  /** Name of the device that it is about. */
  device?: string
  /** Shown name of the person that it is about. */
  person?: string
  collection?: string
  count?: number
}

/** Two clocks that are further apart than this confuse people. */
const CLOCKS_APART_MS = 2 * 60_000

/** What is wrong in the room, worst first: what devices say of themselves, and what only shows when one looks at all of them. */
export function warningsOf(glance: RoomGlance): RoomWarning[] {
  const warnings: RoomWarning[] = []
  const seen = new Set(glance.devices.flatMap(({ sees }) => sees.map(({ id }) => id)))
  for (const device of glance.devices) {
    const { name, connected, self, id, figures } = device
    if (device.role !== 'cloud' && !self && !connected && !seen.has(id))
      warnings.push({ code: 'UNREACHABLE', device: name })
    for (const code of device.warnings) warnings.push({ code, device: name })
    if (figures && Math.abs(figures.clockOffMs) > CLOCKS_APART_MS && !device.warnings.includes('CLOCK_WRONG'))
      warnings.push({ code: 'CLOCK_DIFFERS', device: name })
  }
  for (const { person, device } of glance.recovered ?? []) warnings.push({ code: 'CODE_RECOVERED', device, person })
  const versions = new Set(glance.devices.flatMap(({ figures }) => figures?.version ?? []))
  if (versions.size > 1) warnings.push({ code: 'VERSIONS_DIFFER', count: versions.size })
  // With one device there is nothing to be done about it but to add another one.
  const isAlone = glance.devices.filter(({ role }) => role === 'node').length < 2
  for (const { name, singleFiles } of glance.collections)
    if (singleFiles > 0 && !isAlone) warnings.push({ code: 'ONE_COPY', collection: name, count: singleFiles })
  if (isAlone && glance.collections.some(({ files }) => files > 0)) warnings.push({ code: 'ONE_DEVICE' })
  return warnings.sort((a, b) => weight(a.code) - weight(b.code))
}

const WORST_FIRST = [
  ...['DISK_FAILED', 'DISK_NEARLY_FULL', 'UNDER_VOLTAGE', 'TOO_HOT', 'CARD_COPIED', 'CODE_RECOVERED', 'UPDATE_NEEDED'],
  ...['CLIENT_ISOLATION', 'MULTICAST_BLOCKED', 'UNREACHABLE', 'RADIO_FULL', 'ONE_COPY']
]

function weight(code: string): number {
  const at = WORST_FIRST.indexOf(code)
  return at < 0 ? WORST_FIRST.length : at
}
