import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Pace } from '../../protocols/load.ts'
import { PIECE_BYTES } from '../../protocols/piece-list.ts'
import type { Clock } from '../platform/clock.ts'
import { begun, cutOff, ended, sendPart, sendSpans } from './answer.ts'
import { HAVE_HEADER, HOP_HEADER } from './blob-url.ts'
import { HotBlobs } from './hot-blobs.ts'
import { KEPT_BUFFERS, KEPT_PEER_BUFFERS, PEER_BUFFERS, SPAN_BYTES } from './limits.ts'
import { localBytes } from './local-bytes.ts'
import type { PartialBlob } from './partial-blob.ts'
import { type AskedRange, parseRange, rangeStillCounts, tagMatches } from './range-header.ts'
import type { FetchThroughReader } from './reader.ts'
import { SpanBuffers } from './span-buffers.ts'
import type { BlobStore } from './store.ts'

export interface ServeComponents {
  store: BlobStore
  /** Fetches through from a peer what is not here. */
  reader: Pick<FetchThroughReader, 'spans'>
  clock: Clock
  /** Only what the catalogue names is served by its CID; undefined for anything else. */
  named(cid: Cid): BlobRef | undefined
}

export interface ServeOptions {
  contentType: string
  /** Added to the answer, such as Cache-Control. */
  headers?: { [name: string]: string }
  /** Of a big download: when it may leave. */
  pace?: Pace
}

/**
 * The byte path to learners and to nodes: Node's own request and response, no framework. What was measured: @fastify/static costs 6 to 8 times as
 * much for files of 100 KB. Both functions resolve once the answer ended or the visitor left; before the head is sent they reject with a JoineryError.
 */
export class BlobServer {
  readonly #components: ServeComponents
  readonly #buffers = new SpanBuffers({ bytes: SPAN_BYTES, kept: KEPT_BUFFERS })
  readonly #pieceBuffers = new SpanBuffers({ bytes: PIECE_BYTES, kept: KEPT_PEER_BUFFERS })
  readonly #hot = new HotBlobs()
  /** Bytes that peers and people were given, for the status; those of answers that broke off are counted whole. */
  sentToPeersBytes = 0
  sentToPeopleBytes = 0

  constructor(components: ServeComponents) {
    this.#components = components
  }

  /** What a collection names; undefined for anything else. */
  named(cid: Cid): BlobRef | undefined {
    return this.#components.named(cid)
  }

  /** GET and HEAD of a file of a collection, fetched through from a peer when it is not here. Headers that are already set stay. */
  async serveFile(
    request: IncomingMessage,
    response: ServerResponse,
    ref: BlobRef,
    options: ServeOptions
  ): Promise<void> {
    const { store, reader } = this.#components
    const answer = planAnswer(request, ref, options)
    if (answer.kind !== 'bytes') return finish(response, answer)
    this.sentToPeopleBytes += answer.end - answer.start
    const hot = this.#hot.get(ref.cid)
    if (hot) return this.#sendWhole(response, answer, hot)
    const { pace } = options
    if (pace && !(await this.#waited(response, answer, ref, pace))) return
    await this.#buffers.use(response, async (buffer) => {
      // The usual case, in as few steps as possible: a small file that is here.
      if (ref.sizeBytes <= SPAN_BYTES && store.has(ref.cid)) {
        const bytes = await this.#small(ref, buffer)
        if (bytes) this.#hot.keep(ref.cid, bytes)
        if (bytes) return this.#sendWhole(response, answer, bytes)
      }
      const spans = reader.spans(ref, answer.start, answer.end, leaving(response), buffer)
      return this.#sendSpans(response, answer, spans, pace)
    })
  }

  /**
   * Until its turn comes a download is sent a few bytes from time to time: whatever program it is, it sees that it goes on. Without the buffer of
   * those that run. False when the visitor has left; what was sent is taken off the answer.
   */
  async #waited(response: ServerResponse, answer: Bytes, ref: BlobRef, pace: Pace): Promise<boolean> {
    let signal: AbortSignal | undefined
    for (let bytes = await pace.next(); bytes !== undefined && answer.start < answer.end; bytes = await pace.next()) {
      if (response.destroyed) return false
      signal ??= leaving(response)
      const until = Math.min(answer.end, answer.start + bytes)
      const spans = await begun(this.#components.reader.spans(ref, answer.start, until, signal))
      if (!response.headersSent) response.writeHead(answer.status, answer.headers)
      if (!(await sendPart(this.#components, response, spans, (sent) => pace.sent(sent)))) return false
      answer.start = until
    }
    return !response.destroyed
  }

  /**
   * `/blob/<cid>`. Between nodes (`Joinery-Hop: 1`): verified local pieces or 404, never a redirect, never fetched through, so that two nodes
   * cannot send each other in circles. Anybody else gets the file as any other.
   */
  async serveBlob(request: IncomingMessage, response: ServerResponse, cid: Cid): Promise<void> {
    const { store, named } = this.#components
    const ref = named(cid)
    if (!ref) throw new JoineryError('BLOB_MISSING', 'no collection names it')
    const options = { contentType: 'application/octet-stream', headers: IMMUTABLE }
    if (request.headers[HOP_HEADER] === undefined) return this.serveFile(request, response, ref, options)
    const local = store.refOf(cid)
    if (local) {
      const answer = planAnswer(request, local, options)
      if (answer.kind !== 'bytes') return finish(response, answer)
      this.sentToPeersBytes += answer.end - answer.start
      return this.#buffersFor(answer).use(response, async (buffer) => {
        const reading = { buffer, isHashedByReader: true }
        if (local.sizeBytes <= SPAN_BYTES) return this.#sendWhole(response, answer, await store.readSmall(cid, reading))
        return this.#sendSpans(response, answer, store.readSpans(cid, answer.start, answer.end, reading))
      })
    }
    const partial = store.partial(cid)
    if (!partial) throw new JoineryError('BLOB_MISSING', 'not on this device')
    return this.#servePartial(request, response, partial, options)
  }

  /** A device asks for whole pieces, and reads what it gets at once. */
  #buffersFor({ start, end }: Bytes): SpanBuffers {
    const whole = end - start > SPAN_BYTES && this.#pieceBuffers.used < PEER_BUFFERS
    return whole ? this.#pieceBuffers : this.#buffers
  }

