import type { Cid } from '../../../protocols/cid.ts'
import type {
  BlobReader,
  ContentIndex,
  Mirror,
  MirrorAnswer,
  MirrorRequest,
  MissingPackage
} from '../../../protocols/content.ts'
import { FoundFiles } from '../found-files.ts'
import { compressedPageOf, PageCache } from '../page-cache.ts'
import { PLAIN_HTML, pickSimpleType, SIMPLE_JSON, type SimpleType } from './accept.ts'
import { pythonClient } from './client.ts'
import { normalizeName } from './file-name.ts'
import { namesHtml, namesJson, projectHtml, projectJson } from './pages.ts'
import { metadataOf, type ProjectFile, projectFiles, projectNames } from './project.ts'

/** Pages of the 200 packages of a class, in two types, at some 5 KB each. */
const CACHE_BYTES = 4 * 1024 * 1024
/** Projects whose files are known without reading the list again: a room has some hundreds, and each is a few names. */
const MAX_PROJECTS = 2_048
/** Another version of the file has another address. */
const FOREVER = { 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' }
/** pip keeps pages for 10 minutes otherwise, and would not see what was added meanwhile. */
const ASK_EACH_TIME = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
const PAGE_HEADERS = { ...ASK_EACH_TIME, vary: 'Accept' }

export interface PypiMirrorComponents {
  index: ContentIndex
  blobs: Pick<BlobReader, 'hasLocally'>
}

/**
 * Answers below `/pypi`: `simple/`, `simple/<project>/`, `files/<cid>/<project>/<file>` and `….metadata`. As the older static mirrors
 * of workshops did, `<project>/` is the same page as `simple/<project>/`, and `<project>/<file>` the file, so that their settings go on working.
 */
export function createPypiMirror(components: PypiMirrorComponents): Mirror {
  const mirror = new PypiMirror(components)
  return { answer: async (request) => mirror.answer(request) }
}

class PypiMirror {
  readonly #index: ContentIndex
  readonly #blobs: Pick<BlobReader, 'hasLocally'>
  readonly #cache = new PageCache(CACHE_BYTES)
  readonly #found: FoundFiles
  #revision = ''
  /** Of each project, the metadata of its files. */
  readonly #projects = new Map<string, readonly Cid[]>()

  constructor({ index, blobs }: PypiMirrorComponents) {
    this.#index = index
    this.#blobs = blobs
    this.#found = new FoundFiles(index, 'pypi')
  }

  answer(request: MirrorRequest): MirrorAnswer {
    const path = request.path.replace(/^\//, '')
    const parts = path.split('/')
    const [first = '', second = ''] = parts
    if (path === '') return redirect('./simple/')
    if (path === 'simple') return redirect('./simple/')
    if (path === 'simple/') return this.#names(request)
    if (first === 'files') return this.#hashedFile(parts.slice(1))
    if (first === 'simple' && parts.length <= 3 && (parts[2] ?? '') === '') {
      return this.#project(request, second, parts.length === 3, '../../')
    }
    if (parts.length === 1 || (parts.length === 2 && second === '')) {
      return this.#project(request, first, parts.length === 2, '../')
    }
    return parts.length === 2 ? this.#file(parts, undefined) : { kind: 'missing' }
  }

  #names(request: MirrorRequest): MirrorAnswer {
    const type = typeFor(request)
    const revision = this.#index.revision('pypi')
    return this.#page(revision, `names ${type}`, type, () => {
      const names = projectNames(this.#index)
      return type === SIMPLE_JSON ? namesJson(names) : namesHtml(names)
    })
  }

  #project(request: MirrorRequest, asked: string, hasSlash: boolean, up: string): MirrorAnswer {
    const project = normalizeName(asked)
    if (!project) return { kind: 'missing' }
    if (project !== asked) return redirect(hasSlash ? `../${project}/` : `./${project}/`)
    if (!hasSlash) return redirect(`./${project}/`)
    const metadata = this.#metadataOf(project)
    if (!metadata) return { kind: 'missing', want: want(project, request) }
    const type = typeFor(request)
    // What is announced changes while blobs arrive, without the collection changing.
    let held = ''
    for (const cid of metadata) held += this.#blobs.hasLocally(cid) ? '1' : '0'
    return this.#page(this.#index.revision('pypi'), `${project} ${type} ${up} ${held}`, type, () => {
      const files = projectFiles(this.#index, project)
      const announced = (file: ProjectFile): boolean =>
        file.metadata !== undefined && this.#blobs.hasLocally(file.metadata.cid)
      return type === SIMPLE_JSON
        ? projectJson(project, files, up, announced)
        : projectHtml(project, files, up, announced)
    })
  }

  /** Undefined when there is no file of the project; an sdist has no metadata of its own. */
  #metadataOf(project: string): readonly Cid[] | undefined {
    const revision = this.#index.revision('pypi')
    if (revision !== this.#revision) {
      this.#projects.clear()
      this.#revision = revision
    }
    const known = this.#projects.get(project)
    if (known) return known
    const files = projectFiles(this.#index, project)
    if (files.length === 0) return undefined
    const metadata = files.flatMap((file) => (file.metadata ? [file.metadata.cid] : []))
    if (this.#projects.size >= MAX_PROJECTS) this.#projects.clear()
    this.#projects.set(project, metadata)
    return metadata
  }

  /** `<cid>/<project>/<file>` */
  #hashedFile(parts: readonly string[]): MirrorAnswer {
    const [cid, ...path] = parts
    return path.length === 2 ? this.#file(path, cid) : { kind: 'missing' }
  }

  /** @param cid of the page that the client read: when the file was replaced since, it is better told so than given other bytes */
  #file(parts: readonly string[], cid: string | undefined): MirrorAnswer {
    const path = parts.join('/')
    const isMetadata = path.endsWith('.metadata')
    const file = this.#found.get(isMetadata ? path.slice(0, -'.metadata'.length) : path)
    if (!file || path.endsWith('.yanked') || (cid !== undefined && cid !== file.cid)) return { kind: 'missing' }
    const headers = cid === undefined ? ASK_EACH_TIME : FOREVER
    if (!isMetadata) return { kind: 'file', file, contentType: 'application/octet-stream', headers }
    const metadata = metadataOf(file)
    if (!metadata) return { kind: 'missing' }
    return { kind: 'file', file: metadata, contentType: 'text/plain; charset=utf-8', headers }
  }

  #page(revision: string, key: string, type: SimpleType, make: () => string): MirrorAnswer {
    let page = this.#cache.get(revision, key)
    if (!page) {
      page = compressedPageOf(make())
      this.#cache.set(key, page)
    }
    const contentType = type === SIMPLE_JSON ? type : `${type}; charset=utf-8`
    const { bytes, gzip, etag } = page
    return { kind: 'bytes', bytes, contentType, etag, headers: PAGE_HEADERS, ...(gzip ? { gzip } : {}) }
  }
}

/** A class has a handful of clients that each say the same at every request. */
const MAX_ACCEPTS = 32
const accepts = new Map<string, SimpleType>()

function typeFor({ headers, query }: MirrorRequest): SimpleType {
  const accept = headers.accept ?? PLAIN_HTML
  if (query.size > 0) return pickSimpleType(accept, query.get('format'))
  let type = accepts.get(accept)
  if (type === undefined) {
    type = pickSimpleType(accept, null)
    if (accepts.size >= MAX_ACCEPTS) accepts.clear()
    accepts.set(accept, type)
  }
  return type
}

function redirect(location: string): MirrorAnswer {
  return { kind: 'redirect', location, permanent: true }
}

function want(name: string, request: MirrorRequest): MissingPackage {
  return { collection: 'pypi', name, ...pythonClient(request.headers['user-agent']) }
}
