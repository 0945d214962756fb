/** A node's collections without imports: revisions, heads and the merged content. */
import '../../../node/collections/errors.ts'
import { createHash } from 'node:crypto'
import { Catalogue } from '../../../node/collections/catalogue.ts'
import { collectionFold } from '../../../node/collections/collection-fold.ts'
import { openHeads } from '../../../node/collections/heads.ts'
import { ManifestLibrary } from '../../../node/collections/manifest-library.ts'
import { MergedIndex } from '../../../node/collections/merged-index.ts'
import { mergedLines } from '../../../node/collections/merged-lines.ts'
import { type Change, RevisionWriter } from '../../../node/collections/revision-writer.ts'
import { ShownContent } from '../../../node/collections/shown-content.ts'
import type { Clock } from '../../../node/platform/clock.ts'
import type { Cid } from '../../../protocols/cid.ts'
import type { ManifestLine } from '../../../protocols/manifest-shard.ts'
import { cidOf, MemoryBlobs } from './memory-blobs.ts'
import { TestJournal } from './shared-journal.ts'

export class RevisionNode {
  readonly blobs: MemoryBlobs
  readonly journal: TestJournal
  readonly content: ShownContent
  readonly index: MergedIndex
  readonly catalogue: Catalogue
  readonly capacities: number[]
  readonly #library: ManifestLibrary
  readonly #revisions: RevisionWriter

  constructor(
    parts: {
      blobs: MemoryBlobs
      journal: TestJournal
      content: ShownContent
      catalogue: Catalogue
      capacities: number[]
    },
    library: ManifestLibrary,
    revisions: RevisionWriter
  ) {
    this.blobs = parts.blobs
    this.journal = parts.journal
    this.content = parts.content
    this.catalogue = parts.catalogue
    this.capacities = parts.capacities
    this.index = new MergedIndex(parts)
    this.#library = library
    this.#revisions = revisions
  }

  /** @returns the new revision */
  async write(changes: Change[], collection = 'lessons'): Promise<Cid | undefined> {
    const session = this.blobs.open()
    const revision = await this.#revisions.write(
      collection,
      { action: 'rollback', label: 'test' },
      session,
      () => changes
    )
    session.end()
    return revision
  }

  keep(bytes: Uint8Array): Cid {
    this.blobs.blobs.set(cidOf(bytes), bytes)
    return cidOf(bytes)
  }

  lines(collection = 'lessons'): ManifestLine[] {
    return [...mergedLines(this.content.manifests(collection))]
  }

  openHeads(collection = 'lessons'): number {
    return openHeads(this.content.heads(collection), (cid) => this.#library.get(cid)).length
  }

  receiveFrom(other: RevisionNode): void {
    if (!this.blobs.peers.includes(other.blobs)) this.blobs.peers.push(other.blobs)
    this.journal.receiveFrom(other.journal)
  }

  settled(): Promise<void> {
    return this.content.settled()
  }

  async stop(): Promise<void> {
    this.catalogue.stop()
    this.content.stop()
  }
}

/** @param before an earlier life of the node: its bytes and its journal */
export async function openRevisionNode(name: string, clock: Clock, before?: RevisionNode): Promise<RevisionNode> {
  const blobs = before?.blobs ?? new MemoryBlobs()
  const journal = before?.journal ?? new TestJournal(name)
  const facts = await journal.view(collectionFold)
  const library = new ManifestLibrary({ blobs })
  const content = new ShownContent({ facts, library, clock })
  const capacities: number[] = []
  const catalogue = new Catalogue({
    content,
    facts,
    capacities: { bytes: () => capacities, onChange: () => () => undefined }
  })
  const author = createHash('sha256').update(`${name} ${journal.entries.length}`).digest('hex').slice(0, 16)
  const revisions = new RevisionWriter({ journal, writer: blobs, library, content, clock }, { author })
  return new RevisionNode({ blobs, journal, content, catalogue, capacities }, library, revisions)
}
