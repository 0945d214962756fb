/** Names of projects (PEP 503, PEP 508) and of the files that pip installs (the binary and the source distribution formats of packaging.python.org). */
import { compareVersions, parseVersion, type Version } from './version.ts'

/** @returns undefined when it is no name of a project */
export function normalizeName(name: string): string | undefined {
  if (name.length > 128 || !/^(?:[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$/i.test(name)) return undefined
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

export interface PackageFileName {
  kind: 'wheel' | 'sdist'
  /** Normalized. */
  project: string
  version: Version
  /** As today's tools would write it: what we store the file under, so that two spellings of one file meet. */
  fileName: string
}

const SDIST_SUFFIXES = ['.tar.gz', '.tgz', '.zip']

/**
 * A wheel's name says all; a source distribution's does not (`a-b-1-2.tar.gz`), so that one needs the project from its PKG-INFO.
 *
 * @returns undefined when it does not end as either of them, or is malformed
 */
export function parseWheelName(fileName: string): PackageFileName | undefined {
  if (!/\.whl$/i.test(fileName)) return undefined
  const parts = fileName.slice(0, -4).split('-')
  if (parts.length !== 5 && parts.length !== 6) return undefined
  const [rawName = '', rawVersion = ''] = parts
  const build = parts.length === 6 ? parts[2] : undefined
  const tags = parts.slice(-3)
  const project = normalizeName(rawName)
  const version = parseVersion(rawVersion.replaceAll('_', '-'))
  const tagsAreSound = tags.every((tag) => /^[\w]+(?:\.[\w]+)*$/.test(tag))
  if (!project || !version || !tagsAreSound || (build !== undefined && !/^[0-9][\w.]*$/.test(build))) return undefined
  const stem = [project.replaceAll('-', '_'), rawVersion, ...(build === undefined ? [] : [build]), ...tags].join('-')
  return { kind: 'wheel', project, version, fileName: `${stem}.whl` }
}

export function sdistSuffix(fileName: string): string | undefined {
  return SDIST_SUFFIXES.find((suffix) => fileName.toLowerCase().endsWith(suffix))
}

/** @returns undefined when the name is not that of a source distribution of this project and version */
export function parseSdistName(fileName: string, project: string, version: Version): PackageFileName | undefined {
  const suffix = sdistSuffix(fileName)
  const rawVersion = suffix && versionInStem(fileName.slice(0, -suffix.length), project, version)
  if (!rawVersion) return undefined
  return { kind: 'sdist', project, version, fileName: `${project.replaceAll('-', '_')}-${rawVersion}${suffix}` }
}

/** For a name without the file: today's have exactly one dash, older ones at least end in the version. */
export function guessSdistName(fileName: string): PackageFileName | undefined {
  const stem = fileName.slice(0, -(sdistSuffix(fileName)?.length ?? 0))
  const dash = stem.lastIndexOf('-')
  const project = normalizeName(stem.slice(0, Math.max(0, dash)))
  const version = parseVersion(stem.slice(dash + 1))
  return project && version ? parseSdistName(fileName, project, version) : undefined
}

/** The version as it is spelled in `<project>-<version>`, where both may be spelled in another way than in the metadata. */
export function versionInStem(stem: string, project: string, version: Version): string | undefined {
  for (let dash = stem.indexOf('-'); dash > 0; dash = stem.indexOf('-', dash + 1)) {
    if (normalizeName(stem.slice(0, dash)) !== project) continue
    const rawVersion = stem.slice(dash + 1)
    const found = parseVersion(rawVersion)
    if (found && compareVersions(found, version) === 0) return rawVersion
  }
  return undefined
}
