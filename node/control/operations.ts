/**
 * What a person can ask of a node: one method per operation, plain data in and out, so that the command line (over the local socket),
 * the dashboard and the tests call the same thing. node/daemon implements it; `openOffline` gives the same without a mesh.
 *
 * Every failure is a JoineryError with a code. A stream ends when its work is done; abort the signal (or leave the loop) to cancel it:
 * what is already durable stays, nothing half-done is visible, and running it again continues.
 */
import type { PlacementPolicy } from '../../protocols/content.ts'
import type {
  DeviceOverview,
  DeviceRole,
  NeighbourOverview,
  RoomOverview,
  WaitingDevice
} from '../../protocols/room-overview.ts'
import { CLASS_OPERATION_KINDS, type ClassOperations } from './class-operations.ts'
import type { CloudPeerStatus, CloudRoomStatus } from './cloud-status.ts'
import { PERSON_OPERATION_KINDS, type PersonOperations } from './person-operations.ts'
import { ROOM_OPERATION_KINDS, type RoomOperations } from './room-operations.ts'
import { STICK_OPERATION_KINDS, type StickOperations } from './stick-operations.ts'
import { WANT_OPERATION_KINDS, type WantOperations } from './want-operations.ts'

export type { CloudPeerStatus, CloudRoomStatus } from './cloud-status.ts'

/** What long work reports: how far it is, what it met, and at last exactly one result. */
export type Progress<Result> = ProgressStep | ProgressNotice | { kind: 'done'; result: Result }

/** At most some 5 a second, and one at the start of each phase. */
export interface ProgressStep {
  kind: 'step'
  /** Plain words for a person, such as `reading`, `copying`, `checking`. */
  phase: string
  doneFiles: number
  /** Absent while it is not known. */
  totalFiles?: number
  doneBytes: number
  totalBytes?: number
  /** What is worked on right now. */
  current?: string
}

/** Something a person should know of, which did not end the work. */
export interface ProgressNotice {
  kind: 'notice'
  level: 'warning' | 'problem'
  code: string
  text: string
  next?: string
  path?: string
}

export interface NodeStatus {
  /** Version of the program, such as `0.1.0`. */
  version: string
  device: { id: string; name: string; role: DeviceRole }
  /** Absent while this device belongs to no room. */
  room?: { id: string; name: string }
  /** For people: `http://192.168.1.20:8080/`, the most useful first. */
  addresses: string[]
  httpPort: number
  meshPort: number
  /** libp2p addresses for `--static` of a device that cannot find us. */
  meshAddresses: string[]
  uptimeMs: number
  overview: RoomOverview
  /** The room's record on this device; a batch carries one entry or several. */
  journal: { batches: number; bytes: number; writers: number; forks: number }
  blobs: {
    held: number
    heldBytes: number
    /** What this device should hold and does not yet. */
    missing: number
    missingBytes: number
    quarantined: number
    freeDiskBytes: number
  }
  memoryBytes: number
  /** What a person should look at now; empty when all is well. */
  problems: { code: string; text: string; next: string }[]
}

export interface PeerStatus extends DeviceOverview {
  /** How we reach it: `192.168.1.21` and the like; empty when not linked. */
  remoteAddresses: string[]
}

interface CreatedRoom {
  roomId: string
  name: string
  device: string
  /** The first facilitator's account, of a room that was made just now. */
  facilitator?: { name: string; code: string }
}

interface CreatedInvitation {
  /** To be typed, pasted or shown as a QR code. Secret: it lets a device in. */
  text: string
  /** How many devices it lets in. */
  uses: number
  roomId: string
  /** Of the token, for `revoke` and for lists; not secret. */
  id: string
}

/** A room that a device without one could ask to join. */
export interface NearbyRoom {
  roomId: string
  name?: string
  devices: { id: string; name: string; address: string }[]
}

/** What a device that asks to be let in goes through. */
export type AskProgress =
  | { kind: 'asking'; device: string; address: string }
  /** Compare these six digits on both devices. */
  | { kind: 'code'; code: string; device: string }
  | { kind: 'joined'; roomId: string; name: string }

interface RemovedDevice {
  id: string
  name: string
  /** Its entries up to here stay; later ones count nowhere. */
  lastBatches: number
}

