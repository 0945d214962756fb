/** What goes on a learner's stick, and the bytes of each file of it: computed from the room's content, nothing is kept but the names. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { BlobReader, ContentFile, ContentIndex } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type {
  LearnerSystem,
  StickBytes,
  StickBytesRequest,
  StickEntry,
  StickItem,
  StickSource
} from '../../protocols/stick.ts'
import './errors.ts'
import { MAX_ENTRIES, MAX_LISTED_DATA, SPAN_BYTES } from './limits.ts'
import { fitsStick, foldedName, StickNames } from './stick-names.ts'

/** The collections as files that need no server; `node/mirrors` knows how. */
export interface StickViews {
  lessons(): { path: string; title: string }[]
  isPage(file: ContentFile): boolean
  lessonPage(file: ContentFile, fileAddress: (local: string) => string): Promise<Uint8Array>
  pythonProjects(system: LearnerSystem): string[]
  pythonFiles(project: string, system: LearnerSystem): ContentFile[]
  pythonPage(project: string, system: LearnerSystem, folder: string): string
  pythonNamesPage(projects: readonly string[]): string
  rFolders(system: LearnerSystem): string[]
  rIndex(folder: string): string
  rFiles(folder: string): ContentFile[]
}

/** What the first page of a stick shows. Addresses are relative to it. */
export interface StickStart {
  system: LearnerSystem
  room: string
  lessons: { title: string; href: string; data: { name: string; href: string; sizeBytes: number }[] }[]
  installers: { name: string; version?: string; cpu?: string; href: string; sizeBytes: number; sha256: string }[]
  python: string[]
  r: string[]
  others: { name: string; href: string; files: number }[]
}

export interface StickContentComponents {
  index: ContentIndex
  blobs: Pick<BlobReader, 'stream'>
  views: StickViews
  /** Of a blob, in hexadecimal. */
  sha256Of(file: ContentFile): string
  /** File name of the first page → the page. */
  startPages(start: StickStart): ReadonlyMap<string, string>
}

export interface StickContentInit {
  room(): string
  /** Of the program: another one may make other pages. */
  version: string
}

const SIMPLE = 'python/simple/'
const PACKAGES = 'python/packages/'
const compress = promisify(gzip)
/** Collections that have a place of their own. */
const KNOWN = new Set(['lessons', 'installers', 'pypi', 'cran'])

export class StickContent {
  readonly #components: StickContentComponents
  readonly #init: StickContentInit
  /** By collection, for its revision. */
  readonly #names = new Map<string, { revision: string; names: StickNames }>()

  constructor(components: StickContentComponents, init: StickContentInit) {
    this.#components = components
    this.#init = init
  }

