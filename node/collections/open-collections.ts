import type { BlobReader } from '../../protocols/content.ts'
import type { JournalAccess } from '../../protocols/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import type { Random } from '../platform/random.ts'
import type { SourceFolder } from '../platform/source-folder.ts'
import type { BlobWriter } from './blob-writer.ts'
import type { CollectionKind } from './collection-kind.ts'
import type { Collections } from './collections.ts'

export interface CollectionsComponents {
  journal: JournalAccess
  /** Reads manifests and shards, from a peer when they are not here. */
  blobs: BlobReader
  writer: BlobWriter
  /** The folders that people import from. */
  sources: SourceFolder
  /** Remembers files that were read before, so that a second import is quick. May be lost at any time. */
  memory: KeyValueStore
  random: Random
  clock: Clock
  capacities: CountedCapacities
}

/** Bytes that each device which counts (no laptop, stick, cloud peer, drained or removed one) offers. */
export interface CountedCapacities {
  bytes(): readonly number[]
  onChange(listener: () => void): () => void
}

export interface CollectionsInit {
  /** By collection. */
  kinds: ReadonlyMap<string, CollectionKind>
  /** Changes with the program: what an older inspector read is read again. */
  readerVersion: string
}

export async function openCollections(components: CollectionsComponents, init: CollectionsInit): Promise<Collections> {
  throw new Error(`not written yet: ${Object.keys(components).length} ${init.readerVersion}`)
}
