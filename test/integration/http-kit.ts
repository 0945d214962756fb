import { connect, type Socket } from 'node:net'

export interface RawConnection {
  socket: Socket
  /** Everything received so far. */
  received(): string
  /** Resolves when the other side has ended or broken the connection. */
  closed: Promise<void>
}

/** A TCP connection that speaks only what a test says. @param from any address of the loopback network */
export function openRaw(port: number, text = '', from = '127.0.0.1'): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      received += part
    })
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    socket.on('error', (error) => {
      reject(error)
      socket.destroy()
    })
    socket.once('connect', () => {
      if (text !== '') socket.write(text)
      resolve({ socket, received: () => received, closed })
    })
  })
}

/** Sends one request as it stands and waits for the end of the answer. */
export async function rawRequest(port: number, head: string): Promise<string> {
  const connection = await openRaw(port, `${head}\r\nConnection: close\r\n\r\n`)
  await connection.closed
  return connection.received()
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
}
