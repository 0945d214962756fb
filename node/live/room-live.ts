/**
 * The moment of a room, over the mesh: stickies and hands, reports of devices while somebody looks, and the time. What is news is passed on to the
 * other links, so that it reaches every node also where not all are linked; what is no news goes no further.
 */
import type { DeviceReport } from '../../protocols/device-report.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { MessageStream, NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { PersonId } from '../../protocols/people.ts'
import {
  decodeRoomLive,
  MAX_SIGNALS_PER_MESSAGE,
  ROOM_LIVE_LIMITS,
  ROOM_LIVE_PROTOCOL,
  type RoomLiveMessage,
  type Signal
} from '../../protocols/room-live.ts'
import type { Clock } from '../platform/clock.ts'
import './errors.ts'
import * as limits from './limits.ts'
import { LiveSession } from './live-session.ts'
import { Paces } from './paces.ts'
import { PresenceBoard } from './presence-board.ts'
import { ReportBoard, type ReportLine } from './report-board.ts'
import type { RoomClock } from './room-clock.ts'
import { type ShownSignal, SignalBoard, type SignalLine } from './signal-board.ts'

export interface RoomLiveComponents {
  clock: Clock
  links: PeerLinks
  roomClock: RoomClock
  /** How this device is now; asked only while somebody looks. @param withHour once in a while */
  report(links: readonly LinkFigures[], withHour: boolean): Promise<DeviceReport>
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

export interface RoomLiveInit {
  self: NodeId
  bootId: string
}

export interface LinkFigures {
  node: NodeId
  roundTripMs?: number
  bytesPerSecond?: number
}

export class RoomLive {
  readonly roomClock: RoomClock
  /** Who has a page of this device open. */
  readonly presence: PresenceBoard
  readonly #components: RoomLiveComponents
  readonly #init: RoomLiveInit
  readonly #signals: SignalBoard
  readonly #reports: ReportBoard
  readonly #paces: Paces
  readonly #sessions = new Map<NodeId, LiveSession>()
  readonly #stops: (() => void)[] = []
  readonly #listeners = new Set<() => void>()
  #lookers = 0
  #round = 0
  #hourDueMs = 0
  #cancelWatch: (() => void) | undefined
  #cancelReport: (() => void) | undefined
  #cancelPing: (() => void) | undefined
  #stopped = false

  constructor(components: RoomLiveComponents, init: RoomLiveInit) {
    this.#components = components
    this.#init = init
    this.roomClock = components.roomClock
    this.presence = new PresenceBoard(components)
    this.#signals = new SignalBoard(components, init)
    this.#reports = new ReportBoard(components)
    this.#paces = new Paces(components, {
      burst: limits.SIGNAL_BURST,
      refillMs: limits.SIGNAL_REFILL_MS,
      most: limits.MAX_SIGNALS
    })
    const { links } = components
    links.handle(ROOM_LIVE_PROTOCOL, ROOM_LIVE_LIMITS, (stream, link) => this.#run(stream, link))
    this.#stops.push(
      links.onLink((link) => {
        if (link.dialer) this.#open(link)
      }),
      links.onLinkLost((link) => this.#sessions.get(link.peer)?.end())
    )
  }

  // Stickies and hands

  signalOf(person: PersonId): ShownSignal {
    return this.#signals.of(person)
  }

  /** Everybody who shows something, the longest first. */
  signals(): SignalLine[] {
    return this.#signals.list()
  }

