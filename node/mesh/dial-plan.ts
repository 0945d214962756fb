/**
 * Whom to dial next and when: known addresses, jittered back-off, refusals. No I/O and no clock of its own; times are monotonic
 * milliseconds that the caller gives.
 */
import type { NodeId } from '../../protocols/message-stream.ts'
import {
  MAX_ADDRESSES_PER_NODE,
  MAX_KNOWN_NODES,
  MAX_PARALLEL_DIALS,
  REDIAL_FIRST_MS,
  REDIAL_MOST_MS,
  REDIAL_REFUSED_MS
} from './limits.ts'

/** A fresh sighting cuts a back-off short at most so often: a multicast packet is cheap to forge. */
const SIGHTING_INTERVAL_MS = 5_000

export interface DialTarget {
  /** Undefined: a static address of which we do not know who answers. */
  node: NodeId | undefined
  /** Newest first; without `/p2p/…`. */
  addresses: string[]
  failures: number
  lastFailure: string | undefined
}

interface Target extends DialTarget {
  key: string
  nextMs: number
  /** Refused, or of another room: fresh sightings do not shorten this one. */
  refusedUntilMs: number
  sightedMs: number
  dialing: boolean
  /** From the settings: never forgotten. */
  fixed: boolean
}

export class DialPlan {
  readonly #self: NodeId
  readonly #fraction: () => number
  readonly #targets = new Map<string, Target>()
  #dialing = 0

  /** @param fraction 0 ≤ x < 1, for the jitter */
  constructor(self: NodeId, fraction: () => number) {
    this.#self = self
    this.#fraction = fraction
  }

