import type { Cid } from '../../protocols/cid.ts'
import type { HeadFact } from '../../protocols/collection-facts.ts'
import type { BlobReader } from '../../protocols/content.ts'
import { comparePaths } from '../../protocols/content-path.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import {
  decodeManifestRoot,
  MAX_ROOT_BYTES,
  MAX_SHARD_BYTES,
  type ManifestRoot,
  type ShardRef
} from '../../protocols/manifest.ts'
import { ManifestShard } from '../../protocols/manifest-shard.ts'
import { SHARDS_AT_ONCE } from './limits.ts'
import { LoadedManifest } from './loaded-manifest.ts'

/** Manifests in memory. Each shard is there once, however many manifests name it. */
export class ManifestLibrary {
  readonly #blobs: BlobReader
  readonly #loaded = new Map<Cid, LoadedManifest>()
  readonly #shards = new Map<Cid, ManifestShard>()

  constructor(components: { blobs: BlobReader }) {
    this.#blobs = components.blobs
  }

  get(manifest: Cid): LoadedManifest | undefined {
    return this.#loaded.get(manifest)
  }

  /**
   * From this device, or from a peer.
   *
   * @throws JoineryError `MANIFEST_WRONG` when the bytes are what they were named but no such manifest: trying again will not help
   */
  async load(fact: HeadFact, signal?: AbortSignal): Promise<LoadedManifest> {
    const before = this.#loaded.get(fact.manifest.cid)
    if (before) return before
    const root = decodeRoot(await this.#blobs.bytes(fact.manifest, MAX_ROOT_BYTES, signal), fact)
    const shards: ManifestShard[] = new Array(root.shards.length)
    let next = 0
    const work = async (): Promise<void> => {
      for (let i = next++; i < root.shards.length; i = next++) {
        const ref = root.shards[i] as ShardRef
        shards[i] = this.#shards.get(ref.cid) ?? decodeShard(await this.#blobs.bytes(ref, MAX_SHARD_BYTES, signal))
      }
    }
    await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, work))
    return this.add(new LoadedManifest(fact.manifest, root, shards))
  }

  /** Whether everything of it lies on this device, as far as its root tells. */
  isHere(fact: HeadFact): boolean {
    return this.#loaded.has(fact.manifest.cid) || this.#blobs.hasLocally(fact.manifest.cid)
  }

  /** @param manifest whose shards are known to be those that its root names */
  add(manifest: LoadedManifest): LoadedManifest {
    checkShards(manifest)
    for (const [i, ref] of manifest.root.shards.entries())
      this.#shards.set(ref.cid, manifest.shards[i] as ManifestShard)
    this.#loaded.set(manifest.ref.cid, manifest)
    return manifest
  }

  /** Forgets all others. */
  keepOnly(manifests: ReadonlySet<Cid>): void {
    for (const cid of this.#loaded.keys()) if (!manifests.has(cid)) this.#loaded.delete(cid)
    const used = new Set<Cid>()
    for (const { root } of this.#loaded.values()) for (const { cid } of root.shards) used.add(cid)
    for (const cid of this.#shards.keys()) if (!used.has(cid)) this.#shards.delete(cid)
  }
}

function decodeRoot(bytes: Uint8Array, fact: HeadFact): ManifestRoot {
  const root = orWrong(() => decodeManifestRoot(bytes))
  if (root.collection !== fact.collection || root.lamport !== fact.lamport || root.author !== fact.author)
    throw wrong('its root is not the one that was announced')
  return root
}

function decodeShard(bytes: Uint8Array): ManifestShard {
  return orWrong(() => ManifestShard.decode(bytes))
}

/** The shards follow each other as the root says, and it knows every revision that they name. */
function checkShards({ root, shards }: LoadedManifest): void {
  const text = new TextDecoder()
  let files = 0
  let sizeBytes = 0
  for (const [i, ref] of root.shards.entries()) {
    const shard = shards[i] as ManifestShard
    const after = root.shards[i + 1]
    if (
      shard.lines !== ref.lines ||
      shard.bytes.length !== ref.sizeBytes ||
      text.decode(shard.pathBytes(0)) !== ref.first
    )
      throw wrong('a shard is not the one that its root tells of')
    if (after && comparePaths(text.decode(shard.pathBytes(shard.lines - 1)), after.first) >= 0)
      throw wrong('its shards overlap')
    if (!shard.isKnownTo(root.vector)) throw wrong('it does not know what it holds')
    files += shard.files
    sizeBytes += shard.sizeBytes
  }
  if (files !== root.files || sizeBytes !== root.sizeBytes) throw wrong('its sums do not add up')
}

function orWrong<Result>(decode: () => Result): Result {
  try {
    return decode()
  } catch (error) {
    if (hasCode(error, 'MALFORMED') || hasCode(error, 'TOO_LARGE')) throw wrong(error.message, error)
    throw error
  }
}

function wrong(why: string, cause?: unknown): JoineryError {
  return new JoineryError('MANIFEST_WRONG', `a list of files cannot be read: ${why}`, { cause })
}
