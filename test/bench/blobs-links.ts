/** `PeerLinks` over plain TCP, so that the copying can be measured in processes of their own without the mesh: one connection per stream. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, PeerLink, PeerLinks, PeerProfile, StreamLimits } from '../../protocols/message-stream.ts'

export interface BenchPeer {
  id: string
  meshPort: number
  httpPort: number
}

type Handler = { limits: StreamLimits; handler: (stream: MessageStream, link: PeerLink) => Promise<void> }

export class TcpLinks implements PeerLinks {
  readonly #self: string
  readonly #handlers = new Map<string, Handler>()
  readonly #links: PeerLink[]
  readonly #server: Server

  constructor(self: BenchPeer, peers: readonly BenchPeer[]) {
    this.#self = self.id
    this.#links = peers.map((peer) => this.#link(peer))
    this.#server = createServer((socket) => void this.#accept(socket)).listen(self.meshPort, '127.0.0.1')
  }

  links = (): readonly PeerLink[] => this.#links

  onLink(listener: (link: PeerLink) => void): () => void {
    for (const link of this.#links) listener(link)
    return () => undefined
  }

  onLinkLost = (): (() => void) => () => undefined

  handle(protocol: string, limits: StreamLimits, handler: Handler['handler']): void {
    this.#handlers.set(protocol, { limits, handler })
  }

  stop(): void {
    this.#server.close()
  }

  #link(peer: BenchPeer): PeerLink {
    const profile: PeerProfile = {
      name: peer.id,
      role: 'node',
      bootId: '00'.repeat(16),
      httpPort: peer.httpPort,
      capacityBytes: 2 ** 40
    }
    return {
      peer: peer.id,
      profile,
      remoteAddress: '127.0.0.1',
      dialer: this.#self < peer.id,
      open: async (protocol) => {
        const stream = new TcpStream(connect(peer.meshPort, '127.0.0.1'))
        await stream.send(Buffer.from(JSON.stringify([this.#self, protocol])))
        return stream
      }
    }
  }

  async #accept(socket: Socket): Promise<void> {
    const stream = new TcpStream(socket)
    try {
      const [from, protocol] = JSON.parse(Buffer.from((await stream.receive()) ?? []).toString()) as [string, string]
      const link = this.#links.find(({ peer }) => peer === from)
      const handled = this.#handlers.get(protocol)
      if (link && handled) await handled.handler(stream, link)
      else socket.destroy()
    } catch {
      socket.destroy()
    }
  }
}

class TcpStream implements MessageStream {
  readonly #socket: Socket
  #read: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (part) => {
      this.#read = Buffer.concat([this.#read, part as Buffer])
      this.#wake?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake?.()
    }
    socket.on('end', end).on('close', end).on('error', end)
  }

  async send(message: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) throw new JoineryError('CLOSED', 'the connection ended')
    const head = Buffer.alloc(4)
    head.writeUInt32BE(message.length)
    this.#socket.write(head)
    if (!this.#socket.write(message)) await new Promise((resolve) => this.#socket.once('drain', resolve))
  }

  async receive(): Promise<Uint8Array | undefined> {
    for (;;) {
      const length = this.#read.length >= 4 ? this.#read.readUInt32BE(0) : undefined
      if (length !== undefined && this.#read.length >= 4 + length) {
        const message = new Uint8Array(this.#read.subarray(4, 4 + length))
        this.#read = this.#read.subarray(4 + length)
        return message
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async close(): Promise<void> {
    this.#socket.end()
  }

  abort(): void {
    this.#socket.destroy()
  }
}
