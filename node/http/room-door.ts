/** What the front door needs of the room's dashboard: of the room that the device is in just now. */

import type { ReadyReport } from '../../protocols/ready-report.ts'
import type { RoomGlance } from '../../protocols/room-glance.ts'
import type { RoomLive } from '../live/index.ts'

export interface RoomDoor {
  /** Stickies, how devices are, the time. Undefined while the device belongs to no room. */
  current(): RoomLive | undefined
  glance(): Promise<RoomGlance>
  actions: RoomActions
}

/** A version of a collection, as a person sees it. */
export interface VersionLine {
  version: string
  device: string
  wallMs?: number
  files: number
  sizeBytes: number
  current: boolean
}

/** What came of adding something. */
export interface AddedContent {
  collections: readonly { collection: string; added: number; updated: number }[]
  refused: number
}

export interface NewContent {
  /** A file or folder on this device. */
  source: string
  collection?: string
  /** Under which path of that collection. */
  under?: string
  unpack: boolean
}

/** What a facilitator can do from the page; each fails with a JoineryError. */
export interface RoomActions {
  rename(device: string, name: string): Promise<void>
  setLeaving(device: string, leaving: boolean): Promise<void>
  remove(device: string, options: { stolen: boolean }): Promise<void>
  answer(device: string, code: string, isSame: boolean): Promise<void>
  add(content: NewContent, signal: AbortSignal): Promise<AddedContent>
  versions(collection: string): Promise<VersionLine[]>
  rollback(collection: string, version: string): Promise<void>
  /** Names and folders of sticks that are plugged into this device. */
  sticks(): Promise<{ name: string; path: string }[]>
  /** Where uploads may lie until they are added; emptied at the start. */
  uploads: { folder: string; freeBytes(): Promise<number> }
  /** Tries everything as a learner would; starting it while it runs changes nothing. */
  check: { start(): void; state(): { isRunning: boolean; report: ReadyReport } | undefined }
}
