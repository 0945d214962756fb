import { describe, expect, test } from 'vitest'
import { followGlance, MAX_BYTES_PER_SECOND } from '../../../node/http/glance-stream.ts'
import { MAX_REPORTS, MAX_WATCHERS, REPORT_STALE_MS, WATCH_MS } from '../../../node/live/limits.ts'
import { ReportBoard } from '../../../node/live/report-board.ts'
import type { DeviceGlance, RoomGlance } from '../../../protocols/room-glance.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { nodeOf } from '../room/room-kit.ts'
import { type LiveNode, LiveRoom, personOf, reportOf } from './live-kit.ts'

const BOOT = '01'.repeat(16)

describe('devices tell how they are', () => {
  test('while somebody looks at any of them, and stop when nobody does', async () => {
    const room = new LiveRoom(1)
    const [a, b] = [await room.add('a'), await room.add('b')]
    await room.pass(1_000)
    expect(a.live.reports()).toEqual([])
    const stop = a.live.look()
    await room.until(() => a.live.reports().length === 2)
    b.report = reportOf({ loadPercent: 99 })
    await room.until(() => a.live.reports().some(({ node, report }) => node === b.id && report.loadPercent === 99))
    stop()
    await room.pass(WATCH_MS + 10_000)
    const before = room.network.totalBytes
    await room.pass(600_000)
    expect(room.network.totalBytes).toBe(before)
    expect(a.live.reports()).toEqual([])
  })

  test('also those that the watched one is not linked with, with the round trip of each link', async () => {
    const room = new LiveRoom(2, { delayMs: [20, 20] })
    const [a, b, c] = [await room.add('a'), await room.add('b'), await room.add('c')]
    room.network.cut(a.id, c.id)
    await room.pass(3_000)
    const stop = a.live.look()
    const links = (node: LiveNode) => a.live.reports().find((line) => line.node === node.id)?.report.links ?? []
    await room.until(() => (links(c)[0]?.roundTripMs ?? 0) > 0 && links(b).length === 2)
    expect(links(c)).toHaveLength(1)
    expect(links(c)[0]?.roundTripMs).toBeGreaterThanOrEqual(40)
    expect(links(c)[0]?.roundTripMs).toBeLessThan(60)
    stop()
  })

  test('a slow line shows as slow', async () => {
    const room = new LiveRoom(3, { bytesPerSecond: 100_000 })
    const [a, b] = [await room.add('a'), await room.add('b')]
    await room.pass(1_000)
    const stop = a.live.look()
    const rate = () => a.live.reports().find(({ node }) => node === b.id)?.report.links[0]?.bytesPerSecond ?? 0
    await room.until(() => rate() > 0, 120_000)
    expect(rate()).toBeGreaterThan(50_000)
    expect(rate()).toBeLessThan(200_000)
    stop()
  })

  test('a page that is shown once waits for the others, and no longer than it was told to', async () => {
    const room = new LiveRoom(4)
    const [a, b] = [await room.add('a'), await room.add('b')]
    await room.pass(1_000)
    let seen = false
    void a.live.glimpse(600).then(() => {
      seen = true
    })
    await room.until(() => seen, 600)
    expect(a.live.reports()).toHaveLength(2)
    // Nobody answers on a link that is dead and not yet known to be.
    b.clock.kill()
    await room.pass(REPORT_STALE_MS * 2)
    seen = false
    void a.live.glimpse(600).then(() => {
      seen = true
    })
    await room.until(() => seen, 700)
  })
})

describe('the table of reports', () => {
  const watch = (number: number, round = 1) => ({
    kind: 'watch' as const,
    watcher: nodeOf(`w${number}`),
    bootId: BOOT,
    round,
    forMs: WATCH_MS
  })

  test('knows so many who look, and not one more until one has gone', async () => {
    const time = new SimulatedTime()
    const board = new ReportBoard({ clock: new SimulatedClock(time) })
    for (let number = 0; number < MAX_WATCHERS; number++) expect(board.takeWatch(watch(number))).toBe('new')
    expect(board.takeWatch(watch(MAX_WATCHERS))).toBeUndefined()
    expect(board.takeWatch(watch(0, 1))).toBeUndefined()
    expect(board.takeWatch(watch(0, 2))).toBe('again')
    await time.run(WATCH_MS + 1)
    expect(board.isWatched()).toBe(false)
    expect(board.takeWatch(watch(MAX_WATCHERS))).toBe('new')
  })

  test('keeps the newest of each device, so many, and none that is stale', async () => {
    const time = new SimulatedTime()
    const board = new ReportBoard({ clock: new SimulatedClock(time) })
    await time.run(REPORT_STALE_MS * 2)
    const report = (number: number, round: number, more = {}) => ({
      ...{ kind: 'report' as const, node: nodeOf(`r${number}`), bootId: BOOT, round, ageMs: 0, report: reportOf() },
      ...more
    })
    for (let number = 0; number < MAX_REPORTS; number++) expect(board.takeReport(report(number, 1))).toBe(true)
    expect(board.takeReport(report(MAX_REPORTS, 1))).toBe(false)
    expect(board.takeReport(report(0, 1))).toBe(false)
    expect(board.takeReport(report(0, 2))).toBe(true)
    expect(board.takeReport(report(1, 2, { ageMs: REPORT_STALE_MS }))).toBe(false)
    // The device was started again: it counts anew.
    expect(board.takeReport(report(2, 1, { bootId: '02'.repeat(16), ageMs: 10 }))).toBe(false)
    await time.run(REPORT_STALE_MS * 2 + 5_000)
    expect(board.takeReport(report(2, 1, { bootId: '02'.repeat(16) }))).toBe(true)
    await time.run(REPORT_STALE_MS * 4)
    expect(board.list()).toEqual([])
  })
})

