/**
 * The journal of one node, as the rest of the program sees it. `local-journal.ts` makes one; what peers are told and asked is in
 * `sync-service.ts`.
 */

import type {
  Entry,
  EntryMerger,
  JournalAccess,
  Position,
  Registers,
  Stamp,
  WriterId
} from '../../protocols/journal.ts'
import type { BatchRange, Tip, WriterRow } from '../../protocols/journal-sync.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import type { Random } from '../platform/random.ts'
import type { SigningKey } from '../platform/signing.ts'
import type { Intaken } from './intake.ts'

/** Says whose a writer is. Made by node/room: the journal does not know membership. */
export interface WriterAuthority {
  /**
   * Checks the certificate that a writer's batch 0 carries.
   *
   * @returns the writer that it names and the node that it belongs to
   * @throws when it does not chain to this room
   */
  check(certificate: Uint8Array): { writer: WriterId; node: NodeId }
  /**
   * Whether the holder of this certificate may erase a topic; everybody when it is left out. It must depend on nothing but its arguments, or
   * replicas that hold the same entries would differ.
   */
  mayErase?(certificate: Uint8Array, topic: string): boolean
  /** Whether it may write entries of a topic at all; everybody when it is left out. It depends on nothing but its arguments either. */
  mayWrite?(certificate: Uint8Array, topic: string): boolean
}

/** The members' key ring, for bodies of audience `nodes`. */
export interface BodySeal {
  seal(plain: Uint8Array): Uint8Array
  /** Undefined without the key, and for bytes that were not sealed. */
  open(sealed: Uint8Array): Uint8Array | undefined
}

