/** Reads the page of one project from a package index: PEP 691 JSON and PEP 503 HTML. What is not understood in it is passed over; nothing in it is believed beyond a name, an address and a hash. */
import { JoineryError } from '../../../protocols/errors.ts'
import { htmlTokens } from '../../mirrors/lessons/html-tokens.ts'
import { normalizeName, parseWheelName, sdistSuffix, versionInStem } from '../../mirrors/pypi/file-name.ts'
import { parseVersion, type Version } from '../../mirrors/pypi/version.ts'
import { MAX_ADDRESS_CHARACTERS, MAX_FILE_NAME_CHARACTERS, MAX_FILES_OF_PROJECT } from '../limits.ts'
import '../errors.ts'

export interface IndexFile {
  project: string
  version: Version
  kind: 'wheel' | 'sdist'
  fileName: string
  /** Tags of a wheel: `cp311-cp311-win_amd64`, each one that its name stands for. */
  tags: readonly string[]
  /** Of a wheel: of two that fit equally well, the higher one. */
  build: number
  address: URL
  /** Lower case hex. */
  sha256: string
  sizeBytes?: number
  requiresPython?: string
  /** Why it was withdrawn; may be empty. */
  yanked?: string
  /** Its METADATA is at the address with `.metadata` added; of these bytes. */
  metadataSha256?: string
}

const SHA256 = /^[0-9a-f]{64}$/i
/** Of the tags that one name can stand for; real ones have some ten. */
const MAX_TAGS = 200
const MAX_REASON_CHARACTERS = 500
const MAX_REQUIRES_PYTHON_CHARACTERS = 200

/** What one line of an index says, in either form. */
interface Line {
  fileName: unknown
  address: unknown
  sha256: unknown
  sizeBytes?: unknown
  requiresPython?: unknown
  yanked?: unknown
  metadata?: unknown
}

/** @throws JoineryError `UPSTREAM_BROKEN` when it is no such page, or that of another project */
export function parseSimpleJson(text: string, page: URL, project: string): IndexFile[] {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch (cause) {
    throw new JoineryError('UPSTREAM_BROKEN', `the page of ${project} is no JSON`, { cause })
  }
  const { meta, name, files } = fieldsOf(said)
  const version = fieldsOf(meta)['api-version']
  if (typeof version !== 'string' || !/^1\.\d+$/.test(version) || !Array.isArray(files))
    throw new JoineryError('UPSTREAM_BROKEN', `the page of ${project} is none of an index`)
  if (typeof name !== 'string' || normalizeName(name) !== project)
    throw new JoineryError('UPSTREAM_BROKEN', `the page of ${project} is that of another package`)
  return filesOf(
    files.map((file: unknown): Line => {
      const fields = fieldsOf(file)
      return {
        fileName: fields.filename,
        address: fields.url,
        sha256: fieldsOf(fields.hashes).sha256,
        sizeBytes: fields.size,
        requiresPython: fields['requires-python'],
        yanked: fields.yanked === true ? '' : fields.yanked,
        metadata: fieldsOf(fields['core-metadata'] ?? fields['dist-info-metadata']).sha256
      }
    }),
    page,
    project
  )
}

/** @throws JoineryError `UPSTREAM_BROKEN` when it has far too many lines */
export function parseSimpleHtml(text: string, page: URL, project: string): IndexFile[] {
  const lines: Line[] = []
  let base = page
  for (const token of htmlTokens(text)) {
    if (token.kind !== 'start') continue
    const attributes = new Map(token.attributes.map(({ name, value }) => [name, value]))
    if (token.name === 'base') base = absolute(attributes.get('href'), page) ?? page
    if (token.name !== 'a') continue
    if (lines.length >= MAX_FILES_OF_PROJECT) throw tooMany(project)
    const address = absolute(attributes.get('href'), base)
    if (!address) continue
    const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata')
    lines.push({
      fileName: decoded(address.pathname.slice(address.pathname.lastIndexOf('/') + 1)),
      address: address.href,
      sha256: /^#sha256=([0-9a-f]{64})$/i.exec(address.hash)?.[1],
      requiresPython: attributes.get('data-requires-python'),
      yanked: attributes.get('data-yanked'),
      metadata: /^sha256=([0-9a-f]{64})$/i.exec(metadata ?? '')?.[1]
    })
  }
  return filesOf(lines, page, project)
}