/** A hundred learners of ten devices who come, go and show stickies all the time; every minute each has been here for one more. */
function presentAt(step: number): RoomGlance['present'] {
  return Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [
      personOf(at),
      {
        ...{ shownName: `Learner ${at}`, hand: (step + at) % 11 === 0 },
        at: [
          { id: nodeOf(`n${at % 10}`), sinceMs: Math.floor((step + at) / 20) * 60_000, awayMs: at % 7 ? 0 : 60_000 }
        ],
        ...((step + at) % 5 === 0 && { sticky: 'red' as const })
      }
    ])
  )
}

describe('the stream of a dashboard', () => {
  /** A room of real reports over the simulated mesh; everything in them changes all the time. */
  async function measure(devices: number): Promise<{ perSecond: number; mostAtOnce: number }> {
    const room = new LiveRoom(devices)
    for (let number = 0; number < devices; number++) await room.add(`n${number}`)
    // In a big room a device is linked with eight others.
    for (const [at, { id }] of room.nodes.entries())
      for (const [to, { id: other }] of room.nodes.entries()) {
        const apart = Math.min((to - at + devices) % devices, (at - to + devices) % devices)
        if (devices > 16 && apart > 4) room.network.cut(id, other)
      }
    await room.pass(5_000)
    const [watched] = room.nodes
    if (!watched) throw new Error('no devices')
    const base = sampleRoom.devices[0]
    if (!base) throw new Error('no sample')
    let step = 0
    const glance = (): Promise<RoomGlance> => {
      step++
      return Promise.resolve({
        room: { id: 'mfrggzdfmztwq2lknnwg23tpobyxe43u', name: 'Library workshop' },
        timeMs: Math.floor(room.time.nowMs / 60_000) * 60_000,
        timeIsSet: true,
        devices: watched.live.reports().map(({ node, report }, at): DeviceGlance => {
          const { board, version, memoryBytes, diskBytes, temperatureC = 0 } = report
          return {
            ...base,
            id: node,
            self: at === 0,
            name: `pi-classroom-${at}`,
            address: `http://192.168.1.${at}:8080/`,
            missingBytes: 1e9 - step * 1e6 * at,
            figures: {
              ...{ board, version, memoryBytes, diskBytes, clockOffMs: 0, bytesPerSecond: 1e6 * (step % 9) },
              uptimeMs: Math.floor(room.time.nowMs / 60_000) * 60_000,
              loadPercent: (step * 7 + at) % 100,
              memoryFreeBytes: 1e8 * ((step + at) % 30),
              diskFreeBytes: 1e8 * ((step + at) % 90),
              temperatureC: temperatureC + ((step + at) % 5)
            },
            sees: report.links.map(({ node: id, ...rest }) => ({ id, ...rest })),
            warnings: report.warnings
          }
        }),
        hours: Object.fromEntries(
          watched.live
            .reports()
            .map(({ node }) => [node, { load: '1e'.repeat(60), memory: '28'.repeat(60), sent: '63'.repeat(60) }])
        ),
        collections: ['cran', 'installers', 'lessons', 'pypi'].map((name) => ({
          ...{ name, files: 1_200, sizeBytes: 4e9, fewestCopies: 2, singleFiles: 0 },
          held: watched.live.reports().map(({ node }) => ({ id: node, files: 1_200 - (step % 2) }))
        })),
        ...{ waiting: [], neighbours: [], wanted: [] },
        signals: { green: step % 20, red: 2, hands: 1, learners: 30, people: [] },
        present: presentAt(step)
      })
    }
    let bytes = 0
    let mostAtOnce = 0
    const stop = followGlance({
      clock: watched.clock,
      live: watched.live,
      glance,
      tell(change) {
        const sent = Buffer.byteLength(`data: ${JSON.stringify(change)}\n\n`)
        bytes += sent
        mostAtOnce = Math.max(mostAtOnce, sent)
        return sent
      },
      onProblem: (cause) => {
        throw cause
      }
    })
    const seconds = devices > 16 ? 20 : 60
    await room.pass(seconds * 1000)
    stop()
    return { perSecond: bytes / seconds, mostAtOnce }
  }

  test('takes at most 10 KB a second for ten devices in which everything changes, and no more in a room where not all are linked', async () => {
    const ten = await measure(10)
    console.log(`ten devices: ${Math.round(ten.perSecond)} bytes a second, at most ${ten.mostAtOnce} at once`)
    expect(ten.perSecond).toBeGreaterThan(500)
    expect(ten.perSecond).toBeLessThanOrEqual(MAX_BYTES_PER_SECOND + ten.mostAtOnce / 60)
    expect(ten.perSecond).toBeLessThanOrEqual(10 * 1024)
    // The first one is whole, and what was sent last has not had its time.
    const many = await measure(24)
    console.log(`24 devices: ${Math.round(many.perSecond)} bytes a second, at most ${many.mostAtOnce} at once`)
    expect(many.perSecond).toBeLessThanOrEqual(MAX_BYTES_PER_SECOND + many.mostAtOnce / 20)
  })
})