  /** A node that has only some pieces serves those, and says which. */
  async #servePartial(
    request: IncomingMessage,
    response: ServerResponse,
    partial: PartialBlob,
    options: ServeOptions
  ): Promise<void> {
    const { ref, bits } = partial
    const have = Buffer.from(bits.bytes).toString('base64url')
    const answer = planAnswer(request, ref, { ...options, headers: { ...options.headers, [HAVE_HEADER]: have } })
    if (answer.kind !== 'bytes') return finish(response, answer)
    await this.#buffersFor(answer).use(response, async (buffer) => {
      const local = localBytes(this.#components.store, ref.cid, answer.start, answer.end, buffer)
      if (local.kind === 'missing') {
        response.setHeader(HAVE_HEADER, have)
        throw new JoineryError('BLOB_MISSING', 'not all of these pieces are on this device')
      }
      this.sentToPeersBytes += answer.end - answer.start
      await this.#sendSpans(response, answer, local.spans)
    })
  }

  /** Undefined when the copy turned out to be damaged: the reader then fetches another one. */
  async #small(ref: BlobRef, buffer: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await this.#components.store.readSmall(ref.cid, { buffer })
    } catch (error) {
      if (error instanceof JoineryError && (error.code === 'BLOB_ROTTEN' || error.code === 'BLOB_MISSING'))
        return undefined
      throw error
    }
  }

  #sendWhole(response: ServerResponse, answer: Bytes, whole: Uint8Array): Promise<void> {
    if (response.destroyed) return Promise.resolve()
    const { start, end } = answer
    const bytes = start === 0 && end === whole.length ? whole : whole.subarray(start, end)
    response.writeHead(answer.status, answer.headers)
    return ended(this.#components.clock, response, bytes)
  }

  async #sendSpans(
    response: ServerResponse,
    answer: Bytes,
    spans: AsyncIterable<Uint8Array>,
    pace?: Pace
  ): Promise<void> {
    let ready: AsyncIterable<Uint8Array>
    try {
      ready = await begun(spans)
    } catch (error) {
      if (response.destroyed) return
      throw error
    }
    if (!response.destroyed && !response.headersSent) response.writeHead(answer.status, answer.headers)
    try {
      await sendSpans(this.#components, response, ready, pace && ((bytes) => pace.sent(bytes)))
    } catch (error) {
      cutOff(response, error)
    }
  }
}

/** Bytes under a CID never change. */
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' }

interface Bytes {
  kind: 'bytes'
  status: 200 | 206
  headers: OutgoingHttpHeaders
  start: number
  end: number
}

type Answer = Bytes | { kind: 'empty'; status: 200 | 304 | 412 | 416; headers: OutgoingHttpHeaders }

/** Everything about the answer but its bytes. */
function planAnswer(request: IncomingMessage, ref: BlobRef, options: ServeOptions): Answer {
  const { method, headers: asked } = request
  const { sizeBytes } = ref
  const etag = `"${ref.cid}"`
  const common = { ...options.headers, etag, 'accept-ranges': 'bytes' }
  const ifMatch = asked['if-match']
  if (ifMatch !== undefined && !tagMatches(ifMatch, etag, false))
    return { kind: 'empty', status: 412, headers: { ...common, 'content-length': 0 } }
  const ifNoneMatch = asked['if-none-match']
  if (ifNoneMatch !== undefined && tagMatches(ifNoneMatch, etag, true))
    return { kind: 'empty', status: 304, headers: common }
  const headers: OutgoingHttpHeaders = { ...common, 'content-type': options.contentType }
  if (method === 'HEAD') return { kind: 'empty', status: 200, headers: { ...headers, 'content-length': sizeBytes } }
  const range: AskedRange =
    asked.range !== undefined && rangeStillCounts(header(asked['if-range']), etag)
      ? parseRange(asked.range, sizeBytes)
      : { kind: 'whole' }
  switch (range.kind) {
    case 'unsatisfiable':
      return {
        kind: 'empty',
        status: 416,
        headers: { ...common, 'content-range': `bytes */${sizeBytes}`, 'content-length': 0 }
      }
    case 'whole':
      headers['content-length'] = sizeBytes
      return { kind: 'bytes', status: 200, headers, start: 0, end: sizeBytes }
    case 'part': {
      const { start, end } = range
      headers['content-length'] = end - start
      headers['content-range'] = `bytes ${start}-${end - 1}/${sizeBytes}`
      return { kind: 'bytes', status: 206, headers, start, end }
    }
  }
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function finish(response: ServerResponse, answer: Exclude<Answer, Bytes>): void {
  response.writeHead(answer.status, answer.headers)
  response.end()
}

function leaving(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new JoineryError('CLOSED', 'the visitor left'))
  })
  return left.signal
}
