/** What the mesh tells people: plain data for `status`, `peers`, `doctor` and the pages. */
import type { Grant } from '../../protocols/approval.ts'
import type { RoomId } from '../../protocols/certificate.ts'
import type { Refusal } from '../../protocols/hello.ts'
import type { NodeId, PeerProfile } from '../../protocols/message-stream.ts'
import type { Role } from '../../protocols/room-facts.ts'

export interface PeerStatus {
  node: NodeId
  linked: boolean
  /** Present while linked, and afterwards as it was last. */
  profile?: PeerProfile
  /** Multiaddrs by which it was reached or that somebody told us. */
  addresses: string[]
  /** Where the connection comes from; present while linked. */
  remoteAddress?: string
  dialer?: boolean
  /** Attempts since it was last linked, and why the last one failed. */
  failures: number
  lastFailure?: string
}

/** Another room that was met. */
export interface NeighbourRoom {
  room: RoomId
  name: string
  /** Its devices that were met. */
  devices: number
  met: NearbyDevice[]
}

/** A device that was met and is not linked. */
export interface NearbyDevice {
  node: NodeId
  address: string
}

/** A device that asks us to let it in. */
export interface PendingAsk {
  id: string
  node: NodeId
  name: string
  role: Role
  /** Six digits that its own page shows too. */
  code: string
}

/** Our own question to be let in. */
export type AskProgress =
  | { step: 'looking' }
  | { step: 'compare'; member: NodeId; room: RoomId; roomName: string; code: string }
  | { step: 'granted'; grant: Grant }
  | { step: 'refused'; code: string }

export type MeshEvent =
  | { kind: 'linked'; node: NodeId; name: string }
  | { kind: 'unlinked'; node: NodeId }
  /** We refused (`by` us) or were refused. */
  | { kind: 'refused'; node: NodeId; code: Refusal; by: 'us' | 'them' }
  /** Two running devices have one key: a card was copied. */
  | { kind: 'clone'; node: NodeId; where: string; reportedBy: NodeId | 'us' }
  /** A member of our own room says that we were taken out of it. */
  | { kind: 'removed'; by: NodeId }
  | { kind: 'neighbour'; room: RoomId; name: string }
  | { kind: 'ask'; ask: PendingAsk }
  | { kind: 'ask-ended'; id: string }

/** What `joinery doctor` and the dashboard make their advice from. Counts are since the start. */
export interface DiscoveryFacts {
  interfaces: {
    interface: string
    address: string
    /** A multicast socket is open on it. */
    open: boolean
    error?: string
    /** Packets of any sender that came in by multicast, our own not counted. */
    received: number
    /** Our own packets that the kernel gave back: sending works. */
    echoed: number
    sent: number
    /** Nodes that announced themselves here. */
    found: number
  }[]
  listening: string[]
  dials: { succeeded: number; refused: number; timedOut: number; unreachable: number; other: number }
  /** Inbound connections that arrived; 0 with peers that we can dial points to a firewall here. */
  inbound: number
  advice: { code: DiscoveryAdvice; text: string }[]
}

export type DiscoveryAdvice =
  | 'NO_NETWORK'
  | 'MULTICAST_BLOCKED'
  | 'CLIENT_ISOLATION'
  | 'FIREWALL_HERE'
  | 'FIREWALL_THERE'
  /** A host name that somebody gave us does not resolve. */
  | 'NAME_UNKNOWN'
