/** What a node is before and beside any room: its folder, its key, its log. */
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { JoineryError } from '../../protocols/errors.ts'
import type { Config } from '../config/config.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { type Disk, nodeDisk } from '../platform/disk.ts'
import { hardwareFingerprint } from '../platform/hardware.ts'
import { type KeyValueStore, openLevel } from '../platform/key-value.ts'
import { type Random, systemRandom } from '../platform/random.ts'
import { requestId } from '../platform/request-id.ts'
import { type NodeIdentity, openIdentity } from '../room/index.ts'

export interface Device {
  config: Config
  clock: Clock
  random: Random
  disk: Disk
  log: Logger
  identity: NodeIdentity
}

/** Where things lie in the data folder. */
export const FOLDERS = {
  room: (config: Config) => join(config.dataDirectory, 'room'),
  journal: (config: Config) => join(config.dataDirectory, 'journal'),
  blobs: (config: Config) => join(config.dataDirectory, 'blobs'),
  blobIndex: (config: Config) => join(config.dataDirectory, 'blob-index'),
  unpacking: (config: Config) => join(config.dataDirectory, 'unpacking'),
  importMemory: (config: Config) => join(config.dataDirectory, 'import-memory'),
  wants: (config: Config) => join(config.dataDirectory, 'wants.json'),
  search: (config: Config) => join(config.dataDirectory, 'search'),
  notes: (config: Config) => join(config.dataDirectory, 'notes'),
  noteSnapshots: (config: Config) => join(config.dataDirectory, 'notes', 'snapshots'),
  git: (config: Config) => join(config.dataDirectory, 'git'),
  /** Clones of a check of the room. */
  checking: (config: Config) => join(config.dataDirectory, 'checking'),
  /** What somebody sends in from a page, until it is added. */
  uploads: (config: Config) => join(config.dataDirectory, 'uploads'),
  /** Packages on their way from the internet. */
  fetching: (config: Config) => join(config.dataDirectory, 'fetching'),
  people: (config: Config) => join(config.dataDirectory, 'people'),
  mesh: (config: Config) => join(config.dataDirectory, 'mesh'),
  /** A file: what was used of the internet. */
  uplinkUsed: (config: Config) => join(config.dataDirectory, 'uplink-used')
} as const

/** In each line that is written because of a request, on each device that had to do with it. */
function requestFields(): { request?: string } {
  const request = requestId()
  return request === undefined ? {} : { request }
}

/** @throws JoineryError `IDENTITY_DAMAGED` */
export async function openDevice(config: Config): Promise<Device> {
  const disk = nodeDisk
  const random = systemRandom
  await disk.makeDirectory(config.dataDirectory)
  const identity = await openIdentity(
    { disk, random },
    { folder: config.dataDirectory, hardware: await hardwareFingerprint() }
  )
  // Standard output belongs to the one line that says where the device is.
  const log = pino(
    { level: config.logLevel, base: { device: config.name }, mixin: requestFields },
    pino.destination({ dest: 2, sync: true })
  )
  if (identity.moved) log.warn({ moved: identity.moved.from }, identity.moved.explanation)
  return { config, clock: systemClock, random, disk, log, identity }
}

/** @throws JoineryError `ALREADY_RUNNING` when another process has it open */
export async function openStore(device: Device, folder: string): Promise<KeyValueStore> {
  await device.disk.makeDirectory(folder)
  try {
    return await openLevel(folder)
  } catch (cause) {
    if (isLocked(cause)) {
      throw new JoineryError('ALREADY_RUNNING', `another joinery works on ${device.config.dataDirectory}`, { cause })
    }
    throw cause
  }
}

function isLocked(error: unknown): boolean {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ((one as { code?: unknown }).code === 'LEVEL_LOCKED') return true
  }
  return false
}
