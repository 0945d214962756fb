import { JoineryError } from '../../../protocols/errors.ts'
import '../errors.ts'
import { normalizeName } from './file-name.ts'
import { parseVersion, type Version } from './version.ts'

/** What a METADATA or PKG-INFO says (packaging.python.org, "Core metadata specifications"); the rest of it is for the client. */
export interface CoreMetadata {
  /** Normalized. */
  project: string
  version: Version
  requiresPython?: string
}

/** The description is in it as well: the longest in use have some 300 KB. */
export const MAX_METADATA_BYTES = 2 * 1024 * 1024
/** A specifier such as `>=3.9,!=3.9.7`. */
const MAX_REQUIRES_PYTHON_CHARACTERS = 200

/**
 * @param label the file, for messages
 * @throws JoineryError PACKAGE_UNREADABLE
 */
export function parseCoreMetadata(bytes: Uint8Array, label: string): CoreMetadata {
  const fields = headerFields(new TextDecoder().decode(bytes))
  const project = normalizeName(fields.get('name') ?? '')
  const version = parseVersion(fields.get('version') ?? '')
  if (!project) throw new JoineryError('PACKAGE_UNREADABLE', `${label}: its metadata has no valid name`)
  if (!version) throw new JoineryError('PACKAGE_UNREADABLE', `${label}: its metadata has no valid version`)
  const requiresPython = fields.get('requires-python')?.slice(0, MAX_REQUIRES_PYTHON_CHARACTERS)
  return { project, version, ...(requiresPython ? { requiresPython } : {}) }
}

/** The header of an e-mail: names in any case, lines that begin with a space continue the one before, an empty line ends it. First one counts. */
function headerFields(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  let current: string | undefined
  for (const line of linesOf(text)) {
    if (line.trim() === '') break
    if (/^[ \t]/.test(line)) {
      if (current !== undefined) fields.set(current, `${fields.get(current) ?? ''} ${line.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    current = colon > 0 && !fields.has(name) ? name : undefined
    if (current !== undefined) fields.set(current, line.slice(colon + 1).trim())
  }
  return fields
}

function* linesOf(text: string): Generator<string> {
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    yield line.endsWith('\r') ? line.slice(0, -1) : line
    at = end < 0 ? text.length : end + 1
  }
}
