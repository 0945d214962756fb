import type { Cid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { Pace } from '../../protocols/load.ts'
import type { NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { DownloadQueue, type Ticket } from './download-queue.ts'
import {
  BIG_DOWNLOAD_BYTES,
  LARGEST_UNRESUMED_BYTES,
  MOST_DECISIONS,
  MOST_DOWNLOADS,
  RETRY_AFTER_LEAST_SECONDS,
  RETRY_AFTER_MOST_SECONDS,
  TIDY_MS,
  UNBURDENED_DOWNLOADS,
  WAITING_BYTES,
  WAITING_EVERY_MS
} from './limits.ts'
import { Line } from './line.ts'
import { Offers } from './offers.ts'
import { canReach } from './reach.ts'

export interface LoadComponents {
  clock: Clock
  links: PeerLinks
  networkAddresses(): NetworkAddress[]
  /** The whole file is here and may be served. */
  holds(cid: Cid): boolean
  /** Linked peers that say that they hold the whole file. */
  holders(cid: Cid): readonly NodeId[]
  /** A device has asked whether a learner may come. */
  onAsked?(by: NodeId, takes: boolean): void
}

export interface Download {
  file: BlobRef
  /** What is asked for of it. */
  leftBytes: number
  /** The visitor's address, and ours on that connection, without zone or prefix of IPv4. */
  visitor: string
  own: string
  /**
   * `queue`: waits for its turn. `soon`: may be asked to come again, as the last resort. `always`: is served whatever happens; R takes a 503 for the
   * last word.
   */
  manner: 'queue' | 'soon' | 'always'
  /** It picks up a download that broke off: another device may go while it sends. */
  resumes: boolean
  /** May be answered by another device. False for one that another device sent here, or it might be sent in circles. */
  moves: boolean
  /** Came because another device was told that we take it. */
  wasSent: boolean
  /** A browser: it is shown a page while it waits. */
  seesPage: boolean
}

export type Admission =
  /** `closed` is called when the answer has ended. */
  | { kind: 'serve'; pace?: Pace; closed?(isDone: boolean): void }
  /** @param origin such as `http://192.168.1.7:8080` */
  | { kind: 'elsewhere'; origin: string }
  /** @param waitSeconds undefined: not known yet */
  | { kind: 'wait'; place: number; waitSeconds?: number }
  | { kind: 'full'; retryAfterSeconds: number }

export interface LoadFigures {
  active: number
  waiting: number
  slots: number
  sentElsewhere: number
}

/**
 * What this device does when many download at once: sends learners to a device that is less busy, lets installers wait for their turn, and serves the rest.
 */
export class Load {
  readonly #components: LoadComponents
  readonly #line = new Line()
  readonly #queue: DownloadQueue
  readonly #offers: Offers
  /** Connections that wait for their ticket's turn. */
  readonly #waiting = new Map<Ticket, Set<() => void>>()
  #deciding = 0
  #cancelTidy: (() => void) | undefined
  #sentElsewhere = 0
  #stopped = false

  constructor(components: LoadComponents) {
    this.#components = components
    const { clock, links, holds, onAsked } = components
    this.#queue = new DownloadQueue(this.#line.slots, { onTurn: (ticket) => this.#callUp(ticket) })
    this.#offers = new Offers({ clock, links, holds, load: () => this.#queue.size, ...(onAsked && { onAsked }) })
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTidy?.()
    this.#offers.stop()
    for (const ticket of [...this.#waiting.keys()]) this.#callUp(ticket)
  }

  figures(): LoadFigures {
    const { active, waiting } = this.#queue
    return { active, waiting, slots: this.#line.slots, sentElsewhere: this.#sentElsewhere }
  }

  /** Says what to do with a download; small ones are only served. */
  async admit(download: Download): Promise<Admission> {
    const { file, leftBytes, visitor } = download
    const { clock } = this.#components
    if (download.wasSent) this.#offers.came()
    if (leftBytes < BIG_DOWNLOAD_BYTES || this.#stopped) return { kind: 'serve' }
    const hasTurn = this.#queue.find(visitor, file.cid)?.hasTurn === true
    const busy = this.#queue.size + this.#offers.expected + this.#deciding
    if (hasTurn || busy < UNBURDENED_DOWNLOADS || this.#deciding >= MOST_DECISIONS) return this.#take(download)
    const ahead = this.#deciding++
    const origin = await this.#elsewhere(download, ahead).finally(() => {
      this.#deciding--
    })
    if (origin === undefined) return this.#take(download)
    const waiting = this.#queue.find(visitor, file.cid)
    if (waiting && waiting.connections === 0) this.#queue.leave(waiting, clock.monotonicMs())
    this.#sentElsewhere++
    return { kind: 'elsewhere', origin }
  }

  #take({ file, leftBytes, visitor, manner, seesPage }: Download): Admission {
    const nowMs = this.#components.clock.monotonicMs()
    const asked = { address: visitor, cid: file.cid, queues: manner === 'queue', leftBytes }
    const isFull = manner === 'soon' && this.#queue.active >= MOST_DOWNLOADS
    const ticket = isFull ? this.#queue.find(visitor, file.cid) : this.#queue.join(asked, nowMs)
    if (!ticket)
      return manner === 'always' ? { kind: 'serve' } : { kind: 'full', retryAfterSeconds: this.#retryAfter() }
    this.#tidyLater()
    if (!ticket.hasTurn && seesPage) return this.#page(ticket)
    return this.#serve(ticket, leftBytes)
  }

  /** @param ahead how many others are being asked for just now: a class clicks at once, and must not ask with one and the same count */
  async #elsewhere({ file, visitor, own, moves, resumes }: Download, ahead: number): Promise<string | undefined> {
    if (!moves || (!resumes && file.sizeBytes > LARGEST_UNRESUMED_BYTES)) return undefined
    const { links, holders, networkAddresses } = this.#components
    const holding = new Set(holders(file.cid))
    if (holding.size === 0) return undefined
    const networks = networkAddresses()
    const able = links.links().filter(
      ({ peer, profile, remoteAddress }) =>
        holding.has(peer) &&
        // A laptop leaves with its owner, a cloud peer is far away.
        profile.role === 'node' &&
        profile.httpPort > 0 &&
        canReach({ visitor, own, peer: remoteAddress }, networks)
    )
    // Of those ahead each device will have its part, this one too.
    const active = this.#queue.size + this.#offers.expected + Math.floor(ahead / (able.length + 1))
    const taker = await this.#offers.find({ cid: file.cid, active }, able)
    return taker && originOf(taker)
  }

  #page(ticket: Ticket): Admission {
    const place = this.#queue.place(ticket)
    const rate = this.#line.bytesPerSecond(this.#components.clock.monotonicMs())
    if (rate === undefined || rate <= 0) return { kind: 'wait', place }
    return { kind: 'wait', place, waitSeconds: Math.ceil(this.#queue.bytesAhead(ticket) / rate) }
  }

  #serve(ticket: Ticket, leftBytes: number): Admission {
    const { clock } = this.#components
    this.#queue.opened(ticket)
    ticket.leftBytes = Math.min(ticket.leftBytes, leftBytes)
    let isOver = false
    return {
      kind: 'serve',
      pace: {
        next: () => (ticket.hasTurn || this.#stopped ? undefined : this.#turnOf(ticket)),
        sent: (bytes) => {
          ticket.leftBytes = Math.max(0, ticket.leftBytes - bytes)
          this.#line.sent(bytes, clock.monotonicMs())
        }
      },
      closed: (isDone) => {
        if (isOver) return
        isOver = true
        this.#queue.closed(ticket, isDone, clock.monotonicMs())
      }
    }
  }

  /** Undefined as soon as it has its turn; a few bytes from time to time until then. */
  #turnOf(ticket: Ticket): Promise<number | undefined> {
    const { clock } = this.#components
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(ticket) ?? new Set()
      this.#waiting.set(ticket, waiting)
      const done = (bytes: number | undefined): void => {
        cancel()
        waiting.delete(called)
        if (waiting.size === 0) this.#waiting.delete(ticket)
        resolve(bytes)
      }
      const called = (): void => done(undefined)
      const cancel = clock.after(WAITING_EVERY_MS, () => done(WAITING_BYTES))
      waiting.add(called)
    })
  }

  #callUp(ticket: Ticket): void {
    for (const called of [...(this.#waiting.get(ticket) ?? [])]) called()
  }

  /** One turn after the other ends by itself when bytes flow; this is for those who do not come back. */
  #tidyLater(): void {
    if (this.#cancelTidy || this.#stopped) return
    const { clock } = this.#components
    this.#cancelTidy = clock.after(TIDY_MS, () => {
      this.#cancelTidy = undefined
      const nowMs = clock.monotonicMs()
      this.#line.probe(this.#queue.waiting > 0, nowMs)
      this.#queue.tidy(this.#line.slots, nowMs)
      if (this.#queue.size > 0) this.#tidyLater()
    })
  }

  #retryAfter(): number {
    const rate = this.#line.bytesPerSecond(this.#components.clock.monotonicMs())
    const seconds = rate ? Math.ceil(BIG_DOWNLOAD_BYTES / rate) : RETRY_AFTER_LEAST_SECONDS
    return Math.min(RETRY_AFTER_MOST_SECONDS, Math.max(RETRY_AFTER_LEAST_SECONDS, seconds))
  }
}

function originOf({ remoteAddress, profile }: PeerLink): string {
  const host = remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress
  return `http://${host}${profile.httpPort === 80 ? '' : `:${profile.httpPort}`}`
}
