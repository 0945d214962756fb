/**
 * What people may carry away: lessons and notes for everybody, their own repositories for who is signed in, the whole class for a facilitator.
 * `state` sums up what a class has made, so that a class is only removed as it was archived.
 */
import type { BlobReader, ContentFile, ContentIndex } from '../../protocols/content.ts'
import { writeCsv } from '../../protocols/csv.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { ObjectId, Repository, RepositoryDirectory, RepositoryId } from '../../protocols/git.ts'
import type { PeopleAccess, Person } from '../../protocols/people.ts'
import type { Clock } from '../platform/clock.ts'
import { archiveName, UniqueNames } from './archive-names.ts'
import { ClassWorks, sumUp } from './class-works.ts'
import './errors.ts'
import { ifGone } from './gone.ts'
import { MAX_ARCHIVE_FILES, MAX_ARCHIVES } from './limits.ts'
import { type ArchivePart, zipArchive } from './zip-archive.ts'

export interface TakeHomeNotes {
  list(): readonly { id: string; title: string; written: boolean }[]
  exportText(id: string): Promise<{ title: string; text: string }>
}

export interface TakeHomeRepositories {
  readonly directory: Pick<RepositoryDirectory, 'ofOwner' | 'refs'>
  /** Every branch and tag with all commits, as `git clone FILE` takes it. */
  bundle(id: RepositoryId, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** The files of a commit as a ZIP. */
  files(id: RepositoryId, commit: ObjectId, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Those of `objects` that are not on this device yet. */
  missing(id: RepositoryId, objects: readonly ObjectId[]): Promise<ObjectId[]>
}

export interface TakeHomeComponents {
  clock: Clock
  content: ContentIndex
  blobs: BlobReader
  people: Pick<PeopleAccess, 'list'>
  notes?: TakeHomeNotes
  repositories?: TakeHomeRepositories
}

const LESSONS = 'lessons'
/** Text; everything else that lessons have is compressed already or small. */
const COMPRESSIBLE = /\.(?:html?|css|js|json|csv|tsv|txt|md|svg|xml|py|r|rmd|ipynb|yml|yaml)$/i
const MAIN_BRANCHES = ['refs/heads/main', 'refs/heads/master'] as const
const encoder = new TextEncoder()

export class TakeHome {
  readonly works: ClassWorks
  readonly #components: TakeHomeComponents
  #running = 0

  constructor(components: TakeHomeComponents) {
    this.works = new ClassWorks(components)
    this.#components = components
  }

  /** For whoever reaches the room. @throws JoineryError `BUSY`, as all below */
  lessonsAndNotes(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { lessonFiles, notes } = this.counts()
    // Said before the first byte, and not in the middle.
    const parts = lessonFiles + notes > MAX_ARCHIVE_FILES ? tooMany : () => this.#lessonParts()
    return this.#zip([parts, () => this.#noteParts('notes/')], signal)
  }

  /** Repositories, and what the room knows of the person. */
  ofPerson(person: Person, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    return this.#zip([() => this.#repositoryParts(person, 'repositories/'), () => this.#accountParts(person)], signal)
  }

  /** What people have made: notes, repositories, the list of people. Lessons stay in the room. */
  wholeClass(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    return this.#zip(
      [() => this.#peopleParts(), () => this.#noteParts('notes/'), () => this.#allRepositories()],
      signal,
      // Whoever takes lessons home, as slowly as they like, keeps no facilitator from the class.
      MAX_ARCHIVES + 1
    )
  }

  /** Equal as long as nobody wrote, pushed, signed up or left. Hexadecimal. */
  async state(): Promise<string> {
    return sumUp(await this.works.lines())
  }

  /** For the page: how much there is. */
  counts(person?: Person): { lessonFiles: number; lessonBytes: number; notes: number; repositories: number } {
    const { notes, repositories } = this.#components
    let lessonFiles = 0
    let lessonBytes = 0
    for (const { sizeBytes } of this.#lessonFiles()) {
      lessonFiles++
      lessonBytes += sizeBytes
    }
    return {
      lessonFiles,
      lessonBytes,
      notes: notes?.list().length ?? 0,
      repositories: person ? (repositories?.directory.ofOwner(person.id).length ?? 0) : 0
    }
  }

  async *#zip(
    sources: readonly (() => AsyncIterable<ArchivePart>)[],
    signal: AbortSignal,
    most = MAX_ARCHIVES
  ): AsyncGenerator<Uint8Array> {
    if (this.#running >= most) throw new JoineryError('BUSY', `${MAX_ARCHIVES} archives are being made`)
    this.#running++
    try {
      const parts = (async function* () {
        for (const source of sources) yield* source()
      })()
      yield* zipArchive(parts, this.#components.clock, signal)
    } finally {
      this.#running--
    }
  }

  #lessonFiles(): Iterable<ContentFile> {
    const { content } = this.#components
    return content.collections().includes(LESSONS) ? content.list(LESSONS) : []
  }

  async *#lessonParts(): AsyncGenerator<ArchivePart> {
    const { blobs } = this.#components
    for (const file of this.#lessonFiles()) {
      const parts = file.path.split('/').map(archiveName)
      yield {
        path: `lessons/${parts.join('/')}`,
        compress: COMPRESSIBLE.test(file.path),
        bytes: (signal) => blobs.stream(file, 0, file.sizeBytes, signal)
      }
    }
  }

  async *#noteParts(folder: string): AsyncGenerator<ArchivePart> {
    const { notes } = this.#components
    const names = new UniqueNames()
    for (const { id, written } of notes?.list() ?? []) {
      if (!written) continue
      // Somebody may remove a note while the archive is made.
      const note = await notes?.exportText(id).catch(ifGone)
      if (note) yield textPart(`${folder}${names.take(note.title, '.md')}`, note.text)
    }
  }

