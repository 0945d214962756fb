import { decodeReferences, htmlTokens, type Token, textOfBytes } from './html-tokens.ts'
import { MAX_CODE_ADDRESSES_BYTES, MAX_HOME_BYTES, MAX_LOADED_ADDRESSES_BYTES, MAX_TITLE_CHARACTERS } from './limits.ts'
import { addressesInText, CODE_ELEMENTS, linkUse } from './page-links.ts'

/** What an import remembers of a page. */
export interface PageFacts {
  title?: string
  /** The address that the page gives as its own. */
  home?: string
  /** Addresses in code: what a learner's program will ask for. */
  codeAddresses: string[]
  /** Pictures, styles and scripts that it shows from the internet. */
  loads: string[]
}

/** @param page its bytes as a string (latin1) */
export function pageFacts(page: string): PageFacts {
  const addresses = new AddressList(MAX_CODE_ADDRESSES_BYTES)
  const loads = new AddressList(MAX_LOADED_ADDRESSES_BYTES)
  let title: string | undefined
  let home: string | undefined
  let codeDepth = 0
  let inLinkedData = false
  for (const token of htmlTokens(page)) {
    if (token.kind === 'start') {
      const value = (name: string): string | undefined => token.attributes.find((known) => known.name === name)?.value
      if (token.name === 'link' && value('rel')?.toLowerCase() === 'canonical') home ??= value('href')
      if (token.name === 'meta' && value('property')?.toLowerCase() === 'og:url') home ??= value('content')
      inLinkedData = token.name === 'script' && value('type')?.toLowerCase() === 'application/ld+json'
      for (const address of loadedAddresses(token)) loads.add(address)
      if (CODE_ELEMENTS.has(token.name)) codeDepth++
    } else if (token.kind === 'end') {
      if (CODE_ELEMENTS.has(token.name)) codeDepth = Math.max(0, codeDepth - 1)
    } else if (token.kind === 'raw') {
      const text = page.slice(token.start, token.end)
      if (token.name === 'title') title ??= text
      if (inLinkedData) home ??= linkedDataAddress(text)
    } else if (codeDepth > 0) {
      for (const { shown, isPattern } of addressesInText(page.slice(token.start, token.end))) {
        if (!isPattern) addresses.add(textOfBytes(decodeReferences(shown)))
      }
    }
  }
  const shownTitle = textOfBytes(decodeReferences(title ?? ''))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_TITLE_CHARACTERS)
  const shownHome = textOfBytes(home ?? '')
  const isHome =
    /^https?:/i.test(shownHome) && Buffer.byteLength(shownHome) <= MAX_HOME_BYTES && URL.canParse(shownHome)
  return {
    ...(shownTitle ? { title: shownTitle } : {}),
    ...(isHome ? { home: shownHome } : {}),
    codeAddresses: [...addresses.known],
    loads: [...loads.known]
  }
}

/** As many different ones as fit. */
class AddressList {
  readonly known = new Set<string>()
  #leftBytes: number

  constructor(maxBytes: number) {
    this.#leftBytes = maxBytes
  }

  add(address: string): void {
    const size = Buffer.byteLength(address)
    if (this.known.has(address) || size > this.#leftBytes) return
    this.known.add(address)
    this.#leftBytes -= size
  }
}

/** What the browser asks for by itself, to show the page as it is meant; icons and hints are not missed. */
function* loadedAddresses({ name, attributes }: Token & { kind: 'start' }): Generator<string> {
  const rel = attributes.find((known) => known.name === 'rel')?.value ?? ''
  if (name === 'link' && !/\bstylesheet\b/i.test(rel)) return
  for (const attribute of attributes) {
    const use = linkUse(name, attribute.name)
    if ((use !== 'load' && use !== 'script') || attribute.name === 'srcset') continue
    const address = textOfBytes(attribute.value).trim()
    if (/^(?:https?:)?\/\//i.test(address)) yield address.startsWith('//') ? `https:${address}` : address
  }
}

/** The Carpentries' theme gives the page's address in JSON-LD only. */
function linkedDataAddress(text: string): string | undefined {
  const url = /"url"\s*:\s*"(https?:[^"\\]+)"/.exec(text)?.[1]
  return url ?? /"@id"\s*:\s*"(https?:[^"\\]+)"/.exec(text)?.[1]
}
