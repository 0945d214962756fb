/** A front door whose room has sixty devices, all of which change all the time; and what a slow phone makes of its dashboard. */
import type { Browser, CDPSession, Page } from 'playwright-core'
import type { RoomDoor } from '../../node/http/room-door.ts'
import type { DeviceGlance, RoomGlance } from '../../protocols/room-glance.ts'
import { glanceOfOverview } from '../../protocols/room-glance.ts'
import { LiveRoom } from '../unit/live/live-kit.ts'
import { cookieOf, peopleNode } from '../unit/people/people-kit.ts'
import { type StartedFrontDoor, startFrontDoor } from './front-door-kit.ts'
import { sampleRoom } from './sample-room.ts'

export interface BigRoom {
  door: StartedFrontDoor
  cookie: { name: string; value: string; url: string }
}

export async function startBigRoom(devices: number): Promise<BigRoom> {
  const { people } = await peopleNode(`big ${devices}`)
  const { person } = await people.add({ shownName: 'Facilitator', role: 'facilitator' })
  const [name = '', value = ''] = cookieOf(await people.openSession(person.id)).split('=')
  const { live } = await new LiveRoom(devices).add('a')
  let step = 0
  const dashboard: RoomDoor = {
    current: () => live,
    glance: async () => bigGlance(devices, ++step),
    actions: {
      rename: async () => undefined,
      setLeaving: async () => undefined,
      remove: async () => undefined,
      stolen: async () => ({ name: '', invitations: [], toCheck: [] }),
      answer: async () => undefined,
      rollback: async () => undefined,
      add: async () => ({ collections: [], refused: 0 }),
      versions: async () => [],
      sticks: async () => [],
      folders: async () => [],
      uploads: { folder: '/nowhere', freeBytes: async () => 0 },
      check: { start: () => undefined, state: () => undefined }
    }
  }
  // The simulated device never hears from others: a page that is shown once does not wait for them.
  live.glimpse = async () => undefined
  const door = await startFrontDoor(sampleRoom, { people: { current: () => people }, dashboard })
  return { door, cookie: { name, value, url: door.origin } }
}

function bigGlance(devices: number, step: number): RoomGlance {
  const base = glanceOfOverview(sampleRoom)
  const [first] = base.devices
  if (!first) throw new Error('the sample has devices')
  const idOf = (at: number): string =>
    `12D3KooWQ1bNFgKk8sXy7oK2pHq4vZ3mT9wR5cJ6dLf${String((at + devices) % devices).padStart(9, '0')}`
  return {
    ...base,
    timeMs: 1_790_000_000_000,
    timeIsSet: true,
    devices: Array.from(
      { length: devices },
      (_, at): DeviceGlance => ({
        ...first,
        id: idOf(at),
        name: `pi-classroom-${at}`,
        self: at === 0,
        address: `http://192.168.1.${at}:8080/`,
        missingBytes: ((step + at) % 50) * 1e7,
        remainingMs: 60_000 * ((step + at) % 30),
        figures: {
          ...{
            board: 'Raspberry Pi 4 Model B Rev 1.4',
            version: '0.1.0',
            memoryBytes: 4e9,
            diskBytes: 64e9,
            clockOffMs: 0
          },
          ...{ uptimeMs: 3_600_000, loadPercent: (step * 7 + at) % 100, temperatureC: 50 + ((step + at) % 9) },
          ...{ memoryFreeBytes: 1e8 * ((step + at) % 30), diskFreeBytes: 1e8 * ((step + at) % 90) },
          bytesPerSecond: 1e6 * (step % 9),
          clients: { now: (step + at) % 7, most: 7 }
        },
        sees: [...new Set([-4, -3, -2, -1, 1, 2, 3, 4].map((by) => idOf(at + by)))]
          .filter((id) => id !== idOf(at))
          .map((id) => ({ id, roundTripMs: 2 + at, bytesPerSecond: 9e6 })),
        warnings: at % 20 === 0 ? ['UNDER_VOLTAGE'] : []
      })
    ),
    hours: Object.fromEntries(
      Array.from({ length: devices }, (_, at) => [
        idOf(at),
        {
          load: Array.from({ length: 60 }, (_, minute) =>
            ((minute * 13 + at) % 100).toString(16).padStart(2, '0')
          ).join(''),
          memory: '28'.repeat(60),
          sent: Array.from({ length: 60 }, (_, minute) =>
            ((minute * 29 + at) % 200).toString(16).padStart(2, '0')
          ).join('')
        }
      ])
    ),
    collections: ['cran', 'installers', 'lessons', 'pypi'].map((name) => ({
      ...{ name, files: 1_200, sizeBytes: 4e9, fewestCopies: 2, singleFiles: 0 },
      held: Array.from({ length: devices }, (_, at) => ({ id: idOf(at), files: 1_200 }))
    })),
    signals: {
      ...{ green: 20, red: 3, hands: 2, learners: 100 },
      people: Array.from({ length: 25 }, (_, at) => ({
        ...{ name: `learner-${at}`, shownName: `Learner ${at}`, hand: at < 2, ageMs: 60_000 * (25 - at) },
        sticky: at < 3 ? ('red' as const) : ('green' as const)
      }))
    }
  }
}

