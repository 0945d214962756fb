import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  HOUR_SAMPLES,
  MAX_REPORT_COLLECTIONS,
  MAX_REPORT_LINKS,
  MAX_REPORT_PEOPLE,
  MAX_REPORT_WARNINGS,
  type PresenceReport
} from '../../../protocols/device-report.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  decodeRoomLive,
  encodeRoomLive,
  MAX_ROOM_LIVE_BYTES,
  MAX_SIGNALS_PER_MESSAGE,
  MAX_WALL_MS,
  MAX_WATCH_MS,
  type RoomLiveMessage,
  type Signal
} from '../../../protocols/room-live.ts'
import { hostileBytes, INPUTS } from '../mesh/hostile-bytes.ts'
import { nodeOf } from '../room/room-kit.ts'
import { personOf, reportOf } from './live-kit.ts'

type Known = Exclude<RoomLiveMessage, { kind: 'unknown' }>

const BOOT = 'ab'.repeat(16)
const signal = (number: number, more: Partial<Signal> = {}): Signal => ({
  ...{ person: personOf(number), count: number + 1, by: nodeOf('a'), sticky: 'red', hand: true, ageMs: 5_000 },
  ...more
})
const report = (more: Parameters<typeof reportOf>[0] = {}): Known => ({
  ...{ kind: 'report', node: nodeOf('a'), bootId: BOOT, round: 7, ageMs: 1_200 },
  report: reportOf(more)
})
const hour = { load: new Uint8Array(HOUR_SAMPLES), memory: new Uint8Array(3), sent: new Uint8Array(0) }

const people = (count: number): PresenceReport[] =>
  Array.from({ length: count }, (_, at) => ({ person: personOf(at), forMs: 1_000 * at, awayMs: 366 * 24 * 3_600_000 }))

const VALID: Known[] = [
  {
    kind: 'signals',
    floor: 3,
    signals: [signal(1), { person: personOf(2), count: 9, by: nodeOf('b'), hand: false, ageMs: 0 }]
  },
  { kind: 'watch', watcher: nodeOf('a'), bootId: BOOT, round: 4, forMs: MAX_WATCH_MS },
  report({ links: [{ node: nodeOf('b'), roundTripMs: 12, bytesPerSecond: 3e6 }, { node: nodeOf('c') }], hour }),
  report({ people: people(2) }),
  { kind: 'ping', nonce: 5, fillBytes: 100 },
  { kind: 'pong', nonce: 5 },
  { kind: 'clock', count: 2, wallMs: 1_790_000_000_000 }
]

describe('what devices tell each other of the moment', () => {
  test('is decoded or refused with a code, whatever the bytes; what was decoded means the same on the next device', () => {
    const encoded = VALID.map(encodeRoomLive)
    for (const [at, message] of VALID.entries()) expect(decodeRoomLive(encoded[at] as Uint8Array)).toEqual(message)
    let refused = 0
    fc.assert(
      fc.property(hostileBytes(encoded), (bytes) => {
        let message: RoomLiveMessage
        try {
          message = decodeRoomLive(bytes)
        } catch (error) {
          if (!(error instanceof JoineryError)) throw error
          refused++
          return
        }
        // Kinds and keys of a newer device are passed over.
        if (message.kind === 'unknown') return
        if (!isDeepStrictEqual(decodeRoomLive(encodeRoomLive(message)), message))
          throw new Error('it changed on the way')
      }),
      { numRuns: INPUTS }
    )
    expect(refused).toBeGreaterThan(INPUTS / 10)
  })

  test('passes at each limit and not one past it', () => {
    const links = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ node: nodeOf(`n${at}`), roundTripMs: 3 }))
    const collections = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `c${at}`, heldFiles: at }))
    const warnings = (count: number) => Array.from({ length: count }, (_, at) => `WARNING_${at}`)
    const signals = (count: number) => Array.from({ length: count }, (_, at) => signal(at))
    const atLimit: [Known, Known][] = [
      [
        { kind: 'signals', floor: 0, signals: signals(MAX_SIGNALS_PER_MESSAGE) },
        { kind: 'signals', floor: 0, signals: signals(MAX_SIGNALS_PER_MESSAGE + 1) }
      ],
      [report({ links: links(MAX_REPORT_LINKS) }), report({ links: links(MAX_REPORT_LINKS + 1) })],
      [
        report({ collections: collections(MAX_REPORT_COLLECTIONS) }),
        report({ collections: collections(MAX_REPORT_COLLECTIONS + 1) })
      ],
      [report({ warnings: warnings(MAX_REPORT_WARNINGS) }), report({ warnings: warnings(MAX_REPORT_WARNINGS + 1) })],
      [report({ people: people(MAX_REPORT_PEOPLE) }), report({ people: people(MAX_REPORT_PEOPLE + 1) })],
      [report({ hour }), report({ hour: { ...hour, load: new Uint8Array(HOUR_SAMPLES + 1) } })],
      [report({ board: 'x'.repeat(96) }), report({ board: 'x'.repeat(97) })],
      [
        { kind: 'clock', count: 1, wallMs: MAX_WALL_MS },
        { kind: 'clock', count: 1, wallMs: MAX_WALL_MS + 1 }
      ],
      [
        { kind: 'watch', watcher: nodeOf('a'), bootId: BOOT, round: 1, forMs: MAX_WATCH_MS },
        { kind: 'watch', watcher: nodeOf('a'), bootId: BOOT, round: 1, forMs: MAX_WATCH_MS + 1 }
      ]
    ]
    for (const [passes, fails] of atLimit) {
      expect(decodeRoomLive(encodeRoomLive(passes))).toEqual(passes)
      expect(() => decodeRoomLive(encodeRoomLive(fails)), fails.kind).toThrow(
        expect.objectContaining({ code: 'MALFORMED' })
      )
    }
    expect(() => decodeRoomLive(new Uint8Array(MAX_ROOM_LIVE_BYTES + 1))).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' })
    )
  })

  test('the fullest report fits into a message', () => {
    const full = report({
      links: Array.from({ length: MAX_REPORT_LINKS }, (_, at) => ({
        node: nodeOf(`n${at}`),
        roundTripMs: 1e6,
        bytesPerSecond: 1e12
      })),
      collections: Array.from({ length: MAX_REPORT_COLLECTIONS }, (_, at) => ({
        name: `${at}`.padEnd(96, 'x'),
        heldFiles: 1e9
      })),
      warnings: Array.from({ length: MAX_REPORT_WARNINGS }, (_, at) => `W${at}`.padEnd(40, 'X')),
      hour: { load: new Uint8Array(60), memory: new Uint8Array(60), sent: new Uint8Array(60) },
      people: people(MAX_REPORT_PEOPLE)
    })
    expect(encodeRoomLive(full).length).toBeLessThanOrEqual(MAX_ROOM_LIVE_BYTES)
  })
})
