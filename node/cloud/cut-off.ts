/**
 * Cloud peers that the room has unlinked: they stay members, so that they can be linked again, and until then no device lets them in or dials
 * them. Each gets a moment to hear of it first.
 */
import type { AdmissionPolicy } from '../../protocols/hello.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Clock } from '../platform/clock.ts'
import { UNLINKED_GRACE_MS } from './limits.ts'

export class CutOff {
  readonly #clock: Clock
  #nodes = new Set<NodeId>()
  readonly #graces = new Map<NodeId, () => void>()
  readonly #listeners = new Set<() => void>()

  /** @param unlinked at the start: they have heard of it, or will when they are linked again */
  constructor(clock: Clock, unlinked: readonly NodeId[]) {
    this.#clock = clock
    this.#nodes = new Set(unlinked)
  }

  has(node: NodeId): boolean {
    return this.#nodes.has(node)
  }

  update(unlinked: readonly NodeId[]): void {
    for (const [node, cancel] of this.#graces) {
      if (unlinked.includes(node)) continue
      cancel()
      this.#graces.delete(node)
    }
    for (const node of unlinked) {
      if (this.#nodes.has(node) || this.#graces.has(node)) continue
      const cut = (): void => {
        this.#graces.delete(node)
        this.#nodes.add(node)
        this.#tell()
      }
      this.#graces.set(node, this.#clock.after(UNLINKED_GRACE_MS, cut))
    }
    const kept = [...this.#nodes].filter((node) => unlinked.includes(node))
    if (kept.length === this.#nodes.size) return
    this.#nodes = new Set(kept)
    this.#tell()
  }

  /** The room's own policy, and who is cut off is refused. */
  guard(policy: AdmissionPolicy): AdmissionPolicy {
    return {
      room: () => policy.room(),
      admits: (peer, chain, role) => (this.has(peer) ? 'NOT_A_MEMBER' : policy.admits(peer, chain, role)),
      members: () => policy.members().filter((node) => !this.has(node)),
      onChange: (listener) => {
        this.#listeners.add(listener)
        const stop = policy.onChange(listener)
        return () => {
          this.#listeners.delete(listener)
          stop()
        }
      }
    }
  }

  stop(): void {
    for (const cancel of this.#graces.values()) cancel()
    this.#graces.clear()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
