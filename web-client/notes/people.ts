/** Names and colours. A colour never stands alone: it has a letter, and each colour has a line of its own kind. */

export interface Person {
  name: string
  /** 0 to 7: a hue and a kind of line, as `.person-N` of notes.css. */
  look: number
}

export const LOOKS = 8
/** What stock editors show of us. */
export const LOOK_COLOURS = [
  '#0b5d57',
  '#a11b2b',
  '#5b3fb0',
  '#7a4a00',
  '#0d5aa7',
  '#8a1d74',
  '#3d6b12',
  '#4d5560'
] as const

/** On a cursor's flag and in a list; longer ones are cut. */
const MAX_NAME_CHARACTERS = 40

export function cleanName(text: string): string {
  return Array.from(
    text
      .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
      .replace(/\s+/gu, ' ')
      .trim()
  )
    .slice(0, MAX_NAME_CHARACTERS)
    .join('')
}

/** Of what another client says of itself: anything may stand there. */
export function readPerson(state: unknown, unnamed: string): Person {
  const user = isRecord(state) && isRecord(state.user) ? state.user : {}
  const name = typeof user.name === 'string' ? cleanName(user.name) : ''
  const look = Number.isInteger(user.look) ? (user.look as number) : lookOfName(name)
  return { name: name || unnamed, look: ((look % LOOKS) + LOOKS) % LOOKS }
}

function lookOfName(name: string): number {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 997
  return sum
}

/** One or two letters for a badge. */
export function initialsOf(name: string): string {
  const words = name.split(' ').filter((word) => word !== '')
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters.map((word) => Array.from(word ?? '?')[0]?.toUpperCase() ?? '?').join('')
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
