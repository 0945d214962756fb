import { JoineryError } from '../../../protocols/errors.ts'
import '../errors.ts'
import { type DcfFields, parseDcf } from './dcf.ts'

/** The longest in use have some 20 KB (lists of authors). */
export const MAX_DESCRIPTION_BYTES = 256 * 1024
/** Of all fields that go into an index together, within what a manifest keeps of a file; the longest lists of suggested packages have 3 KB. */
export const MAX_INDEX_BYTES = 12 * 1024

/**
 * Fields of `PACKAGES`, in the order of `tools::write_PACKAGES` (R 4.4, `tools:::.get_standard_repository_db_fields`) without MD5sum, which
 * R does not check. `Built` is for binaries.
 */
export const INDEX_FIELDS = [
  'Priority',
  'Depends',
  'Imports',
  'LinkingTo',
  'Suggests',
  'Enhances',
  'License',
  'License_is_FOSS',
  'License_restricts_use',
  'OS_type',
  'Archs',
  'NeedsCompilation',
  'Built'
] as const

export interface Description {
  packageName: string
  version: string
  /** Only `INDEX_FIELDS`, in their order. */
  fields: Map<string, string>
}

/**
 * @param label the archive, for messages
 * @throws JoineryError PACKAGE_UNREADABLE
 */
export function parseDescription(bytes: Uint8Array, label: string): Description {
  const all = parseDcf(decode(bytes))
  const packageName = all.get('Package') ?? ''
  const version = all.get('Version') ?? ''
  if (!isPackageName(packageName)) throw unreadable(label, 'its DESCRIPTION has no valid Package')
  if (!isPackageVersion(version)) throw unreadable(label, 'its DESCRIPTION has no valid Version')
  const fields = new Map<string, string>()
  let length = 0
  for (const name of INDEX_FIELDS) {
    const value = all.get(name)
    if (value === undefined || value === '') continue
    fields.set(name, value)
    length += Buffer.byteLength(value)
  }
  if (length > MAX_INDEX_BYTES) throw unreadable(label, 'its DESCRIPTION lists far too much')
  return { packageName, version, fields }
}

/** "Writing R Extensions" 1.1.1 */
function isPackageName(name: string): boolean {
  return name.length <= 100 && /^[A-Za-z][A-Za-z0-9.]*[A-Za-z0-9]$/.test(name)
}

function isPackageVersion(version: string): boolean {
  return version.length <= 50 && /^[0-9]+(?:[.-][0-9]+)+$/.test(version)
}

/** R declares the encodings that it allows by the names latin1, latin2 and UTF-8; what is not declared is ASCII, or wrong. */
function decode(bytes: Uint8Array): string {
  const latin1 = new TextDecoder('latin1').decode(bytes)
  const declared: DcfFields = parseDcf(latin1.startsWith('ï»¿') ? latin1.slice(3) : latin1)
  const encoding = declared.get('Encoding')?.toLowerCase()
  if (encoding === 'latin1' || encoding === 'iso-8859-1') return latin1
  if (encoding === 'latin2' || encoding === 'iso-8859-2') return new TextDecoder('iso-8859-2').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return latin1
  }
}

function unreadable(label: string, why: string): JoineryError {
  return new JoineryError('PACKAGE_UNREADABLE', `${label}: ${why}`)
}
