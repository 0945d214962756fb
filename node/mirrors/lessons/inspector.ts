import type { ImportSource, Inspection } from '../../../protocols/content.ts'
import { readExactly } from '../archives/inflate.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { isSystemLeftover } from '../leftovers.ts'
import { MAX_REWRITE_BYTES } from './limits.ts'
import { unservedAddresses } from './notices.ts'
import { pageFacts } from './page-facts.ts'

/** `details` of a page: `title`, `home` (the address that it gives as its own), `codeAddresses` (what its programs read), `loads` (what it shows from the internet). Others have none. */
export const lessonsKind: CollectionKind = {
  collection: 'lessons',
  leftOut(path) {
    if (isSystemLeftover(path)) return 'left behind by a file manager'
    if (/\.orig$/i.test(path)) return 'a copy that a crawler kept before it changed the links'
    if (/\.html?\.[0-9]+$/i.test(path)) return 'a second copy of a page that a crawler kept'
    if (/(?:^|\/)robots\.txt$/i.test(path)) return 'for crawlers only'
    if (path === 'index.html') return 'a list, which we make ourselves'
    return undefined
  },
  inspector: { inspect },
  notices: unservedAddresses
}

async function inspect(source: ImportSource): Promise<Inspection> {
  if (!/\.html?$/i.test(source.path) || source.sizeBytes > MAX_REWRITE_BYTES) return { details: {} }
  const page = Buffer.from(await readExactly(source, 0, source.sizeBytes)).toString('latin1')
  const { title, home, codeAddresses, loads } = pageFacts(page)
  return {
    details: {
      ...(title === undefined ? {} : { title }),
      ...(home === undefined ? {} : { home }),
      ...(codeAddresses.length === 0 ? {} : { codeAddresses }),
      ...(loads.length === 0 ? {} : { loads })
    }
  }
}
