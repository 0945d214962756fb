import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ContentIndex, Mirror, MirrorAnswer, MirrorRequest } from '../../../protocols/content.ts'
import { FoundFiles } from '../found-files.ts'
import { escapeHtml } from '../markup.ts'
import { PageCache, pageOf } from '../page-cache.ts'
import { isContribFolder, parseRFileName, rClient, splitContribPath } from './contrib-path.ts'
import { contribFolders, packagesIndex } from './packages-index.ts'

/** The whole of CRAN has 6 MB of PACKAGES in each folder; a class has some 100 KB. */
const CACHE_BYTES = 16 * 1024 * 1024
const HEADERS = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
const compress = promisify(gzip)

/**
 * Answers below `/cran` what `contrib.url` makes of the address: `PACKAGES` and `PACKAGES.gz` of each folder (`PACKAGES.rds` is not needed: R asks
 * for the others then), the packages, and `Archive/<name>/<file>` for every version.
 */
export function createCranMirror(components: { index: ContentIndex }): Mirror {
  const mirror = new CranMirror(components.index)
  return { answer: (request) => mirror.answer(request) }
}

class CranMirror {
  readonly #index: ContentIndex
  readonly #cache = new PageCache(CACHE_BYTES)
  readonly #found: FoundFiles

  constructor(index: ContentIndex) {
    this.#index = index
    this.#found = new FoundFiles(index, 'cran')
  }

  async answer(request: MirrorRequest): Promise<MirrorAnswer> {
    const path = request.path.replace(/^\//, '')
    if (path === '') return this.#page('folders', 'text/html; charset=utf-8', () => this.#folders())
    const place = splitContribPath(path)
    if (!place || `${place.folder}/${place.rest}` !== path) return { kind: 'missing' }
    const { folder, rest } = place
    if (rest === 'PACKAGES' || rest === 'PACKAGES.gz') return this.#packages(folder, rest)
    return this.#file(folder, rest)
  }

  async #packages(folder: string, name: 'PACKAGES' | 'PACKAGES.gz'): Promise<MirrorAnswer> {
    const isMade = this.#cache.get(this.#index.revision('cran'), `${folder}/${name}`) !== undefined
    if (!isMade && !this.#hasPackages(folder)) {
      // R asks for .rds and .gz before: one want is enough.
      if (name !== 'PACKAGES' || folder === 'src/contrib') return { kind: 'missing' }
      return { kind: 'missing', want: { collection: 'cran', name: 'R packages', ...rClient(folder) } }
    }
    if (name === 'PACKAGES')
      return this.#page(`${folder}/PACKAGES`, 'text/plain; charset=utf-8', () => packagesIndex(this.#index, folder))
    return this.#page(`${folder}/PACKAGES.gz`, 'application/gzip', () => compress(packagesIndex(this.#index, folder)))
  }

  #hasPackages(folder: string): boolean {
    for (const file of this.#index.list('cran', `${folder}/`)) {
      if (parseRFileName(file.path.slice(folder.length + 1))) return true
    }
    return false
  }

  #file(folder: string, rest: string): MirrorAnswer {
    const fileName = rest.slice(rest.lastIndexOf('/') + 1)
    const named = parseRFileName(fileName)
    if (!named) return { kind: 'missing' }
    const inArchive = rest === `Archive/${named.packageName}/${fileName}`
    const file = rest === fileName || inArchive ? this.#found.get(`${folder}/${fileName}`) : undefined
    if (!file) {
      return { kind: 'missing', want: { collection: 'cran', name: named.packageName, ...rClient(folder) } }
    }
    const contentType = named.suffix === '.zip' ? 'application/zip' : 'application/gzip'
    return { kind: 'file', file, contentType, headers: HEADERS }
  }

  async #page(key: string, contentType: string, make: () => string | Promise<Uint8Array>): Promise<MirrorAnswer> {
    const revision = this.#index.revision('cran')
    let page = this.#cache.get(revision, key)
    if (!page) {
      page = pageOf(await make())
      // The collection may have changed while it was compressed.
      if (this.#index.revision('cran') === revision) this.#cache.set(key, page)
    }
    return { kind: 'bytes', bytes: page.bytes, contentType, etag: page.etag, headers: HEADERS }
  }

  #folders(): string {
    const rows = contribFolders(this.#index)
      .filter(isContribFolder)
      .map((folder) => `<li><a href="./${escapeHtml(folder)}/PACKAGES">${escapeHtml(folder)}</a></li>`)
    return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>R packages in this room</title></head><body>
<h1>R packages in this room</h1>\n<ul>\n${rows.join('\n')}\n</ul>\n</body></html>\n`
  }
}
