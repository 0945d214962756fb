import type { KnownPeer } from '../../protocols/known-peers.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import type { Link } from './links.ts'
import type { MeshEvent } from './mesh-status.ts'
import { CloneReports } from './watches.ts'

export interface CloneWatchInit {
  link(node: NodeId): Link | undefined
  /** Whether it answers. */
  probe(link: Link): Promise<boolean>
  emit(event: MeshEvent): void
}

/** Notices that two running devices have one key, and tells of each once in a while. */
export class CloneWatch {
  readonly #init: CloneWatchInit
  readonly #reports: CloneReports

  constructor(clock: Clock, init: CloneWatchInit) {
    this.#init = init
    this.#reports = new CloneReports(clock)
  }

  found(node: NodeId, where: string, reportedBy: NodeId | 'us'): void {
    if (this.#reports.has(node)) return
    this.#reports.add(node)
    this.#init.emit({ kind: 'clone', node, where, reportedBy })
  }

  /** A peer is linked to a process with another boot id than the one we know: started anew, or two of them. */
  async compare(reporter: Link, peers: readonly KnownPeer[]): Promise<void> {
    await Promise.all(
      peers.map(async ({ node, bootId }) => {
        const link = bootId === null ? undefined : this.#init.link(node)
        if (!link || bootId === null || link.profile.bootId === Buffer.from(bootId).toString('hex')) return
        if (await this.#init.probe(link)) this.found(node, reporter.profile.name, reporter.peer)
      })
    )
  }
}
