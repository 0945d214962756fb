import type { ContentFile, ContentIndex } from '../../protocols/content.ts'
import type {
  ContentsOverview,
  InstallerOverview,
  LessonOverview,
  PackagesOverview
} from '../../protocols/room-overview.ts'

/** A page that lists more helps nobody; there is a search for the rest. */
const MAX_NAMES = 200
const MAX_LESSONS = 500
const MAX_INSTALLERS = 200
const INDEX_PAGE = 'index.html'

/** What a learner can use, read from the index; computed again only when a collection changed. */
export class ContentsSummary {
  readonly #index: ContentIndex
  readonly #kept = new Map<string, { revision: string; value: unknown }>()

  constructor(index: ContentIndex) {
    this.#index = index
  }

  overview(): ContentsOverview {
    return {
      lessons: this.#fresh('lessons', () => lessons(this.#index)),
      python: this.#fresh('pypi', () => packages(this.#index, 'pypi', pythonName)),
      r: this.#fresh('cran', () => packages(this.#index, 'cran', rName)),
      installers: this.#fresh('installers', () => installers(this.#index))
    }
  }

  #fresh<Value>(collection: string, compute: () => Value): Value {
    const revision = this.#index.revision(collection)
    const kept = this.#kept.get(collection)
    if (kept?.revision === revision) return kept.value as Value
    const value = compute()
    this.#kept.set(collection, { revision, value })
    return value
  }
}

/**
 * A lesson is a folder with an index page that is not inside another lesson: `git-novice/`, or `software-carpentry/git-novice/`
 * as the downloading tool lays them out. The root's own index page lists lessons and is none.
 */
function lessons(index: ContentIndex): LessonOverview[] {
  const found = new Map<string, { page: ContentFile; sizeBytes: number }>()
  for (const file of index.list('lessons')) {
    if (!file.path.endsWith(`/${INDEX_PAGE}`)) continue
    const parts = file.path.split('/')
    if (parts.length > 3) continue
    found.set(parts.slice(0, -1).join('/'), { page: file, sizeBytes: 0 })
  }
  // `software-carpentry/index.html` beside `software-carpentry/git-novice/index.html` is a list of lessons.
  const folders = [...found.keys()]
  const wholeLessons = new Set(folders.filter(isPartOfLesson).map(parentOf))
  for (const folder of folders) {
    const parent = parentOf(folder)
    if (parent === '') continue
    if (isPartOfLesson(folder) || wholeLessons.has(parent)) found.delete(folder)
    else found.delete(parent)
  }
  for (const file of index.list('lessons')) {
    const [first = '', second = ''] = file.path.split('/')
    const lesson = found.get(first) ?? found.get(`${first}/${second}`)
    if (lesson) lesson.sizeBytes += file.sizeBytes
  }
  return [...found].slice(0, MAX_LESSONS).map(([folder, { page, sizeBytes }]) => {
    const name = folder.slice(folder.lastIndexOf('/') + 1)
    const language = text(page, 'language')
    return {
      name,
      title: text(page, 'title') ?? name,
      href: `/lessons/${folder.split('/').map(encodeURIComponent).join('/')}/`,
      sizeBytes,
      ...(language === undefined ? {} : { language })
    }
  })
}

/** Folders of the lesson themes of The Carpentries hold pages of one lesson, and so do those of its sources (`_episodes/`, `fig/`). */
const PARTS_OF_A_LESSON = new Set(
  'instructor instructors learners aio reference setup discuss guide profiles key-points files data fig code images'.split(
    ' '
  )
)

function isPartOfLesson(folder: string): boolean {
  const parent = parentOf(folder)
  const name = folder.slice(parent.length + 1)
  return parent !== '' && (PARTS_OF_A_LESSON.has(name) || /^[_.]/.test(name))
}

function parentOf(folder: string): string {
  return folder.slice(0, Math.max(0, folder.indexOf('/')))
}

function packages(
  index: ContentIndex,
  collection: string,
  nameOf: (file: ContentFile) => string | undefined
): PackagesOverview {
  const names = new Set<string>()
  let sizeBytes = 0
  for (const file of index.list(collection)) {
    const name = nameOf(file)
    if (name === undefined) continue
    names.add(name)
    sizeBytes += file.sizeBytes
  }
  return { count: names.size, sizeBytes, names: [...names].sort().slice(0, MAX_NAMES) }
}

function pythonName(file: ContentFile): string | undefined {
  const slash = file.path.indexOf('/')
  return slash > 0 && !file.path.endsWith('.yanked') ? file.path.slice(0, slash) : undefined
}

/** `src/contrib/R6_2.5.1.tar.gz` and its binaries are one package. */
function rName(file: ContentFile): string | undefined {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  const underscore = name.indexOf('_')
  return underscore > 0 ? name.slice(0, underscore) : undefined
}

const SYSTEMS = new Set(['windows', 'macos', 'linux'])

function installers(index: ContentIndex): InstallerOverview[] {
  const found: InstallerOverview[] = []
  for (const file of index.list('installers')) {
    if (found.length === MAX_INSTALLERS) break
    const version = text(file, 'version')
    const architecture = text(file, 'cpu')
    const system = text(file, 'system') ?? ''
    found.push({
      name: text(file, 'product') ?? file.path.slice(file.path.lastIndexOf('/') + 1),
      ...(version === undefined ? {} : { version }),
      system: SYSTEMS.has(system) ? (system as InstallerOverview['system']) : 'other',
      ...(architecture === undefined ? {} : { architecture }),
      href: `/installers/${file.path.split('/').map(encodeURIComponent).join('/')}`,
      sizeBytes: file.sizeBytes
    })
  }
  return found
}

function text(file: ContentFile, key: string): string | undefined {
  const value = file.details[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}
