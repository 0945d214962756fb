/** What a want is about, read from what a stranger's program sent: a name that can be one, and the Python or the R folder that asked. */
import { JoineryError } from '../../protocols/errors.ts'
import type { Want } from '../../protocols/wants.ts'
import { normalizeName } from '../mirrors/pypi/file-name.ts'
import './errors.ts'
import type { PythonSystem, PythonTarget } from './python/python-target.ts'
import { isRName } from './r/r-index.ts'

/** What the room has of R packages for one R is nothing at all: R asks for no name then. */
export const ALL_R_PACKAGES = 'R packages'

export type WantTarget =
  | { kind: 'python'; project: string; target: PythonTarget | undefined }
  | { kind: 'r'; packageName: string | undefined; folder: string; rVersion?: string }

const PYTHON = /^3\.(\d{1,2})$/
const R_VERSION = /^\d\.\d{1,2}$/
/** As node/mirrors/cran says the folder in words. */
const MAC_BUILD = /macOS \(([A-Za-z0-9][A-Za-z0-9._-]{0,39})\)$/
const SYSTEMS: readonly PythonSystem[] = ['Windows', 'macOS', 'Linux']

/** @throws JoineryError `WANT_NAME_INVALID` */
export function wantTarget(want: Want): WantTarget {
  if (want.collection === 'pypi') {
    const project = normalizeName(want.name)
    if (!project) throw new JoineryError('WANT_NAME_INVALID', 'not a name of a Python package')
    return { kind: 'python', project, target: pythonTarget(want) }
  }
  if (want.collection !== 'cran') throw new JoineryError('WANT_NAME_INVALID', 'nothing that an index has')
  const isAll = want.name === ALL_R_PACKAGES
  if (!isAll && !isRName(want.name)) throw new JoineryError('WANT_NAME_INVALID', 'not a name of an R package')
  const rVersion = want.version !== undefined && R_VERSION.test(want.version) ? want.version : undefined
  const folder = contribFolder(want, rVersion)
  const packageName = isAll ? undefined : want.name
  return { kind: 'r', packageName, folder, ...(rVersion !== undefined && folder !== 'src/contrib' && { rVersion }) }
}

/** Undefined: it did not say for which Python. */
function pythonTarget({ runs, version, system, cpu, target }: Want): PythonTarget | undefined {
  const minor = PYTHON.exec(version ?? '')?.[1]
  if (runs !== 'Python' || minor === undefined) return undefined
  const known = SYSTEMS.find((one) => one === system)
  const libc = /\((glibc|musl) (\d{1,2})\.(\d{1,3})/.exec(target ?? '')
  return {
    version: [3, Number(minor)],
    ...(known && { system: known }),
    ...(cpu !== undefined && /^[A-Za-z0-9_]{1,40}$/.test(cpu) && { cpu }),
    ...(libc && {
      libc: { kind: libc[1] === 'musl' ? 'musl' : 'glibc', major: Number(libc[2]), minor: Number(libc[3]) } as const
    })
  }
}

function contribFolder({ system, target }: Want, rVersion: string | undefined): string {
  if (rVersion === undefined) return 'src/contrib'
  if (system === 'Windows') return `bin/windows/contrib/${rVersion}`
  if (system !== 'macOS') return 'src/contrib'
  const build = MAC_BUILD.exec(target ?? '')?.[1]
  return build === undefined ? `bin/macosx/contrib/${rVersion}` : `bin/macosx/${build}/contrib/${rVersion}`
}