  /** An address from the settings or an invitation. */
  addFixed(address: string, node: NodeId | undefined, nowMs: number): void {
    if (node === this.#self) return
    const target = this.#target(node ?? address, node, nowMs, true)
    target.fixed = true
    remember(target, address)
  }

  /** Somebody may be reached there. `fresh`: it was seen there just now. */
  learn(node: NodeId, address: string, nowMs: number, fresh: boolean): void {
    if (node === this.#self) return
    const target = this.#target(node, node, nowMs, false)
    const isNew = remember(target, address)
    if (!(isNew || fresh) || nowMs < target.refusedUntilMs || nowMs - target.sightedMs < SIGHTING_INTERVAL_MS) return
    target.sightedMs = nowMs
    if (target.failures > 0) target.nextMs = Math.min(target.nextMs, nowMs + this.#fraction() * REDIAL_FIRST_MS)
  }

  /** @param wants whether a node should be dialled now; static addresses of unknown nodes always are */
  due(nowMs: number, wants: (node: NodeId) => boolean): DialTarget[] {
    const due: DialTarget[] = []
    const waiting = [...this.#targets.values()].filter(
      (target) => !target.dialing && target.nextMs <= nowMs && (target.node === undefined || wants(target.node))
    )
    waiting.sort((a, b) => a.failures - b.failures || a.nextMs - b.nextMs)
    for (const target of waiting) {
      if (this.#dialing >= MAX_PARALLEL_DIALS) break
      target.dialing = true
      this.#dialing++
      due.push(target)
    }
    return due
  }

  /** The dial ended with a connection to `node`. */
  succeeded(dialed: DialTarget, node: NodeId, nowMs: number): void {
    const target = this.#finished(dialed)
    if (!target) return
    if (target.node === undefined) {
      // A static address answered: from now on we know who it is; the address is tried again once a minute while it is not linked.
      target.nextMs = nowMs + REDIAL_MOST_MS
      for (const address of target.addresses) this.learn(node, address, nowMs, false)
      return
    }
    target.nextMs = nowMs + REDIAL_FIRST_MS
  }

  failed(dialed: DialTarget, reason: string, nowMs: number): void {
    const target = this.#finished(dialed)
    if (!target) return
    target.failures++
    target.lastFailure = reason
    target.nextMs = nowMs + this.#backOff(target.failures)
  }

  /** The link is up: the next failure starts from the beginning. */
  linked(node: NodeId): void {
    const target = this.#targets.get(node)
    if (!target) return
    target.failures = 0
    target.lastFailure = undefined
    target.refusedUntilMs = 0
  }

  unlinked(node: NodeId, nowMs: number): void {
    const target = this.#targets.get(node)
    if (target) target.nextMs = nowMs + this.#fraction() * REDIAL_FIRST_MS
  }

  /** Not admitted, or of another room. */
  refused(node: NodeId, reason: string, nowMs: number, forMs: number = REDIAL_REFUSED_MS): void {
    const target = this.#target(node, node, nowMs, false)
    target.failures++
    target.lastFailure = reason
    target.refusedUntilMs = nowMs + forMs * (0.75 + this.#fraction() / 2)
    target.nextMs = target.refusedUntilMs
  }

  isRefused(node: NodeId, nowMs: number): boolean {
    return nowMs < (this.#targets.get(node)?.refusedUntilMs ?? 0)
  }

  /** It was reached, and hung up or fell silent before the hello had ended. */
  broken(node: NodeId, reason: string, nowMs: number): void {
    const target = this.#target(node, node, nowMs, false)
    target.failures++
    target.lastFailure = reason
    target.nextMs = nowMs + this.#backOff(target.failures)
  }

  /** Refusals are forgotten, because our own room or its members changed: all of them, or those of some nodes. */
  forgive(nowMs: number, isForgiven: (node: NodeId) => boolean = () => true): void {
    for (const target of this.#targets.values()) {
      if (target.refusedUntilMs <= nowMs || (target.node !== undefined && !isForgiven(target.node))) continue
      target.refusedUntilMs = 0
      target.failures = 0
      target.nextMs = nowMs + this.#fraction() * REDIAL_FIRST_MS
    }
  }

  /** It belongs to the room since a moment ago: whatever was said of it before does not count, and it is dialled at once. */
  welcome(node: NodeId, nowMs: number): void {
    const target = this.#targets.get(node)
    if (!target) return
    target.refusedUntilMs = 0
    target.failures = 0
    target.nextMs = nowMs
  }

  /** A network came or went: whoever was out of reach may be in reach now. */
  awake(nowMs: number): void {
    for (const target of this.#targets.values()) {
      if (target.refusedUntilMs <= nowMs)
        target.nextMs = Math.min(target.nextMs, nowMs + this.#fraction() * REDIAL_FIRST_MS)
    }
  }

  get(node: NodeId): DialTarget | undefined {
    return this.#targets.get(node)
  }

  targets(): IterableIterator<DialTarget> {
    return this.#targets.values()
  }

  #finished(dialed: DialTarget): Target | undefined {
    const target = dialed as Target
    if (target.dialing) this.#dialing--
    target.dialing = false
    return this.#targets.get(target.key) === target ? target : undefined
  }

  #backOff(failures: number): number {
    const most = Math.min(REDIAL_MOST_MS, REDIAL_FIRST_MS * 2 ** Math.min(failures - 1, 10))
    return most * (0.5 + this.#fraction() / 2)
  }

  #target(key: string, node: NodeId | undefined, nowMs: number, fixed: boolean): Target {
    const known = this.#targets.get(key)
    if (known) return known
    if (this.#targets.size >= MAX_KNOWN_NODES) this.#forgetOne()
    // Two nodes that see each other at the same moment would dial each other: the higher id gives the lower one a second.
    const waitMs = node !== undefined && !fixed && this.#self > node ? 500 + this.#fraction() * 500 : 0
    const target: Target = {
      key,
      node,
      addresses: [],
      failures: 0,
      lastFailure: undefined,
      nextMs: nowMs + waitMs,
      refusedUntilMs: 0,
      sightedMs: Number.NEGATIVE_INFINITY,
      dialing: false,
      fixed
    }
    this.#targets.set(key, target)
    return target
  }

  /** The one that failed most, oldest first. */
  #forgetOne(): void {
    let worst: Target | undefined
    for (const target of this.#targets.values()) {
      if (target.fixed || target.dialing) continue
      if (!worst || target.failures > worst.failures) worst = target
    }
    if (worst) this.#targets.delete(worst.key)
  }
}

/**
 * Newest first, link-local ones last: over IPv4 a pulled cable is noticed sooner, and its address can be shown to people. Each failure lets
 * the next one begin, since two addresses that do not answer use up the time of a dial.
 */
export function dialOrder({ addresses, failures }: Pick<DialTarget, 'addresses' | 'failures'>): string[] {
  const zoned = (address: string): number => Number(address.startsWith('/ip6zone/'))
  const ordered = [...addresses].sort((a, b) => zoned(a) - zoned(b))
  const first = ordered.length === 0 ? 0 : failures % ordered.length
  return [...ordered.slice(first), ...ordered.slice(0, first)]
}

/** @returns whether it was not known */
function remember(target: Target, address: string): boolean {
  const at = target.addresses.indexOf(address)
  if (at === 0) return false
  if (at > 0) target.addresses.splice(at, 1)
  target.addresses.unshift(address)
  target.addresses.length = Math.min(target.addresses.length, MAX_ADDRESSES_PER_NODE)
  return at < 0
}
