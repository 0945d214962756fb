/** How often the connection with each cloud peer broke, and since when it is away: a line that dies every few seconds is told as such. */
import type { NodeId, PeerLink, PeerLinks } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { MAX_CLOUDS } from './limits.ts'

interface Line {
  breaks: number
  /** Undefined while it is linked. */
  lostMs: number | undefined
}

export class LineWatch {
  readonly #clock: Clock
  readonly #lines = new Map<NodeId, Line>()
  readonly #stops: (() => void)[]

  constructor(clock: Clock, links: PeerLinks) {
    this.#clock = clock
    this.#stops = [
      links.onLink((link) => this.#change(link, (line) => ({ ...line, lostMs: undefined }))),
      links.onLinkLost((link) =>
        this.#change(link, ({ breaks }) => ({ breaks: breaks + 1, lostMs: this.#clock.monotonicMs() }))
      )
    ]
  }

  of(node: NodeId): { breaks: number; awayMs?: number } {
    const { breaks, lostMs } = this.#lines.get(node) ?? { breaks: 0, lostMs: undefined }
    return lostMs === undefined ? { breaks } : { breaks, awayMs: Math.round(this.#clock.monotonicMs() - lostMs) }
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #change({ peer, profile }: PeerLink, change: (line: Line) => Line): void {
    if (profile.role !== 'cloud') return
    const line = change(this.#lines.get(peer) ?? { breaks: 0, lostMs: undefined })
    this.#lines.delete(peer)
    this.#lines.set(peer, line)
    const oldest = this.#lines.size > MAX_CLOUDS ? this.#lines.keys().next().value : undefined
    if (oldest !== undefined) this.#lines.delete(oldest)
  }
}
