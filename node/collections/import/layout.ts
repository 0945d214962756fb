/**
 * What a folder is, by the names in it. The layout is that of `offlinedatasci` (0.7.0 and, for lessons, before 2023); a folder may also be
 * one part of it: one lesson, a bag of wheels, a CRAN tree, a folder of installers.
 */

/** One folder and where its files go. */
export interface ImportPart {
  collection: string
  /** Relative to what is imported; '' = itself. */
  folder: string
  /** Put before the paths of its files. */
  under: string
}

/** The names in a folder of what is imported; empty when it is not there. */
export type Look = (folder: string) => Promise<{ files: string[]; folders: string[] }>

/** Names of lesson sources; the addresses of before 2023 become today's, so that a lesson has one address. */
const SOURCES: Readonly<Record<string, string>> = {
  'data-carpentry': 'data-carpentry',
  'software-carpentry': 'software-carpentry',
  'library-carpentry': 'library-carpentry',
  'datacarpentry.org': 'data-carpentry',
  'swcarpentry.github.io': 'software-carpentry',
  'librarycarpentry.org': 'library-carpentry',
  'librarycarpentry.github.io': 'library-carpentry'
}

/** By name in lower case: what nothing but a workshop has. */
const OWN_PARTS: Readonly<Record<string, string>> = {
  lessons: 'lessons',
  pypi: 'pypi',
  pythonlibraries: 'pypi',
  minicran: 'cran'
}
/** By name in lower case: what a lesson may have too. */
const COMMON_PARTS: Readonly<Record<string, Omit<ImportPart, 'folder'>>> = {
  cran: { collection: 'cran', under: '' },
  installers: { collection: 'installers', under: '' },
  r: { collection: 'installers', under: 'R' },
  rstudio: { collection: 'installers', under: 'rstudio' },
  python: { collection: 'installers', under: 'python' }
}

const PYTHON_PACKAGE = /\.whl$/i
/** `<name>_<version>` is how R names packages; a source distribution of Python has a `-`. */
const R_PACKAGE = /^[A-Za-z][A-Za-z0-9.]*_[0-9][^_/]*\.(?:tar\.gz|tgz|zip)$/
const INSTALLER = /\.(?:exe|msi|pkg|dmg|deb|rpm|appimage|iso|img)$/i

/** How many folders of a bag are looked into before it is given up. */
const FOLDERS_LOOKED_INTO = 8

/**
 * @param name the folder's own name
 * @returns the parts, and the folders that are no part of a workshop
 */
export async function recogniseFolder(name: string, look: Look): Promise<{ parts: ImportPart[]; others: string[] }> {
  const top = await look('')
  const own = top.folders.flatMap((folder) => ownPart(folder) ?? [])
  const common = top.folders.flatMap((folder) => commonPart(folder) ?? [])
  const whole = own.length === 0 ? await recogniseWhole(name, top, look, common.length > 0) : undefined
  if (whole) return { parts: [whole], others: [] }
  const parts = [...own, ...common]
  const known = new Set(parts.map((part) => part.folder))
  return { parts, others: top.folders.filter((folder) => !known.has(folder)) }
}

function ownPart(folder: string): ImportPart | undefined {
  const source = SOURCES[folder.toLowerCase()]
  if (source) return { collection: 'lessons', folder, under: source }
  const collection = OWN_PARTS[folder.toLowerCase()]
  return collection === undefined ? undefined : { collection, folder, under: '' }
}

function commonPart(folder: string): ImportPart | undefined {
  const part = COMMON_PARTS[folder.toLowerCase()]
  return part && { ...part, folder }
}

/** Where a file of a part belongs, as far as its place tells. */
export function placeOf(part: ImportPart, relative: string): string {
  const path = part.under ? `${part.under}/${relative}` : relative
  if (part.collection !== 'lessons') return path
  const [first = '', ...rest] = path.split('/')
  return [rest.length > 0 ? (SOURCES[first.toLowerCase()] ?? first) : first, ...rest].join('/')
}

async function recogniseWhole(
  name: string,
  top: { files: string[]; folders: string[] },
  look: Look,
  mayBeWorkshop: boolean
): Promise<ImportPart | undefined> {
  const whole = (collection: string, under: string): ImportPart => ({ collection, folder: '', under })
  const has = (pattern: RegExp): boolean => top.files.some((file) => pattern.test(file))
  for (const tree of ['src/contrib', 'bin/windows/contrib', 'bin/macosx'])
    if (await isThere(tree, look)) return whole('cran', '')
  if (has(PYTHON_PACKAGE)) return whole('pypi', '')
  if (has(R_PACKAGE)) return whole('cran', '')
  if (!mayBeWorkshop) {
    for (const folder of top.folders.slice(0, FOLDERS_LOOKED_INTO)) {
      if ((await look(folder)).files.some((file) => PYTHON_PACKAGE.test(file))) return whole('pypi', '')
    }
  }
  if (top.files.includes('index.html')) return whole('lessons', name)
  if (has(INSTALLER)) return whole('installers', COMMON_PARTS[name.toLowerCase()]?.under ?? name)
  return undefined
}

async function isThere(folder: string, look: Look): Promise<boolean> {
  const { files, folders } = await look(folder)
  return files.length + folders.length > 0
}

/** One file by itself. */
export function recogniseFile(name: string): Omit<ImportPart, 'folder'> | undefined {
  if (PYTHON_PACKAGE.test(name)) return { collection: 'pypi', under: '' }
  if (R_PACKAGE.test(name)) return { collection: 'cran', under: '' }
  return INSTALLER.test(name) ? { collection: 'installers', under: '' } : undefined
}

/** In these a file's name says which one it is, wherever it lies: `offlinedatasci` keeps each wheel in two folders. */
export function isKnownByName(collection: string): boolean {
  return collection === 'pypi'
}