  /** @throws JoineryError `SIGNALS_TOO_FAST`, `SIGNALS_FULL` */
  setSignal(person: PersonId, shown: ShownSignal): void {
    const now = this.#signals.of(person)
    if (now.sticky === shown.sticky && now.hand === shown.hand) return
    if (!this.#paces.allows(person)) throw new JoineryError('SIGNALS_TOO_FAST', 'too many changes in a short time')
    const signal = this.#signals.set(person, shown)
    if (!signal) throw new JoineryError('SIGNALS_FULL', 'the board of stickies is full')
    this.#tellSignals([signal])
  }

  takeAllDown(): void {
    this.#signals.takeAllDown()
    this.#tellSignals([])
  }

  // The time

  /** @throws JoineryError as `RoomClock.set` */
  async setClock(wallMs: number): Promise<void> {
    await this.roomClock.set(wallMs)
    this.#tellClock()
  }

  // Devices

  /** While at least one looks, all devices of the room tell how they are. The returned function ends the look. */
  look(): () => void {
    this.#lookers++
    if (this.#lookers === 1) this.#watch()
    let looking = true
    return () => {
      if (!looking) return
      looking = false
      this.#lookers--
      if (this.#lookers === 0) this.#cancelWatch?.()
    }
  }

  /** For a page that is shown once: what linked devices say of themselves has come, or `withinMs` have passed. */
  async glimpse(withinMs: number): Promise<void> {
    const stopLooking = this.look()
    // Whoever looks once often looks again in a few seconds.
    this.#components.clock.after(limits.GLIMPSE_KEPT_MS, stopLooking)
    const { links } = this.#components
    const isSeen = (): boolean => {
      const seen = new Set(this.#reports.list().map(({ node }) => node))
      return seen.has(this.#init.self) && links.links().every(({ peer }) => seen.has(peer))
    }
    if (isSeen()) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stop()
        cancel()
        resolve()
      }
      const stop = this.onChange(() => {
        if (isSeen()) done()
      })
      const cancel = this.#components.clock.after(withinMs, done)
    })
  }

  /** What devices said of themselves within the last minute, this one included. */
  reports(): ReportLine[] {
    return this.#reports.list()
  }

  /** This device alone, without asking any other. */
  async ownReport(): Promise<DeviceReport> {
    return await this.#components.report(this.#linkFigures(), false)
  }

  /** Called after each change of signals, reports or the time; often. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stop(): void {
    this.#stopped = true
    for (const stop of this.#stops) stop()
    this.#cancelWatch?.()
    this.#cancelReport?.()
    this.#cancelPing?.()
    for (const session of this.#sessions.values()) session.end()
    this.#sessions.clear()
    this.#listeners.clear()
  }

  // Links

  #open(link: PeerLink): void {
    if (this.#stopped || !this.#components.links.links().includes(link)) return
    const again = (): void => {
      this.#components.clock.after(limits.REOPEN_MS, () => this.#open(link))
    }
    link.open(ROOM_LIVE_PROTOCOL, ROOM_LIVE_LIMITS).then((stream) => this.#run(stream, link).then(again, again), again)
  }

  async #run(stream: MessageStream, link: PeerLink): Promise<void> {
    this.#sessions.get(link.peer)?.end()
    const session = new LiveSession(stream, this.#components.clock)
    this.#sessions.set(link.peer, session)
    this.#greet(session)
    try {
      for (;;) {
        const bytes = await stream.receive()
        if (bytes === undefined || this.#stopped) break
        this.#handle(session, link.peer, decodeRoomLive(bytes))
      }
    } finally {
      session.end()
      if (this.#sessions.get(link.peer) === session) this.#sessions.delete(link.peer)
    }
  }

  #greet(session: LiveSession): void {
    const { floor, signals } = this.#signals.snapshot()
    if (floor > 0 || signals.length > 0) sendSignals(session, floor, signals)
    const { count } = this.roomClock
    if (count > 0) session.send({ kind: 'clock', count, wallMs: Math.round(this.roomClock.wallMs()) })
    if (this.#lookers > 0) session.send(this.#watchMessage())
  }

  #handle(from: LiveSession, peer: NodeId, message: RoomLiveMessage): void {
    switch (message.kind) {
      case 'signals': {
        const news = this.#signals.merge(message.floor, message.signals)
        if (!news) return
        this.#pass(from, (session) => sendSignals(session, message.floor, news))
        this.#changed()
        return
      }
      case 'watch': {
        if (message.watcher === this.#init.self) return
        const heard = this.#reports.takeWatch(message)
        if (!heard) return
        // A new one has not seen the last hour yet.
        if (heard === 'new') this.#hourDueMs = 0
        this.#pass(from, (session) => session.send(message))
        this.#reportSoon(heard === 'new')
        return
      }
      case 'report': {
        if (message.node === this.#init.self || !this.#reports.takeReport(message)) return
        const direct = new Set([message.node, peer, ...message.report.links.map(({ node }) => node)])
        for (const [node, session] of this.#sessions) if (!direct.has(node)) session.send(message)
        this.#changed()
        return
      }
      case 'ping':
        from.send({ kind: 'pong', nonce: message.nonce })
        return
      case 'pong':
        from.answered(message.nonce)
        return
      case 'clock':
        if (!this.roomClock.take(message.count, message.wallMs)) return
        this.#tellClock(from)
        this.#changed()
    }
  }

  #pass(from: LiveSession | undefined, send: (session: LiveSession) => void): void {
    for (const session of this.#sessions.values()) if (session !== from) send(session)
  }

  #tellSignals(signals: Signal[]): void {
    const { floor } = this.#signals.snapshot()
    this.#pass(undefined, (session) => session.send({ kind: 'signals', floor, signals }))
    this.#changed()
  }

  #tellClock(but?: LiveSession): void {
    const { count } = this.roomClock
    const wallMs = Math.round(this.roomClock.wallMs())
    this.#pass(but, (session) => session.send({ kind: 'clock', count, wallMs }))
    this.#changed()
  }

  // Looking

  #watchMessage(): Extract<RoomLiveMessage, { kind: 'watch' }> {
    const { self, bootId } = this.#init
    return { kind: 'watch', watcher: self, bootId, round: ++this.#round, forMs: limits.WATCH_MS }
  }

  #watch(): void {
    const message = this.#watchMessage()
    this.#reports.takeWatch(message)
    this.#pass(undefined, (session) => session.send(message))
    this.#reportSoon(true)
    this.#cancelWatch = this.#components.clock.after(limits.WATCH_RENEW_MS, () => this.#watch())
  }

  #reportSoon(now: boolean): void {
    if (this.#stopped) return
    if (!this.#cancelPing) this.#ping()
    if (now) this.#cancelReport?.()
    else if (this.#cancelReport) return
    this.#cancelReport = this.#components.clock.after(now ? 0 : this.#intervalMs(), () => {
      this.#cancelReport = undefined
      if (!this.#reports.isWatched()) return
      this.#report()
        .catch((cause: unknown) =>
          this.#components.onProblem({ code: 'INTERNAL', message: 'how this device is could not be read', cause })
        )
        .finally(() => this.#reportSoon(false))
    })
  }

  #intervalMs(): number {
    const devices = this.#reports.list().length
    return Math.max(limits.REPORT_INTERVAL_MS, devices * limits.REPORT_INTERVAL_PER_DEVICE_MS)
  }

  async #report(): Promise<void> {
    const { clock } = this.#components
    const withHour = clock.monotonicMs() >= this.#hourDueMs
    const report = await this.#components.report(this.#linkFigures(), withHour)
    if (this.#stopped) return
    if (withHour) this.#hourDueMs = clock.monotonicMs() + limits.SAMPLE_INTERVAL_MS
    const { self, bootId } = this.#init
    const message = { kind: 'report' as const, node: self, bootId, round: ++this.#round, ageMs: 0, report }
    this.#reports.takeReport(message)
    this.#pass(undefined, (session) => session.send(message))
    this.#changed()
  }

  #ping(): void {
    this.#cancelPing = undefined
    if (this.#stopped || !this.#reports.isWatched()) return
    for (const session of this.#sessions.values()) session.ping()
    this.#cancelPing = this.#components.clock.after(limits.PING_INTERVAL_MS, () => this.#ping())
  }

  #linkFigures(): LinkFigures[] {
    return this.#components.links.links().map(({ peer }) => {
      const { roundTripMs, bytesPerSecond } = this.#sessions.get(peer) ?? {}
      return {
        node: peer,
        ...(roundTripMs !== undefined && { roundTripMs: Math.max(1, Math.round(roundTripMs)) }),
        ...(bytesPerSecond !== undefined && { bytesPerSecond: Math.round(bytesPerSecond) })
      }
    })
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

function sendSignals(session: LiveSession, floor: number, signals: readonly Signal[]): void {
  for (let at = 0; at === 0 || at < signals.length; at += MAX_SIGNALS_PER_MESSAGE)
    session.send({ kind: 'signals', floor, signals: signals.slice(at, at + MAX_SIGNALS_PER_MESSAGE) })
}
