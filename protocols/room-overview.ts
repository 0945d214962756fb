/**
 * The room as its pages, `/api/room` and the command line see it: devices, neighbours, who waits outside, and what there is to use.
 * Plain data, no paths of any device, no secret. The JSON schemas beside the types go into `/api/openapi.json` as they stand.
 */
import type { PeerProfile } from './message-stream.ts'

export type DeviceRole = PeerProfile['role']

/** One device of the room, as the device that answers knows it. */
export interface DeviceOverview {
  /** NodeId; stays the same for the life of the device's key. */
  id: string
  /** Name that people gave it. */
  name: string
  role: DeviceRole
  /** True for the device that answers. */
  self: boolean
  /** Linked right now (always true for `self`). */
  connected: boolean
  /** Where its pages are, such as `http://192.168.1.20:8080/`; absent when it serves none or is not reachable. */
  address?: string
  /** What it offers for files, and how much of that is filled. */
  capacityBytes: number
  usedBytes: number
  /** Files it holds, of those that the room wants it to hold. */
  heldFiles: number
  wantedFiles: number
  /** Bytes still to be copied to it. */
  missingBytes: number
  /** How long that takes at the pace of the last moments. Only the device that answers knows its own; absent while nothing comes. */
  remainingMs?: number
  /** True once nothing would be missed without it. */
  safeToUnplug: boolean
  /** Why not: one of `UNPLUG_REASONS`, or a newer one. */
  unplugCode?: string
  /** The same in one plain sentence. */
  unplugReason?: string
  /** It was asked to move everything off. */
  leaving: boolean
  /** It says that its program is older than an entry it received. */
  needsUpdate: boolean
}

/** Another room on the same network. */
export interface NeighbourOverview {
  roomId: string
  /** Name of the room if it told one. */
  name?: string
  /** How many of its devices were seen. */
  devices: number
}

/** A device that asks to be let in and waits for a facilitator to compare the code. */
export interface WaitingDevice {
  id: string
  name: string
  /** Six digits, the same on both devices; absent until both have revealed their part. */
  code?: string
}

export interface LessonOverview {
  name: string
  title: string
  /** Where it opens, such as `/lessons/git-novice/`. */
  href: string
  sizeBytes: number
  language?: string
}

export interface PackagesOverview {
  /** How many packages, not files. */
  count: number
  sizeBytes: number
  /** The best-known or first names, for a glance; at most 200. */
  names: string[]
}

export interface InstallerOverview {
  /** Such as `R`, `RStudio`, `Python`, `Git`. */
  name: string
  version?: string
  system: 'windows' | 'macos' | 'linux' | 'other'
  /** Such as `x86_64`, `arm64`. */
  architecture?: string
  href: string
  sizeBytes: number
}

/** A package that is not in the room. The name is what somebody's program sent: text of a stranger. */
export interface WantedOverview {
  collection: string
  name: string
  /** For which Python or R, system and CPU, as far as the program said. */
  target?: string
  /** How often, since this device was started. */
  count: number
  /** Why it could not be had from the internet: a code. */
  problem?: string
  /** A device of the room fetches it just now. */
  fetching?: boolean
}

/** How the room gets what is missing from the internet. */
export interface FetchingOverview {
  /** By itself. */
  automatic: boolean
  /** The device that answers is at it. */
  isRunning: boolean
  /** By the device that answers, in whole megabytes. */
  usedBytes: number
  /** Of each device; absent: no limit. */
  budgetBytes?: number
}

/** What a learner can use. A part that the room does not have is empty. */
export interface ContentsOverview {
  lessons: LessonOverview[]
  python: PackagesOverview
  r: PackagesOverview
  installers: InstallerOverview[]
}

export interface RoomOverview {
  /** Absent while the device belongs to no room. */
  room?: { id: string; name: string }
  devices: DeviceOverview[]
  neighbours: NeighbourOverview[]
  waiting: WaitingDevice[]
  /** Set while this device itself asks a room to be let in: a device without a screen shows its code on its own page. */
  asking?: { room?: string; code?: string; others?: string[] }
  contents: ContentsOverview
  /** What people asked this device for and the room lacks, most often asked for first; at most 50. */
  wanted: WantedOverview[]
  /** Absent while the device belongs to no room. */
  fetching?: FetchingOverview
}

const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const
const flag = { type: 'boolean' } as const

const packages = {
  type: 'object',
  required: ['count', 'sizeBytes', 'names'],
  additionalProperties: false,
  properties: { count, sizeBytes: count, names: { type: 'array', items: text } }
} as const

/** JSON schema of `RoomOverview`. */
export const roomOverviewSchema = {
  $id: 'RoomOverview',
  type: 'object',
  required: ['devices', 'neighbours', 'waiting', 'contents', 'wanted'],
  additionalProperties: false,
  properties: {
    room: {
      type: 'object',
      required: ['id', 'name'],
      additionalProperties: false,
      properties: { id: text, name: text }
    },
    devices: {
      type: 'array',
      items: {
        type: 'object',
        required: [
          'id',
          'name',
          'role',
          'self',
          'connected',
          'capacityBytes',
          'usedBytes',
          'heldFiles',
          'wantedFiles',
          'missingBytes',
          'safeToUnplug',
          'leaving',
          'needsUpdate'
        ],
        additionalProperties: false,
        properties: {
          id: text,
          name: text,
          role: { type: 'string', enum: ['node', 'laptop', 'cloud'] },
          self: flag,
          connected: flag,
          address: text,
          capacityBytes: count,
          usedBytes: count,
          heldFiles: count,
          wantedFiles: count,
          missingBytes: count,
          remainingMs: count,
          safeToUnplug: flag,
          unplugCode: text,
          unplugReason: text,
          leaving: flag,
          needsUpdate: flag
        }
      }
    },
    neighbours: {
      type: 'array',
      items: {
        type: 'object',
        required: ['roomId', 'devices'],
        additionalProperties: false,
        properties: { roomId: text, name: text, devices: count }
      }
    },
    waiting: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'name'],
        additionalProperties: false,
        properties: { id: text, name: text, code: text }
      }
    },
    asking: {
      type: 'object',
      additionalProperties: false,
      properties: { room: text, code: text, others: { type: 'array', items: text } }
    },
    wanted: {
      type: 'array',
      items: {
        type: 'object',
        required: ['collection', 'name', 'count'],
        additionalProperties: false,
        properties: { collection: text, name: text, target: text, count, problem: text, fetching: flag }
      }
    },
    fetching: {
      type: 'object',
      required: ['automatic', 'isRunning', 'usedBytes'],
      additionalProperties: false,
      properties: { automatic: flag, isRunning: flag, usedBytes: count, budgetBytes: count }
    },
    contents: {
      type: 'object',
      required: ['lessons', 'python', 'r', 'installers'],
      additionalProperties: false,
      properties: {
        lessons: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'title', 'href', 'sizeBytes'],
            additionalProperties: false,
            properties: { name: text, title: text, href: text, sizeBytes: count, language: text }
          }
        },
        python: packages,
        r: packages,
        installers: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'system', 'href', 'sizeBytes'],
            additionalProperties: false,
            properties: {
              name: text,
              version: text,
              system: { type: 'string', enum: ['windows', 'macos', 'linux', 'other'] },
              architecture: text,
              href: text,
              sizeBytes: count
            }
          }
        }
      }
    }
  }
} as const
