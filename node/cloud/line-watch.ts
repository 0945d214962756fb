/** How often the connection with each cloud peer broke, and since when it is away: a line that dies every few seconds is told as such. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
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
  readonly #lines = new BoundedMap<NodeId, Line>(MAX_CLOUDS)
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
    this.#lines.set(peer, change(this.#lines.get(peer) ?? { breaks: 0, lostMs: undefined }))
  }
}
