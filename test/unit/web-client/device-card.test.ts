/** What the card of a device says. */
import { expect, test } from 'vitest'
import { type DeviceGlance, glanceOfOverview } from '../../../protocols/room-glance.ts'
import { LANGUAGES } from '../../../web-client/languages.ts'
import { renderDevice, renderMore } from '../../../web-client/room/device-card.ts'
import { roomContext } from '../../../web-client/room/room-context.ts'
import { inOrder, renderRoomPage } from '../../../web-client/room/room-page.ts'
import { sampleRoom } from '../../browser/sample-room.ts'

const base = glanceOfOverview(sampleRoom)
const english = roomContext({ language: 'en', helps: true, mayChange: true })

function device(change: Partial<DeviceGlance>): DeviceGlance {
  const [first] = base.devices
  if (!first) throw new Error('the sample has devices')
  return { ...first, leaving: false, needsUpdate: false, connected: true, ...change }
}

test('files that a device keeps beyond those that it should are told apart', () => {
  const cardOf = (change: Partial<DeviceGlance>): string => renderDevice(device(change), base, english).html
  const here = { missingBytes: 0, wantedFiles: 19 }
  expect(cardOf({ ...here, heldFiles: 19 })).toContain('19 of 19 files · All copied')
  expect(cardOf({ ...here, heldFiles: 21 })).toContain('19 of its files, and 2 more · All copied')
  expect(cardOf({ wantedFiles: 19, heldFiles: 21, missingBytes: 5e6 })).not.toContain('19')
})

test.each(LANGUAGES)('the last hour is a table too, every five minutes and the newest first: %s', (language) => {
  const context = roomContext({ language, helps: true, mayChange: false })
  const figures = {
    ...{ board: '', version: '1', uptimeMs: 0, loadPercent: 0, memoryBytes: 1, memoryFreeBytes: 1, diskBytes: 1 },
    ...{ diskFreeBytes: 1, clockOffMs: 0, bytesPerSecond: 0 }
  }
  const one = device({ figures })
  // 11 minutes: 0, 1, … 10 percent.
  const load = Array.from({ length: 11 }, (_, at) => at.toString(16).padStart(2, '0')).join('')
  const glance = { ...base, hours: { [one.id]: { load, memory: '28'.repeat(11), sent: '00'.repeat(11) } } }
  const { html } = renderMore(one, glance, context)
  const firstCells = [...html.matchAll(/<th scope="row">([^<]*)<\/th><td>([^<]*)<\/td>/g)]
  expect(firstCells.map(([, , value]) => value?.replace(/\D/g, ''))).toEqual(['10', '5', '0'])
  expect(firstCells.map(([, when]) => when)).toEqual(['0', '5', '10'])
})

test('of many devices those with something to do come first, of few the names decide', () => {
  const some = (count: number): DeviceGlance[] =>
    Array.from({ length: count }, (_, at) =>
      device({
        id: `id${at}`,
        name: `pi-${String(at).padStart(2, '0')}`,
        self: at === 0,
        warnings: at === 9 ? ['TOO_HOT'] : []
      })
    )
  const firstTwo = (count: number): string[] =>
    inOrder({ devices: some(count) })
      .map(({ name }) => name)
      .slice(0, 2)
  expect(firstTwo(12)).toEqual(['pi-00', 'pi-01'])
  expect(firstTwo(13)).toEqual(['pi-09', 'pi-00'])
})

test.each(LANGUAGES)('a folder of workshops that cannot be read is told with the reason: %s', (language) => {
  const visitor = { language, system: 'linux' as const, path: '/room', accounts: true }
  const page = renderRoomPage(base, visitor, { mayChange: true, sticks: [], foldersProblem: 'EACCES' })
  expect(page).toContain(roomContext({ language, helps: true, mayChange: true }).words.content.foldersProblem('EACCES'))
})
