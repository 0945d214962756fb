/**
 * What a cloud peer shows over HTTP: that it runs, and how people find their work. Nothing of its rooms, neither names nor files, and nobody can sign
 * in: whoever calls a port on the internet may be anybody, and a code typed there over plain HTTP would be everybody's. Devices of a room fetch over
 * the admitted connection.
 */
import { createServer, type Server } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import { CLOUD_PAGE_STYLE, cloudPageText, renderCloudPage } from '../../web-client/cloud/cloud-page.ts'
import { chooseLanguage } from '../../web-client/languages.ts'
import { sha256 } from '../platform/hash.ts'

export interface CloudPage {
  readonly port: number
  stop(): Promise<void>
}

/** One page of a few hundred bytes: nobody needs longer, nor many at once. */
const ANSWER_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 64

const STYLE_HASH = Buffer.from(sha256(Buffer.from(CLOUD_PAGE_STYLE))).toString('base64')
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** @throws JoineryError `PORT_TAKEN` or `PORT_FORBIDDEN` */
export async function openCloudPage(init: { port: number | undefined; host: string }): Promise<CloudPage> {
  const server: Server = createServer({ requestTimeout: ANSWER_TIMEOUT_MS, headersTimeout: ANSWER_TIMEOUT_MS })
  server.maxConnections = MAX_CONNECTIONS
  server.on('request', (request, response) => {
    const allowed = request.method === 'GET' || request.method === 'HEAD'
    const language = chooseLanguage(request.headers['accept-language'])
    const isPage = request.url === '/' && request.headers.accept?.includes('text/html') === true
    const known = isPage || request.url === '/' || request.url === '/healthz'
    const body = !known
      ? 'Nothing is here.\n'
      : request.url === '/healthz'
        ? 'ok\n'
        : isPage
          ? renderCloudPage(language)
          : cloudPageText(language)
    response.writeHead(allowed ? (known ? 200 : 404) : 405, {
      'Content-Type': `${isPage ? 'text/html' : 'text/plain'}; charset=utf-8`,
      'Content-Language': known ? language : 'en',
      Vary: 'Accept, Accept-Language',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Content-Security-Policy': POLICY,
      Connection: 'close'
    })
    response.end(request.method === 'HEAD' || !allowed ? undefined : body)
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
