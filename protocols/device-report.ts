/**
 * What a device tells the others of itself while somebody looks at the room: how it is, whom it sees, and what it lacks. Nothing of it is stored.
 * A CBOR map; unknown keys are ignored, so that a newer device may say more.
 */
import { type CborValue, isCborMap } from './cbor.ts'
import { bytesOfHex, hex, isBytes, isWhole } from './certificate.ts'
import type { NodeId } from './message-stream.ts'
import { isNodeId } from './node-id.ts'
import type { PersonId } from './people.ts'

/** Everything of 160 links, 32 collections and 300 people fits. */
export const MAX_REPORT_BYTES = 32 * 1024
export const MAX_REPORT_LINKS = 160
export const MAX_REPORT_COLLECTIONS = 32
export const MAX_REPORT_WARNINGS = 16
/** Who has a page of the device open: more than its radio, or a class, has. Some 28 bytes each. */
export const MAX_REPORT_PEOPLE = 300
const PERSON_BYTES = 16
/** A year, in seconds. */
const MAX_VISIT_SECONDS = 366 * 24 * 3600
const MAX_TEXT_CHARACTERS = 96
/** Minutes of the last hour. */
export const HOUR_SAMPLES = 60
const CODE = /^[A-Z][A-Z0-9_]{1,39}$/

/** How a device sees one of its links. */
export interface LinkReport {
  node: NodeId
  /** There and back, as measured last; absent before that. */
  roundTripMs?: number
  /** What came from there at the last larger piece; absent when nothing did. */
  bytesPerSecond?: number
}

export interface CollectionReport {
  name: string
  /** Of its files, on this device. */
  heldFiles: number
}

/** Samples of the last hour, one a minute, the newest last; fewer after a start. A byte each. */
export interface HourReport {
  /** Load of all cores together in per cent, 255 at most. */
  load: Uint8Array
  /** Memory in use in per cent. */
  memory: Uint8Array
  /** Bytes a second that left the device: 8 × log2(1 + bytes a second). */
  sent: Uint8Array
}

/** Somebody who has a page of the device open, or had a moment ago. */
export interface PresenceReport {
  person: PersonId
  /** How long the visit has lasted. In whole seconds on the wire. */
  forMs: number
  /** Since a page was in sight; 0 while one is. */
  awayMs: number
}

export interface DeviceReport {
  /** Kind of board, such as `Raspberry Pi 4 Model B Rev 1.4`; empty when it does not say. */
  board: string
  version: string
  uptimeMs: number
  cores: number
  /** Of the last minute, in per cent of all cores. */
  loadPercent: number
  memoryBytes: number
  memoryFreeBytes: number
  diskBytes: number
  diskFreeBytes: number
  temperatureC?: number
  /** People on its own Wi-Fi, and how many its radio takes. */
  clients?: { now: number; most?: number }
  /** Time as this device shows it to people. */
  wallMs: number
  missingBytes: number
  /** Comes in now. */
  bytesPerSecond: number
  remainingMs?: number
  links: LinkReport[]
  collections: CollectionReport[]
  /** Codes of what is wrong with it. */
  warnings: string[]
  hour?: HourReport
  /** Only for those who help; absent: it does not say. */
  people?: PresenceReport[]
}

export function encodeDeviceReport(report: DeviceReport): CborValue {
  const { clients, links, collections, hour, people, ...rest } = report
  return {
    ...rest,
    ...(clients && { clients: { ...clients } }),
    links: links.map((link) => ({ ...link })),
    collections: collections.map(({ name, heldFiles }) => [name, heldFiles]),
    ...(hour && { hour: [hour.load, hour.memory, hour.sent] }),
    ...(people && {
      people: people.map(({ person, forMs, awayMs }) => [...[bytesOfHex(person), inSeconds(forMs), inSeconds(awayMs)]])
    })
  }
}

