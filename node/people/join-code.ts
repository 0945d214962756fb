/**
 * The codes that sign people in: made here, never chosen, since a password that somebody uses elsewhere must not cross plain HTTP.
 * Three groups of four that read well aloud and on paper: `hkt4-mw7x-9bpq`.
 */
import type { Random } from '../platform/random.ts'
import { MAX_CODE_CHARACTERS } from './limits.ts'

/** No vowels (no words), nothing that looks like something else: 27 letters and digits, 57 bits in twelve. */
const LETTERS = 'bcdfghjkmnpqrstvwxz23456789'
const GROUPS = 3
const GROUP_LETTERS = 4

export function makeCode(random: Random): string {
  const groups: string[] = []
  for (let group = 0; group < GROUPS; group++) {
    let text = ''
    while (text.length < GROUP_LETTERS) {
      // Bytes beyond the last whole multiple would make some letters likelier.
      for (const byte of random.bytes(GROUP_LETTERS)) {
        if (byte < 256 - (256 % LETTERS.length) && text.length < GROUP_LETTERS) text += LETTERS[byte % LETTERS.length]
      }
    }
    groups.push(text)
  }
  return groups.join('-')
}

/** What is hashed: blanks, hyphens and capitals do not matter. */
export function plainCode(typed: string): string {
  return typed
    .slice(0, MAX_CODE_CHARACTERS)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
}
