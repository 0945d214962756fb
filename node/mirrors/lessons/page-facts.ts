import { decodeReferences, htmlTokens, textOfBytes } from './html-tokens.ts'
import { MAX_CODE_ADDRESSES_BYTES, MAX_HOME_BYTES, MAX_TITLE_CHARACTERS } from './limits.ts'
import { ADDRESS_IN_TEXT, CODE_ELEMENTS, withoutSentenceEnd } from './page-links.ts'

/** What an import remembers of a page. */
export interface PageFacts {
  title?: string
  /** The address that the page gives as its own. */
  home?: string
  /** Addresses in code: what a learner's program will ask for. */
  codeAddresses: string[]
}

/** @param page its bytes as a string (latin1) */
export function pageFacts(page: string): PageFacts {
  const addresses = new Set<string>()
  let title: string | undefined
  let home: string | undefined
  let addressBytes = 0
  let codeDepth = 0
  let inLinkedData = false
  for (const token of htmlTokens(page)) {
    if (token.kind === 'start') {
      const value = (name: string): string | undefined => token.attributes.find((known) => known.name === name)?.value
      if (token.name === 'link' && value('rel')?.toLowerCase() === 'canonical') home ??= value('href')
      if (token.name === 'meta' && value('property')?.toLowerCase() === 'og:url') home ??= value('content')
      inLinkedData = token.name === 'script' && value('type')?.toLowerCase() === 'application/ld+json'
      if (CODE_ELEMENTS.has(token.name)) codeDepth++
    } else if (token.kind === 'end') {
      if (CODE_ELEMENTS.has(token.name)) codeDepth = Math.max(0, codeDepth - 1)
    } else if (token.kind === 'raw') {
      const text = page.slice(token.start, token.end)
      if (token.name === 'title') title ??= text
      if (inLinkedData) home ??= linkedDataAddress(text)
    } else if (codeDepth > 0) {
      for (const [found] of page.slice(token.start, token.end).matchAll(ADDRESS_IN_TEXT)) {
        const address = withoutSentenceEnd(textOfBytes(decodeReferences(found)))
        const size = Buffer.byteLength(address)
        if (addresses.has(address) || addressBytes + size > MAX_CODE_ADDRESSES_BYTES) continue
        addresses.add(address)
        addressBytes += size
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
    codeAddresses: [...addresses]
  }
}

/** The Carpentries' theme gives the page's address in JSON-LD only. */
function linkedDataAddress(text: string): string | undefined {
  const url = /"url"\s*:\s*"(https?:[^"\\]+)"/.exec(text)?.[1]
  return url ?? /"@id"\s*:\s*"(https?:[^"\\]+)"/.exec(text)?.[1]
}