  async *#repositoryParts(person: Person, folder: string): AsyncGenerator<ArchivePart> {
    const { repositories } = this.#components
    const names = new UniqueNames()
    for (const repository of repositories?.directory.ofOwner(person.id) ?? []) {
      const path = folder + names.take(repository.name)
      yield* repositories ? repositoryParts(repositories, repository, path) : []
    }
  }

  async *#allRepositories(): AsyncGenerator<ArchivePart> {
    for (const person of this.#components.people.list())
      yield* this.#repositoryParts(person, `repositories/${archiveName(person.name)}/`)
  }

  async *#accountParts({ name, shownName, role }: Person): AsyncGenerator<ArchivePart> {
    yield textPart('account.json', `${JSON.stringify({ name, shownName, role }, null, 2)}\n`)
  }

  async *#peopleParts(): AsyncGenerator<ArchivePart> {
    const lines = this.#components.people.list().map(({ name, shownName, role }) => [name, shownName, role])
    yield textPart('people.csv', `${writeCsv([['name', 'shown as', 'role'], ...lines])}\n`)
  }
}

async function* repositoryParts(
  repositories: TakeHomeRepositories,
  { id, name }: Repository,
  path: string
): AsyncGenerator<ArchivePart> {
  const refs = repositories.directory.refs(id)
  if (refs.size === 0) {
    yield textPart(`${path}/EMPTY.txt`, 'Nothing was pushed to this repository.\n')
    return
  }
  const missing = await repositories.missing(id, [...new Set(refs.values())])
  if (missing.length > 0) throw new JoineryError('TAKE_HOME_NOT_READY', `commits of ${name} are not here yet`)
  yield {
    path: `${path}/${archiveName(name)}.bundle`,
    compress: false,
    bytes: (signal) => repositories.bundle(id, signal)
  }
  const main = MAIN_BRANCHES.map((ref) => refs.get(ref)).find((commit) => commit !== undefined)
  if (main !== undefined)
    yield { path: `${path}/files.zip`, compress: false, bytes: (signal) => repositories.files(id, main, signal) }
  yield textPart(
    `${path}/READ-ME.txt`,
    `${main === undefined ? '' : `files.zip: the files as they were last.\n`}${name}.bundle: everything, with its history. In a terminal: git clone ${name}.bundle ${name}\n`
  )
}

function textPart(path: string, text: string): ArchivePart {
  return {
    path,
    compress: true,
    async *bytes() {
      yield encoder.encode(text)
    }
  }
}

// biome-ignore lint/correctness/useYield: the first part is that there is none
async function* tooMany(): AsyncGenerator<never> {
  throw new JoineryError('TAKE_HOME_TOO_MANY', `more than ${MAX_ARCHIVE_FILES} files`)
}
