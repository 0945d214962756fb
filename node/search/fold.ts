/** Words as they are compared: without case and accents, `Ñandú` as `nandu`. Each word folds on its own, so that counts of words agree. */
import { MAX_QUERY_CHARACTERS, MAX_TERMS, MAX_WORD_CHARACTERS } from './limits.ts'

export function foldWord(word: string): string {
  // Most words of programs and of English: nothing to take apart.
  if (/^[\x21-\x7e]*$/.test(word)) return word.toLowerCase().slice(0, MAX_WORD_CHARACTERS)
  return word
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replaceAll('œ', 'oe')
    .replaceAll('æ', 'ae')
    .replace(/\s+/gu, '')
    .slice(0, MAX_WORD_CHARACTERS)
}

/** What is looked for: the words of a question, folded, each once. One letter is a word too: `R` is the name of a language. */
export function termsOf(query: string): string[] {
  const words = query.slice(0, MAX_QUERY_CHARACTERS).split(/\s+/u)
  const terms = words.map((word) => foldWord(word).replace(/^["'“«(]+|["'”»),.;:!?]+$/gu, ''))
  return [...new Set(terms.filter((term) => term !== ''))].slice(0, MAX_TERMS)
}
