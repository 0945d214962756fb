/**
 * A two-way stream of whole messages between two nodes. The mesh makes them from libp2p streams, the simulator from its own
 * network; the journal, the inventories and the fallback of the blobs speak only this.
 * Every stream has back-pressure (`send` waits), a timeout and a greatest message, given when it is opened or handled.
 */
export interface MessageStream {
  /** Resolves once there is room for the next message. Rejects with `CLOSED`, `TIMED_OUT` or `TOO_LARGE`. */
  send(message: Uint8Array): Promise<void>
  /** The next message, or undefined once the other side has closed. Rejects as `send` does. */
  receive(): Promise<Uint8Array | undefined>
  /** Ends our side after everything that was sent has left. */
  close(): Promise<void>
  /** Ends both sides at once; what was not read is dropped. */
  abort(reason: Error): void
}

export interface StreamLimits {
  /** A longer message aborts the stream. */
  maxMessageBytes: number
  /** No byte in or out for so long while somebody waits: the stream is aborted. 0 = an idle stream may live for ever. */
  idleTimeoutMs: number
}

/** One admitted peer, as the features see it. */
export interface PeerLink {
  /** libp2p peer id in base58 ("12D3KooW…"). */
  readonly peer: NodeId
  /** What it said of itself; already checked. */
  readonly profile: PeerProfile
  /** The IP address of the connection: where its HTTP port is looked for. */
  readonly remoteAddress: string
  /** True when we dialled: only the dialler starts digests. */
  readonly dialer: boolean
  open(protocol: string, limits: StreamLimits, signal?: AbortSignal): Promise<MessageStream>
}

/** A node's name on the mesh: the base58 text of its Ed25519 peer id. */
export type NodeId = string

export interface PeerProfile {
  name: string
  role: 'node' | 'laptop' | 'cloud'
  /** Changes at each start of the process. Hex, 16 bytes. */
  bootId: string
  /** 0 = it serves no HTTP. */
  httpPort: number
  /** Bytes that it offers for blobs. */
  capacityBytes: number
}

/** What a feature needs of the mesh. Implemented by node/mesh and by the simulator. */
export interface PeerLinks {
  links(): readonly PeerLink[]
  /** Called for each link that is there and for each that comes; the returned function stops it. */
  onLink(listener: (link: PeerLink) => void): () => void
  onLinkLost(listener: (link: PeerLink) => void): () => void
  /** Handles streams that admitted peers open. A rejected handler aborts its stream. */
  handle(
    protocol: string,
    limits: StreamLimits,
    handler: (stream: MessageStream, link: PeerLink) => Promise<void>
  ): void
}
