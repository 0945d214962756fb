import type { BlobRef } from '../../protocols/content.ts'
import type { ManifestRoot, ShardRef } from '../../protocols/manifest.ts'
import { compareBytes, type ManifestLine, type ManifestShard, startsShard } from '../../protocols/manifest-shard.ts'

/** A manifest in memory: its shards as they came, shared with other manifests that name the same ones. */
export class LoadedManifest {
  readonly ref: BlobRef
  readonly root: ManifestRoot
  readonly shards: readonly ManifestShard[]
  /** First path of each shard in UTF-8. */
  readonly #firsts: readonly Uint8Array[]

  constructor(ref: BlobRef, root: ManifestRoot, shards: readonly ManifestShard[]) {
    this.ref = ref
    this.root = root
    this.shards = shards
    this.#firsts = shards.map((shard) => shard.pathBytes(0))
  }

  /** @param path UTF-8 */
  find(path: Uint8Array): ManifestLine | undefined {
    const shard = this.shards[this.#shardOf(path)]
    if (!shard) return undefined
    const index = shard.lowerBound(path)
    return index < shard.lines && compareBytes(shard.pathBytes(index), path) === 0 ? shard.line(index) : undefined
  }

  /** Stands before the first line whose path is not before this one. */
  cursor(from: Uint8Array = new Uint8Array()): LineCursor {
    const shard = Math.max(0, this.#shardOf(from))
    return new LineCursor(this, shard, this.shards[shard]?.lowerBound(from) ?? 0)
  }

  /** The last shard that begins at or before this path; -1 before the first. */
  #shardOf(path: Uint8Array): number {
    let low = 0
    let high = this.#firsts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBytes(this.#firsts[middle] as Uint8Array, path) <= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Walks over the lines of one manifest. */
export class LineCursor {
  readonly manifest: LoadedManifest
  /** UTF-8; undefined at the end. */
  path: Uint8Array | undefined
  #shard: number
  #index: number

  constructor(manifest: LoadedManifest, shard: number, index: number) {
    this.manifest = manifest
    this.#shard = shard
    this.#index = index
    this.#settle()
  }

  next(): void {
    this.#index++
    this.#settle()
  }

  line(): ManifestLine {
    return this.#here().line(this.#index)
  }

  raw(): Uint8Array {
    return this.#here().raw(this.#index)
  }

  /**
   * Takes the whole shard whose first line this is, if it would come out the same wherever it stands: its first path begins a shard by
   * itself, and the next shard begins before `limit`, so that nothing comes into it.
   */
  wholeShard(limit: Uint8Array | undefined): { shard: ManifestShard; ref: ShardRef } | undefined {
    const { manifest, path } = this
    const shard = manifest.shards[this.#shard]
    const ref = manifest.root.shards[this.#shard]
    if (!shard || !ref || !path || this.#index !== 0 || !startsShard(path)) return undefined
    const after = manifest.shards[this.#shard + 1]?.pathBytes(0)
    if (limit && (!after || compareBytes(after, limit) > 0)) return undefined
    this.#shard++
    this.#settle()
    return { shard, ref }
  }

  #here(): ManifestShard {
    const shard = this.manifest.shards[this.#shard]
    if (!shard) throw new RangeError('past the last line')
    return shard
  }

  #settle(): void {
    let shard = this.manifest.shards[this.#shard]
    if (shard && this.#index >= shard.lines) {
      this.#shard++
      this.#index = 0
      shard = this.manifest.shards[this.#shard]
    }
    this.path = shard?.pathBytes(this.#index)
  }
}
