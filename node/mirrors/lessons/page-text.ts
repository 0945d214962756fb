/** What a reader of a page sees, for the search: its title, its words, and where each heading stands among them. */
import { decodeReferences, htmlTokens, textOfBytes } from './html-tokens.ts'
import { MAX_TITLE_CHARACTERS } from './limits.ts'

export interface PageText {
  title: string
  words: string[]
  /** `at`: the index of its first word. */
  headings: { at: number; id?: string; text: string }[]
}

/** Beside the text: menus, and what only programs read. */
const SKIPPED = new Set(['nav', 'header', 'footer', 'aside', 'noscript', 'template', 'svg', 'math', 'button', 'select'])
const HEADINGS = new Set(['h1', 'h2', 'h3', 'h4'])
/** Words end where these do. */
const INLINE = new Set([
  'a',
  'b',
  'i',
  'em',
  'strong',
  'span',
  'code',
  'kbd',
  'samp',
  'sub',
  'sup',
  'small',
  'abbr',
  'mark'
])

/** @param page its bytes as a string (latin1) */
export function pageText(page: string, maxWords: number): PageText {
  const reader = new TextReader(page, maxWords)
  // A page that says what is its main part means that; the themes put three menus around it.
  const hasMain = /<main[\s>]/i.test(page)
  return reader.read(hasMain)
}

class TextReader {
  readonly #page: string
  readonly #maxWords: number
  readonly #words: string[] = []
  readonly #headings: PageText['headings'] = []
  #skipped = 0
  #word = ''
  #title = ''

  constructor(page: string, maxWords: number) {
    this.#page = page
    this.#maxWords = maxWords
  }

  read(hasMain: boolean): PageText {
    let inMain = !hasMain
    let heading: { at: number; id?: string } | undefined
    /** Many themes put the address on the section that a heading begins. */
    let place: { at: number; id: string } | undefined
    for (const token of htmlTokens(this.#page)) {
      if (this.#words.length >= this.#maxWords) break
      if (token.kind === 'raw') {
        if (token.name === 'title' && this.#title === '') this.#title = this.#plain(token)
        continue
      }
      if (token.kind === 'text') {
        if (inMain && this.#skipped === 0) this.#add(this.#plain(token))
        continue
      }
      const { name } = token
      if (!INLINE.has(name)) this.#endWord()
      if (hasMain && name === 'main') inMain = token.kind === 'start'
      // Some pages never close them: only what was opened is closed.
      if (SKIPPED.has(name)) this.#skipped = Math.max(0, this.#skipped + (token.kind === 'start' ? 1 : -1))
      const id = token.kind === 'start' ? token.attributes.find((known) => known.name === 'id')?.value : undefined
      if (id && (name === 'section' || name === 'div' || name === 'a')) place = { at: this.#words.length, id }
      if (!HEADINGS.has(name) || !inMain || this.#skipped > 0) continue
      if (token.kind === 'start') {
        const at = this.#words.length
        const own = id ?? (place?.at === at ? place.id : undefined)
        heading = { at, ...(own ? { id: textOfBytes(own) } : {}) }
      } else if (heading) {
        const text = this.#words.slice(heading.at).join(' ').slice(0, MAX_TITLE_CHARACTERS)
        if (text !== '') this.#headings.push({ ...heading, text })
        heading = undefined
      }
    }
    this.#endWord()
    const title = this.#title.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE_CHARACTERS)
    return { title: title || (this.#headings[0]?.text ?? ''), words: this.#words, headings: this.#headings }
  }

  #plain({ start, end }: { start: number; end: number }): string {
    return textOfBytes(decodeReferences(this.#page.slice(start, end)))
  }

  #add(text: string): void {
    const parts = text.split(/\s+/u)
    for (const [at, part] of parts.entries()) {
      if (at > 0) this.#endWord()
      this.#word += part
    }
  }

  #endWord(): void {
    if (this.#word !== '' && this.#words.length < this.#maxWords) this.#words.push(this.#word)
    this.#word = ''
  }
}
