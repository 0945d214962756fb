/** A TCP relay in user space that delays, narrows, stalls and cuts: what netem would do, where the kernel has none. */
import { createServer, type Server, Socket } from 'node:net'

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  /** Ended by `part`, and not yet by those who were connected. */
  readonly #parted = new Set<Socket>()
  #stalled = false
  #resume = new Set<() => void>()
  /** Each piece of data waits so long. */
  delayMs = 0
  /** Of each direction of each connection; undefined = as fast as it goes. */
  bytesPerSecond: number | undefined
  /** Bytes carried from the target to those who connected. */
  carriedBytes = 0
  /** Bytes carried from those who connected to the target. */
  sentBytes = 0

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens on `port` of `host` (0: a free one) and relays to the target. */
  static async listen(target: { host: string; port: number }, host = '127.0.0.1', port = 0): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true })
    const proxy = new TcpProxy(server)
    server.on('connection', (from) => {
      const to = new Socket({ allowHalfOpen: true })
      to.connect(target.port, target.host)
      const pair = [from, to] as const
      proxy.#pairs.add(pair)
      for (const socket of pair) {
        socket.setNoDelay(true)
        socket.on('error', () => proxy.#end(pair))
        socket.on('close', () => proxy.#end(pair))
      }
      void proxy.#relay(from, to, false)
      void proxy.#relay(to, from, true)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return address.port
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** Nothing passes any more, and nobody is told: a cable pulled behind a switch. */
  stall(): void {
    this.#stalled = true
  }

  resume(): void {
    this.#stalled = false
    for (const go of this.#resume) go()
    this.#resume.clear()
  }

  /** Ends all connections with a reset. New ones are taken. */
  cut(): void {
    for (const pair of [...this.#pairs]) this.#end(pair)
  }

  /**
   * Ends all connections as a line does that breaks: nothing passes any more, but what was carried before arrives. A reset would take from a busy
   * receiver what it had not read yet.
   */
  part(): void {
    for (const pair of [...this.#pairs]) {
      this.#pairs.delete(pair)
      for (const socket of pair) {
        this.#parted.add(socket)
        socket.once('close', () => this.#parted.delete(socket))
        socket.end()
      }
    }
  }

  async #relay(from: Socket, to: Socket, counts: boolean): Promise<void> {
    try {
      for await (const data of from as AsyncIterable<Buffer>) {
        if (this.delayMs > 0) await new Promise((resolve) => void setTimeout(resolve, this.delayMs))
        if (this.#stalled) await new Promise<void>((resolve) => void this.#resume.add(resolve))
        if (this.bytesPerSecond !== undefined) {
          const waitMs = (data.length / this.bytesPerSecond) * 1000
          await new Promise((resolve) => void setTimeout(resolve, waitMs))
        }
        if (to.destroyed) return
        if (this.#parted.has(to)) continue
        if (counts) this.carriedBytes += data.length
        else this.sentBytes += data.length
        if (!to.write(data)) await new Promise<void>((resolve) => void to.once('drain', resolve).once('close', resolve))
      }
      to.end()
    } catch {
      // A reset on one side is one on the other: `error` and `close` above end both.
    }
  }

  #end(pair: readonly [Socket, Socket]): void {
    this.#pairs.delete(pair)
    for (const socket of pair) if (!socket.destroyed) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume()
    this.cut()
    for (const socket of this.#parted) socket.resetAndDestroy()
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
  }
}
