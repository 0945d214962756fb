/** Who looks at the room, and what each device said of itself last. Pure but for the clock that never goes back. */
import type { DeviceReport, HourReport } from '../../protocols/device-report.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { MAX_WATCH_MS, type RoomLiveMessage } from '../../protocols/room-live.ts'
import type { Clock } from '../platform/clock.ts'
import { MAX_REPORTS, MAX_WATCHERS, REPORT_STALE_MS } from './limits.ts'

type WatchMessage = Extract<RoomLiveMessage, { kind: 'watch' }>
type ReportMessage = Extract<RoomLiveMessage, { kind: 'report' }>

interface Kept {
  bootId: string
  round: number
  atMs: number
  report: DeviceReport
  /** Told once in a while only. */
  hour: HourReport | undefined
}

export interface ReportLine {
  node: NodeId
  ageMs: number
  report: DeviceReport
}

export class ReportBoard {
  readonly #clock: Clock
  /** By node and start of its process. */
  readonly #watchers = new Map<string, { round: number; untilMs: number }>()
  readonly #reports = new Map<NodeId, Kept>()

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock
  }

  isWatched(): boolean {
    const nowMs = this.#clock.monotonicMs()
    for (const [watcher, { untilMs }] of this.#watchers) if (untilMs <= nowMs) this.#watchers.delete(watcher)
    return this.#watchers.size > 0
  }

  /** @returns undefined for what was heard already; `new` when nobody looked from there before */
  takeWatch({ watcher, bootId, round, forMs }: WatchMessage): 'new' | 'again' | undefined {
    const nowMs = this.#clock.monotonicMs()
    const key = `${watcher} ${bootId}`
    const before = this.#watchers.get(key)
    if (before && round <= before.round && before.untilMs > nowMs) return undefined
    if (!before && this.isWatched() && this.#watchers.size >= MAX_WATCHERS) return undefined
    this.#watchers.set(key, { round, untilMs: nowMs + Math.min(forMs, MAX_WATCH_MS) })
    return before ? 'again' : 'new'
  }

  /** @returns false for what was heard already */
  takeReport({ node, bootId, round, ageMs, report }: ReportMessage): boolean {
    const nowMs = this.#clock.monotonicMs()
    const atMs = nowMs - ageMs
    const before = this.#reports.get(node)
    if (ageMs >= REPORT_STALE_MS) return false
    if (before) {
      const isOld = before.bootId === bootId ? round <= before.round : atMs <= before.atMs
      if (isOld) return false
    } else if (!this.#makeRoom(nowMs)) return false
    this.#reports.set(node, { bootId, round, atMs, report, hour: report.hour ?? before?.hour })
    return true
  }

  list(): ReportLine[] {
    const nowMs = this.#clock.monotonicMs()
    const lines: ReportLine[] = []
    for (const [node, { atMs, report, hour }] of this.#reports) {
      if (nowMs - atMs >= REPORT_STALE_MS) this.#reports.delete(node)
      else lines.push({ node, ageMs: nowMs - atMs, report: hour ? { ...report, hour } : report })
    }
    return lines
  }

  #makeRoom(nowMs: number): boolean {
    if (this.#reports.size < MAX_REPORTS) return true
    for (const [node, { atMs }] of this.#reports) {
      if (nowMs - atMs < REPORT_STALE_MS) continue
      this.#reports.delete(node)
      return true
    }
    return false
  }
}