  *items(system: LearnerSystem): Generator<StickItem> {
    yield { kind: 'edition', edition: this.#edition(system) }
    const seen = new Set<string>()
    let count = 0
    for (const item of this.#entries(system)) {
      if (item.kind === 'entry') {
        if (++count > MAX_ENTRIES)
          throw new JoineryError('STICK_TOO_MANY_FILES', `the room has more than ${MAX_ENTRIES} files`)
        const { path } = item.entry
        const name = foldedName(path)
        const why = seen.has(name)
          ? 'another file has this name on a stick'
          : fitsStick(path)
            ? undefined
            : 'sticks and Windows take no such name'
        if (why !== undefined) {
          yield { kind: 'left-out', path, why }
          continue
        }
        seen.add(name)
      }
      yield item
    }
  }

  /** @throws JoineryError `NOT_FOUND` when the room no longer has it, and what reading a blob throws */
  async *bytes({ system, source, from = 0 }: StickBytesRequest, signal?: AbortSignal): AsyncGenerator<StickBytes> {
    if (source.kind === 'file') {
      const file = this.#file(source.collection, source.path)
      for (let start = from; start < file.sizeBytes; start += SPAN_BYTES) {
        const end = Math.min(file.sizeBytes, start + SPAN_BYTES)
        for await (const bytes of this.#components.blobs.stream(file, start, end, signal)) yield encoded(bytes)
      }
      return
    }
    const made =
      source.kind === 'page'
        ? await this.#page(this.#file('lessons', source.path))
        : await this.#made(system, source.path)
    for (let start = 0; start < made.length; start += SPAN_BYTES)
      yield encoded(made.subarray(start, start + SPAN_BYTES))
  }

  *#entries(system: LearnerSystem): Generator<StickItem> {
    const { index, views } = this.#components
    for (const [name, page] of this.#startPages(system)) yield made(name, Buffer.byteLength(page))
    for (const file of index.list('installers')) if (suitsSystem(file, system)) yield this.#asItIs(file, 'installers/')
    for (const file of index.list('lessons')) {
      if (!views.isPage(file)) yield this.#asItIs(file, 'lessons/')
      else {
        const path = `lessons/${this.#namesOf('lessons').of(file.path)}`
        yield { kind: 'entry', entry: { path, sizeBytes: file.sizeBytes, source: { kind: 'page', path: file.path } } }
      }
    }
    const projects = views.pythonProjects(system)
    if (projects.length > 0) yield made(`${SIMPLE}index.html`, 100 * projects.length)
    for (const project of projects) {
      const files = views.pythonFiles(project, system)
      yield made(`${SIMPLE}${project}/index.html`, 300 * files.length)
      for (const file of files) yield this.#entry(file, `${PACKAGES}${file.path.slice(project.length + 1)}`)
    }
    for (const folder of views.rFolders(system)) {
      const files = views.rFiles(folder)
      yield made(`r/${folder}/PACKAGES`, 300 * files.length)
      yield made(`r/${folder}/PACKAGES.gz`, 100 * files.length)
      for (const file of files) yield this.#entry(file, `r/${file.path}`)
    }
    for (const collection of index.collections()) {
      if (KNOWN.has(collection)) continue
      for (const file of index.list(collection)) yield this.#asItIs(file, `files/${collection}/`)
    }
  }

  #asItIs(file: ContentFile, folder: string): StickItem {
    return this.#entry(file, `${folder}${this.#namesOf(file.collection).of(file.path)}`)
  }

  #entry(file: ContentFile, path: string): StickItem {
    const source: StickSource = { kind: 'file', collection: file.collection, path: file.path }
    const entry: StickEntry = { path, sizeBytes: file.sizeBytes, sha256: this.#components.sha256Of(file), source }
    return { kind: 'entry', entry }
  }

  async #page(file: ContentFile): Promise<Uint8Array> {
    const names = this.#namesOf('lessons')
    const own = names.of(file.path).split('/').slice(0, -1)
    return await this.#components.views.lessonPage(file, (local) => {
      if (local === '') return relative(['lessons', ...own], 'START.html')
      return relative(own, names.of(local.endsWith('/') ? this.#frontOf(local) : local))
    })
  }

