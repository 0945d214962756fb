import { connect, type Socket } from 'node:net'

/** A head that is longer is not ours. The longest of ours carries the bitfield of a partial blob. */
const MAX_HEAD_BYTES = 16 * 1024
/** An error text is read and forgotten, so that the connection can be used again; a longer one ends it. */
const MAX_REFUSAL_BYTES = 64 * 1024
const READ_BYTES = 256 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')
const NO_BYTES = Buffer.alloc(0)

export interface HttpAnswer {
  status: number
  /** Lower-case names. */
  headers: ReadonlyMap<string, string>
  /** False when the body was not what `accept` allowed, and was passed over. */
  filled: boolean
}

interface Exchange {
  /** Where the body goes. */
  into: Uint8Array
  /** Whether this head announces the body that was asked for. */
  accept(status: number, headers: ReadonlyMap<string, string>): boolean
  /** Something came, and so much of it is the next of the body that was asked for. */
  onBytes(filled: number): void
  resolve(answer: HttpAnswer): void
  reject(error: Error): void
}

/**
 * One kept-alive HTTP/1.1 connection that reads bodies straight into the buffers where they are wanted. Node's own client makes a new buffer for
 * every 64 KB that arrive: half of the CPU of a fast copy went into that and its collection. It speaks only what nodes need of each other:
 * GET, Content-Length, keep-alive.
 */
export class HttpConnection {
  readonly #socket: Socket
  #exchange: Exchange | undefined
  #head: Buffer = NO_BYTES
  #answer:
    | { status: number; headers: ReadonlyMap<string, string>; left: number; filled: number; wanted: boolean }
    | undefined
  #error: Error | undefined
  connected = false

  constructor(host: string, port: number) {
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (bytesRead, buffer) => {
          this.#received(Buffer.from(buffer.buffer, buffer.byteOffset, bytesRead))
          return true
        }
      }
    })
    this.#socket.once('connect', () => {
      this.connected = true
    })
    this.#socket.once('error', (error) => this.#fail(error))
    this.#socket.once('end', () => this.#fail(new Error('the peer ended the connection')))
    this.#socket.once('close', () => this.#fail(new Error('the connection is closed')))
  }

  /** False once it broke: then it is of no further use. */
  get usable(): boolean {
    return this.#error === undefined
  }

  /**
   * One at a time. Rejects when the connection breaks or the peer does not speak HTTP as we do.
   *
   * @param head request line and headers, ending with an empty line
   */
  get(head: string, into: Uint8Array, accept: Exchange['accept'], onBytes: Exchange['onBytes']): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#error || this.#exchange) {
        reject(this.#error ?? new Error('the connection is in use'))
        return
      }
      this.#exchange = { into, accept, onBytes, resolve, reject }
      this.#socket.write(head, 'latin1')
    })
  }

  close(): void {
    this.#fail(new Error('closed'))
  }

  #received(bytes: Buffer): void {
    const exchange = this.#exchange
    if (!exchange) {
      if (bytes.length > 0) this.#fail(new Error('bytes that nobody asked for'))
      return
    }
    let body = bytes
    if (!this.#answer) {
      // Nearly always the head comes in one read, and much of the body with it: that is not copied once more.
      const received = this.#head.length > 0 ? Buffer.concat([this.#head, bytes]) : bytes
      const end = received.indexOf(HEAD_END)
      if (end < 0) {
        exchange.onBytes(0)
        // A view of the read buffer would be overwritten by the next read.
        if (received.length <= MAX_HEAD_BYTES) this.#head = Buffer.from(received)
        else this.#fail(new Error('a head without an end'))
        return
      }
      const head = parseHead(received.toString('latin1', 0, end))
      if (!head) {
        this.#fail(new Error('not an answer of HTTP/1.1'))
        return
      }
      body = received.subarray(end + HEAD_END.length)
      this.#head = NO_BYTES
      const wanted = exchange.accept(head.status, head.headers) && head.length === exchange.into.length
      if (!wanted && head.length > MAX_REFUSAL_BYTES) {
        exchange.resolve({ ...head, filled: false })
        this.#exchange = undefined
        this.#fail(new Error('a long answer that was not asked for'))
        return
      }
      this.#answer = { ...head, left: head.length, filled: 0, wanted }
    }
    const answer = this.#answer
    if (body.length > answer.left) {
      this.#fail(new Error('more bytes than announced'))
      return
    }
    if (answer.wanted) exchange.into.set(body, answer.filled)
    exchange.onBytes(answer.wanted ? body.length : 0)
    answer.filled += body.length
    answer.left -= body.length
    if (answer.left > 0) return
    this.#answer = undefined
    this.#exchange = undefined
    if (answer.headers.get('connection')?.toLowerCase() === 'close')
      this.#fail(new Error('the peer ends the connection'))
    exchange.resolve({ status: answer.status, headers: answer.headers, filled: answer.wanted })
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.#socket.destroy()
    this.#exchange?.reject(error)
    this.#exchange = undefined
  }
}

/** Undefined for anything but a plain answer with a length. */
function parseHead(text: string): { status: number; headers: Map<string, string>; length: number } | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1]
  if (status === undefined) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) return undefined
    const name = line.slice(0, colon).toLowerCase()
    // A repeated length is how answers are smuggled.
    if (name === 'content-length' && headers.has(name)) return undefined
    headers.set(name, line.slice(colon + 1).trim())
  }
  const length = headers.get('content-length')
  if (headers.has('transfer-encoding') || length === undefined || !/^\d{1,15}$/.test(length)) return undefined
  return { status: Number(status), headers, length: Number(length) }
}
