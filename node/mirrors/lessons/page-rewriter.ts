import { type Attribute, decodeReferences, htmlTokens, type Token, textOfBytes } from './html-tokens.ts'
import { MAX_ADDRESS_CHARACTERS, MAX_PAGE_LINKS } from './limits.ts'
import { FILE_HEAD_ADDITION, HEAD_ADDITION, needsInternetMark } from './page-additions.ts'
import { addressesInText, CODE_ELEMENTS, linkUse } from './page-links.ts'
import type { SiteMap } from './site-map.ts'
import { needsInternetText } from './texts.ts'

export interface RewriteInit {
  /** Of the page, in the collection. */
  path: string
  /** Where the collection is served: `/lessons/`. */
  mount: string
  /** What a program in a code block has to ask: `http://192.168.4.1`. Without it, code stays as it is. */
  roomAddress?: string
  /**
   * For a folder that is read without a server: what stands at a path of the collection (a folder ends in `/`), relative to the page. Every address of
   * something that is here is then written so, also those that were right as they were; in code it is left to the page's own script.
   */
  fileAddress?(local: string): string
  /** Put at the end of whole pages, not of parts that a page loads. @param language as in `<html lang>` */
  ending?(language: string | undefined): string
}

/**
 * A page with the addresses of what is in this room instead of those on the internet. All else stays byte for byte. Pure.
 *
 * - an address that is mirrored, also as text in `code` and `pre`, becomes the room's;
 * - a link to what is not here gets a mark; a frame or a video gets one before it;
 * - scripts and styles that are not here may come when they come: without an uplink they would hold up the page until the network gives up.
 */
export function rewritePage(page: string, sites: SiteMap, init: RewriteInit): string {
  return new PageRewriter(page, sites, init).run()
}

class PageRewriter {
  readonly #page: string
  readonly #sites: SiteMap
  readonly #init: RewriteInit
  readonly #edits: Edit[] = []
  /** Of a page that names a base: relative addresses are meant to start there. */
  #base: URL | undefined
  readonly #here: URL
  #links = 0
  #codeDepth = 0
  #markAtEnd = false
  #hasHead = false
  #language: string | undefined
  #isWhole = false
  #bodyEnd: number | undefined
  #mark = needsInternetMark(needsInternetText(undefined))

  constructor(page: string, sites: SiteMap, init: RewriteInit) {
    this.#page = page
    this.#sites = sites
    this.#init = init
    this.#here = new URL(this.#placeOf(init.path), ROOM)
  }

