import { sameBytes } from '../../../protocols/cbor.ts'
import type { ContentFile } from '../../../protocols/content.ts'
import { comparePaths, isCollectionName, pathFault } from '../../../protocols/content-path.ts'
import { hasCode, JoineryError } from '../../../protocols/errors.ts'
import { encodeLine, type LineFile } from '../../../protocols/manifest-shard.ts'
import { hasPieceList, SMALL_BLOB_BYTES } from '../../../protocols/piece-list.ts'
import type { Clock } from '../../platform/clock.ts'
import type { KeyValueStore } from '../../platform/key-value.ts'
import type { SourceFolder } from '../../platform/source-folder.ts'
import type { BlobWriter, WriteSession } from '../blob-writer.ts'
import type { CollectionKind } from '../collection-kind.ts'
import {
  BYTES_AT_ONCE,
  FILE_COST_BYTES,
  FILES_AT_ONCE,
  IMPORT_HEAP_SHARE,
  PLANNED_DETAIL_FACTOR,
  PLANNED_FILE_BYTES
} from '../limits.ts'
import type { MergedIndex } from '../merged-index.ts'
import type { Change, RevisionWriter } from '../revision-writer.ts'
import { FileImport, FileRefused } from './file-import.ts'
import { FolderLook } from './folder-look.ts'
import { isSystemError } from './folder-scan.ts'
import type { FoundFile } from './found-file.ts'
import { ImportMemory } from './import-memory.ts'
import type { ImportedCollection, ImportOptions, ImportReport } from './import-report.ts'
import { collisionsOf } from './name-collisions.ts'
import { ReadBudget } from './read-budget.ts'
import { ReportBuilder } from './report-builder.ts'

export interface FolderImportComponents {
  sources: SourceFolder
  writer: BlobWriter
  /** Of the import memory. */
  memory: KeyValueStore
  index: MergedIndex
  revisions: RevisionWriter
  clock: Clock
}

export interface FolderImportInit {
  kinds: ReadonlyMap<string, CollectionKind>
  readerVersion: string
  /** Memory that there is for an import just now; absent: as much as it takes. */
  freeHeapBytes?(): number
}

/** A file that was read and stored, under the path that it is to have. */
interface Outcome {
  found: FoundFile
  file: LineFile
  /** Another file of this path had other bytes: neither is added. */
  disputed: boolean
}

type FileChange = Change & { file: LineFile }

/** By collection, then by path. */
type Outcomes = Map<string, Map<string, Outcome>>

/**
 * One import: look at everything, read and store what is new, and last, when every byte is on the medium, write one revision per collection.
 * A file that cannot be added is listed and left out; a disk that is full, a stop or a failing store end it, and nothing of it is shown.
 */
export class FolderImport {
  readonly #components: FolderImportComponents
  readonly #init: FolderImportInit
  readonly #options: ImportOptions
  readonly #report: ReportBuilder
  readonly #outcomes: Outcomes = new Map()
  /** Of memory for the plan. */
  #leftBytes: number

  constructor(components: FolderImportComponents, init: FolderImportInit, options: ImportOptions) {
    this.#components = components
    this.#init = init
    this.#options = options
    this.#report = new ReportBuilder({ clock: components.clock }, options)
    this.#leftBytes = (init.freeHeapBytes?.() ?? Number.POSITIVE_INFINITY) * IMPORT_HEAP_SHARE
    const { collection, under } = options
    if (collection !== undefined && !isCollectionName(collection))
      throw new JoineryError('COLLECTION_NAME_WRONG', `${collection} cannot be the name of a collection`)
    if (under !== undefined && under !== '' && pathFault(under) !== undefined)
      throw new JoineryError('NAME_FORBIDDEN', `the path to import to ${pathFault(under)}`)
  }

