/** Which addresses of the internet are mirrored here, and where. Made new for each revision of the collection. */
import type { ContentIndex } from '../../../protocols/content.ts'
import { textDetail } from '../package-details.ts'
import { MAX_ADDRESS_CHARACTERS, MAX_ADDRESS_PARTS, MAX_FOLDERS_PER_SITE, MAX_SITES } from './limits.ts'

/** Folders of `offlinedatasci` and the hosts that they are crawled from. */
const KNOWN_SOURCES: readonly (readonly [folder: string, hosts: readonly string[]])[] = [
  ['software-carpentry', ['swcarpentry.github.io', 'software-carpentry.org']],
  ['data-carpentry', ['datacarpentry.github.io', 'datacarpentry.org']],
  ['library-carpentry', ['librarycarpentry.github.io', 'librarycarpentry.org']]
]
/** Folders of a lesson's source whose content the Carpentries' theme publishes at the top of the site. */
const SOURCE_FOLDERS = /^(?:episodes|learners|instructors|profiles|_episodes|_episodes_rmd|_extras)\//

export class SiteMap {
  readonly #index: ContentIndex
  /** `host/path/` → folders of the collection, the likeliest first. */
  readonly #folders = new Map<string, string[]>()
  /** Folder → `host/path/`. */
  readonly #homes = new Map<string, string>()

  constructor(index: ContentIndex) {
    this.#index = index
    const tops = new Set<string>()
    const claims: [home: string, path: string][] = []
    for (const file of index.list('lessons')) {
      const slash = file.path.indexOf('/')
      if (slash > 0) tops.add(file.path.slice(0, slash))
      const home = textDetail(file, 'home')
      if (home !== undefined && claims.length < MAX_SITES * 50) claims.push([home, file.path])
    }
    for (const [folder, hosts] of KNOWN_SOURCES) {
      if (tops.has(folder)) for (const host of hosts) this.#add(`${host}/`, `${folder}/`)
    }
    for (const top of tops) {
      if (/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i.test(top)) this.#add(`${plainHost(top)}/`, `${top}/`)
    }
    for (const [home, path] of claims) this.#addClaim(home, path)
  }

  /**
   * The path in the collection where what is at this address lies, as a request would find it (a folder with an index ends in `/`).
   * Addresses of a repository's files on GitHub are found in the site that is made from it.
   */
  find(address: URL): string | undefined {
    for (const candidate of equivalents(address)) {
      const found = this.#findPublished(candidate)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Where a page of the collection is on the internet, as far as it is known. */
  homeOf(path: string): string | undefined {
    const said = this.#index.get('lessons', path)
    const home = said && textDetail(said, 'home')
    if (home !== undefined) return home
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const prefix = this.#homes.get(path.slice(0, slash + 1))
      if (prefix !== undefined) return `https://${prefix}${path.slice(slash + 1)}`
    }
    return undefined
  }

  /** A path of the collection as a request would find it, or undefined when nothing is there. */
  existing(path: string): string | undefined {
    if (path.length > MAX_ADDRESS_CHARACTERS) return undefined
    const has = (name: string): boolean => this.#index.get('lessons', name) !== undefined
    if (path === '' || path.endsWith('/')) {
      if (path === '' || has(`${path}index.html`)) return path
      return has(`${path.slice(0, -1)}.html`) ? `${path.slice(0, -1)}.html` : undefined
    }
    if (has(path)) return path
    if (has(`${path}/index.html`)) return `${path}/`
    return has(`${path}.html`) ? `${path}.html` : undefined
  }

  #findPublished(address: string): string | undefined {
    let tries = 0
    for (let slash = address.lastIndexOf('/'); slash > 0; slash = address.lastIndexOf('/', slash - 1)) {
      if (++tries > MAX_ADDRESS_PARTS) return undefined
      const rest = address.slice(slash + 1)
      for (const folder of this.#folders.get(address.slice(0, slash + 1)) ?? []) {
        const found = this.existing(`${folder}${rest}`)
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  /** A page says its own address: what the two have in common at the end is the path in the site. */
  #addClaim(home: string, path: string): void {
    if (!URL.canParse(home)) return
    const url = new URL(home)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return
    const address = publishedAddress(url)
    if (address === undefined) return
    const there = (address.endsWith('/') ? `${address}index.html` : address).split('/')
    const here = path.split('/')
    while (there.length > 1 && here.length > 0 && there.at(-1) === here.at(-1)) {
      there.pop()
      here.pop()
    }
    // Nothing in common: such as a page that gives the front page of its site as its address.
    if (here.length === path.split('/').length) return
    this.#add(`${there.join('/')}/`, here.length === 0 ? '' : `${here.join('/')}/`)
  }

  #add(prefix: string, folder: string): void {
    const known = this.#folders.get(prefix)
    if (known?.includes(folder)) return
    if (known && known.length < MAX_FOLDERS_PER_SITE) known.push(folder)
    else if (!known && this.#folders.size < MAX_SITES) this.#folders.set(prefix, [folder])
    if (!this.#homes.has(folder) && this.#homes.size < MAX_SITES) this.#homes.set(folder, prefix)
  }
}

function equivalents(url: URL): string[] {
  const address = publishedAddress(url)
  if (address === undefined) return []
  const raw =
    /^raw\.githubusercontent\.com\/([^/]+)\/([^/]+)\/(?:refs\/heads\/)?[^/]+\/(.+)$/.exec(address) ??
    /^github\.com\/([^/]+)\/([^/]+)\/raw\/(?:refs\/heads\/)?[^/]+\/(.+)$/.exec(address)
  if (!raw) return [address]
  const [, owner = '', repository = '', path = ''] = raw
  const site = `${owner.toLowerCase()}.github.io/${repository}/`
  return [address, `${site}${path.replace(SOURCE_FOLDERS, '')}`, `${site}${path}`]
}

/** `host/path` with the path decoded, or undefined when it is no address that a crawler could have saved. */
function publishedAddress(url: URL): string | undefined {
  if (url.href.length > MAX_ADDRESS_CHARACTERS || url.port !== '') return undefined
  try {
    return `${plainHost(url.hostname)}${decodeURIComponent(url.pathname).normalize('NFC')}`
  } catch {
    return undefined
  }
}

function plainHost(host: string): string {
  return host.toLowerCase().replace(/^www\./, '')
}