  run(): string {
    for (const token of htmlTokens(this.#page)) {
      if (token.kind === 'start') this.#start(token)
      else if (token.kind === 'end') this.#end(token)
      else if (token.kind === 'text' && this.#codeDepth > 0) this.#code(token)
    }
    if (this.#isWhole && this.#init.ending)
      this.#insert(this.#bodyEnd ?? this.#page.length, this.#init.ending(this.#language))
    return applyEdits(this.#page, this.#edits)
  }

  #start(tag: Token & { kind: 'start' }): void {
    if (tag.name === 'html') {
      this.#language = attributeOf(tag, 'lang')
      this.#mark = needsInternetMark(needsInternetText(this.#language))
    }
    if (tag.name === 'html' || tag.name === 'body') this.#isWhole = true
    if (tag.name === 'base') this.#rewriteBase(tag)
    else if (tag.name === 'meta') this.#rewriteRefresh(tag)
    else for (const attribute of tag.attributes) this.#rewriteLink(tag, attribute)
    if (CODE_ELEMENTS.has(tag.name)) this.#codeDepth++
    this.#addToHead(tag)
  }

  #end(tag: Token & { kind: 'end' }): void {
    if (CODE_ELEMENTS.has(tag.name)) this.#codeDepth = Math.max(0, this.#codeDepth - 1)
    if (tag.name === 'body') this.#bodyEnd = tag.start
    if (tag.name === 'a' && this.#markAtEnd) {
      this.#markAtEnd = false
      this.#insert(tag.start, this.#mark)
    }
  }

  /** After `<head>`, or, where the page leaves that out, before the first thing that is in one. */
  #addToHead(tag: Token & { kind: 'start' }): void {
    if (this.#hasHead || tag.name === 'html') return
    this.#hasHead = true
    this.#insert(tag.name === 'head' ? tag.end : tag.start, this.#init.fileAddress ? FILE_HEAD_ADDITION : HEAD_ADDITION)
  }

  #rewriteLink(tag: Token & { kind: 'start' }, attribute: Attribute): void {
    const use = linkUse(tag.name, attribute.name)
    if (!use || attribute.start === attribute.end) return
    if (attribute.name === 'srcset') {
      const changed = attribute.value.replace(
        /(^|,\s*)([^\s,]+)/g,
        (_, before, address) => `${before}${this.#local(address) ?? address}`
      )
      if (changed !== attribute.value) this.#replaceValue(attribute, changed)
      return
    }
    const target = this.#resolve(attribute.value)
    if (target.kind === 'here') this.#replaceValue(attribute, target.address)
    if (target.kind !== 'away') return
    if (target.address !== undefined) this.#replaceValue(attribute, target.address)
    if (use === 'go' && tag.name === 'a') this.#markAtEnd = true
    else if (use === 'embed') this.#insert(tag.start, this.#mark)
    else if (use === 'script') this.#insert(tag.nameEnd, ' async')
    else if (tag.name === 'link' && /\bstylesheet\b/i.test(attributeOf(tag, 'rel') ?? '')) {
      this.#insert(tag.nameEnd, ` media="print" onload="this.media='all'"`)
    }
  }

  /** Relative addresses then start in the mirrored site, or stay on the internet. */
  #rewriteBase(tag: Token & { kind: 'start' }): void {
    const attribute = tag.attributes.find((known) => known.name === 'href')
    if (!attribute || this.#base) return
    const url = parse(attribute.value, this.#here)
    if (!url) return
    const local = url.origin === ROOM ? undefined : this.#sites.find(url)
    if (local === undefined) this.#base = url
    else {
      this.#base = new URL(this.#placeOf(local), ROOM)
      // All that is here is written relative to the page itself.
      this.#replaceValue(attribute, this.#init.fileAddress ? './' : this.#placeOf(local))
    }
  }

  #rewriteRefresh(tag: Token & { kind: 'start' }): void {
    if (attributeOf(tag, 'http-equiv')?.toLowerCase() !== 'refresh') return
    const content = tag.attributes.find((attribute) => attribute.name === 'content')
    const found = content && /^(\s*[0-9.]+\s*[;,]\s*(?:url\s*=\s*)?['"]?)([^'"]+)/i.exec(content.value)
    const local = found?.[2] && this.#local(found[2].trim())
    if (content && found && local)
      this.#replaceValue(content, `${found[1]}${local}${content.value.slice(found[0].length)}`)
  }

  /** Programs need the whole address. */
  #code(text: Token & { kind: 'text' }): void {
    const { roomAddress, fileAddress } = this.#init
    if (roomAddress === undefined && fileAddress === undefined) return
    const content = this.#page.slice(text.start, text.end)
    for (const { at, shown } of addressesInText(content)) {
      if (++this.#links > MAX_PAGE_LINKS) return
      const url = parse(textOfBytes(decodeReferences(shown)), this.#here)
      const local = url && this.#sites.find(url)
      if (!url || local === undefined) continue
      const start = text.start + at
      if (fileAddress) {
        const address = escapeText(Buffer.from(fileAddress(local)).toString('latin1'))
        this.#insert(start, `<span data-joinery-file="${address}">`)
        this.#insert(start + shown.length, '</span>')
      } else {
        this.#replace(start, start + shown.length, escapeText(`${roomAddress}${this.#placeOf(local)}${url.hash}`))
      }
    }
  }

  /** The room's address of what is here under another one, else undefined. */
  #local(value: string): string | undefined {
    const target = this.#resolve(value)
    return target.kind === 'here' ? target.address : undefined
  }

  /** `as-is`: an address that works as it stands, or that is none of ours. */
  #resolve(value: string): { kind: 'here'; address: string } | { kind: 'away'; address?: string } | { kind: 'as-is' } {
    const text = textOfBytes(value).trim()
    if (text === '' || text.startsWith('#') || text.length > MAX_ADDRESS_CHARACTERS) return { kind: 'as-is' }
    if (++this.#links > MAX_PAGE_LINKS) return { kind: 'as-is' }
    const url = parse(text, this.#base ?? this.#here)
    if (!url || !/^https?:$/.test(url.protocol)) return { kind: 'as-is' }
    if (url.origin === ROOM) return this.#resolveInside(text, url)
    const local = this.#sites.find(url)
    if (local === undefined) return { kind: 'away' }
    return { kind: 'here', address: this.#addressOf(local, url) }
  }

  #resolveInside(
    text: string,
    url: URL
  ): { kind: 'here'; address: string } | { kind: 'away'; address?: string } | { kind: 'as-is' } {
    const inside = this.#insidePath(url)
    const existing = inside === undefined ? undefined : this.#existing(inside, url)
    if (existing !== undefined)
      return this.#init.fileAddress ? { kind: 'here', address: this.#addressOf(existing, url) } : { kind: 'as-is' }
    const home = this.#sites.homeOf(this.#init.path)
    const meant = home === undefined ? undefined : parse(text, new URL(home))
    const local = meant
      ? this.#sites.find(meant)
      : text.startsWith('/')
        ? this.#nearby(text.split(/[?#]/)[0] ?? '')
        : undefined
    if (local !== undefined) return { kind: 'here', address: this.#addressOf(local, url) }
    return meant ? { kind: 'away', address: meant.href } : { kind: 'as-is' }
  }

  #insidePath(url: URL): string | undefined {
    return url.pathname.startsWith(this.#init.mount) ? decoded(url.pathname.slice(this.#init.mount.length)) : undefined
  }

  /** `/assets/x` of a site whose address is not known: the folders above the page are tried from the top. */
  #nearby(rootPath: string): string | undefined {
    const folders = this.#init.path.split('/').slice(0, -1)
    for (let depth = 1; depth <= Math.min(3, folders.length); depth++) {
      const found = this.#sites.existing(`${folders.slice(0, depth).join('/')}${rootPath}`)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Crawlers keep the query as a part of the file's name: `style.css?v=3`. */
  #existing(inside: string, url: URL): string | undefined {
    const query = decoded(url.search)
    const whole = query ? this.#sites.existing(`${inside}${query}`) : undefined
    return whole ?? this.#sites.existing(inside)
  }

  #addressOf(local: string, { search, hash }: URL): string {
    const { fileAddress } = this.#init
    return fileAddress ? `${fileAddress(local)}${hash}` : `${this.#placeOf(local)}${search}${hash}`
  }

  #placeOf(local: string): string {
    return `${this.#init.mount}${local.split('/').map(encodeURIComponent).join('/')}`
  }

  #replaceValue(attribute: Attribute, value: string): void {
    this.#replace(attribute.start, attribute.end, `"${escapeText(Buffer.from(value).toString('latin1'))}"`)
  }

  #insert(place: number, text: string): void {
    this.#replace(place, place, text)
  }

  #replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }
}

interface Edit {
  start: number
  end: number
  text: string
}

/** Edits do not overlap; of two at one place the first comes first. */
function applyEdits(page: string, edits: Edit[]): string {
  const parts: string[] = []
  let done = 0
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    parts.push(page.slice(done, start), text)
    done = end
  }
  parts.push(page.slice(done))
  return parts.join('')
}

/** A host that no page can mean. */
const ROOM = 'http://room.invalid'

function attributeOf(tag: Token & { kind: 'start' }, name: string): string | undefined {
  return tag.attributes.find((attribute) => attribute.name === name)?.value
}

function parse(address: string, base: URL): URL | undefined {
  return URL.canParse(address, base.href) ? new URL(address, base) : undefined
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
