/** The membership of one node as the rest of the program sees it; `local-membership.ts` makes one. */
import type { Grant } from '../../protocols/approval.ts'
import type { AdmissionPolicy } from '../../protocols/hello.ts'
import type { JournalAccess, WriterId } from '../../protocols/journal.ts'
import type { NodeId, PeerLinks } from '../../protocols/message-stream.ts'
import type { NodeSetting, Role } from '../../protocols/room-facts.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { NodeIdentity } from './identity.ts'
import type { Member, MembershipView, TokenState } from './membership-view.ts'
import type { Room } from './room.ts'

export type { Member } from './membership-view.ts'

/** What the room needs of the journal (node/journal has more). */
export interface MembershipJournal extends Pick<JournalAccess, 'append' | 'view'> {
  setRemoved(removed: ReadonlyMap<NodeId, ReadonlyMap<WriterId, number>>): Promise<void>
  lastNumbers(node: NodeId): ReadonlyMap<WriterId, number>
  mayDecide(): boolean
  keysChanged(): Promise<void>
}

export interface MembershipComponents {
  clock: Clock
  random: Random
  journal: MembershipJournal
  room: Room
  identity: NodeIdentity
}

export interface MembershipInit {
  /** As this device presents itself. */
  name: string
  role: Role
  /** Told of work in the background that failed, such as a full disk. */
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

export interface Invited {
  text: string
  token: string
  uses: number | null
}

export interface RemovalReport {
  node: NodeId
  name: string
  cuts: ReadonlyMap<WriterId, number>
  /** Invitations that it knew and that no longer work: make them again. */
  revoked: TokenState[]
  /** Members that came in with one of them: they stay, but somebody should look. */
  toCheck: Member[]
}

/** What we are in our own room. */
export type Standing = 'member' | 'waiting' | 'removed' | 'unwelcome'

export interface Membership {
  readonly policy: AdmissionPolicy
  view(): MembershipView
  standing(): Standing
  /** A peer that had shown to be of the room refused us as removed: our own journal never gets to hear of it. Believed of members only. */
  noteRemoval(by: NodeId): void
  /** False: do not admit, evict, or act as a home. */
  mayDecide(): boolean
  onChange(listener: () => void): () => void
  /** @param addresses of members, for where multicast does not work; the first few are taken */
  invite(options: { uses: number | null; label?: string; addresses: string[] }): Promise<Invited>
  /** Takes an unused rest of an invitation back. */
  revoke(token: string): Promise<void>
  /** For the mesh's approval of a device that asked. */
  grant(device: { node: NodeId; name: string; role: Role }): Promise<Grant>
  /** What `grant` gives, and nothing is written down: for a cloud peer, which is a member once it has shown its certificate. */
  certify(device: { node: NodeId; role: Role }): Grant
  remove(node: NodeId, options: { stolen: boolean }): Promise<RemovalReport>
  /** Writes our own removal, so that others stop waiting for us; `leaveRoom` forgets the keys afterwards. */
  leave(): Promise<void>
  set(node: NodeId, setting: NodeSetting, value: string | number | boolean): Promise<void>
  rename(roomName: string): Promise<void>
  /** Hands keys to members and writes down whom the mesh let in. Call before the mesh starts. */
  attach(links: PeerLinks): void
  stop(): void
}
