/** What the front door needs of the room's dashboard: of the room that the device is in just now. */

import type { PlacementPolicy } from '../../protocols/content.ts'
import type { ReadyReport } from '../../protocols/ready-report.ts'
import type { RoomGlance } from '../../protocols/room-glance.ts'
import type { RoomLive } from '../live/index.ts'

export interface RoomDoor {
  /** Stickies, how devices are, the time. Undefined while the device belongs to no room. */
  current(): RoomLive | undefined
  glance(): Promise<RoomGlance>
  actions: RoomActions
  /** Absent: nothing about them can be seen or changed from the page. */
  copies?: CopiesDoor
  invitations?: InvitationsDoor
}

/** On how many devices what is kept: as `joinery policy`. */
export interface CopiesDoor {
  state(): Promise<CopiesState>
  /** @param policy null: back to the standard. @throws JoineryError `COLLECTION_NAME_WRONG`, `NAME_FORBIDDEN` */
  set(target: string, policy: PlacementPolicy | null): Promise<void>
}

export interface CopiesState {
  /** Of the devices that count as copies. */
  devices: number
  offeredBytes: number
  /** A collection, or a collection and a path: `cran`, `installers/rstudio`. What it holds, and what is to be done with it. */
  rules: { target: string; policy: PlacementPolicy; standard: boolean; files: number; sizeBytes: number }[]
}

/** For whoever may change devices; what `make` and `line` give is secret. */
export interface InvitationsDoor {
  /** That still let somebody in. */
  open(): OpenInvitation[]
  make(uses: number): Promise<{ id: string; text: string }>
  /** @throws JoineryError `NOT_FOUND` */
  revoke(id: string): Promise<void>
  /** What a computer that has nothing yet is given to paste. @throws JoineryError `NOT_COMPILED` */
  line(address: string, text: string): Promise<string>
}

export interface OpenInvitation {
  /** Of its token; not secret. */
  id: string
  /** Name of the device that made it. */
  by: string
  usesLeft: number
  /** Names of the devices that came in with it. */
  usedBy: string[]
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

/** What a thief could still use, had it not been taken back. */
export interface StolenNotes {
  name: string
  /** How many more devices each one would have let in: to be made again. */
  invitations: readonly { id: string; usesLeft: number }[]
  /** Names of devices that came in with one of them: still in the room, and to be looked at. */
  toCheck: readonly string[]
}

/** What a facilitator can do from the page; each fails with a JoineryError. */
export interface RoomActions {
  rename(device: string, name: string): Promise<void>
  setLeaving(device: string, leaving: boolean): Promise<void>
  remove(device: string): Promise<void>
  /** Removes it, makes new keys, and says what is left to do. */
  stolen(device: string): Promise<StolenNotes>
  answer(device: string, code: string, isSame: boolean): Promise<void>
  add(content: NewContent, signal: AbortSignal): Promise<AddedContent>
  versions(collection: string): Promise<VersionLine[]>
  rollback(collection: string, version: string): Promise<void>
  /** Names and folders of sticks that are plugged into this device. */
  sticks(): Promise<{ name: string; path: string }[]>
  /** Folders of this device that may be added, by a name for people. */
  folders(): Promise<{ name: string; path: string }[]>
  /** Where uploads may lie until they are added; emptied at the start. */
  uploads: { folder: string; freeBytes(): Promise<number> }
  /** Tries everything as a learner would; starting it while it runs changes nothing. */
  check: { start(): void; state(): { isRunning: boolean; report: ReadyReport } | undefined }
}
