import type { Grant } from '../../protocols/approval.ts'
import type { RoomId } from '../../protocols/certificate.ts'
import type { AdmissionPolicy } from '../../protocols/hello.ts'
import type { MessageStream, NodeId, PeerLinks, PeerProfile, StreamLimits } from '../../protocols/message-stream.ts'
import type { Role } from '../../protocols/room-facts.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import type { Random } from '../platform/random.ts'
import type { SigningKey } from '../platform/signing.ts'
import type {
  AskProgress,
  DiscoveryFacts,
  MeshEvent,
  NearbyDevice,
  NeighbourRoom,
  PeerStatus,
  PendingAsk
} from './mesh-status.ts'
import type { Hosting } from './shared-host.ts'

export interface MeshComponents {
  clock: Clock
  random: Random
  disk: Disk
  /** The node key. */
  key: SigningKey
  /** Asked at every hello, so that it may change its answer (see node/room). */
  policy: AdmissionPolicy
  /** The addresses of this device as they are now; asked every few seconds. */
  networkAddresses: () => NetworkAddress[]
  /** Where the host comes from; absent: one of our own. See `SharedHost`. */
  hosting?: Hosting
  /** Makes a grant for a device that a person approved; absent: nobody can be approved here. */
  grant?: (device: { node: NodeId; name: string; role: Role }) => Promise<Grant>
}

export interface MeshInit {
  /** Where the address book is kept. */
  folder: string
  /** TCP; WebSockets are one above. 0: any two free ports. */
  meshPort: number
  /** 16 bytes in hex, new at each start (see `openIdentity`). */
  bootId: string
  profile: Omit<PeerProfile, 'bootId'>
  /** Multiaddrs or `host:port`, with or without `/p2p/<node id>`: always dialled. */
  staticAddresses?: string[]
  /** Addresses that are never announced, such as the access point's (all nodes have the same). */
  hiddenAddresses?: string[]
  /** False: no multicast at all. */
  discovery?: boolean
}

export interface Mesh extends PeerLinks {
  readonly node: NodeId
  start(): Promise<void>
  /** Ends all links, says goodbye by multicast, frees the ports. */
  stop(): Promise<void>
  /** Multiaddrs of this node with `/p2p/…`, without hidden addresses. */
  addresses(): string[]
  /** The TCP port that is listened on; differs from the setting when that was 0. */
  readonly meshPort: number
  setProfile(profile: Partial<Omit<PeerProfile, 'bootId'>>): void
  addStaticAddress(address: string): void
  /**
   * Talks to a device that need not be of our room, at an address that ends with its id. The connection is encrypted and the other end proved
   * to be that device; nothing else is known of it.
   *
   * @throws JoineryError `CLOSED` when it cannot be reached or does not speak the protocol
   */
  visit<Result>(
    address: string,
    protocol: string,
    limits: StreamLimits,
    talk: (stream: MessageStream) => Promise<Result>
  ): Promise<Result>
  peers(): PeerStatus[]
  neighbours(): NeighbourRoom[]
  nearby(): NearbyDevice[]
  asks(): PendingAsk[]
  /** @throws JoineryError `ASK_NOT_FOUND`; what `grant` throws */
  approve(askId: string): Promise<void>
  decline(askId: string): void
  /** Asks members in reach to let this device in, until granted, refused or aborted. */
  ask(init: { name: string; role: Role; signal: AbortSignal; room?: RoomId }): AsyncIterable<AskProgress>
  discovery(): DiscoveryFacts
  onEvent(listener: (event: MeshEvent) => void): () => void
}
