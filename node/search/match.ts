/** How well a page answers, and the words around what was found. Pure. */
import type { PageHit } from '../../protocols/search.ts'
import { SNIPPET_WORDS } from './limits.ts'
import type { PageRecord } from './search-file.ts'

export interface Match {
  /** How many of the words asked for it has. */
  terms: number
  score: number
  /** Where in the folded text the snippet begins to be interesting. */
  at: number
}

/** Occurrences beyond these say nothing more. */
const COUNTED = 8
const PHRASE_SCORE = 20
const TITLE_SCORE = 30
const HEADING_SCORE = 10

/** @param terms folded, as bytes @returns undefined when it has none of them */
export function matchOf(record: PageRecord, terms: readonly Buffer[], phrase: Buffer | undefined): Match | undefined {
  let found = 0
  let score = 0
  let first = -1
  for (const term of terms) {
    let count = 0
    for (
      let at = nextWord(record.folded, term, 0);
      at >= 0 && count < COUNTED;
      at = nextWord(record.folded, term, at + term.length)
    ) {
      if (count++ === 0 && (first < 0 || at < first)) first = at
    }
    if (count > 0) found++
    score += count
  }
  if (found === 0) return undefined
  const together = phrase ? nextWord(record.folded, phrase, 0) : -1
  if (together >= 0) return { terms: found, score: score + PHRASE_SCORE, at: together }
  return { terms: found, score, at: first }
}

/** What a title and headings add; they are looked at for the best pages only. */
export function headerScore(title: string, headings: readonly string[], terms: readonly string[]): number {
  const has = (text: string): boolean => {
    const bytes = Buffer.from(text)
    return terms.every((term) => nextWord(bytes, Buffer.from(term), 0) >= 0)
  }
  return (has(title) ? TITLE_SCORE : 0) + (headings.some(has) ? HEADING_SCORE : 0)
}

/** A place where a word begins with this: not after a letter or a digit. */
function nextWord(text: Buffer, word: Buffer, from: number): number {
  for (let at = text.indexOf(word, from); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !isWordByte(text[at - 1] ?? 0) || (word[0] ?? 0) >= 0x80) return at
  }
  return -1
}

function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80
}

export function hitOf(
  record: PageRecord,
  match: Match,
  terms: readonly string[],
  fold: (word: string) => string
): PageHit {
  const { path, title, headings } = record.header()
  let word = 0
  for (let at = record.folded.indexOf(0x20); at >= 0 && at < match.at; at = record.folded.indexOf(0x20, at + 1)) word++
  const words = record.shown.toString('utf8').split(' ')
  const start = Math.max(0, word - Math.floor(SNIPPET_WORDS / 3))
  const shown = words.slice(start, start + SNIPPET_WORDS)
  const snippet: string[] = [start > 0 ? '… ' : '']
  for (const one of shown) {
    const folded = Buffer.from(fold(one))
    const isAsked = terms.some((term) => nextWord(folded, Buffer.from(term), 0) >= 0)
    if (isAsked) snippet.push(one, ' ')
    else snippet[snippet.length - 1] += `${one} `
  }
  if (start + SNIPPET_WORDS < words.length) snippet[snippet.length - 1] += '…'
  const section = headings.findLast(([at, id]) => at <= word && id !== '')
  return {
    path,
    title: title === '' ? path : title,
    ...(section ? { section: { id: section[1], heading: section[2] } } : {}),
    snippet
  }
}
