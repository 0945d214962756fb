/** What a package needs: PEP 508, `name[extra,…] (specifiers) ; marker`. */
import { normalizeName } from '../../mirrors/pypi/file-name.ts'
import { MAX_REQUIREMENT_CHARACTERS } from '../limits.ts'
import { type Marker, parseMarker } from './marker.ts'
import { parseSpecifiers, type Specifier } from './specifier.ts'

export interface Requirement {
  /** Normalized. */
  project: string
  /** Normalized. */
  extras: string[]
  specifiers: Specifier[]
  marker?: Marker
  /** It names an address instead of a version: nothing that an index has. */
  hasAddress: boolean
}

const HEAD = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/
const MAX_EXTRAS = 50

/** @returns undefined when it is none */
export function parseRequirement(text: string): Requirement | undefined {
  if (text.length > MAX_REQUIREMENT_CHARACTERS) return undefined
  const head = HEAD.exec(text)
  const project = normalizeName(head?.[1] ?? '')
  if (!head || !project) return undefined
  const extras = parseExtras(head[2])
  if (!extras) return undefined
  const rest = text.slice(head[0].length)
  const hasAddress = rest.startsWith('@')
  // In an address a semicolon counts only after white space.
  const semicolon = hasAddress ? rest.search(/\s;/) : rest.indexOf(';')
  const said = (semicolon < 0 ? rest : rest.slice(0, semicolon)).trim()
  const condition = semicolon < 0 ? '' : rest.slice(rest.indexOf(';', semicolon) + 1)
  const bare = said.startsWith('(') && said.endsWith(')') ? said.slice(1, -1) : said
  const specifiers = hasAddress ? [] : parseSpecifiers(bare)
  if (!specifiers) return undefined
  if (semicolon < 0) return { project, extras, specifiers, hasAddress }
  const marker = parseMarker(condition)
  return marker && { project, extras, specifiers, marker, hasAddress }
}

function parseExtras(text: string | undefined): string[] | undefined {
  const names = (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const extras = names.map(normalizeName)
  if (names.length > MAX_EXTRAS || extras.includes(undefined)) return undefined
  return extras.filter((name) => name !== undefined)
}
