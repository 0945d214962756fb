import { join } from 'node:path'
import { MAX_PATH_BYTES, pathFault } from '../../../protocols/content-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { SourceFolder, SourceStat } from '../../platform/source-folder.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { MAX_IMPORT_FILES } from '../limits.ts'
import { FoundFile } from './found-file.ts'
import { type ImportPart, placeOf } from './layout.ts'

export interface ScanListener {
  file(found: FoundFile): void
  leftOut(shown: string, why: string): void
  problem(shown: string, error: JoineryError): void
}

export interface FolderScanInit {
  /** Absolute, without links: nothing outside is read. */
  root: string
  kinds: ReadonlyMap<string, CollectionKind>
  signal: AbortSignal | undefined
}

/** Where the walk is. */
interface Place {
  part: ImportPart
  /** Absolute, without links. */
  real: string
  /** Inside the part. */
  relative: string
  throughLink: boolean
}

/** Walks over the parts of a folder, in byte order, without reading a file. Links inside are followed once, links out of it refused. */
export class FolderScan {
  readonly #sources: SourceFolder
  readonly #init: FolderScanInit
  readonly #to: ScanListener
  #seen = 0

  constructor(components: { sources: SourceFolder; to: ScanListener }, init: FolderScanInit) {
    this.#sources = components.sources
    this.#to = components.to
    this.#init = init
  }

  async part(part: ImportPart): Promise<void> {
    const { root } = this.#init
    const lies = part.folder ? join(root, part.folder) : root
    await this.#reading(part.folder, async () => {
      const real = await this.#sources.realPath(lies)
      if (isInside(root, real)) await this.#walk({ part, real, relative: '', throughLink: real !== lies })
      else this.#refuse(part.folder, 'LINK_OUTSIDE', `${part.folder} points out of the folder that is imported`)
    })
  }

  /** One name, of whatever kind. */
  async entry(place: Place, name: string): Promise<void> {
    this.#init.signal?.throwIfAborted()
    if (++this.#seen > MAX_IMPORT_FILES)
      throw new JoineryError('IMPORT_TOO_MANY_FILES', `more than ${MAX_IMPORT_FILES} files and folders`)
    const relative = place.relative ? `${place.relative}/${name}` : name
    const shown = place.part.folder ? `${place.part.folder}/${relative}` : relative
    const hidden = hiddenReason(name)
    if (hidden) return this.#to.leftOut(shown, hidden)
    const path = placeOf(place.part, relative).normalize('NFC')
    const fault = pathFault(path)
    if (fault) return this.#refuse(shown, 'NAME_FORBIDDEN', `${displayName(shown)}: the name ${fault}`)
    await this.#reading(shown, async () => {
      const real = join(place.real, name)
      const stat = await this.#sources.stat(real)
      const here = { ...place, real, relative }
      if (stat.kind === 'link') await this.#link(here, path, shown)
      else await this.#take(here, path, shown, stat)
    })
  }

  async #walk(place: Place): Promise<void> {
    const shown = [place.part.folder, place.relative].filter(Boolean).join('/')
    let names: string[] = []
    await this.#reading(shown, async () => {
      names = await this.#sources.names(place.real)
    })
    names.sort()
    for (const name of names) await this.entry(place, name)
  }

  async #take(here: Place, path: string, shown: string, stat: SourceStat): Promise<void> {
    if (stat.kind === 'directory') return this.#walk(here)
    if (stat.kind !== 'file') return this.#refuse(shown, 'NOT_A_FILE', `${shown} is no file`)
    const { collection } = here.part
    const why = this.#init.kinds.get(collection)?.leftOut(path)
    if (why) return this.#to.leftOut(shown, why)
    this.#to.file(new FoundFile(here.part, here.relative, stat, here.throughLink ? here.real : undefined))
  }

  async #link(here: Place, path: string, shown: string): Promise<void> {
    let real: string
    try {
      real = await this.#sources.realPath(here.real)
    } catch (cause) {
      return this.#to.problem(shown, new JoineryError('LINK_BROKEN', `${shown} points to nothing`, { cause }))
    }
    if (!isInside(this.#init.root, real))
      return this.#refuse(shown, 'LINK_OUTSIDE', `${shown} points out of the folder that is imported`)
    const stat = await this.#sources.stat(real)
    if (stat.kind === 'directory') {
      const loops = here.real.startsWith(`${real}/`)
      if (loops || here.throughLink)
        return this.#refuse(shown, 'LINK_AGAIN', `${shown} points to a folder that is being read already`)
    }
    await this.#take({ ...here, real, throughLink: true }, path, shown, stat)
  }

  #refuse(shown: string, code: string, text: string): void {
    this.#to.problem(shown, new JoineryError(code, text))
  }

  async #reading(shown: string, read: () => Promise<void>): Promise<void> {
    try {
      await read()
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#to.problem(shown, unreadable(shown, error))
    }
  }
}

export function isInside(root: string, real: string): boolean {
  return real === root || real.startsWith(root === '/' ? '/' : `${root}/`)
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    typeof (error as NodeJS.ErrnoException).code === 'string' &&
    !(error instanceof JoineryError)
  )
}

export function unreadable(shown: string, error: NodeJS.ErrnoException): JoineryError {
  if (error.code === 'ENOENT')
    return new JoineryError('FILE_CHANGED', `${shown} went away while it was imported`, { cause: error })
  const why =
    error.code === 'EACCES' || error.code === 'EPERM' ? 'permission is missing' : `the system says ${error.code}`
  return new JoineryError('FILE_UNREADABLE', `${shown || 'the folder'} cannot be read: ${why}`, { cause: error })
}

/** What no class wants and file managers leave behind. Whole folders of it are not walked through. */
function hiddenReason(name: string): string | undefined {
  if (name.startsWith('.')) return 'hidden'
  return /^(?:__MACOSX|\$RECYCLE\.BIN|System Volume Information|lost\+found)$/i.test(name)
    ? 'left behind by a system'
    : undefined
}

/** A forbidden name made fit to be printed. */
function displayName(shown: string): string {
  const printable = shown.replace(/[^\P{C}]|[\p{Zl}\p{Zp}]/gu, '?')
  return printable.length > MAX_PATH_BYTES ? `${printable.slice(0, 200)}…` : printable
}
