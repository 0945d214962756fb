import './errors.ts'
import type { BlobReader } from '../../protocols/content.ts'
import type { JournalAccess } from '../../protocols/journal.ts'
import { AUTHOR_BYTES, authorOf } from '../../protocols/manifest.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import type { Random } from '../platform/random.ts'
import type { SourceFolder } from '../platform/source-folder.ts'
import type { BlobWriter } from './blob-writer.ts'
import { Catalogue, type CountedCapacities } from './catalogue.ts'
import { collectionFold } from './collection-fold.ts'
import type { CollectionKind } from './collection-kind.ts'
import type { Collections } from './collections.ts'
import { ManifestLibrary } from './manifest-library.ts'
import { MergedIndex } from './merged-index.ts'
import { RevisionWriter } from './revision-writer.ts'
import { RoomCollections } from './room-collections.ts'
import { ShownContent } from './shown-content.ts'

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
  /** Its wall time stands beside a version, for people; `clock` where it is left out. */
  shownClock?: Clock
  capacities: CountedCapacities
}

export interface CollectionsInit {
  /** By collection. */
  kinds: ReadonlyMap<string, CollectionKind>
  /** Changes with the program: what an older inspector read is read again. */
  readerVersion: string
  /** Memory that there is for an import just now; absent: as much as it takes. */
  freeHeapBytes?(): number
}

export async function openCollections(components: CollectionsComponents, init: CollectionsInit): Promise<Collections> {
  const { blobs, capacities, clock, shownClock = clock, journal, random, writer } = components
  const facts = await journal.view(collectionFold)
  const library = new ManifestLibrary({ blobs })
  const content = new ShownContent({ facts, library, clock, devices: capacities })
  const index = new MergedIndex({ content })
  const catalogue = new Catalogue({ content, facts, capacities })
  const author = authorOf(random.bytes(AUTHOR_BYTES))
  const revisions = new RevisionWriter({ journal, writer, library, content, clock: shownClock }, { author })
  return new RoomCollections({ ...components, facts, library, content, index, catalogue, revisions }, init)
}
