/** Which versions are allowed: PEP 440 "Version specifiers", decided as `packaging.specifiers` does it. */
import { compareVersions, parseVersion, type Version } from '../../mirrors/pypi/version.ts'

const OPERATORS = ['===', '~=', '==', '!=', '<=', '>=', '<', '>'] as const
type Operator = (typeof OPERATORS)[number]

export interface Specifier {
  operator: Operator
  /** As it stands; of `===` any text. */
  text: string
  /** Absent for `===`. */
  version?: Version
  /** `==1.2.*` */
  isPrefix: boolean
}

/** More are no requirement of anybody. */
const MAX_SPECIFIERS = 64

/** @returns undefined when one of them is none */
export function parseSpecifiers(text: string): Specifier[] | undefined {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length > MAX_SPECIFIERS) return undefined
  const found = parts.map(parseSpecifier)
  return found.includes(undefined) ? undefined : found.filter((one) => one !== undefined)
}

export function parseSpecifier(part: string): Specifier | undefined {
  const operator = OPERATORS.find((one) => part.startsWith(one))
  if (!operator) return undefined
  const text = part.slice(operator.length).trim()
  if (operator === '===') return /^\S+$/.test(text) ? { operator, text, isPrefix: false } : undefined
  const isPrefix = text.endsWith('.*')
  if (isPrefix && operator !== '==' && operator !== '!=') return undefined
  const version = parseVersion(isPrefix ? text.slice(0, -2) : text)
  if (!version || /\s/.test(text)) return undefined
  // A version with a suffix has no prefix in this sense, and a local one is compared for equality only.
  if (isPrefix && (version.dev !== undefined || version.local)) return undefined
  if (operator === '~=' && version.release.length < 2) return undefined
  if (version.local && operator !== '==' && operator !== '!=') return undefined
  return { operator, text, version, isPrefix }
}

/** Whether all of them hold; of versions before a release nothing is decided here. */
export function allows(specifiers: readonly Specifier[], version: Version): boolean {
  return specifiers.every((specifier) => holds(specifier, version))
}

/** Whether one of them names a version before a release: then such ones count. */
export function namesPreRelease(specifiers: readonly Specifier[]): boolean {
  return specifiers.some(
    ({ operator, version }) =>
      version !== undefined && operator !== '!=' && operator !== '<' && operator !== '>' && isPreRelease(version)
  )
}

/** Whether exactly one version is asked for: only then a withdrawn one is installed (PEP 592). */
export function pinsVersion(specifiers: readonly Specifier[]): boolean {
  return specifiers.some(({ operator, isPrefix }) => operator === '===' || (operator === '==' && !isPrefix))
}

export function isPreRelease({ pre, dev }: Version): boolean {
  return pre !== undefined || dev !== undefined
}

function holds({ operator, text, version: wanted, isPrefix }: Specifier, version: Version): boolean {
  if (!wanted) return version.text.toLowerCase() === text.toLowerCase()
  switch (operator) {
    case '==':
      return isPrefix ? hasPrefix(version, wanted) : equals(version, wanted)
    case '!=':
      return isPrefix ? !hasPrefix(version, wanted) : !equals(version, wanted)
    case '<=':
      return compareVersions(publicOf(version), wanted) <= 0
    case '>=':
      return compareVersions(publicOf(version), wanted) >= 0
    case '~=':
      return (
        compareVersions(publicOf(version), wanted) >= 0 &&
        hasPrefix(version, { ...bareRelease(wanted), release: wanted.release.slice(0, -1) })
      )
    case '<':
      if (compareVersions(version, wanted) >= 0) return false
      return isPreRelease(wanted) || !isPreRelease(version) || !sameBase(version, wanted)
    case '>':
      if (compareVersions(version, wanted) <= 0) return false
      if (wanted.post === undefined && version.post !== undefined && sameBase(version, wanted)) return false
      return version.local === undefined || !sameBase(version, wanted)
    default:
      return false
  }
}

function equals(version: Version, wanted: Version): boolean {
  return compareVersions(wanted.local ? version : publicOf(version), wanted) === 0
}

/** Zeros are added to the shorter release: `2` begins with `2.0`. */
function hasPrefix(version: Version, prefix: Version): boolean {
  if (version.epoch !== prefix.epoch) return false
  const isWhole = prefix.pre === undefined && prefix.post === undefined
  if (isWhole) return prefix.release.every((part, i) => (version.release[i] ?? '0') === part)
  const same = compareVersions(bareRelease(version), bareRelease(prefix)) === 0
  const pre = version.pre?.join('') === prefix.pre?.join('')
  return same && pre && (prefix.post === undefined || version.post === prefix.post)
}

function bareRelease({ text, epoch, release }: Version): Version {
  return { text, epoch, release }
}

function sameBase(a: Version, b: Version): boolean {
  return compareVersions(bareRelease(a), bareRelease(b)) === 0
}

function publicOf(version: Version): Version {
  if (!version.local) return version
  const { local: _, ...rest } = version
  return rest
}
