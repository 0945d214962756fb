import { expect, test } from 'vitest'
import { deviceWarnings } from '../../../node/daemon/room-live.ts'

const MB = 2 ** 20
interface Given {
  figures: Parameters<typeof deviceWarnings>[0]
  disk: Parameters<typeof deviceWarnings>[1]
  wallMs: number
  radio?: Parameters<typeof deviceWarnings>[3]
}

const well: Given = {
  figures: { underVoltage: false },
  disk: { totalBytes: 64e9, freeBytes: 30e9 },
  wallMs: Date.UTC(2026, 10, 24)
}

function codes(more: Partial<Given>): string[] {
  const { figures, disk, wallMs, radio } = { ...well, ...more }
  return deviceWarnings(figures, disk, wallMs, radio)
}

test('a device that is well warns of nothing', () => {
  expect(codes({})).toEqual([])
})

test.each<[string, Partial<Given>, Partial<Given>]>([
  ['RADIO_FULL', { radio: { now: 7, most: 7 } }, { radio: { now: 6, most: 7 } }],
  // Of a board that nobody knows.
  ['RADIO_FULL', { radio: { now: 90, most: 90 } }, { radio: { now: 90, most: undefined } }],
  ['UNDER_VOLTAGE', { figures: { underVoltage: true } }, { figures: { underVoltage: false } }],
  [
    'TOO_HOT',
    { figures: { underVoltage: false, temperatureC: 78 } },
    { figures: { underVoltage: false, temperatureC: 77 } }
  ],
  // Half a gigabyte of a large disk, a twentieth of a small one.
  [
    'DISK_NEARLY_FULL',
    { disk: { totalBytes: 64e9, freeBytes: 500 * MB - 1 } },
    { disk: { totalBytes: 64e9, freeBytes: 500 * MB } }
  ],
  [
    'DISK_NEARLY_FULL',
    { disk: { totalBytes: 4000 * MB, freeBytes: 200 * MB - 1 } },
    { disk: { totalBytes: 4000 * MB, freeBytes: 200 * MB } }
  ],
  ['CLOCK_WRONG', { wallMs: Date.UTC(2023, 11, 31) }, { wallMs: Date.UTC(2024, 0, 1) }]
])('%s is told from its limit on, and not before', (code, wrong, right) => {
  expect(codes(wrong)).toEqual([code])
  expect(codes(right)).toEqual([])
})
