/** Which folders make up the program, wherever it was started from: a checkout, an unpacked tarball, or npm's own folder. */
import { basename, dirname, join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'

/** How the search looks at the disk. */
export interface PackageFolders {
  /** The text of a file, or undefined when it is not there. */
  read(path: string): Promise<string | undefined>
}

interface PackageManifest {
  version?: string
  dependencies?: Readonly<Record<string, string>>
  optionalDependencies?: Readonly<Record<string, string>>
}

export interface CopiedFolder {
  from: string
  /** Below the folder of the version. */
  to: string
}

export interface ProgramFiles {
  version: string
  folders: readonly CopiedFolder[]
  /** Changes with what is installed: names and versions of all packages. */
  packages: readonly string[]
}

/** More would be a loop. The program has some 150. */
const MAX_PACKAGES = 2_000
/** Of the program's own folder; the rest is for building and testing it. */
const OWN_FOLDERS = ['dist', 'node/bin/joinery.js']

/**
 * Follows the dependencies as Node resolves them: beside the package first, then in each folder above. Packages of one level are copied to one level, those inside others with
 * them, so every package finds the same ones as before.
 *
 * @param root the folder with the program's package.json
 * @throws JoineryError `NOT_COMPILED` without dist/, or when a package is missing
 */
export async function findProgramFiles(root: string, folders: PackageFolders): Promise<ProgramFiles> {
  const own = await manifestOf(root, folders)
  if (!own) throw new JoineryError('NOT_COMPILED', `there is no package.json in ${root}`)
  const built = await folders.read(join(root, 'dist', 'built.json'))
  if (built === undefined) throw new JoineryError('NOT_COMPILED', 'the program has not been compiled yet')
  // All others were joined into the program when it was compiled.
  const { packages: beside } = JSON.parse(built) as { packages?: readonly string[] }
  const tops = new Map<string, string>()
  const packages: string[] = []
  const ownNeeds = beside ? { ...own, dependencies: only(beside, own.dependencies) } : own
  const waiting: { from: string; manifest: PackageManifest }[] = [{ from: root, manifest: ownNeeds }]
  const seen = new Set([root])
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { from, manifest } = next
    const optional = Object.keys(manifest.optionalDependencies ?? {})
    const needed = Object.keys(manifest.dependencies ?? {}).filter((name) => !optional.includes(name))
    for (const name of [...needed, ...optional]) {
      const found = await resolvePackage(name, from, folders)
      if (!found) {
        if (optional.includes(name)) continue
        throw new JoineryError('NOT_COMPILED', `the package ${name} is missing`)
      }
      if (seen.has(found.folder)) continue
      seen.add(found.folder)
      if (seen.size > MAX_PACKAGES) throw new JoineryError('NOT_COMPILED', 'the program has too many packages')
      packages.push(`${name}@${found.manifest.version ?? '?'}`)
      const inside = [...seen].some((one) => one !== found.folder && one !== root && found.folder.startsWith(`${one}/`))
      if (!inside) tops.set(found.folder, target(found.folder, root))
      waiting.push({ from: found.folder, manifest: found.manifest })
    }
  }
  return {
    version: own.version ?? '0.0.0',
    packages: packages.sort(),
    folders: [
      { from: join(root, 'package.json'), to: 'node_modules/joinery/package.json' },
      ...OWN_FOLDERS.map((name) => ({ from: join(root, name), to: `node_modules/joinery/${name}` })),
      ...[...tops].map(([from, to]) => ({ from, to })).sort((a, b) => (a.to < b.to ? -1 : 1))
    ]
  }
}

function only(names: readonly string[], all: PackageManifest['dependencies'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}

/** In a checkout packages lie in the program's own node_modules and move up one level; installed by npm some lie inside and some beside it. */
function target(folder: string, root: string): string {
  const isInstalled = basename(dirname(root)) === 'node_modules'
  const below = folder.slice(folder.lastIndexOf('/node_modules/') + 1)
  return isInstalled && folder.startsWith(`${root}/`) ? `node_modules/joinery/${below}` : below
}

async function resolvePackage(
  name: string,
  from: string,
  folders: PackageFolders
): Promise<{ folder: string; manifest: PackageManifest } | undefined> {
  for (let at = from; ; at = dirname(at)) {
    if (basename(at) !== 'node_modules') {
      const folder = join(at, 'node_modules', name)
      const manifest = await manifestOf(folder, folders)
      if (manifest) return { folder, manifest }
    }
    if (dirname(at) === at) return undefined
  }
}

async function manifestOf(folder: string, folders: PackageFolders): Promise<PackageManifest | undefined> {
  const text = await folders.read(join(folder, 'package.json'))
  return text === undefined ? undefined : (JSON.parse(text) as PackageManifest)
}
