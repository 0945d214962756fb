import type { ContentFile, ContentIndex } from '../../../protocols/content.ts'
import type { ListedProgram } from '../../../web-client/lists/list-pages.ts'
import { textDetail } from '../package-details.ts'
import { sha256Of } from '../sha256-text.ts'
import type { Visitor } from './visitor.ts'

/** What fits the visitor first; then by product, the newest version first. */
export function installerRows(index: ContentIndex, visitor: Visitor): ListedProgram[] {
  return [...index.list('installers')]
    .map((file) => rowOf(file, visitor))
    .sort(
      (a, b) =>
        Number(b.fits) - Number(a.fits) ||
        a.product.localeCompare(b.product, 'en') ||
        compareVersions(b.version ?? '', a.version ?? '') ||
        (a.path < b.path ? -1 : 1)
    )
}

function rowOf(file: ContentFile, visitor: Visitor): ListedProgram {
  const version = textDetail(file, 'version')
  const system = textDetail(file, 'system')
  const cpu = textDetail(file, 'cpu')
  return {
    path: file.path,
    product: textDetail(file, 'product') ?? file.path,
    ...(version ? { version } : {}),
    ...(system ? { system } : {}),
    ...(cpu ? { cpu } : {}),
    sizeBytes: file.sizeBytes,
    sha256: sha256Of(file.cid),
    fits: fits(visitor, system, cpu)
  }
}

function fits(visitor: Visitor, system: string | undefined, cpu: string | undefined): boolean {
  if (visitor.system === undefined || system !== visitor.system) return false
  return visitor.cpu === undefined || cpu === undefined || cpu === 'universal' || cpu === visitor.cpu
}

/** Publishers' versions are all kinds of text: numbers count as numbers, the rest as text. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
