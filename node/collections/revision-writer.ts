import type { Cid } from '../../protocols/cid.ts'
import {
  type HeadAction,
  headEntry,
  MAX_LABEL_CHARACTERS,
  MAX_PARENTS,
  readHead
} from '../../protocols/collection-facts.ts'
import { comparePaths } from '../../protocols/content-path.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { JournalAccess } from '../../protocols/journal.ts'
import {
  type Author,
  encodeManifestRoot,
  MAX_LAMPORT,
  MAX_LINES,
  MAX_MANIFEST_BYTES,
  type ManifestRoot,
  type ShardRef
} from '../../protocols/manifest.ts'
import { compareBytes, encodeLine, type LineFile, ManifestShard, ShardBuilder } from '../../protocols/manifest-shard.ts'
import type { Clock } from '../platform/clock.ts'
import type { BlobWriter, WriteSession } from './blob-writer.ts'
import { companionsOf } from './file-blobs.ts'
import { LoadedManifest } from './loaded-manifest.ts'
import type { ManifestLibrary } from './manifest-library.ts'
import { leastPath, takeMergedRaw } from './merged-lines.ts'
import type { ShownContent } from './shown-content.ts'

/** What a path becomes; `file` undefined takes it out. */
export interface Change {
  path: string
  file: LineFile | undefined
}

export interface RevisionWriterComponents {
  journal: JournalAccess
  writer: BlobWriter
  library: ManifestLibrary
  content: ShownContent
  clock: Clock
}

/** Makes revisions: shards and root into the blob store, then, when all is on the medium, the head into the journal. */
export class RevisionWriter {
  readonly #components: RevisionWriterComponents
  readonly #author: Author
  /** Each revision begins where the one before ended. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param init.author of this start of the process; never used before */
  constructor(components: RevisionWriterComponents, init: { author: Author }) {
    this.#components = components
    this.#author = init.author
  }

  /**
   * @param decide what to change, told what is shown at the time; nothing = no revision. Each path once, in any order.
   * @returns the new revision
   */
  write(
    collection: string,
    about: { action: HeadAction; label: string },
    session: WriteSession,
    decide: () => Change[]
  ): Promise<Cid | undefined> {
    const writing = this.#last.then(() => this.#write(collection, about, session, decide()))
    this.#last = writing.catch(() => undefined)
    return writing
  }

