/**
 * The client of an index on the internet: GET over HTTPS with a limit on everything, and with no trust in where it leads. An address that was set on
 * this device is believed as it stands (it may be the index of a school, over HTTP); what that one leads to has to be HTTPS at a public address.
 * Proxies are taken from the environment as programs do (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; from Node 24.5 on).
 */
import { type LookupAddress, lookup } from 'node:dns'
import { Agent as HttpAgent, get as httpGet, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import './errors.ts'
import { IDLE_MS, LEAST_BYTES_A_MINUTE, MAX_REDIRECTS, PAGE_MS, RATE_WINDOW_MS } from './limits.ts'
import { isPublicAddress } from './public-address.ts'

/** What may still be used of the line. */
export interface UplinkAllowance {
  leftBytes(): number
  use(bytes: number): void
}

export interface UpstreamClientInit {
  /** Addresses as they were set: their hosts are believed. */
  indexes: readonly URL[]
  /** Where `HTTPS_PROXY` and the like are looked for. */
  environment: NodeJS.ProcessEnv
  version: string
}

export interface PageRequest {
  address: URL
  accept?: string
  maxBytes: number
  signal: AbortSignal
}

export interface UpstreamPage {
  bytes: Uint8Array
  /** Without parameters, in lower case. */
  contentType: string
  /** Where it came from in the end. */
  address: URL
}

export interface OpenFile {
  /** Where the bytes begin; 0 when the server gives only the whole. */
  start: number
  body: AsyncIterable<Uint8Array>
}

export class UpstreamClient {
  readonly #clock: Clock
  readonly #allowance: UplinkAllowance
  readonly #version: string
  readonly #origins: ReadonlySet<string>
  readonly #hasProxy: boolean
  readonly #http: HttpAgent
  readonly #https: HttpsAgent

  constructor({ clock, allowance }: { clock: Clock; allowance: UplinkAllowance }, init: UpstreamClientInit) {
    this.#clock = clock
    this.#allowance = allowance
    this.#version = init.version
    this.#origins = new Set(init.indexes.map(({ origin }) => origin))
    this.#hasProxy = ['http_proxy', 'https_proxy'].some(
      (name) => (init.environment[name] ?? init.environment[name.toUpperCase()] ?? '') !== ''
    )
    const proxy = { proxyEnv: init.environment, keepAlive: true, maxSockets: 4 }
    this.#http = new HttpAgent(proxy)
    this.#https = new HttpsAgent(proxy)
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  /** A whole page, unpacked. @returns undefined when there is none (404, 410) */
  async page({ address, accept = '*/*', maxBytes, signal }: PageRequest): Promise<UpstreamPage | undefined> {
    const limit = new AbortController()
    const cancel = this.#clock.after(PAGE_MS, () =>
      limit.abort(new JoineryError('UPSTREAM_TOO_SLOW', `${address.host} took too long for one page`))
    )
    try {
      const both = AbortSignal.any([signal, limit.signal])
      const { answer, from } = await this.#follow(address, { accept, 'accept-encoding': 'gzip' }, both)
      if (answer.statusCode === 404 || answer.statusCode === 410) {
        answer.destroy()
        return undefined
      }
      if (answer.statusCode !== 200) throw refused(answer, address)
      const raw = this.#watched(answer, both)
      const isPacked = answer.headers['content-encoding']?.toLowerCase() === 'gzip'
      const bytes = await gathered(isPacked ? unpacked(raw) : raw, maxBytes, address)
      const contentType = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
      return { bytes, contentType, address: from }
    } finally {
      cancel()
    }
  }

  /**
   * A file from byte `start` on, as far as the server can do that.
   *
   * @param maxBytes of the whole file
   * @throws JoineryError also while it is read
   */
  async file(address: URL, start: number, maxBytes: number, signal: AbortSignal): Promise<OpenFile> {
    const range = start > 0 ? { range: `bytes=${start}-` } : {}
    const { answer } = await this.#follow(address, { accept: '*/*', 'accept-encoding': 'identity', ...range }, signal)
    const { statusCode, headers } = answer
    if (statusCode === 416 && start > 0) {
      answer.destroy()
      return await this.file(address, 0, maxBytes, signal)
    }
    if (statusCode === 404 || statusCode === 410) {
      answer.destroy()
      throw new JoineryError('UPSTREAM_BROKEN', `${address.host} names a file that it does not have`)
    }
    const from = statusCode === 206 ? Number(/^bytes (\d{1,15})-/.exec(headers['content-range'] ?? '')?.[1]) : 0
    if ((statusCode !== 200 && statusCode !== 206) || (from !== start && from !== 0)) throw refused(answer, address)
    const leftBytes = Number(headers['content-length'] ?? 0)
    try {
      if (from + leftBytes > maxBytes) throw tooLarge(address)
      // What certainly does not fit is not begun.
      if (leftBytes > this.#allowance.leftBytes()) throw spent()
    } catch (error) {
      answer.destroy()
      throw error
    }
    return { start: from, body: bounded(this.#watched(answer, signal), maxBytes - from, address) }
  }

  async #follow(
    address: URL,
    headers: Record<string, string>,
    signal: AbortSignal
  ): Promise<{ answer: IncomingMessage; from: URL }> {
    let from = address
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      this.#check(from)
      const answer = await this.#ask(from, headers, signal)
      const { location } = answer.headers
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && location !== undefined
      if (!isRedirect) return { answer, from }
      answer.destroy()
      if (!URL.canParse(location, from)) throw new JoineryError('UPSTREAM_REFUSED', `${from.host} leads nowhere`)
      from = new URL(location, from)
    }
    throw new JoineryError('UPSTREAM_REFUSED', `${address.host} leads from one place to the next without an end`)
  }

  /** @throws JoineryError `UPSTREAM_REFUSED`, `WANT_BUDGET_SPENT` */
  #check(address: URL): void {
    if (this.#allowance.leftBytes() <= 0) throw spent()
    const isSet = this.#origins.has(address.origin)
    const host = address.hostname.replace(/^\[|\]$/g, '')
    const why =
      !isSet && address.protocol !== 'https:'
        ? 'to what is no HTTPS address'
        : address.username !== '' || address.password !== ''
          ? 'to an address with a password'
          : !isSet && isIP(host) !== 0 && !isPublicAddress(host)
            ? 'into a private network'
            : undefined
    if (why !== undefined) throw new JoineryError('UPSTREAM_REFUSED', `the index leads ${why}: ${address.host}`)
  }

  #ask(address: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    const isSecure = address.protocol === 'https:'
    const options: RequestOptions = {
      agent: isSecure ? this.#https : this.#http,
      headers: { ...headers, 'user-agent': `joinery/${this.#version}` },
      signal,
      // Behind a proxy it is the proxy that looks names up, and its own name is one of this network.
      ...(this.#origins.has(address.origin) || this.#hasProxy ? {} : { lookup: publicLookup })
    }
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsGet : httpGet)(address, options, (answer) => {
        stopWaiting()
        // Whoever reads it meets the error; between here and there it must not end the program.
        answer.on('error', () => undefined)
        resolve(answer)
      })
      const stopWaiting = this.#clock.after(IDLE_MS, () =>
        request.destroy(new JoineryError('UPSTREAM_TOO_SLOW', `${address.host} does not answer`))
      )
      request.on('error', (error) => {
        stopWaiting()
        reject(asUpstreamError(error, address, signal))
      })
    })
  }

  /** Bytes as they come over the line: counted, and ended where nothing or too little comes. */
  async *#watched(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const slow = (): void => {
      answer.destroy(new JoineryError('UPSTREAM_TOO_SLOW', 'the index sends too little'))
    }
    let cancelIdle = this.#clock.after(IDLE_MS, slow)
    let inWindow = 0
    let cancelWindow: () => void = () => undefined
    const nextWindow = (): void => {
      cancelWindow = this.#clock.after(RATE_WINDOW_MS, () => {
        if (inWindow < LEAST_BYTES_A_MINUTE) slow()
        inWindow = 0
        nextWindow()
      })
    }
    nextWindow()
    try {
      for await (const bytes of answer as AsyncIterable<Uint8Array>) {
        cancelIdle()
        inWindow += bytes.length
        this.#allowance.use(bytes.length)
        yield bytes
        if (this.#allowance.leftBytes() <= 0 && !answer.readableEnded) throw spent()
        cancelIdle = this.#clock.after(IDLE_MS, slow)
      }
    } catch (error) {
      throw asUpstreamError(error, undefined, signal)
    } finally {
      cancelIdle()
      cancelWindow()
      answer.destroy()
    }
  }
}