export interface StolenDevice extends RemovedDevice {
  /** Invitations that no longer work; make them again with `joinery invite`. */
  revokedInvitations: { id: string; uses: number; usesLeft: number }[]
  /** Other devices that were let in with an invitation that the thief may have read. */
  toCheck: { id: string; name: string }[]
}

export interface LeaveResult {
  /** True when every file had enough copies elsewhere before it left. */
  drained: boolean
  movedFiles: number
  movedBytes: number
}

export interface ImportRequest {
  /** Absolute path of a folder or file on the device where the command runs. */
  source: string
  /** Puts everything into this collection; without it the layout of the folder says what is what. */
  collection?: string
  /** Under which path of that collection. */
  under?: string
  /** More files and folders for the same version. */
  others?: string[]
  /** Of installers whose name does not say it. */
  system?: 'windows' | 'macos' | 'linux'
  /** `source` is a ZIP file: what is inside is imported. */
  unpack?: boolean
  /** Says what would happen and changes nothing. */
  dryRun?: boolean
  /** Adds nothing at all when there is one bad file: fails with `IMPORT_HAS_PROBLEMS`. */
  strict?: boolean
}

export interface ImportResult {
  collections: {
    collection: string
    added: number
    updated: number
    unchanged: number
    addedBytes: number
    /** Short name of the new version; absent when nothing changed. */
    version?: string
  }[]
  /** Left out because they are broken, forbidden or not understood; each was told as a notice. */
  refused: number
}

export interface CollectionStatus {
  name: string
  files: number
  sizeBytes: number
  /** On this device. */
  heldFiles: number
  heldBytes: number
  version: string
  policy: PlacementPolicy
  /** Files with fewer copies than their policy asks for. */
  shortOfCopies: number
}

export interface ListedFile {
  collection: string
  path: string
  sizeBytes: number
  cid: string
  /** This device has it. */
  here: boolean
  /** Devices known to hold it, this one included. */
  copies: number
}

export interface HistoryVersion {
  /** Short name, good for `rollback`. */
  version: string
  /** Name of the device that made it. */
  device: string
  /** For showing only: what that device believed the time was. */
  wallMs?: number
  action: 'import' | 'remove' | 'rollback' | 'merge'
  files: number
  sizeBytes: number
  current: boolean
}

export interface PolicyRule {
  /** A collection, or a collection and a path prefix: `cran`, `installers/rstudio`. */
  target: string
  policy: PlacementPolicy
  /** Nobody set it: it follows from the room's size. */
  standard: boolean
}

export interface VerifyResult {
  files: number
  bytes: number
  rotten: { cid: string; path?: string; repaired: boolean }[]
}

export interface CollectGarbageResult {
  removedFiles: number
  removedBytes: number
  /** Unfinished downloads and other left-overs. */
  removedPartials: number
}

export interface Finding {
  level: 'ok' | 'warning' | 'problem'
  code: string
  text: string
  next?: string
}

export interface UnplugAnswer {
  id: string
  name: string
  safe: boolean
  reason?: string
  /** Files that would have no copy left elsewhere. */
  onlyHereFiles: number
  onlyHereBytes: number
  /** A guess from the present rate; absent when nothing moves. */
  remainingMs?: number
}

/** `signal` ends the work early. Devices are named by id, by its last 6 or more characters (all begin alike), or by name; several that fit: `BAD_REQUEST`. */
export interface Operations extends PersonOperations, ClassOperations, StickOperations, RoomOperations, WantOperations {
  status(): Promise<NodeStatus>
  peers(): Promise<PeerStatus[]>
  neighbours(): Promise<NeighbourOverview[]>
  doctor(options: Record<string, never>, signal?: AbortSignal): AsyncIterable<Finding>

  /** Fails with `ROOM_EXISTS` on a device that has a room. */
  createRoom(options: { name: string }): Promise<CreatedRoom>
  invite(options: { uses: number }): Promise<CreatedInvitation>
  /**
   * Takes up an invitation; works without a network, members hear of it when they meet. In that room already: changes nothing and succeeds.
   * In another room: `ROOM_EXISTS`.
   */
  join(options: { invitation: string }): Promise<CreatedRoom>
  nearbyRooms(options: { waitMs: number }, signal?: AbortSignal): Promise<NearbyRoom[]>
  /** Asks a room to let this device in, and waits until somebody there approved. */
  askToJoin(options: { roomId: string }, signal?: AbortSignal): AsyncIterable<AskProgress>
  askers(): Promise<WaitingDevice[]>
  /** @param options.code the six digits that the person read on the other device; must match */
  approve(options: { device: string; code: string }): Promise<{ id: string; name: string }>
  remove(options: { device: string }): Promise<RemovedDevice>
  stolen(options: { device: string }): Promise<StolenDevice>
  /** With `drain` it first waits until everything has enough copies elsewhere. */
  leave(options: { drain: boolean }, signal?: AbortSignal): AsyncIterable<Progress<LeaveResult>>
  safeToUnplug(options: { device?: string }): Promise<UnplugAnswer>

