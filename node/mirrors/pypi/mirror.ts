import type { BlobReader, ContentIndex, Mirror, MirrorAnswer, MirrorRequest } from '../../../protocols/content.ts'
import { type Page, PageCache, pageOf } from '../page-cache.ts'
import { PLAIN_HTML, pickSimpleType, SIMPLE_JSON, type SimpleType } from './accept.ts'
import { describeTarget } from './client.ts'
import { normalizeName } from './file-name.ts'
import { namesHtml, namesJson, projectHtml, projectJson } from './pages.ts'
import { metadataOf, type ProjectFile, projectFiles, projectNames } from './project.ts'

/** Pages of the 200 packages of a class, in two types, at some 5 KB each. */
const CACHE_BYTES = 4 * 1024 * 1024
const FOREVER = 'public, max-age=31536000, immutable'
/** pip keeps pages for 10 minutes otherwise, and would not see what was added meanwhile. */
const ASK_EACH_TIME = 'no-cache'

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

  constructor({ index, blobs }: PypiMirrorComponents) {
    this.#index = index
    this.#blobs = blobs
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
    const files = projectFiles(this.#index, project)
    if (files.length === 0) return { kind: 'missing', want: want(project, request) }
    const type = typeFor(request)
    const announced = (file: ProjectFile): boolean =>
      file.metadata !== undefined && this.#blobs.hasLocally(file.metadata.cid)
    // What is announced changes while blobs arrive, without the collection changing.
    const held = files.map((file) => (announced(file) ? '1' : '0')).join('')
    return this.#page(this.#index.revision('pypi'), `${project} ${type} ${up} ${held}`, type, () =>
      type === SIMPLE_JSON ? projectJson(project, files, up, announced) : projectHtml(project, files, up, announced)
    )
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
    const file = this.#index.get('pypi', isMetadata ? path.slice(0, -'.metadata'.length) : path)
    if (!file || path.endsWith('.yanked') || (cid !== undefined && cid !== file.cid)) return { kind: 'missing' }
    const headers = {
      'cache-control': cid === undefined ? ASK_EACH_TIME : FOREVER,
      'x-content-type-options': 'nosniff'
    }
    if (!isMetadata) return { kind: 'file', file, contentType: 'application/octet-stream', headers }
    const metadata = metadataOf(file)
    if (!metadata) return { kind: 'missing' }
    return { kind: 'file', file: metadata, contentType: 'text/plain; charset=utf-8', headers }
  }

  #page(revision: string, key: string, type: SimpleType, make: () => string): MirrorAnswer {
    const page = this.#cache.get(revision, key) ?? this.#made(key, make())
    const contentType = type === SIMPLE_JSON ? type : `${type}; charset=utf-8`
    const headers = { 'cache-control': ASK_EACH_TIME, vary: 'Accept', 'x-content-type-options': 'nosniff' }
    return { kind: 'bytes', bytes: page.bytes, contentType, etag: page.etag, headers }
  }

  #made(key: string, text: string): Page {
    const page = pageOf(text)
    this.#cache.set(key, page)
    return page
  }
}

function typeFor(request: MirrorRequest): SimpleType {
  return pickSimpleType(request.headers.accept ?? PLAIN_HTML, request.query.get('format'))
}

function redirect(location: string): MirrorAnswer {
  return { kind: 'redirect', location, permanent: true }
}

function want(name: string, request: MirrorRequest): { collection: string; name: string; target?: string } {
  const target = describeTarget(request.headers['user-agent'])
  return { collection: 'pypi', name, ...(target ? { target } : {}) }
}
