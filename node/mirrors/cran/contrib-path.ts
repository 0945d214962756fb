import type { WantClient } from '../../../protocols/content.ts'

/** Where files lie in an R repository (`utils::contrib.url`, "R Installation and Administration" 6.6). */

/** `src/contrib`, `bin/windows/contrib/4.4`, `bin/macosx/<any build>/contrib/4.4`, and the older `bin/macosx/contrib/4.2`. */
const FOLDER =
  /(?:src\/contrib|bin\/windows\/contrib\/[0-9]+\.[0-9]+|bin\/macosx\/(?:[A-Za-z0-9._-]+\/)?contrib\/[0-9]+\.[0-9]+)/
const WHOLE = new RegExp(`^${FOLDER.source}$`)
const INSIDE = new RegExp(`(?:^|/)(${FOLDER.source})/(.+)$`)
const FILE_NAME = /^([A-Za-z][A-Za-z0-9.]*)_([0-9]+(?:[.-][0-9]+)+)(\.tar\.gz|\.tgz|\.zip)$/

export function isContribFolder(path: string): boolean {
  return WHOLE.test(path)
}

/** `miniCRAN/src/contrib/Archive/x/x_1.0.tar.gz` → `src/contrib` and `Archive/x/x_1.0.tar.gz` */
export function splitContribPath(path: string): { folder: string; rest: string } | undefined {
  const found = INSIDE.exec(path)
  return found?.[1] && found[2] ? { folder: found[1], rest: found[2] } : undefined
}

export interface RFileName {
  packageName: string
  version: string
  suffix: '.tar.gz' | '.tgz' | '.zip'
}

export function parseRFileName(fileName: string): RFileName | undefined {
  const found = fileName.length > 200 ? null : FILE_NAME.exec(fileName)
  if (!found) return undefined
  const [, packageName = '', version = '', suffix = ''] = found
  return { packageName, version, suffix: suffix as RFileName['suffix'] }
}

export function suffixOf(folder: string): RFileName['suffix'] {
  if (folder.startsWith('src/')) return '.tar.gz'
  return folder.startsWith('bin/windows/') ? '.zip' : '.tgz'
}

/**
 * For a binary that lies in no folder: where its DESCRIPTION's `Built` says it belongs, such as `R 4.4.1; x86_64-w64-mingw32; …; windows`.
 * Builds of macOS up to R 4.5; from 4.6 on the folder has to say it (and a package without compiled code does not name a platform at all).
 */
export function folderFromBuilt(built: string, suffix: RFileName['suffix']): string | undefined {
  const version = /^R ([0-9]+\.[0-9]+)\./.exec(built)?.[1]
  const [, platform = '', , system = ''] = built.split(';').map((part) => part.trim())
  if (!version) return undefined
  if (suffix === '.zip') return system === 'windows' ? `bin/windows/contrib/${version}` : undefined
  if (platform === 'aarch64-apple-darwin20') return `bin/macosx/big-sur-arm64/contrib/${version}`
  if (platform === 'x86_64-apple-darwin20') return `bin/macosx/big-sur-x86_64/contrib/${version}`
  if (platform === 'x86_64-apple-darwin17.0') return `bin/macosx/contrib/${version}`
  return undefined
}

/** For a want: which R and system asks in this folder. */
export function rClient(folder: string): { client: WantClient; target: string } {
  const version = folder.slice(folder.lastIndexOf('/') + 1)
  if (folder.startsWith('bin/windows/')) {
    return { client: { runs: 'R', version, system: 'Windows' }, target: `R ${version}, Windows` }
  }
  if (!folder.startsWith('bin/macosx/')) return { client: { runs: 'R' }, target: 'R, source' }
  const build = folder.split('/')[2] ?? ''
  const cpu = /-(arm64|x86_64)$/.exec(build)?.[1]
  const client: WantClient = { runs: 'R', version, system: 'macOS', ...(cpu === undefined ? {} : { cpu }) }
  return { client, target: build === 'contrib' ? `R ${version}, macOS` : `R ${version}, macOS (${build})` }
}
