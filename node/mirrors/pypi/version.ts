/**
 * Versions of Python packages: PEP 440 ("Version Identification and Dependency Specification"), parsed and ordered as `packaging.version`
 * does it. Numbers stay decimal strings: dates and hashes as versions are longer than a double holds.
 */

export interface Version {
  /** Normalized, as PEP 700 wants it in an index. */
  text: string
  epoch: string
  release: string[]
  pre?: [phase: 'a' | 'b' | 'rc', number: string]
  post?: string
  dev?: string
  local?: string[]
}

/** Longer ones are mistakes; the expression below is linear, but nobody reads them either. */
const MAX_VERSION_CHARACTERS = 256

const PATTERN = new RegExp(
  [
    /^\s*v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\.[0-9]+)*)/,
    /(?:[-_.]?(?<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<pre>[0-9]+)?)?/,
    /(?<post>-(?<postImplicit>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>[0-9]+)?)?/,
    /(?<dev>[-_.]?dev[-_.]?(?<devNumber>[0-9]+)?)?/,
    /(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/
  ]
    .map((part) => part.source)
    .join(''),
  'i'
)

const PHASES: Readonly<Record<string, 'a' | 'b' | 'rc'>> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc'
}

/** @returns undefined when it is no version */
export function parseVersion(text: string): Version | undefined {
  if (text.length > MAX_VERSION_CHARACTERS) return undefined
  const groups = PATTERN.exec(text)?.groups
  if (!groups?.release) return undefined
  const phase = groups.phase && PHASES[groups.phase.toLowerCase()]
  const version: Omit<Version, 'text'> = {
    epoch: decimal(groups.epoch ?? '0'),
    release: groups.release.split('.').map(decimal),
    ...(phase ? { pre: [phase, decimal(groups.pre ?? '0')] as [typeof phase, string] } : {}),
    ...(groups.post ? { post: decimal(groups.postImplicit ?? groups.postNumber ?? '0') } : {}),
    ...(groups.dev ? { dev: decimal(groups.devNumber ?? '0') } : {}),
    ...(groups.local ? { local: groups.local.toLowerCase().split(/[-_.]/).map(localPart) } : {})
  }
  return { text: format(version), ...version }
}

function format({ epoch, release, pre, post, dev, local }: Omit<Version, 'text'>): string {
  return [
    epoch === '0' ? '' : `${epoch}!`,
    release.join('.'),
    pre ? pre.join('') : '',
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`,
    local ? `+${local.join('.')}` : ''
  ].join('')
}

/** Negative when `a` comes first. Equal versions (`1.0` and `1.0.0`) give 0. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareDecimals(a.epoch, b.epoch) ||
    compareLists(trimmed(a.release), trimmed(b.release), compareDecimals) ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1) ||
    compareLocal(a.local, b.local)
  )
}

/** `1.0.dev1` comes before `1.0a1`, and `1.0a1` before `1.0`. */
function comparePre(a: Version, b: Version): number {
  const rank = (version: Version): number => {
    if (version.pre) return 1
    return version.post === undefined && version.dev !== undefined ? 0 : 2
  }
  const difference = rank(a) - rank(b)
  if (difference !== 0 || !a.pre || !b.pre) return difference
  return compareText(a.pre[0], b.pre[0]) || compareDecimals(a.pre[1], b.pre[1])
}

/** @param missing where a version without this part stands: -1 before those that have one, 1 after them */
function compareOptional(a: string | undefined, b: string | undefined, missing: -1 | 1): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? missing : -missing
  return compareDecimals(a, b)
}

function compareLocal(a: string[] | undefined, b: string[] | undefined): number {
  if (!a || !b) return a === b ? 0 : a ? 1 : -1
  return compareLists(a, b, (x, y) => {
    const xNumber = isDecimal(x)
    const yNumber = isDecimal(y)
    if (xNumber && yNumber) return compareDecimals(x, y)
    return xNumber !== yNumber ? (xNumber ? 1 : -1) : compareText(x, y)
  })
}

function compareLists(a: readonly string[], b: readonly string[], compare: (x: string, y: string) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compare(a[i] ?? '', b[i] ?? '')
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function trimmed(release: readonly string[]): string[] {
  let length = release.length
  while (length > 1 && release[length - 1] === '0') length--
  return release.slice(0, length)
}

function compareDecimals(a: string, b: string): number {
  return a.length - b.length || compareText(a, b)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function decimal(digits: string): string {
  return digits.replace(/^0+(?=.)/, '')
}

function isDecimal(part: string): boolean {
  return /^[0-9]+$/.test(part)
}

function localPart(part: string): string {
  return isDecimal(part) ? decimal(part) : part
}
