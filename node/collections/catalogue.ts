import type { Cid } from '../../protocols/cid.ts'
import type { BlobCatalogue, CatalogueBlob, CopyClass, PlacementPolicy } from '../../protocols/content.ts'
import type { FoldView } from '../../protocols/journal.ts'
import type { ManifestShard } from '../../protocols/manifest-shard.ts'
import type { CollectionsState, KnownPolicy } from './collection-fold.ts'
import { companionsOf, refOf } from './file-blobs.ts'
import type { LoadedManifest } from './loaded-manifest.ts'
import { findMerged } from './merged-lines.ts'
import type { ShownContent } from './shown-content.ts'
import { type ClassBytes, copyClassOf, EVERYWHERE, setPolicyOf, standardPolicies } from './standard-policy.ts'

const ON_DEMAND: PlacementPolicy = { kind: 'on-demand' }

/** Bytes that each device which counts (no laptop, stick, cloud peer, drained or removed one) offers. */
export interface CountedCapacities {
  bytes(): readonly number[]
  /** Another device is being emptied: it may be the only one that has the lists of earlier versions, and waits for us to take them. */
  isOtherLeaving?(): boolean
  onChange(listener: () => void): () => void
}

export interface CatalogueComponents {
  content: ShownContent
  facts: FoldView<CollectionsState>
  capacities: CountedCapacities
}

/**
 * All blobs of the shown revisions, lost versions included, and of a few earlier ones (on demand, so that undoing a wrong import costs
 * nothing while there is room). One blob may stand in several shards: the strongest policy counts.
 */
export class Catalogue implements BlobCatalogue {
  readonly #content: ShownContent
  readonly #facts: FoldView<CollectionsState>
  readonly #capacities: CountedCapacities
  readonly #listeners = new Set<() => void>()
  readonly #stops: (() => void)[]
  readonly #counted = new WeakMap<ManifestShard, ClassBytes>()
  #shards: readonly CatalogueShard[] | undefined
  #standard: Record<CopyClass, PlacementPolicy> | undefined

