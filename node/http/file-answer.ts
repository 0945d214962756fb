/** Files of collections: small ones are sent, big downloads are sent, sent elsewhere or wait, as this device's load allows. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BlobRef } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { REQUEST_ID_PARAMETER } from '../../protocols/request-id.ts'
import { renderWaitingPage } from '../../web-client/waiting-page.ts'
import { type Admission, BIG_DOWNLOAD_BYTES, type Download, LOOK_AGAIN_SECONDS, plainAddress } from '../load/index.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import { requestId } from '../platform/request-id.ts'
import type { BlobServer, ServeOptions } from './content-route.ts'
import { HEARING_PATIENCE_R_MS, TRY_AGAIN_MS } from './limits.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { languageOf } from './visitor-language.ts'

/** Says what to do with a big download. Implemented by node/load. */
export interface Downloads {
  admit(download: Download): Promise<Admission>
}

export interface FileComponents {
  clock: Clock
  blobs: BlobServer
  /** Absent: all are served. */
  downloads?: Downloads
}

export interface AskedFile extends ServeOptions {
  file: BlobRef
  /** Of whose rules: `pypi`, `cran`, `installers`; the files of others are only served. */
  collection: string
  /** The last part of the path. */
  name: string
  /** Another device sent the visitor here. */
  wasSent: boolean
}

const MANNERS: ReadonlyMap<string, Download['manner']> = new Map([
  ['pypi', 'soon'],
  ['cran', 'always'],
  ['installers', 'queue']
])

export async function answerFile(
  components: FileComponents,
  request: IncomingMessage,
  response: ServerResponse,
  { file, collection, name, wasSent, ...options }: AskedFile
): Promise<void> {
  const { downloads } = components
  const manner = MANNERS.get(collection)
  const blobs = manner === 'always' ? patient(components) : components.blobs
  const leftBytes = manner && request.method === 'GET' ? askedBytes(request, file.sizeBytes) : 0
  if (!downloads || !manner || leftBytes < BIG_DOWNLOAD_BYTES) return blobs.serveFile(request, response, file, options)
  const admission = await downloads.admit({
    ...{ file, leftBytes, manner, wasSent, moves: !wasSent },
    visitor: plainAddress(request.socket.remoteAddress),
    own: plainAddress(request.socket.localAddress),
    resumes: resumes(request.headers['user-agent'], collection),
    seesPage: manner === 'queue' && !wasSent && isBrowsing(request)
  })
  switch (admission.kind) {
    case 'serve': {
      const { pace, closed } = admission
      try {
        await blobs.serveFile(request, response, file, pace ? { ...options, pace } : options)
      } finally {
        closed?.(response.writableFinished)
      }
      return
    }
    case 'elsewhere':
      response.statusCode = 302
      // By the hash: the other device may know another version of the collection, but never other bytes of this name.
      response.setHeader(
        'Location',
        `${admission.origin}/blob/${file.cid}/${encodeURIComponent(name)}?for=${collection}${namedRequest()}`
      )
      response.setHeader('Cache-Control', 'no-store')
      response.setHeader('Content-Length', 0)
      response.end()
      return
    case 'wait':
      sendWaitingPage(request, response, admission)
      return
    case 'full':
      response.setHeader('Retry-After', String(admission.retryAfterSeconds))
      throw new JoineryError('TOO_MANY_DOWNLOADS', 'as many downloads as this device can serve')
  }
}

/** What follows there stands in its log as what was asked for here. */
function namedRequest(): string {
  const id = requestId()
  return id === undefined ? '' : `&${REQUEST_ID_PARAMETER}=${id}`
}

/**
 * R takes the first answer for the last, and gives up on the whole package: what cannot be had for a moment (a device that went, a copy that was damaged) is
 * tried again for as long as R waits, and is missing after that. Never "come again".
 */
function patient({ blobs, clock }: FileComponents): Pick<BlobServer, 'serveFile'> {
  return {
    async serveFile(request, response, file, options) {
      const endMs = clock.monotonicMs() + HEARING_PATIENCE_R_MS
      for (;;) {
        try {
          await blobs.serveFile(request, response, file, options)
          return
        } catch (error) {
          if (!(error instanceof JoineryError) || error.status !== 503 || response.headersSent) throw error
          if (response.destroyed) return
          if (clock.monotonicMs() >= endMs) throw new JoineryError('NOT_IN_ROOM', 'cannot be had', { cause: error })
        }
        await sleep(clock, TRY_AGAIN_MS)
      }
    }
  }
}

/** An estimate from the commonest form of a range; what is really sent is decided where it is sent. */
function askedBytes({ headers }: IncomingMessage, sizeBytes: number): number {
  if (headers['if-none-match'] !== undefined) return 0
  const range = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(headers.range ?? '')
  if (!range) return /^bytes=-\d+$/.test(headers.range ?? '') ? 0 : sizeBytes
  const end = range[2] ? Math.min(sizeBytes, Number(range[2]) + 1) : sizeBytes
  return Math.max(0, end - Number(range[1]))
}

/** pip goes on where a download broke off since 25.2 (`--resume-retries`); at an installer sits a person. R, older pips and uv begin anew or give up. */
function resumes(userAgent: string | undefined, collection: string): boolean {
  const pip = /^pip\/(\d{1,4})\.(\d{1,4})/.exec(userAgent ?? '')
  if (!pip) return collection === 'installers'
  const [major, minor] = [Number(pip[1]), Number(pip[2])]
  return major > 25 || (major === 25 && minor >= 2)
}

/** A person who followed a link; one who resumes a download is not shown a page in the middle of the file. */
function isBrowsing({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') === true && headers.range === undefined
}

/** Looks again by itself, without a script. A status that no program takes for the file. */
function sendWaitingPage(
  request: IncomingMessage,
  response: ServerResponse,
  { place, waitSeconds }: Extract<Admission, { kind: 'wait' }>
): void {
  const page = Buffer.from(renderWaitingPage({ language: languageOf(request), place, waitSeconds }))
  response.statusCode = 503
  for (const name in PAGE_HEADERS) response.setHeader(name, PAGE_HEADERS[name] as string)
  response.setHeader('Refresh', String(LOOK_AGAIN_SECONDS))
  response.setHeader('Retry-After', String(LOOK_AGAIN_SECONDS))
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', page.length)
  response.end(page)
}
