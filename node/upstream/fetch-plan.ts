/** Who fetches what, and when: pure. Two devices that fetch the same do no harm; this only keeps them from it where they can see each other. */
import { compareStamps } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { keyOfWant } from '../../protocols/want-fetching.ts'
import type { Want } from '../../protocols/wants.ts'
import type { FetchState } from './fetch-fold.ts'
import { DAY_MS, MAX_AUTOMATIC_WANTS_A_DAY, NETWORK_SETTLES_MS, TRY_FIRST_MS, TRY_MOST_MS } from './limits.ts'

/** The line, the disk, the limit: another time it may go well. Anything else a person has to decide about. */
const PASSING = new Set([
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TOO_SLOW',
  'UPSTREAM_BROKEN',
  'WANT_BUDGET_SPENT',
  'WANT_DISK_FULL',
  'WANT_HASH_WRONG',
  'IMPORT_RUNNING'
])

export function isPassing(code: string): boolean {
  return PASSING.has(code)
}

export interface FetchView {
  state: FetchState
  self: NodeId
  /** What a device says that is gone counts for nothing. */
  isLinked(node: NodeId): boolean
}

/** What another device that is linked is fetching now. @returns by want, which one */
export function fetchedElsewhere({ state, self, isLinked }: FetchView): Map<string, NodeId> {
  const found = new Map<string, NodeId>()
  for (const [node, { told }] of state.byNode) {
    if (node === self || !isLinked(node)) continue
    for (const key of told.fetching) found.set(keyOfWant(key), node)
  }
  return found
}

/** Why a want could not be had: what was said last, by any device. */
export function failures({ byNode }: FetchState): Map<string, string> {
  const told = [...byNode.values()].sort((a, b) => compareStamps(a.stamp, b.stamp))
  return new Map(told.flatMap(({ told: { failed } }) => failed.map((one) => [keyOfWant(one), one.code] as const)))
}

/** Of the room's wants, those that a device fetches by itself. */
export function automaticWants(wants: readonly Want[], view: FetchView): Want[] {
  const elsewhere = fetchedElsewhere(view)
  const failed = failures(view.state)
  return wants.filter((want) => {
    const key = keyOfWant(want)
    const code = failed.get(key)
    return !elsewhere.has(key) && (code === undefined || isPassing(code))
  })
}

/** After this device has said what it fetches: what another one said before it. */
export function lostClaims({ state, self, isLinked }: FetchView): Set<string> {
  const own = state.byNode.get(self)
  const lost = new Set<string>()
  if (!own) return lost
  for (const [node, { told, stamp }] of state.byNode) {
    if (node === self || !isLinked(node) || compareStamps(stamp, own.stamp) > 0) continue
    for (const key of told.fetching) lost.add(keyOfWant(key))
  }
  return lost
}

/** When a device looks for the internet by itself. */
export class FetchRhythm {
  readonly #fraction: () => number
  #failures = 0
  #nextMs: number
  #network = ''
  /** When wants were taken up, over the last day of running. */
  #taken: { atMs: number; wants: number }[] = []

  /** @param fraction of chance, 0 ≤ x < 1 */
  constructor(fraction: () => number, nowMs: number) {
    this.#fraction = fraction
    this.#nextMs = nowMs + this.#jittered(TRY_FIRST_MS)
  }

  /** @param network the addresses of this device, in a fixed order. @returns how many wants may be tried now */
  due(nowMs: number, network: string): number {
    if (network !== this.#network) {
      this.#network = network
      this.#failures = 0
      this.#nextMs = Math.min(this.#nextMs, nowMs + NETWORK_SETTLES_MS + this.#jittered(NETWORK_SETTLES_MS))
    }
    if (nowMs < this.#nextMs) return 0
    this.#taken = this.#taken.filter(({ atMs }) => nowMs - atMs < DAY_MS)
    return Math.max(0, MAX_AUTOMATIC_WANTS_A_DAY - this.#taken.reduce((sum, { wants }) => sum + wants, 0))
  }

  /** @param wants that were really looked up, whatever came of them */
  ended(nowMs: number, { reached, wants }: { reached: boolean; wants: number }): void {
    if (wants > 0) this.#taken.push({ atMs: nowMs, wants })
    this.#failures = reached ? 0 : this.#failures + 1
    this.#nextMs = nowMs + this.#jittered(Math.min(TRY_MOST_MS, TRY_FIRST_MS * 2 ** Math.min(this.#failures, 10)))
  }

  /** A person wants it: now. */
  again(nowMs: number): void {
    this.#failures = 0
    this.#nextMs = nowMs
  }

  #jittered(ms: number): number {
    return ms * (0.5 + this.#fraction())
  }
}
