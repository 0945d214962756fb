/**
 * The journal as its readers see it: entries with a total order that no clock takes part in.
 * The bytes on the wire and on disk are in `batch.ts`.
 */
import type { CborValue } from './cbor.ts'
import type { NodeId } from './message-stream.ts'

/** A writer: 32 bytes of its public key in hex. Every start of a process makes a new one. */
export type WriterId = string

/** Where an entry stands: the writer's batch `number` (from 0) and the place in it. */
export interface Position {
  writer: WriterId
  number: number
  index: number
}

/** What orders two entries everywhere alike: the higher lamport wins, then the writer's id, then number and index. */
export interface Stamp extends Position {
  lamport: number
}

/** Who may read a body: anybody who reaches the room, people of the room, members only (then it is encrypted). */
export type Audience = 'public' | 'room' | 'nodes'

export interface NewEntry {
  /** `room`, `people`, `collections`, `note/<id>`, `repo/<id>`, … */
  topic: string
  kind: string
  version: number
  /** A node that does not know this kind stops admitting, evicting and deciding, and asks for an update. */
  critical?: boolean
  audience?: Audience
  body: CborValue
}

export interface Entry extends Stamp {
  /** Whose writer it is, as the writer's certificate says. */
  node: NodeId
  topic: string
  kind: string
  version: number
  critical: boolean
  /** Undefined when it was erased, or when we have no key for it. */
  body: CborValue | undefined
}

/** Negative when `a` comes first. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.lamport !== b.lamport) return a.lamport - b.lamport
  if (a.writer !== b.writer) return a.writer < b.writer ? -1 : 1
  return a.number - b.number || a.index - b.index
}

/**
 * A view of some topics. `apply` must give the same state whatever the order and however often an entry comes:
 * registers keep the highest stamp, sets grow. State must be plain data that `save` can put into CBOR.
 */
export interface Fold<State> {
  /** Names the snapshot on disk. */
  readonly name: string
  /** A snapshot of another version is dropped and folded anew. */
  readonly version: number
  reads(topic: string): boolean
  /**
   * True: also entries that `setRemoved` hides. For the fold that decides who is removed: it must not lose a removal
   * because of a removal, or it would flip for ever.
   */
  readonly seesHidden?: boolean
  empty(): State
  apply(state: State, entry: Entry): void
  save(state: State): CborValue
  load(saved: CborValue): State
}

/** What features need of the journal. Implemented by node/journal; a plain array in unit tests. */
export interface JournalAccess {
  /** Resolves with the positions once they are on the medium (group commit). */
  append(entries: NewEntry[]): Promise<Stamp[]>
  /** The state so far; it goes on changing as entries arrive. `onChange` is called after each batch that touched it. */
  view<State>(fold: Fold<State>): Promise<FoldView<State>>
  /** Entries of one topic in stamp order, read from the disk with bounded memory. */
  entriesOf(topic: string): AsyncIterable<Entry>
  /** How many peers are known to have this on their disks. */
  copiesElsewhere(position: Position): number
  /** Called whenever a peer confirmed more. */
  onConfirmed(listener: () => void): () => void
}

export interface FoldView<State> {
  readonly state: State
  onChange(listener: (entries: readonly Entry[]) => void): () => void
}

/**
 * How old entries become fewer: what node/notes knows of its text, and the journal does not. `covers`, `merges` and `spokenFor` are part of what nodes
 * agree on: the same in every program of a room.
 */
export interface EntryMerger {
  /** Entries whose bodies may shrink to their hashes once a merged one stands for them. */
  covers(topic: string, kind: string): boolean
  /** False: this one stays as it is. Asked only by the node that merges. */
  mayMerge(entry: Entry): boolean
  /**
   * What stands for these entries, all of one topic and with their bodies. It has to say no more and no less than they do, whatever is folded
   * before, after or twice.
   *
   * @returns undefined when it cannot be done: then they stay
   */
  merge(topic: string, entries: readonly Entry[]): Promise<NewEntry[] | undefined>
  /** Whether this kind is one of merged entries. */
  merges(kind: string): boolean
  /** For a merged entry the stamp of the newest that it stands for: an erasure after that one erases the merged one too. */
  spokenFor(kind: string, body: CborValue): Stamp | undefined
}

/**
 * Which entries are registers: of several with one name the highest stamp counts, and an older one says nothing beside a later one of the same
 * node. `covers` is part of what nodes agree on; it must not look at bodies, since whoever lacks them has to decide alike.
 */
export interface Registers {
  /** Topics that have any; the others are never looked through. */
  reads(topic: string): boolean
  covers(topic: string, kind: string): boolean
  /** Names the register within its topic. @returns undefined for a body that says nothing: such an entry stays */
  registerOf(topic: string, kind: string, body: CborValue): string | undefined
}
