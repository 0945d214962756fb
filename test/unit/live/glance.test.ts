import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { radioLimit } from '../../../node/live/index.ts'
import {
  afterChange,
  changeBetween,
  type DeviceGlance,
  glanceOfOverview,
  type RoomGlance,
  warningsOf
} from '../../../protocols/room-glance.ts'
import { LANGUAGES } from '../../../web-client/languages.ts'
import { roomTextsIn } from '../../../web-client/room/texts.ts'
import { sampleRoom } from '../../browser/sample-room.ts'

const base = glanceOfOverview(sampleRoom)
const [first] = base.devices
if (!first) throw new Error('the sample has devices')
const device = (id: string, more: Partial<DeviceGlance> = {}): DeviceGlance => ({
  ...first,
  id,
  name: id,
  self: false,
  ...more
})

describe('a stream of changes', () => {
  const glances = fc.record({
    ids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 }),
    loads: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
    hasRoom: fc.boolean(),
    timeMs: fc.nat(2),
    people: fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { maxLength: 3 }),
    red: fc.nat(2),
    recovered: fc.subarray([{ person: 'Ana', device: 'a' }])
  })
  const glanceOf = ({
    ids,
    loads,
    hasRoom,
    timeMs,
    people,
    red,
    recovered
  }: {
    ids: string[]
    loads: number[]
    hasRoom: boolean
    timeMs: number
    people: string[]
    red: number
    recovered: { person: string; device: string }[]
  }): RoomGlance => {
    const { room, ...rest } = base
    return {
      ...rest,
      ...(hasRoom && room && { room }),
      timeMs,
      devices: ids.map((id, at) => device(id, { missingBytes: loads[at] ?? 0 })),
      hours: Object.fromEntries(
        ids.filter((_, at) => loads[at] !== 0).map((id, at) => [id, { load: `${loads[at]}`, memory: '', sent: '' }])
      ),
      signals: { ...base.signals, red },
      recovered,
      present: Object.fromEntries(
        people.map((id) => [id, { shownName: id, hand: red > 0, at: [{ id: 'a', sinceMs: timeMs, awayMs: 0 }] }])
      )
    }
  }

  test('gives whoever follows it what somebody who looks anew would see, and is silent when nothing changed', () => {
    fc.assert(
      fc.property(fc.array(glances, { minLength: 1, maxLength: 12 }), (steps) => {
        let told: RoomGlance | undefined
        let seen: RoomGlance | undefined
        for (const step of steps) {
          const now = glanceOf(step)
          const change = changeBetween(told, now)
          if (told && JSON.stringify(told) === JSON.stringify(now)) expect(change).toBeUndefined()
          if (change) seen = afterChange(seen, change)
          told = now
          // Hours of a device stay until it goes: they are told once a minute.
          expect({ ...seen, hours: {} }).toEqual({ ...now, hours: {} })
          for (const [id, hour] of Object.entries(now.hours)) expect(seen?.hours[id]).toEqual(hour)
          for (const id of Object.keys(seen?.hours ?? {})) expect(now.devices.map((one) => one.id)).toContain(id)
        }
      }),
      { numRuns: 400 }
    )
  })

  test('before the first whole one there is nothing to show', () => {
    expect(afterChange(undefined, { devices: [device('a')] })).toBeUndefined()
  })
})

describe('warnings', () => {
  const codes = (glance: Partial<RoomGlance>): string[] =>
    warningsOf({ ...base, devices: [], ...glance }).map(({ code }) => code)
  const figures = {
    board: '',
    version: '0.1.0',
    uptimeMs: 0,
    loadPercent: 0,
    memoryBytes: 1,
    memoryFreeBytes: 1,
    diskBytes: 1,
    diskFreeBytes: 1,
    clockOffMs: 0,
    bytesPerSecond: 0
  }

  test('a device that nobody reaches, and not one that somebody else reaches', () => {
    const away = device('away', { connected: false })
    expect(codes({ devices: [device('a'), away] })).toEqual(['UNREACHABLE'])
    expect(codes({ devices: [device('a', { sees: [{ id: 'away' }] }), away] })).toEqual([])
  })

  test('files with one copy, once there is a second device to copy to', () => {
    const collection = { name: 'cran', files: 9, sizeBytes: 1, fewestCopies: 1, singleFiles: 2, held: [] }
    expect(codes({ devices: [device('a'), device('b')], collections: [collection] })).toEqual(['ONE_COPY'])
    expect(codes({ devices: [device('a')], collections: [collection] })).toEqual(['ONE_DEVICE'])
    expect(codes({ devices: [device('a'), device('b')], collections: [{ ...collection, singleFiles: 0 }] })).toEqual([])
  })

  test('a code that was renewed from a card, before what can wait', () => {
    const recovered = [{ person: 'Ana', device: 'pi-back' }]
    expect(codes({ devices: [device('a', { warnings: ['RADIO_FULL'] })], recovered })).toEqual([
      'CODE_RECOVERED',
      'RADIO_FULL'
    ])
  })

  test('clocks that are minutes apart, versions that differ, and what a device says itself, worst first', () => {
    const late = device('late', { figures: { ...figures, clockOffMs: -3 * 60_000 } })
    const old = device('old', { figures: { ...figures, version: '0.0.9' }, warnings: ['UNDER_VOLTAGE'] })
    expect(codes({ devices: [late, old] })).toEqual(['UNDER_VOLTAGE', 'CLOCK_DIFFERS', 'VERSIONS_DIFFER'])
    // One that has no clock at all is said once.
    expect(
      codes({ devices: [device('x', { figures: late.figures, warnings: ['CLOCK_WRONG'] } as Partial<DeviceGlance>)] })
    ).toEqual(['CLOCK_WRONG'])
  })

  test.each(LANGUAGES)('have words and advice in %s, each of its own', (language) => {
    const all = [
      ...['UNREACHABLE', 'UNDER_VOLTAGE', 'TOO_HOT', 'DISK_NEARLY_FULL', 'DISK_FAILED', 'CLOCK_WRONG', 'CLOCK_DIFFERS'],
      ...['MULTICAST_BLOCKED', 'CLIENT_ISOLATION', 'FIREWALL_HERE', 'NO_NETWORK', 'CARD_COPIED', 'UPDATE_NEEDED'],
      ...['RADIO_FULL', 'REPOSITORY_UNTIDY', 'VERSIONS_DIFFER', 'ONE_COPY', 'ONE_DEVICE', 'SOMETHING_NEW']
    ]
    const said = all.map((code) =>
      roomTextsIn(language).warnings.of({ code, device: 'pi-2', collection: 'cran', count: 2 })
    )
    expect(new Set(said.map(({ text }) => text)).size).toBe(all.length)
    for (const { text, next } of said) {
      expect(text.length).toBeGreaterThan(10)
      expect(next.length).toBeGreaterThan(10)
    }
  })
})

test('what a radio takes is known of the boards that people bring', () => {
  const boards: [string, number | undefined][] = [
    ['Raspberry Pi 4 Model B Rev 1.4', 7],
    ['Raspberry Pi 5 Model B Rev 1.0', 7],
    ['Raspberry Pi 3 Model B Plus Rev 1.3', 7],
    ['Raspberry Pi 3 Model B Rev 1.2', 10],
    ['Raspberry Pi Zero 2 W Rev 1.0', 8],
    ['LENOVO 20L5', undefined]
  ]
  for (const [board, clients] of boards) expect([board, radioLimit(board)]).toEqual([board, clients])
})
