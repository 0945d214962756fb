import { basename, dirname, join } from 'node:path'
import { comparePaths } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { SourceFolder } from '../../platform/source-folder.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { FolderScan, isInside, isSystemError, unreadable } from './folder-scan.ts'
import type { FoundFile } from './found-file.ts'
import type { ImportOptions } from './import-report.ts'
import { type ImportPart, recogniseFile, recogniseFolder } from './layout.ts'
import type { ReportBuilder } from './report-builder.ts'

export interface FolderLookComponents {
  sources: SourceFolder
  report: ReportBuilder
}

export interface SeenFolder {
  /** Absolute, without links; the folder of a single file. */
  root: string
  /** What a person calls it. */
  label: string
  /** In byte order of where they lie. */
  files: FoundFile[]
}

/** The first part of an import: what there is, where it belongs, what is left out. No file is opened. */
export class FolderLook {
  readonly #sources: SourceFolder
  readonly #report: ReportBuilder
  readonly #kinds: ReadonlyMap<string, CollectionKind>
  readonly #options: ImportOptions

  constructor(
    components: FolderLookComponents,
    init: { kinds: ReadonlyMap<string, CollectionKind> },
    options: ImportOptions
  ) {
    this.#sources = components.sources
    this.#report = components.report
    this.#kinds = init.kinds
    this.#options = options
  }

  /** @throws JoineryError `IMPORT_NO_FOLDER`, `IMPORT_NOTHING_FOUND`, `IMPORT_TOO_MANY_FILES` */
  async at(folder: string): Promise<SeenFolder> {
    this.#report.phase('looking')
    const real = await this.#sources.realPath(folder).catch((error: unknown) => {
      throw noFolder(folder, error)
    })
    const isFolder = (await this.#sources.stat(real)).kind === 'directory'
    const root = isFolder ? real : dirname(real)
    const label = basename(real)
    const files: FoundFile[] = []
    const to = {
      file: (found: FoundFile): void => {
        files.push(found)
        this.#report.found(found)
      },
      leftOut: (shown: string, why: string): void => this.#report.leftOut(shown, why),
      problem: (shown: string, error: JoineryError): void => this.#report.problem(shown, error)
    }
    const init = { root, kinds: this.#kinds, signal: this.#options.signal }
    const scan = new FolderScan({ sources: this.#sources, to }, init)
    if (isFolder) for (const part of await this.#parts(label, root)) await scan.part(part)
    else await scan.entry({ part: this.#filePart(label), real: root, relative: '', throughLink: false }, label)
    const wanted = this.#dropSecondPages(files)
    if (wanted.length === 0 && !this.#report.hasProblems)
      throw new JoineryError('IMPORT_NOTHING_FOUND', `${folder}: nothing in it is known to belong to a workshop`)
    return { root, label, files: wanted.sort((a, b) => comparePaths(a.shown, b.shown)) }
  }

  async #parts(name: string, root: string): Promise<ImportPart[]> {
    const { collection, under } = this.#options
    if (collection !== undefined) {
      const top = await this.#names(root, '')
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
    const found = { files: [] as string[], folders: [] as string[] }
    const here = join(root, inside)
    try {
      if (!isInside(root, await this.#sources.realPath(here))) return found
      for (const name of (await this.#sources.names(here)).sort()) {
        const kind = await this.#kindOf(join(here, name))
        if (kind === 'file') found.files.push(name)
        if (kind === 'directory') found.folders.push(name)
      }
    } catch (error) {
      if (!isSystemError(error)) throw error
      // Parts that are not there are no part; the folder itself has to be readable.
      if (inside === '') throw unreadable(here, error)
    }
    return found
  }

  /** Of what a link leads to; whether it may be followed is decided when it is walked. */
  async #kindOf(path: string): Promise<string> {
    try {
      const { kind } = await this.#sources.stat(path)
      return kind === 'link' ? (await this.#sources.stat(await this.#sources.realPath(path))).kind : kind
    } catch (error) {
      if (isSystemError(error)) return 'unreadable'
      throw error
    }
  }

  /** A crawler leaves `git-novice.html` beside `git-novice/index.html`: the same page under an address that nothing links to. */
  #dropSecondPages(files: FoundFile[]): FoundFile[] {
    const inLessons = files.filter((one) => one.collection === 'lessons')
    const firstPages = new Set(
      inLessons.map((one) => one.path).filter((path) => /^[^/]+\/[^/]+\/index\.html$/.test(path))
    )
    return files.filter((one) => {
      const page = one.collection === 'lessons' && /^([^/]+\/[^/]+)\.html?$/.exec(one.path)
      if (!page || !firstPages.has(`${page[1]}/index.html`)) return true
      this.#report.leftOut(one.shown, 'a second copy of a first page')
      return false
    })
  }
}

function noFolder(folder: string, error: unknown): unknown {
  if (!isSystemError(error)) return error
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    return new JoineryError('IMPORT_NO_FOLDER', `${folder} is not there`, { cause: error })
  return unreadable(folder, error)
}