  async #write(
    collection: string,
    { action, label }: { action: HeadAction; label: string },
    session: WriteSession,
    changes: Change[]
  ): Promise<Cid | undefined> {
    if (changes.length === 0) return undefined
    const { content, clock, journal, library, writer } = this.#components
    const parents = content.manifests(collection)
    const lamport = this.#nextLamport(collection)
    changes.sort((a, b) => comparePaths(a.path, b.path))
    const built = await this.#build(parents, changes, lamport, session)
    const root: ManifestRoot = {
      collection,
      lamport,
      author: this.#author,
      vector: joinVectors(parents, this.#author, lamport),
      ...countFiles(built.shards),
      shards: built.refs
    }
    const ref = await writer.put(session, encodeManifestRoot(root))
    if (action === 'import') this.#checkPresence(changes, session)
    library.add(new LoadedManifest(ref, root, built.shards))
    const { files, sizeBytes } = root
    const entry = headEntry({
      collection,
      manifest: ref,
      // More than these stay open, and add nothing: our vector knows of them.
      parents: parents.slice(0, MAX_PARENTS).map((parent) => parent.ref.cid),
      lamport,
      author: this.#author,
      action,
      label: shorten(label),
      wallMs: clock.wallMs(),
      files,
      sizeBytes
    })
    // Others leave out what they do not understand: an entry of ours that they would must not look like success here.
    if (!readHead(entry)) throw new Error('a head that nobody would read')
    await journal.append([entry])
    await content.known(collection, ref.cid)
    return ref.cid
  }

  /** Later than everything that is known of the collection, fetched or not. */
  #nextLamport(collection: string): number {
    let newest = 0
    for (const { fact } of this.#components.content.heads(collection).values()) newest = Math.max(newest, fact.lamport)
    if (newest >= MAX_LAMPORT)
      throw new JoineryError('COLLECTION_FULL', `${collection}: its count of versions has ended`)
    return newest + 1
  }

  async #build(
    parents: readonly LoadedManifest[],
    changes: readonly Change[],
    lamport: number,
    session: WriteSession
  ): Promise<{ shards: ManifestShard[]; refs: ShardRef[] }> {
    const refs: ShardRef[] = []
    const shards: ManifestShard[] = []
    const builder = new ShardBuilder()
    let lines = 0
    let listBytes = 0
    const take = (shard: ManifestShard, ref: ShardRef): void => {
      lines += shard.lines
      listBytes += ref.sizeBytes
      if (listBytes > MAX_MANIFEST_BYTES)
        throw new JoineryError('COLLECTION_FULL', 'there is too much to say about the files of one collection')
      if (lines > MAX_LINES) throw new JoineryError('COLLECTION_FULL', `more than ${MAX_LINES} files in one collection`)
      shards.push(shard)
      refs.push(ref)
    }
    const finish = async (bytes: Uint8Array | undefined): Promise<void> => {
      if (!bytes) return
      const shard = ManifestShard.decode(bytes)
      const { cid, sizeBytes } = await this.#components.writer.put(session, bytes)
      take(shard, { first: shard.line(0).path, cid, lines: shard.lines, sizeBytes })
    }
    for (const step of changedLines(parents, changes, { lamport, author: this.#author })) {
      if (step.kind === 'line') await finish(builder.add(step.path, step.raw))
      else {
        await finish(builder.end())
        take(step.shard, step.ref)
      }
    }
    await finish(builder.end())
    return { shards, refs }
  }

  /** Nothing may be imported whose bytes went away meanwhile. */
  #checkPresence(changes: readonly Change[], session: WriteSession): void {
    for (const { path, file } of changes) {
      if (file && ![file, ...companionsOf(file)].every(({ cid }) => session.keep(cid)))
        throw new JoineryError('COLLECTION_BYTES_GONE', `${path}: its bytes are not on this device any more`)
    }
  }
}

const utf8 = new TextEncoder()

/** A line, or a shard that stays as it was. */
type Step = { kind: 'line'; path: Uint8Array; raw: Uint8Array } | { kind: 'shard'; shard: ManifestShard; ref: ShardRef }

/** The parents' lines with the changes in them, encoded, in order. */
function* changedLines(
  parents: readonly LoadedManifest[],
  changes: readonly Change[],
  by: { lamport: number; author: Author }
): Generator<Step> {
  const cursors = parents.map((parent) => parent.cursor())
  const only = cursors.length === 1 ? cursors[0] : undefined
  function* before(limit: Uint8Array | undefined): Generator<Step> {
    for (let path = leastPath(cursors); path && (!limit || compareBytes(path, limit) < 0); path = leastPath(cursors)) {
      const whole = only?.wholeShard(limit)
      if (whole) {
        yield { kind: 'shard', ...whole }
        continue
      }
      const raw = takeMergedRaw(cursors, path)
      if (raw) yield { kind: 'line', path, raw }
    }
  }
  for (const { path, file } of changes) {
    const key = utf8.encode(path)
    yield* before(key)
    for (const cursor of cursors) if (cursor.path && compareBytes(cursor.path, key) === 0) cursor.next()
    yield { kind: 'line', path: key, raw: encodeLine({ path, versions: [{ ...by, file }] }) }
  }
  yield* before(undefined)
}

function joinVectors(parents: readonly LoadedManifest[], author: Author, lamport: number): Map<Author, number> {
  const joined = new Map<Author, number>()
  for (const { root } of parents)
    for (const [known, newest] of root.vector) joined.set(known, Math.max(newest, joined.get(known) ?? 0))
  joined.set(author, lamport)
  return joined
}

function countFiles(shards: readonly ManifestShard[]): { files: number; sizeBytes: number } {
  let files = 0
  let sizeBytes = 0
  for (const shard of shards) {
    files += shard.files
    sizeBytes += shard.sizeBytes
  }
  return { files, sizeBytes }
}

/** Fit to be shown in a line, and to be encoded. */
function shorten(label: string): string {
  return [...label.replace(/[\p{Cc}\p{Surrogate}]/gu, ' ')].slice(0, MAX_LABEL_CHARACTERS / 2).join('')
}