/** @returns undefined for what does not have this shape */
export function decodeDeviceReport(value: CborValue | undefined): DeviceReport | undefined {
  if (!isCborMap(value)) return undefined
  const { board, version, uptimeMs, cores, loadPercent, memoryBytes, memoryFreeBytes, diskBytes, diskFreeBytes } = value
  const { wallMs, missingBytes, bytesPerSecond, temperatureC, remainingMs } = value
  if (!isText(board) || !isText(version) || !isCount(uptimeMs) || !isWhole(cores, 1, 4096)) return undefined
  if (!isCount(loadPercent) || !isCount(memoryBytes) || !isCount(memoryFreeBytes)) return undefined
  if (!isCount(diskBytes) || !isCount(diskFreeBytes) || !isCount(missingBytes) || !isCount(bytesPerSecond))
    return undefined
  if (typeof wallMs !== 'number' || !Number.isSafeInteger(wallMs)) return undefined
  if (temperatureC !== undefined && !isWhole(temperatureC, 0, 200)) return undefined
  if (remainingMs !== undefined && !isCount(remainingMs)) return undefined
  const clients = value.clients === undefined ? undefined : decodeClients(value.clients)
  const links = decodeList(value.links, MAX_REPORT_LINKS, decodeLink)
  const collections = decodeList(value.collections, MAX_REPORT_COLLECTIONS, decodeCollection)
  const warnings = decodeList(value.warnings, MAX_REPORT_WARNINGS, (code) =>
    typeof code === 'string' && CODE.test(code) ? code : undefined
  )
  const hour = value.hour === undefined ? undefined : decodeHour(value.hour)
  const people = value.people === undefined ? undefined : decodeList(value.people, MAX_REPORT_PEOPLE, decodePresence)
  if (!links || !collections || !warnings) return undefined
  if (value.people !== undefined && !people) return undefined
  if ((value.clients !== undefined && !clients) || (value.hour !== undefined && !hour)) return undefined
  return {
    ...{ board, version, uptimeMs, cores, loadPercent, memoryBytes, memoryFreeBytes, diskBytes, diskFreeBytes },
    ...{ wallMs, missingBytes, bytesPerSecond, links, collections, warnings },
    ...(temperatureC !== undefined && { temperatureC }),
    ...(remainingMs !== undefined && { remainingMs }),
    ...(clients && { clients }),
    ...(hour && { hour }),
    ...(people && { people })
  }
}

function decodeClients(value: CborValue): { now: number; most?: number } | undefined {
  if (!isCborMap(value) || !isWhole(value.now, 0, 10_000)) return undefined
  if (value.most === undefined) return { now: value.now }
  return isWhole(value.most, 0, 10_000) ? { now: value.now, most: value.most } : undefined
}

function decodeLink(value: CborValue): LinkReport | undefined {
  if (!isCborMap(value) || typeof value.node !== 'string' || !isNodeId(value.node)) return undefined
  const { node, roundTripMs, bytesPerSecond } = value
  if (roundTripMs !== undefined && !isCount(roundTripMs)) return undefined
  if (bytesPerSecond !== undefined && !isCount(bytesPerSecond)) return undefined
  return {
    node,
    ...(roundTripMs !== undefined && { roundTripMs }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond })
  }
}

function decodeCollection(value: CborValue): CollectionReport | undefined {
  if (!Array.isArray(value)) return undefined
  const [name, heldFiles] = value
  return isText(name) && isCount(heldFiles) ? { name, heldFiles } : undefined
}

function inSeconds(ms: number): number {
  return Math.min(Math.floor(ms / 1000), MAX_VISIT_SECONDS)
}

function decodePresence(value: CborValue): PresenceReport | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [person, forSeconds, awaySeconds] = value
  if (!isBytes(person, PERSON_BYTES) || !isWhole(forSeconds, 0, MAX_VISIT_SECONDS)) return undefined
  if (!isWhole(awaySeconds, 0, MAX_VISIT_SECONDS)) return undefined
  return { person: hex(person), forMs: forSeconds * 1000, awayMs: awaySeconds * 1000 }
}

function decodeHour(value: CborValue): HourReport | undefined {
  if (!Array.isArray(value)) return undefined
  const [load, memory, sent] = value
  return isSamples(load) && isSamples(memory) && isSamples(sent) ? { load, memory, sent } : undefined
}

function decodeList<Item>(
  value: CborValue | undefined,
  most: number,
  decode: (item: CborValue) => Item | undefined
): Item[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined
  const items = value.map(decode)
  return items.every((item) => item !== undefined) ? items : undefined
}

function isText(value: CborValue | undefined): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS && !/\p{Cc}/u.test(value)
}

function isCount(value: CborValue | undefined): value is number {
  return isWhole(value, 0, Number.MAX_SAFE_INTEGER)
}

function isSamples(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length <= HOUR_SAMPLES
}
