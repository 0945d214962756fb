/** Conditions on a requirement (PEP 508, "Environment markers"), decided as `packaging.markers` does it. */
import { normalizeName } from '../../mirrors/pypi/file-name.ts'
import { parseVersion } from '../../mirrors/pypi/version.ts'
import { allows, parseSpecifier } from './specifier.ts'

const VARIABLES = [
  'os_name',
  'sys_platform',
  'platform_machine',
  'platform_python_implementation',
  'platform_release',
  'platform_system',
  'platform_version',
  'python_version',
  'python_full_version',
  'implementation_name',
  'implementation_version',
  'extra'
] as const
export type MarkerVariable = (typeof VARIABLES)[number]
export type MarkerEnvironment = Readonly<Record<MarkerVariable, string>>

/** As old packages wrote them. */
const OLD_NAMES: ReadonlyMap<string, MarkerVariable> = new Map([
  ['os.name', 'os_name'],
  ['sys.platform', 'sys_platform'],
  ['platform.version', 'platform_version'],
  ['platform.machine', 'platform_machine'],
  ['platform.python_implementation', 'platform_python_implementation'],
  ['python_implementation', 'platform_python_implementation']
])

type Side = { variable: MarkerVariable } | { text: string }
export type Marker =
  | { kind: 'and'; parts: Marker[] }
  | { kind: 'or'; parts: Marker[] }
  | { kind: 'compare'; left: Side; operator: string; right: Side }

/** Real ones nest twice. */
const MAX_DEPTH = 20
const TOKEN =
  /\s*(?:(===|~=|==|!=|<=|>=|<|>|\(|\))|(not\s+in|in|and|or)(?![\w.])|([A-Za-z_][\w.]*)|"([^"]*)"|'([^']*)')/y

interface Token {
  kind: 'operator' | 'word' | 'variable' | 'text'
  text: string
}

/** @returns undefined when it is none */
export function parseMarker(text: string): Marker | undefined {
  const tokens = tokensOf(text)
  if (!tokens) return undefined
  const reader = { tokens, at: 0 }
  const marker = readOr(reader, 0)
  return reader.at === tokens.length ? marker : undefined
}

export function markerHolds(marker: Marker, environment: MarkerEnvironment): boolean {
  if (marker.kind === 'and') return marker.parts.every((part) => markerHolds(part, environment))
  if (marker.kind === 'or') return marker.parts.some((part) => markerHolds(part, environment))
  const { left, operator, right } = marker
  const isExtra = [left, right].some((side) => 'variable' in side && side.variable === 'extra')
  const value = (side: Side): string => {
    const text = 'variable' in side ? environment[side.variable] : side.text
    return isExtra ? (normalizeName(text) ?? text) : text
  }
  return compare(value(left), operator, value(right), isExtra)
}

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = text.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text)
    if (!found) return undefined
    const [, operator, word, variable, double, single] = found
    if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word.replace(/\s+/, ' ') })
    else if (variable !== undefined) tokens.push({ kind: 'variable', text: variable })
    else tokens.push({ kind: 'text', text: double ?? single ?? '' })
  }
  return tokens
}

interface Reader {
  tokens: readonly Token[]
  at: number
}

function readOr(reader: Reader, depth: number): Marker | undefined {
  return readList(reader, 'or', () => readList(reader, 'and', () => readOne(reader, depth)))
}

function readList(reader: Reader, kind: 'and' | 'or', read: () => Marker | undefined): Marker | undefined {
  const parts: Marker[] = []
  for (;;) {
    const part = read()
    if (!part) return undefined
    parts.push(part)
    const next = reader.tokens[reader.at]
    if (next?.kind !== 'word' || next.text !== kind) break
    reader.at++
  }
  const [only] = parts
  return parts.length === 1 ? only : { kind, parts }
}

function readOne(reader: Reader, depth: number): Marker | undefined {
  if (reader.tokens[reader.at]?.text === '(' && reader.tokens[reader.at]?.kind === 'operator') {
    if (depth >= MAX_DEPTH) return undefined
    reader.at++
    const inside = readOr(reader, depth + 1)
    if (reader.tokens[reader.at++]?.text !== ')') return undefined
    return inside
  }
  const left = sideOf(reader.tokens[reader.at++])
  const operator = reader.tokens[reader.at++]
  const right = sideOf(reader.tokens[reader.at++])
  const isOperator = operator?.kind === 'operator' ? !/^[()]$/.test(operator.text) : /in$/.test(operator?.text ?? '')
  if (!left || !right || !operator || !isOperator || operator.kind === 'text') return undefined
  return { kind: 'compare', left, operator: operator.text, right }
}

function sideOf(token: Token | undefined): Side | undefined {
  if (token?.kind === 'text') return { text: token.text }
  if (token?.kind !== 'variable') return undefined
  const variable = OLD_NAMES.get(token.text) ?? VARIABLES.find((one) => one === token.text)
  return variable && { variable }
}

function compare(left: string, operator: string, right: string, isText: boolean): boolean {
  if (!isText) {
    const specifier = parseSpecifier(`${operator}${right}`)
    const version = specifier && parseVersion(left)
    if (specifier && version) return allows([specifier], version)
  }
  switch (operator) {
    case '==':
    case '===':
      return left === right
    case '!=':
      return left !== right
    case 'in':
      return right.includes(left)
    case 'not in':
      return !right.includes(left)
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return false
  }
}
