import type { ContentIndex } from '../../../protocols/content.ts'
import type { ImportNotice } from '../collection-kind.ts'
import { MAX_NOTICES } from './limits.ts'
import { SiteMap } from './site-map.ts'

/**
 * Addresses that programs in the lessons read, or that pages show, and that are not in the room: each with one page that has it and how many
 * others do. Repositories are left out: cloning is what git does with the room's own host.
 *
 * @param concerns the pages that it is about; others count for nothing
 */
export function unservedAddresses(index: ContentIndex, concerns: (path: string) => boolean): ImportNotice[] {
  const sites = new SiteMap(index)
  const reads = new Missing((address) => isRead(address) && isAway(address, sites))
  const loads = new Missing((address) => !isCounter(address) && isAway(address, sites))
  for (const file of index.list('lessons')) {
    if (!concerns(file.path)) continue
    reads.note(file.details.codeAddresses, file.path)
    loads.note(file.details.loads, file.path)
  }
  return [...reads.told('reads'), ...loads.told('shows')].slice(0, MAX_NOTICES)
}

class Missing {
  readonly #isMissing: (address: string) => boolean
  readonly #pages = new Map<string, { path: string; others: number }>()

  constructor(isMissing: (address: string) => boolean) {
    this.#isMissing = isMissing
  }

  note(addresses: unknown, path: string): void {
    if (!Array.isArray(addresses)) return
    for (const address of addresses) {
      if (typeof address !== 'string') continue
      const known = this.#pages.get(address)
      if (known) known.others++
      else if (this.#pages.size < MAX_NOTICES && this.#isMissing(address)) this.#pages.set(address, { path, others: 0 })
    }
  }

  told(verb: string): ImportNotice[] {
    return [...this.#pages].map(([address, { path, others }]) => ({
      path,
      what: `${verb} ${address}, which is not in this room${others === 0 ? '' : ` (${others} more pages do)`}`
    }))
  }
}

function isAway(address: string, sites: SiteMap): boolean {
  return URL.canParse(address) && sites.find(new URL(address)) === undefined
}

function isRead(address: string): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  const isRepository = /\.git\/?$/.test(url.pathname) || /^\/[^/]+\/[^/]+\/?$/.test(url.pathname)
  const isHere = /^(?:localhost|127\.|0\.0\.0\.0|example\.(?:com|org|net))/.test(url.hostname)
  return !isHere && url.pathname !== '/' && !(isRepository && /^(?:github|gitlab)\.com$/.test(url.hostname))
}

/** Counts readers for the authors: nobody misses it. */
function isCounter(address: string): boolean {
  return /^https?:\/\/[^/]*(?:matomo|analytics|googletagmanager|plausible|goatcounter)/i.test(address)
}
