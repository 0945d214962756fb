import { type Cid, digestOfCid } from '../../protocols/cid.ts'
import type { BlobCatalogue, CatalogueBlob, CopyClass, PlacementPolicy } from '../../protocols/content.ts'

/**
 * The catalogue with its blobs numbered, each one once: two shards may name the same bytes, under different policies. The strongest policy
 * and the earliest class count. One view is never changed; a new catalogue makes a new one.
 */
export interface CatalogueView {
  readonly blobs: readonly CatalogueBlob[]
  /** The first 64 bits of each blob's digest in two words: what hashing to nodes starts from. */
  readonly keys: Uint32Array
  numberOf(cid: Cid): number | undefined
  /** The blob whose piece list this is. */
  blobOfList(pieces: Cid): number | undefined
  /** Numbers of a shard's blobs, in the shard's order. */
  readonly shards: ReadonlyMap<Cid, Uint32Array>
  /** Where a blob stands: `visit` is called for each shard that names it. */
  places(number: number, visit: (shard: Cid, index: number) => void): void
}

export function viewCatalogue(shards: ReturnType<BlobCatalogue['shards']>): CatalogueView {
  const blobs: CatalogueBlob[] = []
  const numbers = new Map<Cid, number>()
  const lists = new Map<Cid, number>()
  const numbered = new Map<Cid, Uint32Array>()
  let placeCount = 0
  for (const { shard, blobs: named } of shards) {
    if (numbered.has(shard)) continue
    const mine = new Uint32Array(named.length)
    named.forEach((blob, index) => {
      const known = numbers.get(blob.cid)
      const number = known ?? blobs.length
      mine[index] = number
      if (known === undefined) {
        numbers.set(blob.cid, number)
        blobs.push(blob)
        if (blob.pieces) lists.set(blob.pieces, number)
      } else blobs[number] = stronger(blobs[number] as CatalogueBlob, blob)
    })
    numbered.set(shard, mine)
    placeCount += named.length
  }
  const keys = new Uint32Array(2 * blobs.length)
  blobs.forEach((blob, number) => {
    const digest = digestOfCid(blob.cid)
    const words = new DataView(digest.buffer, digest.byteOffset, 8)
    keys[2 * number] = words.getUint32(0)
    keys[2 * number + 1] = words.getUint32(4)
  })
  const place = placesOf(numbered, blobs.length, placeCount)
  return {
    blobs,
    keys,
    shards: numbered,
    numberOf: (cid) => numbers.get(cid),
    blobOfList: (pieces) => lists.get(pieces),
    places: place
  }
}

/** Places by blob as three flat arrays: a few bytes each where a map of lists would take a hundred. */
function placesOf(
  shards: ReadonlyMap<Cid, Uint32Array>,
  blobCount: number,
  placeCount: number
): (number: number, visit: (shard: Cid, index: number) => void) => void {
  const names = [...shards.keys()]
  const starts = new Uint32Array(blobCount + 1)
  for (const numbers of shards.values())
    for (const number of numbers) starts[number + 1] = (starts[number + 1] ?? 0) + 1
  for (let i = 0; i < blobCount; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0)
  const filled = starts.slice(0, blobCount)
  const shardOf = new Uint32Array(placeCount)
  const indexOf = new Uint32Array(placeCount)
  names.forEach((name, shard) => {
    ;(shards.get(name) as Uint32Array).forEach((number, index) => {
      const at = filled[number] as number
      filled[number] = at + 1
      shardOf[at] = shard
      indexOf[at] = index
    })
  })
  return (number, visit) => {
    for (let at = starts[number] ?? 0; at < (starts[number + 1] ?? 0); at++)
      visit(names[shardOf[at] as number] as Cid, indexOf[at] as number)
  }
}

function stronger(a: CatalogueBlob, b: CatalogueBlob): CatalogueBlob {
  const policy = weight(a.policy) >= weight(b.policy) ? a.policy : b.policy
  const copyClass = Math.min(a.copyClass, b.copyClass) as CopyClass
  const pieces = a.pieces ?? b.pieces
  return { ...a, ...(pieces ? { pieces } : {}), policy, copyClass }
}

function weight(policy: PlacementPolicy): number {
  if (policy.kind === 'everywhere') return Number.POSITIVE_INFINITY
  return policy.kind === 'copies' ? policy.copies : 0
}