/** Names that lead to the room, the router or this device are not asked: looked at when it connects, so that a name that changes its mind gains nothing. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const fitting = error ? [] : found.filter(({ address }) => isPublicAddress(address))
    const [first] = fitting
    if (error) callback(error, '')
    else if (!first) callback(new JoineryError('UPSTREAM_REFUSED', 'the index leads into a private network'), '')
    else if (options.all) callback(null, fitting)
    else callback(null, first.address, first.family)
  })
}

async function* unpacked(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed)
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error))
  try {
    for await (const bytes of source.pipe(gunzip) as AsyncIterable<Uint8Array>) yield bytes
  } catch (error) {
    if (error instanceof JoineryError) throw error
    throw new JoineryError('UPSTREAM_BROKEN', 'a packed page of the index is damaged', { cause: error })
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

async function gathered(body: AsyncIterable<Uint8Array>, maxBytes: number, address: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const bytes of bounded(body, maxBytes, address)) parts.push(bytes)
  return Buffer.concat(parts)
}

async function* bounded(body: AsyncIterable<Uint8Array>, maxBytes: number, address: URL): AsyncGenerator<Uint8Array> {
  let count = 0
  for await (const bytes of body) {
    count += bytes.length
    if (count > maxBytes) throw tooLarge(address)
    yield bytes
  }
}

function tooLarge({ host }: URL): JoineryError {
  return new JoineryError('WANT_TOO_LARGE', `${host} sends more than is fetched`)
}

function spent(): JoineryError {
  return new JoineryError('WANT_BUDGET_SPENT', 'the limit for the internet is used up')
}

function refused(answer: IncomingMessage, { host }: URL): JoineryError {
  answer.destroy()
  return new JoineryError('UPSTREAM_BROKEN', `${host} answers with ${answer.statusCode}`)
}

function asUpstreamError(error: unknown, address: URL | undefined, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof JoineryError) return error
  const { cause } = error instanceof Error ? error : { cause: undefined }
  if (hasCode(cause, 'UPSTREAM_REFUSED')) return cause
  return new JoineryError('UPSTREAM_UNREACHABLE', `${address?.host ?? 'the index'} cannot be reached`, { cause: error })
}
