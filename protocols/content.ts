/**
 * Content as the mirrors, the front door and the placement see it: paths in collections, each one a blob.
 * How it is stored and replicated is behind these interfaces.
 */
import type { CborValue } from './cbor.ts'
import type { Cid } from './cid.ts'

export interface BlobRef {
  cid: Cid
  sizeBytes: number
  /** Over 2 MiB: the blob that lists the sha2-256 of each 1 MiB piece, 32 bytes each. */
  pieces?: Cid
}

export interface ContentFile extends BlobRef {
  collection: string
  /** Relative, with `/`, in NFC, no empty part and no `.` or `..`. */
  path: string
  /** What the importer read inside the file (see `ContentInspector`); small. */
  details: { [key: string]: CborValue }
}

/** The merged view of all open heads. Lists are in byte order of the path. */
export interface ContentIndex {
  /** Such as `cran`, `installers`, `lessons`, `pypi`. */
  collections(): string[]
  get(collection: string, path: string): ContentFile | undefined
  list(collection: string, prefix?: string): Iterable<ContentFile>
  /** Changes whenever the collection's merged content does; good as an ETag. */
  revision(collection: string): string
  onChange(listener: (collection: string) => void): () => void
}

/** How many devices should hold a blob. `copies` counts devices that keep what they hold (no laptops, sticks or cloud peers). */
export type PlacementPolicy = { kind: 'everywhere' } | { kind: 'copies'; copies: number } | { kind: 'on-demand' }

/** What is copied first: 0 indexes, manifests, lesson pages and other small things, 1 packages, 2 installers and other big things. */
export type CopyClass = 0 | 1 | 2

export interface CatalogueBlob extends BlobRef {
  policy: PlacementPolicy
  copyClass: CopyClass
}

/** Everything that the room wants to keep, in shards that inventories are written against: same shard CID, same blobs in the same order. */
export interface BlobCatalogue {
  shards(): readonly { shard: Cid; blobs: readonly CatalogueBlob[] }[]
  onChange(listener: () => void): () => void
}

/** Reads blobs, from this device or through a peer while it is stored here. Every byte is verified before it is given. */
export interface BlobReader {
  hasLocally(cid: Cid): boolean
  /** A whole small blob. */
  bytes(ref: BlobRef, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array>
  /** Bytes `start` ≤ i < `end`; spans of at most 1 MiB, with back-pressure. */
  stream(ref: BlobRef, start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>
}

/** Random access to a file that is being imported. */
export interface ImportSource {
  readonly path: string
  readonly sizeBytes: number
  read(position: number, length: number): Promise<Uint8Array>
}

/**
 * Looks into a file before it is stored: refuses what is broken or lies about itself, and gives what an index needs later,
 * so that serving never opens an archive.
 */
export interface ContentInspector {
  /** @throws JoineryError with a code of its area, naming `source.path` */
  inspect(source: ImportSource): Promise<Inspection>
}

export interface Inspection {
  /** Where it belongs in the collection, when that is not where it lay. */
  path?: string
  details: { [key: string]: CborValue }
  /** Small blobs of their own that belong to it, such as a wheel's METADATA; their CIDs are put into `details` under `name`. */
  attachments?: { name: string; bytes: Uint8Array }[]
}

/** A request to a mirror, already checked and decoded by the front door. */
export interface MirrorRequest {
  /** What follows the mirror's own prefix, percent-decoded, without query. */
  path: string
  query: URLSearchParams
  /** Lower-case names. */
  headers: { [name: string]: string | undefined }
}

/** What a mirror answers; the front door does ranges, ETags, HEAD and the copying of bytes. */
export type MirrorAnswer =
  | { kind: 'file'; file: BlobRef; contentType: string; headers?: { [name: string]: string } }
  | {
      kind: 'bytes'
      bytes: Uint8Array
      /** The same in gzip, made once: for who accepts it. */
      gzip?: Uint8Array
      contentType: string
      etag?: string
      headers?: { [name: string]: string }
    }
  | { kind: 'redirect'; location: string; permanent: boolean }
  | { kind: 'missing'; want?: MissingPackage }

/** A package that somebody asked for and the room lacks. */
export interface MissingPackage {
  collection: string
  name: string
  /** For which Python or R, system and CPU, as far as the client said. */
  target?: string
  /** The same in parts. */
  client?: WantClient
}

/** What installs, as it said itself: pip and uv in their User-Agent, R by the folder that it looks into. */
export interface WantClient {
  runs: 'Python' | 'R'
  version?: string
  /** `Windows`, `macOS`, `Linux`. */
  system?: string
  cpu?: string
}

export interface Mirror {
  answer(request: MirrorRequest): Promise<MirrorAnswer>
}
