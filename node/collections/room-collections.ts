import type { Cid } from '../../protocols/cid.ts'
import { isPrefix, policyEntry } from '../../protocols/collection-facts.ts'
import type { BlobReader, ContentFile, PlacementPolicy } from '../../protocols/content.ts'
import { comparePaths, isCollectionName } from '../../protocols/content-path.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { compareStamps, type FoldView, type JournalAccess } from '../../protocols/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyValueStore } from '../platform/key-value.ts'
import type { SourceFolder } from '../platform/source-folder.ts'
import type { BlobWriter, WriteSession } from './blob-writer.ts'
import type { Catalogue } from './catalogue.ts'
import type { CollectionsState, KnownHead } from './collection-fold.ts'
import type { CollectionKind } from './collection-kind.ts'
import type { CollectionSummary, Collections, ContentConflict, PolicyRule, Revision } from './collections.ts'
import { companionsOf } from './file-blobs.ts'
import { FolderImport } from './import/folder-import.ts'
import type { ImportOptions, ImportReport } from './import/import-report.ts'
import { IMPORT_HEAP_SHARE, MAX_HISTORY, PLANNED_FILE_BYTES } from './limits.ts'
import type { LoadedManifest } from './loaded-manifest.ts'
import type { ManifestLibrary } from './manifest-library.ts'
import { fileOf, type MergedIndex } from './merged-index.ts'
import { alignLines, mergedLines } from './merged-lines.ts'
import { filesOutOfReach } from './out-of-reach.ts'
import type { Change, RevisionWriter } from './revision-writer.ts'
import type { ShownContent } from './shown-content.ts'
import { copyClassOf } from './standard-policy.ts'

export interface RoomCollectionsComponents {
  journal: JournalAccess
  blobs: BlobReader
  writer: BlobWriter
  sources: SourceFolder
  memory: KeyValueStore
  clock: Clock
  facts: FoldView<CollectionsState>
  library: ManifestLibrary
  content: ShownContent
  index: MergedIndex
  catalogue: Catalogue
  revisions: RevisionWriter
}

export interface RoomCollectionsInit {
  kinds: ReadonlyMap<string, CollectionKind>
  readerVersion: string
  /** Memory that there is for an import just now; absent: as much as it takes. */
  freeHeapBytes?(): number
}

/** Of a revision's name, after `bafkrei`: 40 bits. */
const LEAST_REVISION_CHARACTERS = 8
/** In one message. */
const MAX_NAMED_FILES = 5

export class RoomCollections implements Collections {
  readonly index: MergedIndex
  readonly catalogue: Catalogue
  readonly #components: RoomCollectionsComponents
  readonly #init: RoomCollectionsInit
  readonly #stopping = new AbortController()
  #running: Promise<unknown>[] = []

  constructor(components: RoomCollectionsComponents, init: RoomCollectionsInit) {
    this.#components = components
    this.#init = init
    this.index = components.index
    this.catalogue = components.catalogue
  }

  async importFolder(folder: string, options: ImportOptions = {}): Promise<ImportReport> {
    if (this.#running.length > 0) throw new JoineryError('IMPORT_RUNNING', 'an import is running on this device')
    this.#stopping.signal.throwIfAborted()
    const signals = options.signal ? [options.signal, this.#stopping.signal] : [this.#stopping.signal]
    const signal = AbortSignal.any(signals)
    const importing = new FolderImport(this.#components, this.#init, { ...options, signal }).run(folder)
    this.#running = [importing]
    try {
      return await importing
    } finally {
      this.#running = []
    }
  }

  async remove(collection: string, path: string): Promise<{ removed: number; revision: string }> {
    this.#checkKnown(collection)
    if (!isPrefix(path)) throw new JoineryError('NAME_FORBIDDEN', `${path} cannot be a path of a collection`)
    let removed = 0
    const about = { action: 'remove' as const, label: path }
    await this.#withSession((session) =>
      this.#components.revisions.write(collection, about, session, () => {
        const changes = this.#removals(collection, path)
        removed = changes.length
        return changes
      })
    )
    if (removed === 0) throw new JoineryError('NOT_FOUND', `${collection}/${path} is not there`)
    return { removed, revision: this.index.revision(collection) }
  }

