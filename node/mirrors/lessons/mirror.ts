import type {
  BlobReader,
  ContentFile,
  ContentIndex,
  Mirror,
  MirrorAnswer,
  MirrorRequest
} from '../../../protocols/content.ts'
import { renderLessonsPage } from '../../../web-client/lists/list-pages.ts'
import { contentTypeOf } from '../content-type.ts'
import { relativeReference } from '../markup.ts'
import { type Page, PageCache, pageOf } from '../page-cache.ts'
import { languageOf } from '../visitor-language.ts'
import { lessonsOf } from './lesson-list.ts'
import { MAX_REWRITE_BYTES, REWRITTEN_CACHE_BYTES } from './limits.ts'
import { rewritePage } from './page-rewriter.ts'
import { roomBar } from './room-bar.ts'
import { SiteMap } from './site-map.ts'

/** Where the front door mounts this mirror; rewritten addresses start with it. */
const MOUNT = '/lessons/'
/** Among the keys of pages, which begin with a CID. */
const LIST_KEY = 'list'

/**
 * A lesson is somebody else's code: without `allow-same-origin` it has an origin of its own, so that it cannot use the session, the storage or
 * the address of the room's own pages, and cannot install a service worker. What it opens in a window of its own is a page like any other: the learner's sticky, or
 * something on the internet. It may still ask for its own files (search, fonts), which needs the CORS header.
 */
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    'sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads',
  'x-content-type-options': 'nosniff',
  'access-control-allow-origin': '*'
}

export interface LessonsMirrorComponents {
  index: ContentIndex
  blobs: Pick<BlobReader, 'bytes'>
}

/** Answers below `/lessons`: the list of lessons, and their files; pages with the addresses of what is in the room in place of those on the internet. */
export function createLessonsMirror(components: LessonsMirrorComponents): Mirror {
  const mirror = new LessonsMirror(components)
  return { answer: (request) => mirror.answer(request) }
}

class LessonsMirror {
  readonly #index: ContentIndex
  readonly #blobs: Pick<BlobReader, 'bytes'>
  readonly #cache = new PageCache(REWRITTEN_CACHE_BYTES)
  /** A class opens one page at the same moment: it is made once. Empty again when nobody waits. */
  readonly #making = new Map<string, Promise<Page>>()
  #sites: { revision: string; map: SiteMap } | undefined

  constructor({ index, blobs }: LessonsMirrorComponents) {
    this.#index = index
    this.#blobs = blobs
  }

  async answer(request: MirrorRequest): Promise<MirrorAnswer> {
    const path = request.path.replace(/^\//, '')
    if (path === '' || path === 'index.html') return this.#list(request)
    const file = this.#index.get('lessons', path) ?? this.#index.get('lessons', withQuery(path, request.query))
    if (file) return this.#file(file, request)
    if (path.endsWith('/')) return this.#folder(path, request)
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (this.#isFolder(`${path}/`)) return redirect(`${relativeReference(name)}/`)
    if (this.#index.get('lessons', `${path}.html`)) return redirect(`${relativeReference(name)}.html`)
    return { kind: 'missing' }
  }

  async #folder(path: string, request: MirrorRequest): Promise<MirrorAnswer> {
    const file = this.#index.get('lessons', `${path}index.html`) ?? this.#index.get('lessons', `${path}index.htm`)
    if (file) return this.#file(file, request)
    // A crawler that was given the address without the last slash puts the front page beside the folder.
    const beside = `${path.slice(0, -1)}.html`
    if (!this.#index.get('lessons', beside)) return { kind: 'missing' }
    return redirect(`.${relativeReference(beside.slice(beside.lastIndexOf('/') + 1))}`)
  }

  #isFolder(path: string): boolean {
    const has = (name: string): boolean => this.#index.get('lessons', name) !== undefined
    return has(`${path}index.html`) || has(`${path}index.htm`)
  }

  async #file(file: ContentFile, request: MirrorRequest): Promise<MirrorAnswer> {
    const contentType = contentTypeOf(file.path)
    if (contentType !== 'text/html' || file.sizeBytes > MAX_REWRITE_BYTES)
      return { kind: 'file', file, contentType, headers: HEADERS }
    const page = await this.#rewritten(file, roomAddress(request.headers.host))
    return { kind: 'bytes', bytes: page.bytes, contentType, etag: page.etag, headers: { ...HEADERS, vary: 'Host' } }
  }

  async #rewritten(file: ContentFile, room: string | undefined): Promise<Page> {
    const revision = this.#index.revision('lessons')
    const key = `${file.cid} ${file.path} ${room ?? ''}`
    const known = this.#cache.get(revision, key)
    if (known) return known
    const making = `${revision} ${key}`
    const started = this.#making.get(making) ?? this.#make(file, room)
    this.#making.set(making, started)
    try {
      const page = await started
      if (this.#index.revision('lessons') === revision) this.#cache.set(key, page)
      return page
    } finally {
      this.#making.delete(making)
    }
  }

  async #make(file: ContentFile, room: string | undefined): Promise<Page> {
    const original = await this.#blobs.bytes(file, MAX_REWRITE_BYTES)
    // UTF-16 does not contain ASCII; nobody publishes in it.
    if (original[0] === 0xff || original[0] === 0xfe) return pageOf(original)
    const page = Buffer.from(original.buffer, original.byteOffset, original.length).toString('latin1')
    const init = {
      ...{ path: file.path, mount: MOUNT },
      ...(room !== undefined && {
        roomAddress: room,
        ending: (language: string | undefined) => roomBar(room, language)
      })
    }
    return pageOf(Buffer.from(rewritePage(page, this.#siteMap(), init), 'latin1'))
  }

  #siteMap(): SiteMap {
    const revision = this.#index.revision('lessons')
    if (this.#sites?.revision !== revision) this.#sites = { revision, map: new SiteMap(this.#index) }
    return this.#sites.map
  }

  #list(request: MirrorRequest): MirrorAnswer {
    const language = languageOf(request)
    const key = `${LIST_KEY} ${language}`
    const known = this.#cache.get(this.#index.revision('lessons'), key)
    const { bytes, etag } = known ?? pageOf(renderLessonsPage(lessonsOf(this.#index), language))
    if (!known) this.#cache.set(key, { bytes, etag })
    const headers = { ...HEADERS, vary: 'Accept-Language' }
    return { kind: 'bytes', bytes, contentType: 'text/html; charset=utf-8', etag, headers }
  }
}

/** The address that the visitor uses works from where the visitor is. The front door has checked that it is one of ours. */
function roomAddress(host: string | undefined): string | undefined {
  return host !== undefined && /^[\w.:[\]-]{1,255}$/.test(host) ? `http://${host}` : undefined
}

/** Crawlers keep the query as a part of the file's name: `style.css?v=3`. */
function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

/** Not for ever: the next version of the collection may have something there. */
function redirect(location: string): MirrorAnswer {
  return { kind: 'redirect', location, permanent: false }
}