  constructor({ content, facts, capacities }: CatalogueComponents) {
    this.#content = content
    this.#facts = facts
    this.#capacities = capacities
    const changed = (): void => this.#changed()
    this.#stops = [
      content.onChange(changed),
      capacities.onChange(changed),
      facts.onChange((entries) => {
        if (entries.length === 0 || entries.some((entry) => entry.kind === 'policy')) changed()
      })
    ]
  }

  shards(): readonly { shard: Cid; blobs: readonly CatalogueBlob[] }[] {
    this.#shards ??= this.#list()
    return this.#shards
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What holds where nobody set a policy. */
  standard(): Record<CopyClass, PlacementPolicy> {
    this.#standard ??= standardPolicies(this.#classBytes(), this.#capacities.bytes())
    return this.#standard
  }

  policyOf(collection: string, path: string, sizeBytes: number): PlacementPolicy {
    return setPolicyOf(this.#policies(collection), path) ?? this.standard()[copyClassOf(collection, sizeBytes)]
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #changed(): void {
    this.#shards = undefined
    this.#standard = undefined
    for (const listener of [...this.#listeners]) listener()
  }

  #policies(collection: string): ReadonlyMap<string, KnownPolicy> | undefined {
    return this.#facts.state.policies.get(collection)
  }

  #list(): CatalogueShard[] {
    const found = new Map<Cid, CatalogueShard>()
    for (const collection of this.#content.collections()) {
      const shown = this.#content.manifests(collection)
      for (const manifest of [...shown, ...this.#content.earlier(collection)]) {
        found.set(manifest.ref.cid, new CatalogueShard(manifest.ref.cid, () => ownBlobs(manifest)))
        for (const [i, { cid }] of manifest.root.shards.entries()) {
          const shard = manifest.shards[i]
          // Shown ones come first: what an earlier revision shares with them is not on demand.
          if (shard && !found.has(cid))
            found.set(
              cid,
              new CatalogueShard(cid, () => this.#blobsOf(collection, shard, shown, shown.includes(manifest)))
            )
        }
      }
    }
    return [...found.values()]
  }

  #blobsOf(
    collection: string,
    shard: ManifestShard,
    shown: readonly LoadedManifest[],
    isShown: boolean
  ): CatalogueBlob[] {
    const blobs: CatalogueBlob[] = []
    for (let i = 0; i < shard.lines; i++) {
      const { path, versions } = shard.line(i)
      const living = isShown && shown.length > 1 ? findMerged(shown, path)?.versions : isShown ? versions : []
      for (const { lamport, author, file } of versions) {
        if (!file) continue
        const lives = living?.some((one) => one.lamport === lamport && one.author === author)
        const policy = lives ? this.policyOf(collection, path, file.sizeBytes) : ON_DEMAND
        blobs.push({ ...refOf(file), policy, copyClass: copyClassOf(collection, file.sizeBytes) })
        for (const ref of companionsOf(file))
          blobs.push({ ...ref, policy: lives ? EVERYWHERE : ON_DEMAND, copyClass: 0 })
      }
    }
    return blobs
  }

  /** What is not on demand. A blob under two paths counts twice: the answer must be cheap. */
  #classBytes(): ClassBytes {
    const sums: [number, number, number] = [0, 0, 0]
    for (const collection of this.#content.collections()) {
      const policies = this.#policies(collection)
      for (const shard of new Set(this.#content.manifests(collection).flatMap((manifest) => manifest.shards))) {
        const counted = hasOnDemand(policies) ? bytesOf(collection, shard, policies) : this.#bytesOf(collection, shard)
        for (const copyClass of [0, 1, 2] as const) sums[copyClass] += counted[copyClass]
      }
    }
    return sums
  }

  /** Most shards stay as they are for ever. */
  #bytesOf(collection: string, shard: ManifestShard): ClassBytes {
    let counted = this.#counted.get(shard)
    if (!counted) {
      counted = bytesOf(collection, shard, undefined)
      this.#counted.set(shard, counted)
    }
    return counted
  }
}

function hasOnDemand(policies: ReadonlyMap<string, KnownPolicy> | undefined): boolean {
  return [...(policies?.values() ?? [])].some(({ fact }) => fact.policy?.kind === 'on-demand')
}

function bytesOf(
  collection: string,
  shard: ManifestShard,
  policies: ReadonlyMap<string, KnownPolicy> | undefined
): ClassBytes {
  const sums: [number, number, number] = [0, 0, 0]
  for (let i = 0; i < shard.lines; i++) {
    const { path, versions } = shard.line(i)
    const file = versions[0]?.file
    if (file && setPolicyOf(policies, path)?.kind !== 'on-demand')
      sums[copyClassOf(collection, file.sizeBytes)] += file.sizeBytes
  }
  return sums
}

/** The manifest and its shards: small, and needed before anything else. */
function ownBlobs({ ref, root }: LoadedManifest): CatalogueBlob[] {
  return [ref, ...root.shards].map(({ cid, sizeBytes }) => ({ cid, sizeBytes, policy: EVERYWHERE, copyClass: 0 }))
}

/** Decoded when somebody looks, and kept only as long as somebody does. */
class CatalogueShard {
  readonly shard: Cid
  readonly #decode: () => readonly CatalogueBlob[]
  #blobs: WeakRef<readonly CatalogueBlob[]> | undefined

  constructor(shard: Cid, decode: () => readonly CatalogueBlob[]) {
    this.shard = shard
    this.#decode = decode
  }

  get blobs(): readonly CatalogueBlob[] {
    let blobs = this.#blobs?.deref()
    if (!blobs) {
      blobs = this.#decode()
      this.#blobs = new WeakRef(blobs)
    }
    return blobs
  }
}
