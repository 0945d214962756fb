/**
 * How often somebody may be wrong. Each key fills a bucket that leaks while this process runs; what was in it is on the disk before a wrong try
 * is answered, and does not leak while the node is off, so that neither a restart nor a clock that jumps gives new tries.
 */
import { decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { MAX_TRY_KEYS, type TryLimit } from './limits.ts'

export interface TryKey {
  key: string
  limit: TryLimit
}

interface Bucket {
  level: number
  atMs: number
  forgiveMs: number
}

const MAX_FILE_BYTES = 512 * 1024

export class Tries {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #path: string
  readonly #buckets = new Map<string, Bucket>()
  /** The write that is going on, and the one that will hold what happens meanwhile. */
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  private constructor({ disk, clock }: { disk: Disk; clock: Clock }, path: string) {
    this.#disk = disk
    this.#clock = clock
    this.#path = path
  }

  /** A file that cannot be read counts as empty: losing it gives an attacker one more burst, refusing to start would lose the room. */
  static async open(components: { disk: Disk; clock: Clock }, path: string): Promise<Tries> {
    const tries = new Tries(components, path)
    const bytes = await readSmallFile(components.disk, path, MAX_FILE_BYTES).catch(() => undefined)
    if (bytes) tries.#load(bytes)
    return tries
  }

  /** Charges all keys, or none when one is full. */
  charge(keys: readonly TryKey[]): boolean {
    for (const { key, limit } of keys) if (this.#levelOf(key) + 1 > limit.burst) return false
    for (const { key, limit } of keys) {
      this.#buckets.set(key, {
        level: this.#levelOf(key) + 1,
        atMs: this.#clock.monotonicMs(),
        forgiveMs: limit.forgiveMs
      })
    }
    this.#dropLeast()
    return true
  }

  /** It was right after all. */
  refund(keys: readonly TryKey[]): void {
    for (const { key } of keys) {
      const bucket = this.#buckets.get(key)
      if (bucket) bucket.level = Math.max(0, bucket.level - 1)
    }
  }

  forget(isMeant: (key: string) => boolean): void {
    for (const key of this.#buckets.keys()) if (isMeant(key)) this.#buckets.delete(key)
  }

  /** Resolves once everything charged until now is on the medium; those who ask at the same time share a write. */
  async persisted(): Promise<void> {
    if (!this.#writing) {
      this.#writing = this.#write()
      await this.#writing
      return
    }
    const current = this.#writing
    this.#next ??= current
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        this.#writing = this.#write()
        return this.#writing
      })
    await this.#next
  }

  async #write(): Promise<void> {
    const levels: [string, number, number][] = []
    for (const [key, { forgiveMs }] of this.#buckets) {
      const level = Math.ceil(this.#levelOf(key))
      if (level > 0) levels.push([key, level, forgiveMs])
      else this.#buckets.delete(key)
    }
    try {
      await writeDurably(this.#disk, this.#path, encodeCbor(levels))
    } finally {
      this.#writing = undefined
    }
  }

  #load(bytes: Uint8Array): void {
    let saved: unknown
    try {
      saved = decodeCbor(bytes, MAX_FILE_BYTES)
    } catch {
      return
    }
    if (!Array.isArray(saved)) return
    for (const one of saved.slice(0, MAX_TRY_KEYS)) {
      if (!Array.isArray(one)) continue
      const [key, level, forgiveMs] = one
      if (typeof key !== 'string' || !Number.isInteger(level) || !Number.isInteger(forgiveMs) || forgiveMs < 1) continue
      this.#buckets.set(key, { level, atMs: this.#clock.monotonicMs(), forgiveMs })
    }
  }

  #levelOf(key: string): number {
    const bucket = this.#buckets.get(key)
    if (!bucket) return 0
    return Math.max(0, bucket.level - (this.#clock.monotonicMs() - bucket.atMs) / bucket.forgiveMs)
  }

  #dropLeast(): void {
    if (this.#buckets.size <= MAX_TRY_KEYS) return
    const levels = [...this.#buckets.keys()].map((key): [string, number] => [key, this.#levelOf(key)])
    levels.sort(([, a], [, b]) => a - b)
    // A tenth at once, so that a flood does not sort the table at every try.
    for (const [key] of levels.slice(0, MAX_TRY_KEYS / 10)) this.#buckets.delete(key)
  }
}