function filesOf(lines: readonly Line[], page: URL, project: string): IndexFile[] {
  if (lines.length > MAX_FILES_OF_PROJECT) throw tooMany(project)
  return lines.flatMap((line) => readLine(line, page, project) ?? [])
}

/** Undefined: not installed by pip, without a hash that we trust, or of another project. */
function readLine(line: Line, page: URL, project: string): IndexFile | undefined {
  const { fileName, sha256, sizeBytes, requiresPython, yanked, metadata } = line
  if (typeof fileName !== 'string' || !/^[A-Za-z0-9][\w.+!-]*$/.test(fileName)) return undefined
  if (fileName.length > MAX_FILE_NAME_CHARACTERS || typeof sha256 !== 'string' || !SHA256.test(sha256)) return undefined
  const named = nameOf(fileName, project)
  const address = absolute(line.address, page)
  if (!named || !address) return undefined
  address.hash = ''
  return {
    ...{ project, ...named, fileName, address, sha256: sha256.toLowerCase() },
    ...(typeof sizeBytes === 'number' && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 ? { sizeBytes } : {}),
    ...(isText(requiresPython, MAX_REQUIRES_PYTHON_CHARACTERS) ? { requiresPython } : {}),
    ...(typeof yanked === 'string' ? { yanked: yanked.slice(0, MAX_REASON_CHARACTERS) } : {}),
    ...(typeof metadata === 'string' && SHA256.test(metadata) ? { metadataSha256: metadata.toLowerCase() } : {})
  }
}

function nameOf(fileName: string, project: string): Pick<IndexFile, 'version' | 'kind' | 'tags' | 'build'> | undefined {
  const wheel = parseWheelName(fileName)
  if (wheel) {
    if (wheel.project !== project) return undefined
    const tags = tagsOf(fileName)
    const build = Number(/^\d+/.exec(fileName.split('-').length === 6 ? (fileName.split('-')[2] ?? '') : '')?.[0] ?? -1)
    return tags && { version: wheel.version, kind: 'wheel', tags, build }
  }
  const suffix = sdistSuffix(fileName)
  if (suffix === undefined) return undefined
  const version = sdistVersion(fileName.slice(0, -suffix.length), project)
  return version && { version, kind: 'sdist', tags: [], build: -1 }
}

/** Of `a-b-1.0` where the project is `a-b`. */
function sdistVersion(stem: string, project: string): Version | undefined {
  for (let dash = stem.indexOf('-'); dash > 0; dash = stem.indexOf('-', dash + 1)) {
    if (normalizeName(stem.slice(0, dash)) !== project) continue
    const version = parseVersion(stem.slice(dash + 1))
    if (version && versionInStem(stem, project, version) !== undefined) return version
  }
  return undefined
}

/** `py2.py3-none-any` stands for two. */
export function tagsOf(wheelName: string): string[] | undefined {
  const [pythons = '', abis = '', platforms = ''] = wheelName.slice(0, -'.whl'.length).split('-').slice(-3)
  const tags: string[] = []
  for (const python of pythons.split('.'))
    for (const abi of abis.split('.'))
      for (const platform of platforms.split('.')) {
        if (tags.length >= MAX_TAGS) return undefined
        tags.push(`${python}-${abi}-${platform}`)
      }
  return tags
}

function absolute(address: unknown, base: URL): URL | undefined {
  if (typeof address !== 'string' || address === '' || address.length > MAX_ADDRESS_CHARACTERS) return undefined
  return URL.canParse(address, base) ? new URL(address, base) : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= most
}

function fieldsOf(value: unknown): { [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [name: string]: unknown }) : {}
}

function tooMany(project: string): JoineryError {
  return new JoineryError('UPSTREAM_BROKEN', `the page of ${project} names more files than any package has`)
}