  async run(folder: string): Promise<ImportReport> {
    const session = this.#components.writer.open()
    try {
      const label = await this.#lookAndRead(folder, session)
      for (const other of this.#options.others ?? []) await this.#lookAndRead(other, session)
      this.#refuseCollisions()
      this.#report.stopIfStrict()
      this.#options.signal?.throwIfAborted()
      return await this.#write(label, session)
    } catch (error) {
      throw asImportError(error)
    } finally {
      session.end()
    }
  }

  /** What was found is let go of as soon as it is read: there may be 75,000 files and 60 MB. */
  async #lookAndRead(folder: string, session: WriteSession): Promise<string> {
    const { sources } = this.#components
    const look = new FolderLook({ sources, report: this.#report }, this.#init, this.#options)
    const { root, label, files } = await look.at(folder)
    await this.#checkRoom(files)
    await this.#read(root, files, session)
    return label
  }

  /** Refuses at once what certainly does not fit: only big files that are not here yet are counted. */
  async #checkRoom(files: readonly FoundFile[]): Promise<void> {
    const freeBytes = await this.#components.writer.freeBytes()
    if (freeBytes === undefined || this.#options.dryRun) return
    const counted = new Set<string>()
    let neededBytes = 0
    for (const { collection, path, sizeBytes } of files) {
      if (!hasPieceList(sizeBytes)) continue
      const twin = `${path.slice(path.lastIndexOf('/') + 1)}/${sizeBytes}`
      if (counted.has(twin) || this.#components.index.get(collection, path)?.sizeBytes === sizeBytes) continue
      counted.add(twin)
      neededBytes += sizeBytes
    }
    if (neededBytes <= freeBytes) return
    const missing = Math.ceil((neededBytes - freeBytes) / 1e6)
    throw new JoineryError('IMPORT_DISK_FULL', `this device has too little room: ${missing} MB are missing`)
  }

  async #read(root: string, files: readonly FoundFile[], session: WriteSession): Promise<void> {
    const { clock, memory: store, sources, writer } = this.#components
    const { signal, dryRun = false } = this.#options
    const memory = new ImportMemory({ store }, { root, readerVersion: this.#init.readerVersion })
    const read = (bytes: number): void => this.#report.read(bytes)
    const init = { root, kinds: this.#init.kinds, session, signal, dryRun, read }
    const each = new FileImport({ sources, writer, memory, clock }, init)
    const budget = new ReadBudget({ maxBytes: BYTES_AT_ONCE })
    this.#report.phase('reading')
    let next = 0
    let failed = false
    const work = async (): Promise<void> => {
      for (let found = files[next++]; found && !failed; found = files[next++]) {
        const file = found
        await budget.run(FILE_COST_BYTES + Math.min(file.sizeBytes, SMALL_BLOB_BYTES), async () => {
          signal?.throwIfAborted()
          if (!failed) await this.#readOne(each, file)
        })
      }
    }
    const workers = Array.from({ length: FILES_AT_ONCE }, () =>
      work().catch((error: unknown) => {
        failed = true
        throw error
      })
    )
    const ended = await Promise.allSettled(workers)
    // What was read before the end is not read again.
    await memory.flush()
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    await memory.touch()
  }

  async #readOne(each: FileImport, found: FoundFile): Promise<void> {
    try {
      const { path, file } = await each.add(found)
      const { details } = this.#options
      const told = details ? { ...file, details: { ...file.details, ...details } } : file
      this.#settle(path, { found, file: told, disputed: false })
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error
      this.#report.problem(found.shown, error.why)
    }
    this.#report.done(found)
  }

  #settle(path: string, outcome: Outcome): void {
    const { collection, shown } = outcome.found
    const outcomes = this.#outcomes.get(collection) ?? new Map<string, Outcome>()
    this.#outcomes.set(collection, outcomes)
    const other = outcomes.get(path)
    if (!other) {
      this.#leftBytes -= PLANNED_FILE_BYTES + PLANNED_DETAIL_FACTOR * JSON.stringify(outcome.file.details).length
      if (this.#leftBytes < 0)
        throw new JoineryError('IMPORT_MEMORY_FULL', 'these are more files at once than this device has memory for')
      outcomes.set(path, outcome)
      return
    }
    if (other.file.cid === outcome.file.cid) return
    // Which of them was read sooner is chance: the first by its name stands for the others.
    const [first, second] = other.found.shown < shown ? [other, outcome] : [outcome, other]
    first.disputed = true
    outcomes.set(path, first)
    const text = `${first.found.shown} and ${second.found.shown} are both ${collection}/${path} and differ`
    this.#report.problem(second.found.shown, new JoineryError('NAMES_COLLIDE', text))
  }

  #refuseCollisions(): void {
    const { index } = this.#components
    for (const [collection, outcomes] of this.#outcomes) {
      for (const [path, { disputed }] of outcomes) if (disputed) outcomes.delete(path)
      const added: string[] = []
      for (const path of outcomes.keys()) if (!index.get(collection, path)) added.push(path)
      const shown = (path: string): string => outcomes.get(path)?.found.shown ?? path
      const refused = collisionsOf(added.sort(comparePaths), shown, {
        has: (path) => index.get(collection, path) !== undefined,
        paths: function* () {
          for (const { path } of index.list(collection)) yield path
        },
        hasBelow: (prefix) => {
          for (const _ of index.list(collection, prefix)) return true
          return false
        }
      })
      for (const [path, error] of refused) {
        this.#report.problem(shown(path), error)
        outcomes.delete(path)
      }
    }
  }

  async #write(label: string, session: WriteSession): Promise<ImportReport> {
    this.#report.phase('writing')
    for (const [collection, read] of this.#takeOutcomes()) {
      const imported: ImportedCollection = { collection, added: 0, updated: 0, unchanged: 0, addedBytes: 0 }
      const decide = (): Change[] => this.#changes(collection, read, imported)
      if (this.#options.dryRun) decide()
      else {
        const about = { action: 'import' as const, label }
        const revision = await this.#components.revisions.write(collection, about, session, decide)
        if (revision) imported.revision = revision
      }
      this.#report.imported(imported)
      const paths = new Set(read.map(({ path }) => path))
      const notices = this.#init.kinds.get(collection)?.notices?.(this.#components.index, (path) => paths.has(path))
      for (const { path, what } of notices ?? []) this.#report.notice({ collection, path, what })
    }
    return this.#report.end()
  }

  /** By name of the collection; what is only needed to name problems is let go of. */
  #takeOutcomes(): [string, FileChange[]][] {
    const taken = [...this.#outcomes].map(([collection, outcomes]): [string, FileChange[]] => {
      const read: FileChange[] = []
      for (const [path, { file }] of outcomes) read.push({ path, file })
      outcomes.clear()
      return [collection, read]
    })
    this.#outcomes.clear()
    return taken.sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Of what was read, what is not there yet. */
  #changes(collection: string, read: readonly FileChange[], imported: ImportedCollection): Change[] {
    const changes: Change[] = []
    for (const one of read) {
      const { path, file } = one
      const before = this.#components.index.get(collection, path)
      if (before && this.#isSame(before, file)) {
        imported.unchanged++
        continue
      }
      imported[before ? 'updated' : 'added']++
      imported.addedBytes += file.sizeBytes
      changes.push(one)
    }
    return changes
  }

  #isSame(before: ContentFile, file: LineFile): boolean {
    if (before.cid !== file.cid || this.#options.dryRun) return before.cid === file.cid
    return sameBytes(encodedFile(before), encodedFile(file))
  }
}

function encodedFile({ cid, sizeBytes, pieces, details }: LineFile): Uint8Array {
  const file = pieces ? { cid, sizeBytes, pieces, details } : { cid, sizeBytes, details }
  return encodeLine({ path: '', versions: [{ lamport: 1, author: '0'.repeat(16), file }] })
}

/** A full disk is the one failure of a store that a person can do something about while importing. */
function asImportError(error: unknown): unknown {
  const full = hasCode(error, 'DISK_FULL') || hasCode(error, 'QUOTA_FULL')
  const code = isSystemError(error) ? error.code : undefined
  if (!full && code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new JoineryError('IMPORT_DISK_FULL', 'the disk of this device is full: nothing of this import is shown yet', {
    cause: error
  })
}
