import { sameBytes } from '../../../protocols/cbor.ts'
import type { ContentFile } from '../../../protocols/content.ts'
import { comparePaths, isCollectionName, pathFault } from '../../../protocols/content-path.ts'
import { hasCode, JoineryError } from '../../../protocols/errors.ts'
import { encodeLine, type LineFile } from '../../../protocols/manifest-shard.ts'
import type { Clock } from '../../platform/clock.ts'
import type { KeyValueStore } from '../../platform/key-value.ts'
import type { SourceFolder } from '../../platform/source-folder.ts'
import type { BlobWriter, WriteSession } from '../blob-writer.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { FILES_AT_ONCE } from '../limits.ts'
import type { MergedIndex } from '../merged-index.ts'
import type { Change, RevisionWriter } from '../revision-writer.ts'
import { FileImport, FileRefused } from './file-import.ts'
import { FolderScan, type FoundFile, isSystemError, unreadable } from './folder-scan.ts'
import { ImportMemory } from './import-memory.ts'
import type { ImportedCollection, ImportOptions, ImportReport } from './import-report.ts'
import { type ImportPart, recogniseFile, recogniseFolder } from './layout.ts'
import { collisionsOf } from './name-collisions.ts'
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
}

/** A file that was read and stored, under the path that it is to have. */
interface Outcome {
  found: FoundFile
  file: LineFile
  /** Another file of this path had other bytes: neither is added. */
  disputed: boolean
}

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

  constructor(components: FolderImportComponents, init: FolderImportInit, options: ImportOptions) {
    this.#components = components
    this.#init = init
    this.#options = options
    this.#report = new ReportBuilder({ clock: components.clock }, options)
    const { collection, under } = options
    if (collection !== undefined && !isCollectionName(collection))
      throw new JoineryError('COLLECTION_NAME_WRONG', `${collection} cannot be the name of a collection`)
    if (under !== undefined && under !== '' && pathFault(under) !== undefined)
      throw new JoineryError('NAME_FORBIDDEN', `the path to import to ${pathFault(under)}`)
  }

  async run(folder: string): Promise<ImportReport> {
    const session = this.#components.writer.open()
    try {
      const { root, label, files } = await this.#look(folder)
      await this.#read(root, files, session)
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

  async #look(folder: string): Promise<{ root: string; label: string; files: FoundFile[] }> {
    const { sources } = this.#components
    this.#report.phase('looking')
    const real = await sources.realPath(folder).catch((error: unknown) => Promise.reject(noFolder(folder, error)))
    const name = real.slice(real.lastIndexOf('/') + 1)
    const stat = await sources.stat(real)
    const files: FoundFile[] = []
    const isFolder = stat.kind === 'directory'
    const root = isFolder ? real : real.slice(0, -name.length - 1) || '/'
    const to = {
      file: (found: FoundFile): void => {
        files.push(found)
        this.#report.found(found)
      },
      leftOut: (shown: string, why: string): void => this.#report.leftOut(shown, why),
      problem: (shown: string, error: JoineryError): void => this.#report.problem(shown, error)
    }
    const scan = new FolderScan({ sources, to }, { root, kinds: this.#init.kinds, signal: this.#options.signal })
    if (isFolder) for (const part of await this.#parts(name, root)) await scan.part(part)
    else await scan.entry({ part: this.#filePart(name), real: root, relative: '', depth: 0, throughLink: false }, name)
    const wanted = this.#dropSecondPages(files).sort((a, b) => comparePaths(a.shown, b.shown))
    if (wanted.length === 0 && !this.#report.hasProblems)
      throw new JoineryError('IMPORT_NOTHING_FOUND', `${folder}: nothing in it is known to belong to a workshop`)
    return { root: real, label: name, files: wanted }
  }

  async #parts(name: string, root: string): Promise<ImportPart[]> {
    const { collection, under } = this.#options
    const top = await this.#names(root, '')
    if (collection !== undefined) {
      const isLesson = collection === 'lessons' && top.files.includes('index.html')
      return [{ collection, folder: '', under: under ?? (isLesson ? name : '') }]
    }
    const { parts, others } = await recogniseFolder(name, (inside) => this.#names(root, inside))
    for (const other of others) this.#report.leftOut(`${other}/`, 'not part of a workshop')
    if (parts.length === 0)
      throw new JoineryError('IMPORT_NOTHING_FOUND', `${root}: no lessons, packages or installers were recognised`)
    return parts
  }

  #filePart(name: string): ImportPart {
    const { collection, under } = this.#options
    const part = collection === undefined ? recogniseFile(name) : { collection, under: '' }
    if (!part) throw new JoineryError('IMPORT_NOTHING_FOUND', `${name} is no package and no installer`)
    return { ...part, under: under ?? part.under, folder: '' }
  }

  async #names(root: string, inside: string): Promise<{ files: string[]; folders: string[] }> {
    const { sources } = this.#components
    const here = inside ? `${root}/${inside}` : root
    const found = { files: [] as string[], folders: [] as string[] }
    const names = await sources.names(here).catch((error: unknown) => {
      if (inside !== '' && isSystemError(error)) return []
      throw isSystemError(error) ? unreadable(here, error) : error
    })
    for (const name of names.sort()) {
      let stat = await sources.stat(`${here}/${name}`).catch(() => undefined)
      // A part may be a link to a folder; whether it may be followed is decided when it is walked.
      if (stat?.kind === 'link') {
        const real = await sources.realPath(`${here}/${name}`).catch(() => undefined)
        stat = real === undefined ? undefined : await sources.stat(real).catch(() => undefined)
      }
      if (stat?.kind === 'file') found.files.push(name)
      if (stat?.kind === 'directory') found.folders.push(name)
    }
    return found
  }

  /** A crawler leaves `git-novice.html` beside `git-novice/index.html`: the same page under an address that nothing links to. */
  #dropSecondPages(files: FoundFile[]): FoundFile[] {
    const paths = new Set(files.filter((one) => one.path.endsWith('/index.html')).map((one) => one.path))
    return files.filter((one) => {
      const page = /^([^/]+\/[^/]+)\.html?$/.exec(one.path)
      if (one.collection !== 'lessons' || !page || !paths.has(`${page[1]}/index.html`)) return true
      this.#report.leftOut(one.shown, 'a second copy of a first page')
      return false
    })
  }

  async #read(root: string, files: readonly FoundFile[], session: WriteSession): Promise<void> {
    const { clock, memory: store, sources, writer } = this.#components
    const { signal, dryRun = false } = this.#options
    const memory = new ImportMemory({ store }, { root, readerVersion: this.#init.readerVersion })
    const read = (bytes: number): void => this.#report.read(bytes)
    const { kinds } = this.#init
    const each = new FileImport({ sources, writer, memory, clock }, { kinds, session, signal, dryRun, read })
    this.#report.phase('reading')
    let next = 0
    let failed = false
    const work = async (): Promise<void> => {
      for (let found = files[next++]; found && !failed; found = files[next++]) {
        signal?.throwIfAborted()
        await this.#readOne(each, found)
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
      this.#settle(path, { found, file, disputed: false })
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
      outcomes.set(path, outcome)
      return
    }
    if (other.file.cid === outcome.file.cid) return
    other.disputed = true
    const text = `${other.found.shown} and ${shown} are both ${collection}/${path} and differ`
    this.#report.problem(shown, new JoineryError('NAMES_COLLIDE', text))
  }

  #refuseCollisions(): void {
    const { index } = this.#components
    for (const [collection, outcomes] of this.#outcomes) {
      for (const [path, { disputed }] of outcomes) if (disputed) outcomes.delete(path)
      const added = [...outcomes]
        .filter(([path]) => !index.get(collection, path))
        .map(([path, { found }]) => ({ path, shown: found.shown }))
        .sort((a, b) => comparePaths(a.path, b.path))
      const refused = collisionsOf(added, {
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
        this.#report.problem(outcomes.get(path)?.found.shown ?? path, error)
        outcomes.delete(path)
      }
    }
  }

  async #write(label: string, session: WriteSession): Promise<ImportReport> {
    this.#report.phase('writing')
    for (const [collection, outcomes] of [...this.#outcomes].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const imported: ImportedCollection = { collection, added: 0, updated: 0, unchanged: 0, addedBytes: 0 }
      const decide = (): Change[] => this.#changes(collection, outcomes, imported)
      if (this.#options.dryRun) decide()
      else {
        const about = { action: 'import' as const, label }
        const revision = await this.#components.revisions.write(collection, about, session, decide)
        if (revision) imported.revision = revision
      }
      this.#report.imported(imported)
    }
    return this.#report.end()
  }

  #changes(collection: string, outcomes: ReadonlyMap<string, Outcome>, imported: ImportedCollection): Change[] {
    const changes: Change[] = []
    for (const [path, { file }] of outcomes) {
      const before = this.#components.index.get(collection, path)
      if (before && this.#isSame(before, file)) {
        imported.unchanged++
        continue
      }
      imported[before ? 'updated' : 'added']++
      imported.addedBytes += file.sizeBytes
      changes.push({ path, file })
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

function noFolder(folder: string, error: unknown): unknown {
  if (!isSystemError(error)) return error
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return new JoineryError('IMPORT_NO_FOLDER', `${folder} is not there`, { cause: error })
  return unreadable(folder, error)
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