  async rollback(collection: string, revision: string): Promise<{ revision: string }> {
    this.#checkKnown(collection)
    const target = await this.#load(this.#findRevision(collection, revision))
    await this.#checkInReach(this.#wayBack(collection, target))
    const about = { action: 'rollback' as const, label: target.ref.cid }
    await this.#withSession((session) =>
      this.#components.revisions.write(collection, about, session, () => this.#wayBack(collection, target))
    )
    return { revision: this.index.revision(collection) }
  }

  history(collection: string): Revision[] {
    this.#checkKnown(collection)
    const shown = new Set(this.#components.content.manifests(collection).map(({ ref }) => ref.cid))
    const heads = [...this.#components.content.heads(collection).values()]
    heads.sort((a, b) => b.fact.lamport - a.fact.lamport || compareStamps(b.stamp, a.stamp))
    return heads.slice(0, MAX_HISTORY).map(({ fact, node }) => ({
      revision: fact.manifest.cid,
      action: fact.action,
      label: fact.label,
      device: node,
      wallMs: fact.wallMs,
      files: fact.files,
      sizeBytes: fact.sizeBytes,
      parents: fact.parents,
      current: shown.has(fact.manifest.cid)
    }))
  }

  summary(): CollectionSummary[] {
    return this.index.collections().map((collection) => {
      const counted = countLines(this.#components.content.manifests(collection))
      const policy = this.#wholePolicy(collection)
      return { collection, ...counted, revision: this.index.revision(collection), policy }
    })
  }

  list(collection: string, { prefix = '', after }: { prefix?: string; after?: string } = {}): Iterable<ContentFile> {
    this.#checkKnown(collection)
    // U+0000 stands in no path, so this is the first text after `after`.
    const from = after === undefined || comparePaths(after, prefix) < 0 ? prefix : `${after}\0`
    return this.index.listFrom(collection, prefix, from)
  }

  *conflicts(collection: string): Generator<ContentConflict> {
    const devices = new Map<string, string>()
    for (const { fact, node } of this.#components.content.heads(collection).values()) devices.set(fact.author, node)
    for (const { path, versions } of mergedLines(this.#components.content.manifests(collection))) {
      for (const version of versions.slice(1)) {
        const lost = fileOf(collection, path, version)
        if (lost) yield { shown: fileOf(collection, path, versions[0]), lost, lostFrom: devices.get(version.author) }
      }
    }
  }

  async setPolicy(collection: string, prefix: string, policy: PlacementPolicy | undefined): Promise<void> {
    if (!isCollectionName(collection))
      throw new JoineryError('COLLECTION_NAME_WRONG', `${collection} cannot be the name of a collection`)
    if (!isPrefix(prefix)) throw new JoineryError('NAME_FORBIDDEN', `${prefix} cannot be a path of a collection`)
    await this.#components.journal.append([policyEntry({ collection, prefix, policy })])
  }

  policies(): PolicyRule[] {
    const rules: PolicyRule[] = []
    for (const [collection, policies] of this.#components.facts.state.policies) {
      for (const [prefix, { fact }] of policies)
        if (fact.policy) rules.push({ collection, prefix, policy: fact.policy, standard: false })
    }
    for (const collection of this.index.collections()) {
      if (!this.#setWholePolicy(collection))
        rules.push({ collection, prefix: '', policy: this.#wholePolicy(collection), standard: true })
    }
    return rules.sort((a, b) => (`${a.collection}/${a.prefix}` < `${b.collection}/${b.prefix}` ? -1 : 1))
  }

  *missingHere(collection: string): Generator<ContentFile> {
    const { blobs } = this.#components
    for (const file of this.list(collection)) {
      const isHere = [file, ...companionsOf(file)].every(({ cid }) => blobs.hasLocally(cid))
      if (!isHere) yield file
    }
  }

  pending(): { collection: string; revision: string; lastError?: string }[] {
    return this.#components.content.pending().map(({ collection, revision, lastError }) => ({
      collection,
      revision,
      ...(lastError === undefined
        ? {}
        : { lastError: lastError instanceof Error ? lastError.message : String(lastError) })
    }))
  }

  settled(signal?: AbortSignal): Promise<void> {
    return this.#components.content.settled(signal)
  }

  retry(): void {
    this.#components.content.retry()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new JoineryError('STOPPED', 'this device is stopping'))
    this.#components.content.stop()
    this.catalogue.stop()
    await Promise.allSettled(this.#running)
  }

  #checkKnown(collection: string): void {
    if (!this.#components.facts.state.heads.has(collection))
      throw new JoineryError('COLLECTION_UNKNOWN', `there is no collection ${collection}`)
  }

  #removals(collection: string, path: string): Change[] {
    if (path !== '' && !path.endsWith('/')) return this.index.get(collection, path) ? [{ path, file: undefined }] : []
    return this.#planned(this.index.list(collection, path), (file) => ({ path: file.path, file: undefined }))
  }

  /** As a list, unless this device has not the memory to carry it out: its engine would end the program, not the work. */
  #planned<Line>(lines: Iterable<Line>, changeOf: (line: Line) => Change | undefined): Change[] {
    const freeBytes = this.#init.freeHeapBytes?.() ?? Number.POSITIVE_INFINITY
    const most = (freeBytes * IMPORT_HEAP_SHARE) / PLANNED_FILE_BYTES
    const changes: Change[] = []
    for (const line of lines) {
      const change = changeOf(line)
      if (change) changes.push(change)
      if (changes.length > most)
        throw new JoineryError('CHANGE_MEMORY_FULL', 'these are more files at once than this device has memory for')
    }
    return changes
  }

  #findRevision(collection: string, revision: string): KnownHead {
    const heads = [...this.#components.content.heads(collection).values()]
    const found = heads.filter(({ fact }) => matches(fact.manifest.cid, revision))
    const [head] = found
    if (!head) throw new JoineryError('REVISION_UNKNOWN', `${collection} has no version ${revision}`)
    if (found.length > 1) throw new JoineryError('REVISION_UNKNOWN', `${revision} is the beginning of several versions`)
    return head
  }

  async #load(head: KnownHead): Promise<LoadedManifest> {
    try {
      return await this.#components.library.load(head.fact)
    } catch (error) {
      if (!(error instanceof JoineryError) || error.code === 'MANIFEST_WRONG') throw error
      const text = `the list of files of that version is on no device that can be reached (${error.message})`
      throw new JoineryError('COLLECTION_BYTES_GONE', text, { cause: error })
    }
  }

  /** A version whose bytes are gone would replace files that are there by names of files that are not. */
  async #checkInReach(changes: readonly Change[]): Promise<void> {
    const files = changes.flatMap(({ path, file }) => (file ? [{ ...file, path }] : []))
    const gone = await filesOutOfReach(this.#components.blobs, files, this.#stopping.signal)
    if (gone.length === 0) return
    const named = gone.slice(0, MAX_NAMED_FILES).map(({ path }) => path)
    const more = gone.length > named.length ? ', …' : ''
    const count = gone.length === 1 ? 'one file' : `${gone.length} files`
    const text = `${count} of that version ${gone.length === 1 ? 'is' : 'are'} on no device that can be reached, so nothing was changed: ${named.join(', ')}${more}`
    throw new JoineryError('COLLECTION_BYTES_GONE', text)
  }

  /** What makes the shown content that of `target`. */
  #wayBack(collection: string, target: LoadedManifest): Change[] {
    const wanted = mergedLines([target])
    const shown = mergedLines(this.#components.content.manifests(collection))
    return this.#planned(alignLines(wanted, shown), ({ path, left, right }) => {
      const file = left?.versions[0]?.file
      return file?.cid === right?.versions[0]?.file?.cid ? undefined : { path, file }
    })
  }

  async #withSession<Result>(work: (session: WriteSession) => Promise<Result>): Promise<Result> {
    const session = this.#components.writer.open()
    try {
      return await work(session)
    } finally {
      session.end()
    }
  }

  #setWholePolicy(collection: string): PlacementPolicy | undefined {
    return this.#components.facts.state.policies.get(collection)?.get('')?.fact.policy
  }

  /** Of most of its files. */
  #wholePolicy(collection: string): PlacementPolicy {
    return this.#setWholePolicy(collection) ?? this.catalogue.standard()[copyClassOf(collection, 0)]
  }
}

/** All names begin with `bafkrei`; a person may leave that away. */
const COMMON_START = 'bafkrei'

function matches(cid: Cid, typed: string): boolean {
  const start = typed.startsWith(COMMON_START) ? typed : `${COMMON_START}${typed}`
  return cid === typed || (start.length >= COMMON_START.length + LEAST_REVISION_CHARACTERS && cid.startsWith(start))
}

function countLines(manifests: readonly LoadedManifest[]): { files: number; sizeBytes: number; conflicts: number } {
  const [only] = manifests
  if (only && manifests.length === 1) {
    const conflicts = only.shards.reduce((sum, shard) => sum + shard.lostFiles, 0)
    return { files: only.root.files, sizeBytes: only.root.sizeBytes, conflicts }
  }
  const counted = { files: 0, sizeBytes: 0, conflicts: 0 }
  for (const { versions } of mergedLines(manifests)) {
    const [shown, ...lost] = versions
    counted.conflicts += lost.filter((one) => one.file).length
    if (!shown?.file) continue
    counted.files++
    counted.sizeBytes += shown.file.sizeBytes
  }
  return counted
}
