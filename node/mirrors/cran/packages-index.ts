import type { ContentFile, ContentIndex } from '../../../protocols/content.ts'
import { isContribFolder, parseRFileName, suffixOf } from './contrib-path.ts'
import { formatDcf } from './dcf.ts'
import { INDEX_FIELDS } from './description.ts'
import { compareRVersions, leastR } from './r-version.ts'

interface RPackage {
  file: ContentFile
  packageName: string
  version: string
  fields: Map<string, string>
}

/**
 * PACKAGES of one folder: of each package the newest version, and an older one only where it runs on an R that the newer ones do not
 * (R itself leaves out what it is too old for, and then takes the newest that is left).
 */
export function packagesIndex(index: ContentIndex, folder: string): string {
  return [...packagesOf(index, folder)]
    .flatMap(([, versions]) => listed(versions))
    .map(({ packageName, version, fields }) => formatDcf([['Package', packageName], ['Version', version], ...fields]))
    .join('')
}

/** The files that `packagesIndex` names. */
export function indexedFiles(index: ContentIndex, folder: string): ContentFile[] {
  return [...packagesOf(index, folder)].flatMap(([, versions]) => listed(versions)).map(({ file }) => file)
}

/** All versions of all packages in a folder, by name; newest first. */
function packagesOf(index: ContentIndex, folder: string): Map<string, RPackage[]> {
  const found = new Map<string, RPackage[]>()
  for (const file of index.list('cran', `${folder}/`)) {
    const entry = readEntry(file, folder)
    if (!entry) continue
    const versions = found.get(entry.packageName)
    if (versions) versions.push(entry)
    else found.set(entry.packageName, [entry])
  }
  for (const versions of found.values()) versions.sort((a, b) => compareRVersions(b.version, a.version))
  return found
}

/** Folders that have a package, in byte order. */
export function contribFolders(index: ContentIndex): string[] {
  const folders = new Set<string>()
  for (const file of index.list('cran')) {
    const folder = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')))
    if (isContribFolder(folder)) folders.add(folder)
  }
  return [...folders]
}

function listed(versions: readonly RPackage[]): RPackage[] {
  const kept: RPackage[] = []
  let least: string | undefined
  for (const entry of versions) {
    const needs = leastR(entry.fields.get('Depends'))
    if (least !== undefined && compareRVersions(needs, least) >= 0) continue
    least = needs
    kept.push(entry)
  }
  return kept
}

function readEntry(file: ContentFile, folder: string): RPackage | undefined {
  const named = parseRFileName(file.path.slice(folder.length + 1))
  const fields = file.details.fields
  if (named?.suffix !== suffixOf(folder) || typeof fields !== 'object' || fields === null) return undefined
  const known = new Map<string, string>()
  for (const name of INDEX_FIELDS) {
    const value = Object.hasOwn(fields, name) ? (fields as { [key: string]: unknown })[name] : undefined
    if (typeof value === 'string') known.set(name, value)
  }
  return { file, packageName: named.packageName, version: named.version, fields: known }
}
