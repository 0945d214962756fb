import type { Inspection } from '../../../protocols/content.ts'
import type { CollectionKind } from '../collection-kind.ts'
import { isSystemLeftover } from '../leftovers.ts'

export const lessonsKind: CollectionKind = {
  collection: 'lessons',
  leftOut(path) {
    if (isSystemLeftover(path)) return 'left behind by a file manager'
    if (/\.orig$/i.test(path)) return 'a copy that a crawler kept before it changed the links'
    if (/(?:^|\/)robots\.txt$/i.test(path)) return 'for crawlers only'
    return undefined
  },
  inspector: { inspect: async (): Promise<Inspection> => ({ details: {} }) }
}
