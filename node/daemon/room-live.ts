/** The moment of the room on this device: what it says of itself is put together here, from all its parts. */
import {
  type CollectionReport,
  type DeviceReport,
  MAX_REPORT_COLLECTIONS,
  MAX_REPORT_LINKS,
  MAX_REPORT_PEOPLE,
  MAX_REPORT_WARNINGS
} from '../../protocols/device-report.ts'
import type { PeerLinks } from '../../protocols/message-stream.ts'
import type { Blobs } from '../blobs/index.ts'
import type { Collections } from '../collections/index.ts'
import { PROGRAM_VERSION } from '../config/version.ts'
import { HourSamples, type RoomClock, RoomLive, radioLimit } from '../live/index.ts'
import { type DeviceFigures, readDeviceFigures } from '../platform/device-figures.ts'
import { diskSpace } from '../platform/disk-space.ts'
import { radioClients } from '../platform/radio-clients.ts'
import type { Device } from './device.ts'

export interface RoomLiveParts {
  device: Device
  roomClock: RoomClock
  blobs: Blobs
  collections: Collections
  links: PeerLinks
  /** Of the mesh and the room, as codes. */
  warnings(): string[]
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

/** Counting 75,000 files takes some 50 ms. */
const COUNT_INTERVAL_MS = 15_000
const RADIO_INTERVAL_MS = 10_000
/** Boards slow themselves down at 80. */
const HOT_C = 78
const DISK_SPARE = { bytes: 500 * 2 ** 20, share: 0.05 }
/** No device of ours was made before; a clock that says so is not set. */
const FIRST_SENSIBLE_MS = Date.UTC(2024, 0, 1)

export function openRoomLive(parts: RoomLiveParts): { live: RoomLive; stop(): void } {
  const { device, links, roomClock, onProblem } = parts
  const { clock, config, identity } = device
  const startedMs = clock.monotonicMs()
  const samples = new HourSamples({ clock, read: () => readDeviceFigures() })
  samples.start()
  const counted = kept(clock, COUNT_INTERVAL_MS, async () => countCollections(parts))
  const radio = kept(clock, RADIO_INTERVAL_MS, () => radioClients())

  const live: RoomLive = new RoomLive(
    {
      ...{ clock, links, roomClock, onProblem },
      async report(seen, withHour): Promise<DeviceReport> {
        const [figures, disk, clients, collections, blobs] = await Promise.all([
          readDeviceFigures(),
          diskSpace(config.dataDirectory),
          radio(),
          counted(),
          parts.blobs.status()
        ])
        const { board, cores, loadPercent, memoryBytes, memoryFreeBytes, temperatureC } = figures
        const most = radioLimit(board)
        const { missingBytes, bytesPerSecond, remainingMs } = blobs
        const wallMs = Math.round(roomClock.wallMs())
        const warnings = [...deviceWarnings(figures, disk, wallMs, { now: clients?.now, most }), ...parts.warnings()]
        return {
          ...{
            board,
            cores,
            loadPercent,
            memoryBytes,
            memoryFreeBytes,
            wallMs,
            missingBytes,
            bytesPerSecond,
            collections
          },
          version: PROGRAM_VERSION,
          uptimeMs: Math.round(clock.monotonicMs() - startedMs),
          diskBytes: disk.totalBytes,
          diskFreeBytes: disk.freeBytes,
          ...(temperatureC !== undefined && { temperatureC }),
          ...(clients && { clients: { now: clients.now, ...(most !== undefined && { most }) } }),
          ...(remainingMs !== undefined && { remainingMs }),
          links: seen.slice(0, MAX_REPORT_LINKS),
          warnings: [...new Set(warnings)].slice(0, MAX_REPORT_WARNINGS),
          people: live.presence.list().slice(0, MAX_REPORT_PEOPLE),
          ...(withHour && { hour: samples.hour() })
        }
      }
    },
    { self: identity.node, bootId: identity.bootId }
  )
  return {
    live,
    stop() {
      samples.stop()
      live.stop()
    }
  }
}

/** What its own figures say, as codes. */
export function deviceWarnings(
  figures: Pick<DeviceFigures, 'underVoltage' | 'temperatureC'>,
  disk: { totalBytes: number; freeBytes: number },
  wallMs: number,
  radio: { now?: number | undefined; most?: number | undefined } = {}
): string[] {
  const spare = Math.min(DISK_SPARE.bytes, DISK_SPARE.share * disk.totalBytes)
  return [
    ...(figures.underVoltage ? ['UNDER_VOLTAGE'] : []),
    ...((figures.temperatureC ?? 0) >= HOT_C ? ['TOO_HOT'] : []),
    ...(disk.freeBytes < spare ? ['DISK_NEARLY_FULL'] : []),
    ...(wallMs < FIRST_SENSIBLE_MS ? ['CLOCK_WRONG'] : []),
    ...(radio.now !== undefined && radio.most !== undefined && radio.now >= radio.most ? ['RADIO_FULL'] : [])
  ]
}

function countCollections({ collections, blobs }: RoomLiveParts): CollectionReport[] {
  return collections
    .summary()
    .slice(0, MAX_REPORT_COLLECTIONS)
    .map(({ collection }) => {
      let heldFiles = 0
      for (const file of collections.list(collection)) if (blobs.store.has(file.cid)) heldFiles++
      return { name: collection, heldFiles }
    })
}

/** Read again only after a while. */
function kept<Value>(clock: Device['clock'], forMs: number, read: () => Promise<Value>): () => Promise<Value> {
  let last: { value: Value; atMs: number } | undefined
  return async () => {
    const nowMs = clock.monotonicMs()
    if (!last || nowMs - last.atMs >= forMs) last = { value: await read(), atMs: nowMs }
    return last.value
  }
}
