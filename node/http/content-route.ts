/** Requests for content: `/pypi/…`, `/lessons/…` and so on, and `/blob/<cid>` between devices. Never enters fastify: it is the byte path. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { attachmentNamed } from '../../protocols/attachment.ts'
import { type Cid, isCid } from '../../protocols/cid.ts'
import type { BlobRef, Mirror, MirrorAnswer, MirrorRequest, MissingPackage } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Pace } from '../../protocols/load.ts'
import { sendBytes } from './content-bytes.ts'
import { answerFile, type Downloads } from './file-answer.ts'
import { HEARING_PATIENCE_MS, HEARING_PATIENCE_R_MS } from './limits.ts'
import { findPatiently, type Hearing, notHeardYet } from './not-heard-yet.ts'
import type { RequestPath } from './request-path.ts'
import { CONTENT_HEADERS } from './response-headers.ts'

/**
 * Copies verified bytes into an answer: ranges, ETag, conditional requests, HEAD, back-pressure. Implemented by node/blobs.
 * Both resolve once the answer has ended or the visitor has left. Before the headers are sent they reject with a JoineryError,
 * afterwards they end the connection themselves.
 */
export interface BlobServer {
  /** A file of a collection, fetched through from a peer when it is not here. Headers that are already set on the response stay. */
  serveFile(request: IncomingMessage, response: ServerResponse, file: BlobRef, options: ServeOptions): Promise<void>
  /** What a collection of the room names. */
  named?(cid: Cid): BlobRef | undefined
  /** `/blob/<cid>`: with `Joinery-Hop: 1` only verified local pieces of public blobs, or 404. */
  serveBlob(request: IncomingMessage, response: ServerResponse, cid: Cid): Promise<void>
}

export interface ServeOptions {
  contentType: string
  headers?: { [name: string]: string }
  /** Of a big download: when it may leave. */
  pace?: Pace
}

export interface ContentComponents extends Hearing {
  blobs: BlobServer
  /** Absent: every download is served at once. */
  downloads?: Downloads
  /** By the first part of the path: `pypi`, `cran`, `lessons`, `installers`. */
  mirrors: ReadonlyMap<string, Mirror>
  /** Counts what people asked for in vain. */
  /** @param asker address of the one who asked */
  onMissing(missing: MissingPackage, asker?: string): void
}

export interface ContentRoute {
  /** True when the path is content: then `answer` is responsible for it. */
  owns(path: string): boolean
  /** @throws JoineryError while nothing has been sent */
  answer(request: IncomingMessage, response: ServerResponse, path: RequestPath): Promise<void>
}

const BLOB_PREFIX = '/blob/'
/** Mirrors only read it. */
const NO_QUERY = new URLSearchParams()

