/**
 * What a cloud peer shows over HTTP: that it runs. Nothing of its rooms, neither names nor files: whoever calls a port on the internet may be
 * anybody, and devices of a room fetch over the admitted connection.
 */
import { createServer, type Server } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'

export interface CloudPage {
  readonly port: number
  stop(): Promise<void>
}

/** One page of a few hundred bytes: nobody needs longer, nor many at once. */
const ANSWER_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 64

const TEXT = `This is a Joinery cloud peer: rooms keep a copy of their work here.
Its administrator makes a link text with \`joinery cloud invite\` on this machine.
`

/** @throws JoineryError `PORT_TAKEN` or `PORT_FORBIDDEN` */
export async function openCloudPage(init: { port: number | undefined; host: string }): Promise<CloudPage> {
  const server: Server = createServer({ requestTimeout: ANSWER_TIMEOUT_MS, headersTimeout: ANSWER_TIMEOUT_MS })
  server.maxConnections = MAX_CONNECTIONS
  server.on('request', (request, response) => {
    const known = request.url === '/' || request.url === '/healthz'
    const allowed = request.method === 'GET' || request.method === 'HEAD'
    response.writeHead(allowed ? (known ? 200 : 404) : 405, {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'",
      Connection: 'close'
    })
    response.end(request.method === 'HEAD' ? undefined : known ? TEXT : 'Nothing is here.\n')
  })
  const ports = init.port === undefined ? [80, 8080] : [init.port]
  for (const port of ports) {
    try {
      await listen(server, port, init.host)
      break
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (port !== ports.at(-1) && (code === 'EACCES' || code === 'EADDRINUSE')) continue
      if (code === 'EACCES') throw new JoineryError('PORT_FORBIDDEN', `port ${port} needs more rights`, { cause })
      throw new JoineryError('PORT_TAKEN', `port ${port} cannot be used`, { cause })
    }
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
