/**
 * The KeyValueStore of the simulator, with LevelDB's promise and no more: a write with `sync` makes itself and everything earlier durable;
 * at a power cut a prefix of what came after stays, whole batches only.
 */
import type { Clock } from '../../node/platform/clock.ts'
import type { KeyRange, KeyValueChange, KeyValueStore } from '../../node/platform/key-value.ts'
import type { SeededRandom } from './seeded-random.ts'

type Pair = readonly [key: Uint8Array, value: Uint8Array]

export interface SimulatedKeyValueInit {
  /** Greatest time in ms that a synced write takes; drawn anew each time. */
  latencyMs?: number
}

export class SimulatedKeyValueStore implements KeyValueStore {
  readonly #random: SeededRandom
  #clock: Clock | undefined
  readonly #latencyMs: number
  /** In byte order of the key; replaced and never changed, so that an iterator keeps what it began with. */
  #pairs: readonly Pair[] = []
  #durable: readonly Pair[] = []
  #unsynced: KeyValueChange[][] = []
  #life = 0
  #closed = false
  /** A code makes the write fail with nothing written. */
  failWrite: (() => 'EIO' | 'ENOSPC' | undefined) | undefined
  syncs = 0

  constructor(components: { random: SeededRandom; clock?: Clock }, init: SimulatedKeyValueInit = {}) {
    this.#random = components.random
    this.#clock = components.clock
    this.#latencyMs = init.latencyMs ?? 0
  }

  /** The power failed. The store can be used again at once: that is the next start. */
  cutPower(clock?: Clock): void {
    this.#life++
    this.#clock = clock
    this.#closed = false
    const kept = this.#random.below(this.#unsynced.length + 1)
    this.#pairs = this.#durable
    for (const changes of this.#unsynced.slice(0, kept)) this.#pairs = applied(this.#pairs, changes)
    this.#durable = this.#pairs
    this.#unsynced = []
  }

  /** The process ended but the device did not: everything written stays. */
  killProcess(clock?: Clock): void {
    this.#life++
    this.#clock = clock
    this.#closed = false
  }

  /** Everything that is there; for checkers. */
  get pairs(): readonly Pair[] {
    return this.#pairs
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    await this.#check()
    const at = placeOf(this.#pairs, key)
    const found = this.#pairs[at]
    return found && compareBytes(found[0], key) === 0 ? found[1].slice() : undefined
  }

  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const found: (Uint8Array | undefined)[] = []
    for (const key of keys) found.push(await this.get(key))
    return found
  }

  async write(changes: KeyValueChange[], { sync }: { sync: boolean }): Promise<void> {
    await this.#check()
    const code = this.failWrite?.()
    if (code) throw Object.assign(new Error(`${code}: key-value store`), { code })
    const copy = changes.map((change) =>
      change.type === 'put'
        ? { type: change.type, key: change.key.slice(), value: change.value.slice() }
        : { type: change.type, key: change.key.slice() }
    )
    this.#pairs = applied(this.#pairs, copy)
    this.#unsynced.push(copy)
    if (!sync) return
    this.syncs++
    const pairs = this.#pairs
    const life = this.#life
    const clock = this.#clock
    if (clock && this.#latencyMs > 0) {
      const delayMs = this.#random.fraction() * this.#latencyMs
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve))
    }
    if (life !== this.#life) await new Promise<never>(() => {})
    // A later sync may have ended earlier; what it made durable stays so.
    const at = this.#unsynced.indexOf(copy)
    if (at < 0) return
    this.#durable = pairs
    this.#unsynced = this.#unsynced.slice(at + 1)
  }

  async *entries(range: KeyRange): AsyncIterable<[Uint8Array, Uint8Array]> {
    await this.#check()
    for (const [key, value] of inRange(this.#pairs, range)) yield [key.slice(), value.slice()]
  }

  async *keys(range: KeyRange): AsyncIterable<Uint8Array> {
    await this.#check()
    for (const [key] of inRange(this.#pairs, range)) yield key.slice()
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** A new process opens it: LevelDB writes what it finds in its log into a table and syncs that. */
  reopen(clock?: Clock): void {
    this.#closed = false
    this.#clock = clock
    this.#durable = this.#pairs
    this.#unsynced = []
  }

  async #check(): Promise<void> {
    if (this.#closed) throw Object.assign(new Error('Database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' })
  }
}

function applied(pairs: readonly Pair[], changes: readonly KeyValueChange[]): readonly Pair[] {
  const sorted = changes.map((change, order) => ({ change, order }))
  sorted.sort((a, b) => compareBytes(a.change.key, b.change.key) || a.order - b.order)
  const result: Pair[] = []
  let from = 0
  for (let i = 0; i < sorted.length; i++) {
    const { change } = sorted[i] as (typeof sorted)[number]
    const next = sorted[i + 1]
    if (next && compareBytes(next.change.key, change.key) === 0) continue
    const at = placeOf(pairs, change.key)
    for (let j = from; j < at; j++) result.push(pairs[j] as Pair)
    const there = pairs[at]
    from = there && compareBytes(there[0], change.key) === 0 ? at + 1 : at
    if (change.type === 'put') result.push([change.key, change.value])
  }
  for (let j = from; j < pairs.length; j++) result.push(pairs[j] as Pair)
  return result
}

function* inRange(pairs: readonly Pair[], range: KeyRange): Iterable<Pair> {
  let from = 0
  let to = pairs.length
  if (range.gte) from = Math.max(from, placeOf(pairs, range.gte))
  if (range.gt) from = Math.max(from, placeAfter(pairs, range.gt))
  if (range.lt) to = Math.min(to, placeOf(pairs, range.lt))
  if (range.lte) to = Math.min(to, placeAfter(pairs, range.lte))
  let left = range.limit === undefined || range.limit < 0 ? Number.POSITIVE_INFINITY : range.limit
  if (range.reverse) for (let i = to - 1; i >= from && left-- > 0; i--) yield pairs[i] as Pair
  else for (let i = from; i < to && left-- > 0; i++) yield pairs[i] as Pair
}

/** Index of the first pair whose key is not before `key`. */
function placeOf(pairs: readonly Pair[], key: Uint8Array): number {
  let low = 0
  let high = pairs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareBytes((pairs[middle] as Pair)[0], key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function placeAfter(pairs: readonly Pair[], key: Uint8Array): number {
  const at = placeOf(pairs, key)
  const there = pairs[at]
  return there && compareBytes(there[0], key) === 0 ? at + 1 : at
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}