  import(options: ImportRequest, signal?: AbortSignal): AsyncIterable<Progress<ImportResult>>
  collections(): Promise<CollectionStatus[]>
  /** In order of the path, at most `limit` (up to 1,000); go on with `after` = the last path seen. */
  ls(options: {
    collection: string
    prefix?: string
    after?: string
    limit: number
  }): Promise<{ files: ListedFile[]; more: boolean }>
  /** Takes one path, or all below it when it ends with `/`, out of a collection. */
  removePath(options: { collection: string; path: string }): Promise<{ removed: number; version: string }>
  /** Newest first, at most 200. */
  history(options: { collection: string }): Promise<HistoryVersion[]>
  rollback(options: { collection: string; version: string }): Promise<HistoryVersion>
  policies(): Promise<PolicyRule[]>
  /** `policy: null` returns to the standard. */
  setPolicy(options: { target: string; policy: PlacementPolicy | null }): Promise<PolicyRule>

  /** At a cloud peer: makes a text that links up to `uses` rooms. `addresses`: host names, `host:port` or multiaddrs under which it is reached. */
  cloudInvite(options: {
    uses: number
    addresses?: string[]
  }): Promise<{ text: string; uses: number; addresses: string[] }>
  /** At a cloud peer: what is kept there. */
  cloudRooms(): Promise<CloudRoomStatus[]>
  /** In a room: `CLOUD_LINK_MISTYPED`, `CLOUD_LINK_REFUSED`, `NOT_ALLOWED_TO_ADMIT`. Carried out by whichever device reaches the cloud peer first. */
  cloudLink(options: {
    text: string
    budgetBytes?: number | null
    budgetMinutes?: number | null
  }): Promise<CloudPeerStatus>
  /** It gets nothing more until it is linked again; with `forGood` it never comes back with its key. Empty: the only one there is. */
  cloudUnlink(options: { cloud: string; forGood?: boolean }): Promise<CloudPeerStatus>
  cloudStatus(): Promise<CloudPeerStatus[]>
  /** @param options.again count what is used from nothing again, on every device */
  setCloudBudget(options: {
    cloud: string
    budgetBytes: number | null
    budgetMinutes: number | null
    again?: boolean
  }): Promise<CloudPeerStatus>

  verify(options: Record<string, never>, signal?: AbortSignal): AsyncIterable<Progress<VerifyResult>>
  gc(options: { dryRun: boolean }, signal?: AbortSignal): AsyncIterable<Progress<CollectGarbageResult>>
}

/** How each operation answers over the socket; the compiler checks that none is forgotten. */
export const OPERATION_KINDS: Readonly<Record<keyof Operations, 'answer' | 'stream'>> = {
  status: 'answer',
  peers: 'answer',
  neighbours: 'answer',
  doctor: 'stream',
  createRoom: 'answer',
  invite: 'answer',
  join: 'answer',
  nearbyRooms: 'answer',
  askToJoin: 'stream',
  askers: 'answer',
  approve: 'answer',
  remove: 'answer',
  stolen: 'answer',
  leave: 'stream',
  safeToUnplug: 'answer',
  import: 'stream',
  collections: 'answer',
  ls: 'answer',
  removePath: 'answer',
  history: 'answer',
  rollback: 'answer',
  policies: 'answer',
  setPolicy: 'answer',
  ...PERSON_OPERATION_KINDS,
  ...CLASS_OPERATION_KINDS,
  ...STICK_OPERATION_KINDS,
  ...ROOM_OPERATION_KINDS,
  ...WANT_OPERATION_KINDS,
  cloudInvite: 'answer',
  cloudRooms: 'answer',
  cloudLink: 'answer',
  cloudUnlink: 'answer',
  cloudStatus: 'answer',
  setCloudBudget: 'answer',
  verify: 'stream',
  gc: 'stream'
}
