/**
 * What nodes tell each other of the moment and nobody stores: stickies and raised hands, how each device is while somebody looks, and what time
 * it is. One stream per link, opened by the dialler. Losing any message loses nothing: on a new link both sides say all they know.
 * Deterministic CBOR, one array per message: [type, …].
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { bytesOfHex, hex, isWhole } from './certificate.ts'
import { type DeviceReport, decodeDeviceReport, encodeDeviceReport, MAX_REPORT_BYTES } from './device-report.ts'
import { JoineryError } from './errors.ts'
import type { NodeId, StreamLimits } from './message-stream.ts'
import { isNodeId } from './node-id.ts'
import type { PersonId } from './people.ts'

export const ROOM_LIVE_PROTOCOL = '/joinery/room-live/1'
export const MAX_ROOM_LIVE_BYTES = MAX_REPORT_BYTES + 1024
export const ROOM_LIVE_LIMITS: StreamLimits = { maxMessageBytes: MAX_ROOM_LIVE_BYTES, idleTimeoutMs: 0 }
/** Of one message; some 60 bytes each. */
export const MAX_SIGNALS_PER_MESSAGE = 250
/** A lesson's changes are thousands; far more than that is an attack on the counter. */
export const MAX_SIGNAL_COUNT = 2 ** 40
/** A look lasts so long unless it is renewed. */
export const MAX_WATCH_MS = 60_000
const PERSON_BYTES = 16
const BOOT_ID = /^[0-9a-f]{32}$/
/** Year 2100: a browser that believes in a later one is wrong. */
export const MAX_WALL_MS = Date.UTC(2100, 0, 1)

const SIGNALS = 0
const WATCH = 1
const REPORT = 2
const PING = 3
const PONG = 4
const CLOCK = 5

/** The Carpentries' stickies: green = done, red = I need help. */
export type Sticky = 'green' | 'red'
const STICKIES: readonly (Sticky | undefined)[] = [undefined, 'green', 'red']

/** What one person shows. Of two of one person the higher `count` holds, of equal ones the higher `by`. */
export interface Signal {
  person: PersonId
  /** Grows with every change in the room. */
  count: number
  /** The node where it was set. */
  by: NodeId
  sticky?: Sticky
  hand: boolean
  /** Since it was set: every node counts on with its own clock that never goes back. */
  ageMs: number
}

export type RoomLiveMessage =
  /** Signals up to `floor` are down: the facilitator took all of them away. */
  | { kind: 'signals'; floor: number; signals: Signal[] }
  /** Somebody looks at the room at `watcher`. */
  | { kind: 'watch'; watcher: NodeId; bootId: string; round: number; forMs: number }
  | { kind: 'report'; node: NodeId; bootId: string; round: number; ageMs: number; report: DeviceReport }
  /** Filled to `fillBytes`, to see how fast the link is. */
  | { kind: 'ping'; nonce: number; fillBytes: number }
  | { kind: 'pong'; nonce: number }
  /** The room's time, set by a person; the higher `count` holds. */
  | { kind: 'clock'; count: number; wallMs: number }
  | { kind: 'unknown' }

export function encodeRoomLive(message: Exclude<RoomLiveMessage, { kind: 'unknown' }>): Uint8Array {
  switch (message.kind) {
    case 'signals':
      return encodeCbor([
        SIGNALS,
        message.floor,
        message.signals.map(({ person, count, by, sticky, hand, ageMs }) => [
          ...[bytesOfHex(person), count, by, STICKIES.indexOf(sticky), hand, Math.round(ageMs)]
        ])
      ])
    case 'watch':
      return encodeCbor([WATCH, message.watcher, message.bootId, message.round, message.forMs])
    case 'report':
      return encodeCbor([
        ...[REPORT, message.node, message.bootId, message.round, Math.round(message.ageMs)],
        encodeDeviceReport(message.report)
      ])
    case 'ping':
      return encodeCbor([PING, message.nonce, new Uint8Array(message.fillBytes)])
    case 'pong':
      return encodeCbor([PONG, message.nonce])
    case 'clock':
      return encodeCbor([CLOCK, message.count, message.wallMs])
  }
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeRoomLive(bytes: Uint8Array): RoomLiveMessage {
  const value = decodeCbor(bytes, MAX_ROOM_LIVE_BYTES)
  if (!Array.isArray(value) || typeof value[0] !== 'number') throw malformed()
  const [type, ...parts] = value
  switch (type) {
    case SIGNALS: {
      const [floor, list] = parts
      if (!isCount(floor) || !Array.isArray(list) || list.length > MAX_SIGNALS_PER_MESSAGE) throw malformed()
      return { kind: 'signals', floor, signals: list.map(decodeSignal) }
    }
    case WATCH: {
      const [watcher, bootId, round, forMs] = parts
      if (!isNode(watcher) || !isBootId(bootId) || !isCount(round) || !isWhole(forMs, 0, MAX_WATCH_MS))
        throw malformed()
      return { kind: 'watch', watcher, bootId, round, forMs }
    }
    case REPORT: {
      const [node, bootId, round, ageMs, body] = parts
      const report = decodeDeviceReport(body)
      if (!isNode(node) || !isBootId(bootId) || !isCount(round)) throw malformed()
      if (!isCount(ageMs) || !report) throw malformed()
      return { kind: 'report', node, bootId, round, ageMs, report }
    }
    case PING: {
      const [nonce, fill] = parts
      if (!isCount(nonce) || !(fill instanceof Uint8Array)) throw malformed()
      return { kind: 'ping', nonce, fillBytes: fill.length }
    }
    case PONG:
      if (!isCount(parts[0])) throw malformed()
      return { kind: 'pong', nonce: parts[0] }
    case CLOCK: {
      const [count, wallMs] = parts
      if (!isCount(count) || !isWhole(wallMs, 0, MAX_WALL_MS)) throw malformed()
      return { kind: 'clock', count, wallMs }
    }
    default:
      return { kind: 'unknown' }
  }
}

function decodeSignal(value: CborValue): Signal {
  if (!Array.isArray(value) || value.length !== 6) throw malformed()
  const [person, count, by, sticky, hand, ageMs] = value
  if (!(person instanceof Uint8Array) || person.length !== PERSON_BYTES || !isCount(count) || !isNode(by))
    throw malformed()
  if (!isWhole(sticky, 0, STICKIES.length - 1) || typeof hand !== 'boolean' || !isWhole(ageMs, 0, 2 ** 40))
    throw malformed()
  const shown = STICKIES[sticky]
  return { person: hex(person), count, by, ...(shown && { sticky: shown }), hand, ageMs }
}

function isCount(value: CborValue | undefined): value is number {
  return isWhole(value, 0, MAX_SIGNAL_COUNT)
}

function isNode(value: CborValue | undefined): value is NodeId {
  return typeof value === 'string' && isNodeId(value)
}

function isBootId(value: CborValue | undefined): value is string {
  return typeof value === 'string' && BOOT_ID.test(value)
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not a message about the moment')
}