export interface FirstView {
  /** Everything that came over the network before the page was whole, as it came. */
  bytes: number
  /** Until the browser had it whole, with its scripts. */
  loadedMs: number
  /** Until it painted something of the page, and the largest part in sight. */
  paintedMs: number
  largestMs: number
  /** The longest tasks of the page while it loaded, and while it then followed the room, in processor time: another program on the machine makes none of them longer. */
  longestTasksMs: number[]
  page: Page
}

interface TraceEvent {
  name: string
  pid: number
  tid: number
  /** Thread time of a whole event, in microseconds. */
  tdur?: number
  args?: { name?: string; data?: { url?: string } }
}

/** Of the main thread of the page's process (a browser keeps others, for pages to come), without what lies inside another one. */
function longestTasks(events: readonly TraceEvent[], origin: string): number[] {
  const own = events.findLast(({ name, args }) => name === 'CommitLoad' && args?.data?.url?.startsWith(origin))?.pid
  const mains = new Set(
    events
      .filter(({ name, args, pid }) => name === 'thread_name' && args?.name === 'CrRendererMain' && pid === own)
      .map(({ pid, tid }) => `${pid} ${tid}`)
  )
  return events
    .filter(({ name, pid, tid }) => name.endsWith('RunTask') && mains.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => Math.round(tdur / 1000))
    .sort((a, b) => b - a)
    .slice(0, 5)
}

export interface PhoneProfile {
  name: string
  /** For each request, by the browser itself; connections cost nothing more. */
  latencyMs: number
  downBytesPerSecond: number
  upBytesPerSecond: number
}

/** The processor is four times slower than this machine in each of them, as Lighthouse takes a phone in the middle. */
const SLOWER = 4
/** 1.6 Mbit/s and a round trip of 150 ms: Lighthouse's slow 4G, where a request takes one round trip as on a connection that is open. */
export const SLOW_PHONE: PhoneProfile = {
  ...{ name: '150 ms', latencyMs: 150, downBytesPerSecond: 200_000, upBytesPerSecond: 90_000 }
}
/** "Slow 4G" in Chromium's own list: each request waits 3.75 round trips, and a tenth of the line is lost. Source: devtools-frontend, NetworkManager.ts. */
export const SLOW_4G: PhoneProfile = {
  ...{ name: 'Slow 4G', latencyMs: 562.5, downBytesPerSecond: 180_000, upBytesPerSecond: 84_375 }
}

export async function firstView(
  browser: Browser,
  { door, cookie }: BigRoom,
  followMs: number,
  profile = SLOW_PHONE
): Promise<FirstView> {
  const context = await browser.newContext({ viewport: { width: 360, height: 780 }, locale: 'en' })
  await context.addCookies([cookie])
  const page = await context.newPage()
  const session: CDPSession = await context.newCDPSession(page)
  await session.send('Network.enable')
  const events: TraceEvent[] = []
  const traced = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()))
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel', '__metadata', 'devtools.timeline'] }
  })
  let bytes = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await session.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency: profile.latencyMs },
    ...{ downloadThroughput: profile.downBytesPerSecond, uploadThroughput: profile.upBytesPerSecond }
  })
  await page.goto(`${door.origin}/room`, { waitUntil: 'load' })
  const loadedMs = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    return Math.round(navigation?.loadEventEnd || performance.now())
  })
  const first = bytes
  await page.locator('.live.on').waitFor()
  await page.waitForTimeout(followMs)
  const [paintedMs, largestMs] = await page.evaluate(
    () =>
      new Promise<[number, number]>((resolve) => {
        const [painted] = performance.getEntriesByName('first-contentful-paint')
        new PerformanceObserver((list) => {
          resolve([Math.round(painted?.startTime ?? 0), Math.round(list.getEntries().at(-1)?.startTime ?? 0)])
        }).observe({ type: 'largest-contentful-paint', buffered: true })
      })
  )
  await session.send('Tracing.end')
  await traced
  return { bytes: first, loadedMs, paintedMs, largestMs, longestTasksMs: longestTasks(events, door.origin), page }
}
