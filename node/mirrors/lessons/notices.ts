import type { ContentIndex } from '../../../protocols/content.ts'
import type { ImportNotice } from '../collection-kind.ts'
import { MAX_NOTICES } from './limits.ts'
import { SiteMap } from './site-map.ts'

/**
 * Addresses that programs in the lessons read and that are not in the room, each with one page that has it. Repositories
 * are left out: cloning is what git does with the room's own host.
 */
export function unservedAddresses(index: ContentIndex): ImportNotice[] {
  const sites = new SiteMap(index)
  const pages = new Map<string, string>()
  for (const file of index.list('lessons')) {
    const addresses = file.details.codeAddresses
    if (!Array.isArray(addresses)) continue
    for (const address of addresses) {
      if (pages.size >= MAX_NOTICES) return noticesOf(pages)
      if (typeof address !== 'string' || pages.has(address) || !isWanted(address, sites)) continue
      pages.set(address, file.path)
    }
  }
  return noticesOf(pages)
}

function noticesOf(pages: ReadonlyMap<string, string>): ImportNotice[] {
  return [...pages].map(([address, path]) => ({ path, what: `reads ${address}, which is not in this room` }))
}

function isWanted(address: string, sites: SiteMap): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  const isRepository = /\.git\/?$/.test(url.pathname) || /^\/[^/]+\/[^/]+\/?$/.test(url.pathname)
  const isHere = /^(?:localhost|127\.|0\.0\.0\.0|example\.(?:com|org|net))/.test(url.hostname)
  if (isHere || url.pathname === '/' || (isRepository && /^(?:github|gitlab)\.com$/.test(url.hostname))) return false
  return sites.find(url) === undefined
}