export function createContentRoute(components: ContentComponents): ContentRoute {
  return {
    owns(path) {
      if (path.startsWith(BLOB_PREFIX)) return true
      return components.mirrors.has(firstPart(path))
    },
    async answer(request, response, { path, search }) {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        throw new JoineryError('METHOD_NOT_ALLOWED', 'content is only read')
      for (const name in CONTENT_HEADERS) response.setHeader(name, CONTENT_HEADERS[name] as string)
      if (path.startsWith(BLOB_PREFIX)) {
        const name = path.slice(BLOB_PREFIX.length)
        const sent = sentFile(name, search)
        if (sent) {
          await answerSent(request, response, sent)
          return
        }
        if (!isCid(name)) throw new JoineryError('NOT_FOUND', 'no such file')
        await components.blobs.serveBlob(request, response, name)
        return
      }
      const prefix = firstPart(path)
      if (path.length === prefix.length + 1) {
        redirect(request, response, `/${prefix}/`, true)
        return
      }
      const asked = {
        path: path.slice(prefix.length + 2),
        query: search === '' ? NO_QUERY : new URLSearchParams(search),
        headers: plainHeaders(request)
      }
      await send(request, response, await ask(prefix, asked, response), path)
    }
  }

  /** A download that another device did not want to serve itself: it ends here, whatever happens. */
  async function answerSent(request: IncomingMessage, response: ServerResponse, sent: SentFile): Promise<void> {
    const { cid, name, collection } = sent
    const file = components.blobs.named?.(cid)
    if (!file) throw new JoineryError('NOT_FOUND', 'no collection names it')
    const headers = { 'cache-control': 'no-cache', 'content-disposition': attachmentNamed(name) }
    await answerFile(components, request, response, {
      ...{ file, collection, name, wasSent: true },
      ...{ contentType: 'application/octet-stream', headers }
    })
  }

  /** Asks the mirror; what it does not have is asked for again as long as this device has not heard what the room has. */
  async function ask(collection: string, request: MirrorRequest, response: ServerResponse): Promise<MirrorAnswer> {
    const mirror = components.mirrors.get(collection) as Mirror
    if (components.hearing?.known(collection).heard !== false) return await mirror.answer(request)
    // R takes the first answer for the last, whatever its status says: it waits longer, and is never told to come again.
    const asksOnce = collection === 'cran'
    const patienceMs = asksOnce ? HEARING_PATIENCE_R_MS : HEARING_PATIENCE_MS
    const { found } = await findPatiently(components, { collection, patienceMs, response }, async (known) => {
      // Without a list there are only empty indexes to answer with: they would be wrong.
      if (!known.heard && known.revision === '') return undefined
      const answer = await mirror.answer(request)
      return answer.kind === 'missing' && !known.heard ? undefined : answer
    })
    if (found) return found
    if (asksOnce) return await mirror.answer(request)
    throw notHeardYet()
  }

  async function send(
    request: IncomingMessage,
    response: ServerResponse,
    answer: MirrorAnswer,
    path: string
  ): Promise<void> {
    switch (answer.kind) {
      case 'file': {
        const { file, contentType, headers } = answer
        await answerFile(components, request, response, {
          ...{ file, contentType, collection: firstPart(path), wasSent: false },
          name: path.slice(path.lastIndexOf('/') + 1),
          ...(headers ? { headers } : {})
        })
        return
      }
      case 'bytes':
        sendBytes(request, response, answer)
        return
      case 'redirect':
        redirect(request, response, answer.location, answer.permanent)
        return
      case 'missing':
        if (answer.want) components.onMissing(answer.want, request.socket.remoteAddress)
        throw new JoineryError('NOT_IN_ROOM', 'the room does not have it')
    }
  }
}

interface SentFile {
  cid: Cid
  name: string
  collection: string
}

/** `<cid>/<file name>?for=<collection>`, as `answerFile` makes it. */
function sentFile(rest: string, search: string): SentFile | undefined {
  const slash = rest.indexOf('/')
  const cid = rest.slice(0, slash)
  const name = rest.slice(slash + 1)
  if (slash < 0 || name === '' || name.includes('/') || !isCid(cid)) return undefined
  return { cid, name, collection: new URLSearchParams(search).get('for') ?? '' }
}

/** `pypi` of `/pypi/simple/`. */
function firstPart(path: string): string {
  const end = path.indexOf('/', 1)
  return end < 0 ? path.slice(1) : path.slice(1, end)
}

function plainHeaders({ headers }: IncomingMessage): { [name: string]: string | undefined } {
  // The only one that Node gives as a list; no client sends it.
  const { 'set-cookie': _cookies, ...plain } = headers
  return plain as { [name: string]: string | undefined }
}

/**
 * @param location a reference, resolved against the request as RFC 9110 section 10.2.2 says. Only ever to a path of our own: a mirrored index
 * must not be able to send people elsewhere.
 */
function redirect(request: IncomingMessage, response: ServerResponse, location: string, permanent: boolean): void {
  const target = URL.parse(location, `http://room.invalid${request.url ?? '/'}`)
  if (target?.protocol !== 'http:' || target.host !== 'room.invalid' || target.username !== '')
    throw new JoineryError('INTERNAL', 'a redirect that leaves the room')
  response.statusCode = permanent ? 301 : 302
  // `//name/` at the start would be another host.
  response.setHeader('Location', target.pathname.replace(/^\/{2,}/, '/') + target.search)
  response.setHeader('Content-Length', 0)
  response.end()
}
