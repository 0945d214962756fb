/** What a package says of its needs: `Requires-Dist` of METADATA and PKG-INFO, and what has to be there to build it. */
import { parse as parseToml } from 'smol-toml'
import { MAX_REQUIREMENTS } from '../limits.ts'
import { parseRequirement, type Requirement } from './requirement.ts'

/** Lines that nobody understands are passed over, as pip does for old packages. */
export function requirementsOf(metadata: Uint8Array): Requirement[] {
  const found: Requirement[] = []
  for (const value of headerValues(new TextDecoder().decode(metadata), 'requires-dist')) {
    if (found.length >= MAX_REQUIREMENTS) break
    const requirement = parseRequirement(value)
    if (requirement) found.push(requirement)
  }
  return found
}

/** PEP 518; what pip takes where nothing is said. */
export function buildRequirements(pyproject: Uint8Array | undefined): Requirement[] {
  const said = pyproject && buildSystem(new TextDecoder().decode(pyproject))
  return (said ?? ['setuptools>=40.8.0', 'wheel'])
    .slice(0, MAX_REQUIREMENTS)
    .flatMap((text) => parseRequirement(text) ?? [])
}

function buildSystem(text: string): string[] | undefined {
  try {
    const section = parseToml(text)['build-system']
    const requires = typeof section === 'object' && 'requires' in section ? section.requires : undefined
    return Array.isArray(requires) ? requires.filter((one) => typeof one === 'string') : undefined
  } catch {
    // pip will say so when it builds.
    return undefined
  }
}

/** Of the header of an e-mail: all values of one name, continued lines joined; an empty line ends it. */
function* headerValues(text: string, name: string): Generator<string> {
  let value: string | undefined
  for (const line of linesOf(text)) {
    if (line.trim() === '') break
    if (/^[ \t]/.test(line)) {
      if (value !== undefined) value += ` ${line.trim()}`
      continue
    }
    if (value !== undefined) yield value
    const colon = line.indexOf(':')
    value = line.slice(0, Math.max(0, colon)).trim().toLowerCase() === name ? line.slice(colon + 1).trim() : undefined
  }
  if (value !== undefined) yield value
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    yield line.endsWith('\r') ? line.slice(0, -1) : line
    at = end < 0 ? text.length : end + 1
  }
}