  #frontOf(folder: string): string {
    const { index } = this.#components
    return index.get('lessons', `${folder}index.html`) ? `${folder}index.html` : `${folder}index.htm`
  }

  async #made(system: LearnerSystem, path: string): Promise<Uint8Array> {
    const { views } = this.#components
    if (path === `${SIMPLE}index.html`) return Buffer.from(views.pythonNamesPage(views.pythonProjects(system)))
    const project = /^python\/simple\/([a-z0-9-]+)\/index\.html$/.exec(path)?.[1]
    if (project !== undefined) return Buffer.from(views.pythonPage(project, system, '../../packages/'))
    const r = /^r\/(.+)\/PACKAGES(\.gz)?$/.exec(path)
    if (r?.[1]) return r[2] ? await compress(views.rIndex(r[1])) : Buffer.from(views.rIndex(r[1]))
    const start = this.#startPages(system).get(path)
    if (start === undefined) throw new JoineryError('NOT_FOUND', `nothing is made for a stick as ${path}`)
    return Buffer.from(start)
  }

  #startPages(system: LearnerSystem): ReadonlyMap<string, string> {
    const { index, startPages, views } = this.#components
    const names = (collection: string): StickNames => this.#namesOf(collection)
    const installers = [...index.list('installers')].filter((file) => suitsSystem(file, system))
    const others = index.collections().filter((collection) => !KNOWN.has(collection))
    return startPages({
      system,
      room: this.#init.room(),
      lessons: views.lessons().map(({ path, title }) => {
        const front = path.endsWith('/') ? this.#frontOf(path) : path
        const folder = path.endsWith('/') ? path : path.replace(/\.html$/, '/')
        return { title, href: href(`lessons/${names('lessons').of(front)}`), data: this.#dataOf(folder) }
      }),
      installers: installers.map((file) => ({
        name: text(file, 'product') ?? file.path,
        ...optional('version', text(file, 'version')),
        ...optional('cpu', text(file, 'cpu')),
        href: href(`installers/${names('installers').of(file.path)}`),
        sizeBytes: file.sizeBytes,
        sha256: this.#components.sha256Of(file)
      })),
      python: views.pythonProjects(system),
      r: [...new Set(views.rFolders(system).flatMap((folder) => views.rFiles(folder).map(rName)))].sort(),
      others: others.map((name) => ({ name, href: href(`files/${name}/`), files: [...index.list(name)].length }))
    })
  }

  /** What a lesson gives its learners to work with. */
  #dataOf(folder: string): StickStart['lessons'][number]['data'] {
    const found: StickStart['lessons'][number]['data'] = []
    for (const file of this.#components.index.list('lessons', folder)) {
      const inside = file.path.slice(folder.length)
      if (!/^(?:episodes\/)?(?:data|files)\/|^[^/]+\.(?:zip|csv)$/i.test(inside) || /\.html?$/i.test(inside)) continue
      if (found.length === MAX_LISTED_DATA) break
      const at = href(`lessons/${this.#namesOf('lessons').of(file.path)}`)
      found.push({ name: inside.replace(/^(?:episodes\/)?(?:data|files)\//i, ''), href: at, sizeBytes: file.sizeBytes })
    }
    return found
  }

  #namesOf(collection: string): StickNames {
    const { index } = this.#components
    const revision = index.revision(collection)
    const known = this.#names.get(collection)
    if (known?.revision === revision) return known.names
    const names = new StickNames(pathsOf(index, collection))
    this.#names.set(collection, { revision, names })
    return names
  }

  #file(collection: string, path: string): ContentFile {
    const file = this.#components.index.get(collection, path)
    if (!file) throw new JoineryError('NOT_FOUND', `the room no longer has ${collection}/${path}`)
    return file
  }

  #edition(system: LearnerSystem): string {
    const { index } = this.#components
    const revisions = index.collections().map((collection) => `${collection} ${index.revision(collection)}`)
    return [`joinery ${this.#init.version}`, system, JSON.stringify(this.#init.room()), ...revisions].join(', ')
  }
}

function* pathsOf(index: ContentIndex, collection: string): Iterable<string> {
  for (const { path } of index.list(collection)) yield path
}

function made(path: string, sizeBytes: number): StickItem {
  return { kind: 'entry', entry: { path, sizeBytes, source: { kind: 'made', path } } }
}

function suitsSystem(file: ContentFile, system: LearnerSystem): boolean {
  const said = text(file, 'system')
  return said === undefined || said === system
}

function text(file: ContentFile, name: string): string | undefined {
  const value = file.details[name]
  return typeof value === 'string' ? value : undefined
}

function optional<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]: string })
}

function rName(file: ContentFile): string {
  return text(file, 'package') ?? file.path.slice(file.path.lastIndexOf('/') + 1)
}

/** From one folder of the stick to a path on it. */
function relative(from: readonly string[], to: string): string {
  const parts = to.split('/')
  let same = 0
  while (same < from.length && same < parts.length - 1 && from[same] === parts[same]) same++
  const address = [...from.slice(same).map(() => '..'), ...parts.slice(same).map(encodeURIComponent)].join('/')
  // A first part with a colon would be a scheme; encoded it is none, but `./` is plain.
  return address.startsWith('..') ? address : `./${address}`
}

function href(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

function encoded(bytes: Uint8Array): StickBytes {
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
}
