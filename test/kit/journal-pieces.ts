/** What a journal needs of the parts around it, as small as it can be: an authority that believes, a seal that is open, links over pipes. */
import type { BodySeal, WriterAuthority } from '../../node/journal/index.ts'
import { decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks, StreamLimits } from '../../protocols/message-stream.ts'
import { profileOf } from './peer-profile.ts'

/** A certificate that says whose the writer is, and proves nothing. */
export function certifier(node: NodeId): (writerKey: Uint8Array) => Uint8Array {
  return (key) => encodeCbor([Buffer.from(key).toString('hex'), node])
}

/** Believes every certificate, except those of the node `stranger`. */
export const believingAuthority: WriterAuthority = {
  check(certificate) {
    const [writer, node] = decodeCbor(certificate, 1024) as [string, string]
    if (node === 'stranger') throw new JoineryError('BAD_REQUEST', 'not of this room')
    return { writer, node }
  }
}

export const noSeal: BodySeal = { seal: (plain) => plain, open: (sealed) => sealed }

type Handler = (stream: MessageStream, link: PeerLink) => Promise<void>

/** Links in one process and in real time, without delay and faults: for measuring. The simulator's are in simulated-network.ts. */
export class PipeLinks implements PeerLinks {
  readonly node: NodeId
  readonly #links = new Set<PeerLink>()
  readonly #came = new Set<(link: PeerLink) => void>()
  readonly #handlers = new Map<string, Handler>()

  constructor(node: NodeId) {
    this.node = node
  }

  links(): readonly PeerLink[] {
    return [...this.#links]
  }

  onLink(listener: (link: PeerLink) => void): () => void {
    this.#came.add(listener)
    for (const link of this.#links) listener(link)
    return () => this.#came.delete(listener)
  }

  onLinkLost(): () => void {
    return () => undefined
  }

  handle(protocol: string, _limits: StreamLimits, handler: Handler): void {
    this.#handlers.set(protocol, handler)
  }

  static connect(dialer: PipeLinks, acceptor: PipeLinks): void {
    const there = PipeLinks.#link(acceptor, true, () => here)
    const here = PipeLinks.#link(dialer, false, () => there)
    dialer.#add(there)
    acceptor.#add(here)
  }

  static #link(to: PipeLinks, dialer: boolean, back: () => PeerLink): PeerLink {
    return {
      peer: to.node,
      profile: profileOf(to.node),
      remoteAddress: '127.0.0.1',
      dialer,
      open: async (protocol) => {
        const handler = to.#handlers.get(protocol)
        if (!handler) throw new JoineryError('CLOSED', 'nobody handles it')
        const near = new Pipe()
        const far = new Pipe()
        near.other = far
        far.other = near
        handler(far, back()).catch((error: Error) => far.abort(error))
        return near
      }
    }
  }

  #add(link: PeerLink): void {
    this.#links.add(link)
    for (const listener of this.#came) listener(link)
  }
}

/** Messages that may wait for a reader. */
const WINDOW = 4

class Pipe implements MessageStream {
  other: Pipe | undefined
  readonly #inbox: Uint8Array[] = []
  #closed = false
  #failure: Error | undefined
  #waiting: (() => void)[] = []

  async send(message: Uint8Array): Promise<void> {
    const other = this.other as Pipe
    while (!this.#failure && other.#inbox.length >= WINDOW) await other.#changed()
    if (this.#failure) throw this.#failure
    other.#inbox.push(message.slice())
    other.#tell()
  }

  async receive(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#inbox.shift()
      if (message) {
        this.#tell()
        return message
      }
      if (this.#failure) throw this.#failure
      if (this.#closed) return undefined
      await this.#changed()
    }
  }

  async close(): Promise<void> {
    const other = this.other as Pipe
    other.#closed = true
    other.#tell()
  }

  abort(reason: Error): void {
    for (const end of [this, this.other as Pipe]) {
      end.#failure ??= reason
      end.#tell()
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