/** Ed25519 with raw keys; the simulator may bring a cheaper scheme. */
export interface Signing {
  keyFromSeed(seed: Uint8Array): SigningKey
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

export interface JournalComponents {
  /** The journal's own store: nothing else is kept in it. Closed by `close`. */
  store: KeyValueStore
  clock: Clock
  random: Random
  authority: WriterAuthority
  /** Certifies a new writer with the node's key; at most 8 KiB (`MAX_CERTIFICATE_BYTES`). */
  certify(writerKey: Uint8Array): Uint8Array
  seal: BodySeal
  /** Merges old entries; without it they stay. */
  merger?: EntryMerger
  /** Which entries are registers, so that overwritten ones become small; without it they stay. */
  registers?: Registers
  /** Default: Ed25519 of node/platform. */
  signing?: Signing
  /** Free bytes where the store lies. Without it nobody looks, and a full disk is met by a write that fails. */
  freeBytes?(): Promise<number>
  /** True after a repair: rows and indexes are made anew from the batches. */
  suspect?: boolean
}

export interface JournalInit {
  /** Us. */
  node: NodeId
  /** For each kind that this program understands, the highest version. Critical entries of others make `mayDecide` false. */
  understood: ReadonlyMap<string, number>
  /** Kinds of entries that somebody waits for until a second device has them: on a slow disk they are written as soon as our own. */
  waitedFor?: ReadonlySet<string>
  /** Told of what went wrong without being anybody's call: a fold that threw, a disk that failed. For the log and the dashboard. */
  onProblem?(problem: JournalProblem): void
  /** Appends are refused when less is free. Default 48 MiB. */
  reserveBytes?: number
}

export interface JournalProblem {
  code: string
  message: string
  cause?: unknown
}

/** For each removed node, the last batch accepted from each of its writers; a writer that is not named counts for nothing. */
export type RemovedNodes = ReadonlyMap<NodeId, ReadonlyMap<WriterId, number>>

/** Two batches with one number: a key in two hands. Both branches are kept and folded. */
export interface Fork {
  writer: WriterId
  node: NodeId
  /** The first number that has two batches. */
  number: number
  /** How many branches are known. */
  branches: number
}

export interface UnknownKind {
  kind: string
  version: number
  /** Where the first one stands. */
  position: Position
}

export interface VerifyReport {
  batches: number
  entries: number
  /** Batches that should be there and are not. */
  holes: Position[]
  /** Batches whose bytes do not pass: hash, signature, chain or body. */
  rotten: Position[]
  /** Bodies that are gone although nobody erased them. */
  hollow: Position[]
  /** Batches that the index of topics did not lead to; put right at once. */
  unindexed: number
  /** Wanted from peers from now on; empty holes and rot heal as they are linked. */
  repairing: number
}

/** What the exchange with peers reads of a journal, and tells it. */
export interface JournalExchange {
  root(): Uint8Array
  bucketHashes(): { bucket: number; hash: Uint8Array }[]
  rowsOf(bucket: number): WriterRow[]
  /** On our medium; empty for an unknown writer. */
  tips(writer: WriterId): Tip[]
  /** The number after the highest that was accepted, on the medium or on its way. */
  next(writer: WriterId): number
  writerCount(): number
  /** On our medium, those that do not count any more included. */
  batchCount(): number
  /** False for what would be hidden: past the cut of a removed node. */
  wants(writer: WriterId, number: number): boolean
  /** What is damaged here. */
  repairs(): BatchRange[]
  /** Batches of all branches, ascending; `next` says where to go on, undefined at `to` or at the end. */
  read(writer: WriterId, from: number, to: number | null): Promise<{ batches: ReadBatch[]; next: number | undefined }>
  /** Checks and stores; waits while too much is on its way to the disk. After a failed write nothing is taken. */
  take(batches: readonly Uint8Array[]): Promise<Intaken>
  /** What a peer confirmed: for each writer the last number. Tell `peerConfirmed` after changing it. */
  knowledgeOf(peer: NodeId): Map<WriterId, number>
  peerConfirmed(): void
  /** Batches that became durable, ours and others'. */
  onDurable(listener: (batches: readonly DurableBatch[]) => void): () => void
  /** `repairs` or what counts has changed. */
  onChanged(listener: () => void): () => void
}

export interface ReadBatch {
  number: number
  bytes: Uint8Array
}

export interface DurableBatch extends ReadBatch {
  writer: WriterId
  /** Written in this run of this process. */
  own: boolean
}

export interface Journal extends JournalAccess {
  /** Ours in this run of the process. */
  readonly writer: WriterId
  readonly node: NodeId
  /** For `createJournalSync` and the simulator. */
  readonly exchange: JournalExchange
  /**
   * `read-only` after a failed write: until a restart. `full`: less than the reserve is free; appends go on once there is room again,
   * unless a write met the end of the disk. Reads go on in both.
   */
  state(): 'open' | 'read-only' | 'full' | 'closed'
  /**
   * Erases all bodies of the topic that were written before, on every node. Resolves once it is on our medium.
   *
   * @throws JoineryError `ERASE_NOT_ALLOWED`
   */
  erase(topic: string): Promise<Stamp>
  /**
   * Merges what this node wrote, and lets go of what it has overwritten, as much as is worth it, whatever its age. It happens by itself to what is old.
   *
   * @returns how many batches were merged and values let go
   */
  compact(): Promise<number>
  /** Hides what removed nodes wrote past their cuts. The whole truth each time; kept on disk for the next start. */
  setRemoved(removed: RemovedNodes): Promise<void>
  /** The last number that we hold of each of a node's writers: what a removal names. */
  lastNumbers(node: NodeId): ReadonlyMap<WriterId, number>
  /** False while there are critical entries that this program does not understand. */
  mayDecide(): boolean
  unknownKinds(): readonly UnknownKind[]
  forks(): readonly Fork[]
  onFork(listener: (fork: Fork) => void): () => void
  /** Bodies may have become readable: folds that met closed ones are folded anew. */
  keysChanged(): Promise<void>
  /** Whether a peer has this on its disk: resolves true as soon as one has, false after `withinMs`. */
  savedElsewhere(position: Position, withinMs: number): Promise<boolean>
  /** Every entry that becomes durable here, in batches; for those who keep no fold. */
  onCommitted(listener: (entries: readonly Entry[]) => void): () => void
  /** Reads everything and checks everything. Damaged batches are asked of peers afterwards. */
  verify(signal?: AbortSignal): Promise<VerifyReport>
  /** Forgets an opened view, such as a closed note's; a snapshot of it stays on disk. */
  release(fold: string): Promise<void>
  /** Ends our writer, saves snapshots, closes the store. */
  close(): Promise<void>
}
