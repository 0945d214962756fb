/**
 * A manifest: one version of a collection. A root blob names shards, a shard holds lines in byte order of their paths.
 *
 *     root  = [1, collection, lamport, author, [[author, lamport] …], files, bytes, [[first path, digest, lines, bytes] …]]
 *     shard = [1, [line …]]                      (manifest-shard.ts)
 *     line  = [path, shown version, lost version …]
 *     version = [lamport, author]                                       the path is removed
 *             | [lamport, author, digest, size, digest of pieces | null, details]
 *
 * Merging needs no third thing. Each revision has one (lamport, author) of its own, and every version names the revision that made it. The
 * root's vector says which revisions it knows of: for each author all up to that lamport. So of two manifests: a version that only one has
 * is dropped when the other knew of it, and otherwise both are kept. What is shown is the highest lamport; at equal lamports bytes
 * before a removal, then the author; what is not shown stays as *lost* until somebody decides.
 * (An observed-remove map with multi-value registers: Almeida et al., "Delta State Replicated Data Types", 2018, section 7.)
 *
 * A shard ends before a path whose hash says so. One changed line so makes one new shard and one new root, and two nodes that
 * import the same files apart make shards that differ only where their lines do.
 */
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from './cid.ts'
import { comparePaths, isCollectionName, pathFault } from './content-path.ts'
import { JoineryError } from './errors.ts'

export const MANIFEST_VERSION = 1
/** As 16 hex digits: 8 random bytes per start of a process that imports, so that a restored card never repeats a name. */
export type Author = string
export const AUTHOR_BYTES = 8

/** No blob of a manifest may need a piece list. At some 85 bytes a shard this is 24,000 shards or six million lines. */
export const MAX_ROOT_BYTES = 2 * 2 ** 20
/** Some 110 bytes a line: 55 MB of memory at the limit. A class has 75,000; a whole CRAN or a whole PyPI is not for a classroom. */
export const MAX_LINES = 500_000
/** Of all shards together: they are held in memory. 500,000 lines of lessons are 55 MB; packages have longer lines, and are fewer. */
export const MAX_MANIFEST_BYTES = 128 * 2 ** 20
/** One per start of a process that imports; each costs 14 bytes in every root. */
export const MAX_AUTHORS = 16_384
/** Exact as a number. A member that lies can push a collection's clock to its end; removing that device takes its revisions out again. */
export const MAX_LAMPORT = 2 ** 48

export interface ShardRef {
  /** The first path in it. */
  first: string
  cid: Cid
  lines: number
  sizeBytes: number
}

export interface ManifestRoot {
  collection: string
  /** Which revision this is. */
  lamport: number
  author: Author
  /** The newest revision known of each author, its own included. */
  vector: ReadonlyMap<Author, number>
  /** Lines that show bytes, and the sum of their sizes. */
  files: number
  sizeBytes: number
  shards: ShardRef[]
}

export function encodeManifestRoot(root: ManifestRoot): Uint8Array {
  const bytes = encodeCbor([
    MANIFEST_VERSION,
    root.collection,
    root.lamport,
    authorBytes(root.author),
    [...root.vector]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([author, lamport]) => [authorBytes(author), lamport] as CborValue[]),
    root.files,
    root.sizeBytes,
    root.shards.map((shard) => [shard.first, digestOfCid(shard.cid), shard.lines, shard.sizeBytes] as CborValue[])
  ])
  if (bytes.length > MAX_ROOT_BYTES || root.vector.size > MAX_AUTHORS)
    throw new JoineryError('TOO_LARGE', `the list of the collection ${root.collection} has become too long`)
  return bytes
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeManifestRoot(bytes: Uint8Array): ManifestRoot {
  const value = decodeCbor(bytes, MAX_ROOT_BYTES)
  if (!Array.isArray(value) || value.length !== 8) throw malformed('not a manifest')
  const [version, collection, lamport, author, vector, files, sizeBytes, shards] = value
  if (version !== MANIFEST_VERSION) throw malformed('a manifest of another version')
  if (typeof collection !== 'string' || !isCollectionName(collection)) throw malformed('not the name of a collection')
  if (!Array.isArray(vector) || vector.length > MAX_AUTHORS || !Array.isArray(shards)) throw malformed('not a manifest')
  const root: ManifestRoot = {
    collection,
    lamport: count(lamport, 1, MAX_LAMPORT),
    author: authorOf(author),
    vector: decodeVector(vector),
    files: count(files, 0, MAX_LINES),
    sizeBytes: count(sizeBytes, 0, Number.MAX_SAFE_INTEGER),
    shards: shards.map(decodeShardRef)
  }
  if (root.vector.get(root.author) !== root.lamport) throw malformed('a manifest that does not know itself')
  let lines = 0
  let shardBytes = 0
  for (const [i, shard] of root.shards.entries()) {
    const before = root.shards[i - 1]
    if (before && comparePaths(before.first, shard.first) >= 0) throw malformed('shards out of order')
    lines += shard.lines
    shardBytes += shard.sizeBytes
  }
  if (shardBytes > MAX_MANIFEST_BYTES) throw malformed('more bytes than are allowed')
  if (lines > MAX_LINES || root.files > lines) throw malformed('more lines than are allowed')
  for (const known of root.vector.values())
    if (known > root.lamport) throw malformed('a manifest older than what it knows')
  return root
}

function decodeVector(pairs: CborValue[]): Map<Author, number> {
  const vector = new Map<Author, number>()
  let before = ''
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed('not a vector')
    const author = authorOf(pair[0])
    if (author <= before) throw malformed('authors out of order')
    vector.set(author, count(pair[1], 1, MAX_LAMPORT))
    before = author
  }
  return vector
}

function decodeShardRef(value: CborValue): ShardRef {
  if (!Array.isArray(value) || value.length !== 4) throw malformed('not a shard')
  const [first, digest, lines, sizeBytes] = value
  if (typeof first !== 'string' || pathFault(first)) throw malformed('not a path')
  if (!(digest instanceof Uint8Array) || digest.length !== DIGEST_BYTES) throw malformed('not a digest')
  return {
    first,
    cid: cidOfDigest(digest),
    lines: count(lines, 1, MAX_SHARD_LINES),
    sizeBytes: count(sizeBytes, 1, MAX_SHARD_BYTES)
  }
}

/** On the average a shard has so many lines: 256 × 110 bytes of lines and 85 bytes × shards of the root are new at each change. */
export const MEAN_SHARD_LINES = 256
/** Four times the mean: 2 % of the shards end here and not by their hash. */
export const MAX_SHARD_LINES = 1024
/** A fourth of the smallest blob that needs a piece list; four lines of the greatest length fit. */
export const MAX_SHARD_BYTES = 512 * 1024

function count(value: CborValue | undefined, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most)
    throw malformed('a number out of its range')
  return value
}

export function authorBytes(author: Author): Uint8Array {
  return Uint8Array.from({ length: AUTHOR_BYTES }, (_, i) => Number.parseInt(author.slice(2 * i, 2 * i + 2), 16))
}

export function authorOf(bytes: CborValue | undefined): Author {
  if (!(bytes instanceof Uint8Array) || bytes.length !== AUTHOR_BYTES) throw malformed('not an author')
  let author = ''
  for (const byte of bytes) author += byte.toString(16).padStart(2, '0')
  return author
}

function malformed(why: string): JoineryError {
  return new JoineryError('MALFORMED', why)
}
