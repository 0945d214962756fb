/** Searching the room: the text of the lessons' pages, and the names of packages and programs. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { SearchAnswer } from '../../protocols/search.ts'
import { foldWord, termsOf } from './fold.ts'
import { MAX_HITS, MAX_KEPT_ANSWERS, MAX_NAMES, MAX_QUERY_CHARACTERS, MAX_WAITING } from './limits.ts'
import { headerScore, hitOf, type Match, matchOf } from './match.ts'
import { type List, PageList, type SearchComponents, type SearchInit } from './page-list.ts'
import { readRecords } from './search-file.ts'

type FoundPages = Pick<SearchAnswer, 'pages' | 'more' | 'readPages' | 'allPages'>

interface Candidate {
  match: Match
  hit: SearchAnswer['pages'][number]
}

export class Search {
  readonly #components: SearchComponents
  readonly #init: SearchInit
  readonly #ending = new AbortController()
  readonly #answers = new BoundedMap<string, FoundPages>(MAX_KEPT_ANSWERS)
  readonly #pages: PageList
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(components: SearchComponents, init: SearchInit) {
    this.#components = components
    this.#init = init
    this.#pages = new PageList(components, init, (action) => this.#queue(action))
  }

  /** @throws JoineryError `BUSY` when too many ask at once */
  async search(query: string): Promise<SearchAnswer> {
    const terms = termsOf(query)
    const asked = query.slice(0, MAX_QUERY_CHARACTERS).trim()
    const names = this.#namesWith(terms)
    if (terms.length === 0) return { query: asked, ...names, pages: [], more: false, readPages: 0, allPages: 0 }
    await this.#pages.freshen()
    let found = this.#kept(terms) ?? (await this.#inTurn(() => this.#pagesWith(terms)))
    if (!found) {
      // What was on the disk was damaged; it is made again at once.
      await this.#pages.freshen()
      found = await this.#inTurn(() => this.#pagesWith(terms))
    }
    return { query: asked, ...names, ...(found ?? { pages: [], more: false, readPages: 0, allPages: 0 }) }
  }

  #kept(terms: readonly string[]): FoundPages | undefined {
    return this.#answers.get(keyOf(this.#pages.now, terms))
  }

  #keep(key: string, found: FoundPages): void {
    this.#answers.set(key, found)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#pages.stop()
    await this.#turn.catch(() => undefined)
  }

  /** @returns undefined when the list on the disk turned out to be damaged; it is forgotten then */
  async #pagesWith(terms: readonly string[]): Promise<FoundPages | undefined> {
    // Those that waited in front may have seen another one.
    const list = this.#pages.now
    const key = keyOf(list, terms)
    const counts = { readPages: list.pages, allPages: list.allPages }
    if (list.pages === 0) return { pages: [], more: false, ...counts }
    const bytes = terms.map((term) => Buffer.from(term))
    const phrase = terms.length > 1 ? Buffer.from(terms.join(' ')) : undefined
    const best: Candidate[] = []
    let count = 0
    let mostTerms = 1
    const file = await this.#pages.open(list)
    try {
      for await (const record of readRecords(file, list.bytes, this.#ending.signal)) {
        const match = matchOf(record, bytes, phrase)
        if (!match || match.terms < mostTerms) continue
        if (match.terms > mostTerms) {
          mostTerms = match.terms
          best.length = 0
          count = 0
        }
        count++
        const { title, headings } = record.header()
        const words = (text: string): string => text.split(/\s+/u).map(foldWord).join(' ')
        match.score += headerScore(
          words(title),
          headings.map(([, , text]) => words(text)),
          terms
        )
        if (best.length >= MAX_HITS && match.score <= (best.at(-1)?.match.score ?? 0)) continue
        const hit = hitOf(record, match, terms, foldWord)
        // Crawlers leave one page at several addresses.
        if (best.some((other) => isSamePage(other.hit, hit))) {
          count--
          continue
        }
        best.push({ match, hit })
        best.sort((a, b) => b.match.score - a.match.score)
        best.length = Math.min(best.length, MAX_HITS)
      }
    } catch (error) {
      if (list.done && !this.#ending.signal.aborted) {
        this.#init.onProblem(error)
        await this.#pages.forget()
        return undefined
      }
      throw error
    } finally {
      await file.close()
    }
    const found = { pages: best.map(({ hit }) => hit), more: count > best.length, ...counts }
    // One that is being made has more with the next question.
    if (list.done) this.#keep(key, found)
    return found
  }

  #namesWith(terms: readonly string[]): Pick<SearchAnswer, 'python' | 'r' | 'installers'> {
    const { python, r, installers } = this.#components.content.names()
    // PEP 503: pip takes them for the same.
    const plain = (text: string): string => foldWord(text).replace(/[-_. ]+/g, '-')
    const asked = terms.map(plain).filter((term) => term.length > 1 || terms.length === 1)
    const has = (name: string): boolean => asked.some((term) => plain(name).includes(term))
    const best = (names: readonly string[]): string[] => {
      const found = names.filter(has)
      const exact = (name: string): number => Number(asked.includes(plain(name)))
      return found.sort((a, b) => exact(b) - exact(a) || a.length - b.length).slice(0, MAX_NAMES)
    }
    if (asked.length === 0) return { python: [], r: [], installers: [] }
    return {
      python: best(python),
      r: best(r),
      installers: installers.filter(({ name }) => has(name)).slice(0, MAX_NAMES)
    }
  }

  /** One search at a time: a class that searches at once must not read the file thirty times side by side. */
  async #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) throw new JoineryError('BUSY', 'too many search at the same time')
    this.#waiting++
    try {
      return await this.#queue(action)
    } finally {
      this.#waiting--
    }
  }

  #queue<Result>(action: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.catch(() => undefined).then(action)
    this.#turn = mine
    return mine
  }
}

function keyOf({ revision, bytes }: List, terms: readonly string[]): string {
  return JSON.stringify([revision, bytes, terms])
}

function isSamePage(one: Candidate['hit'], two: Candidate['hit']): boolean {
  return one.title === two.title && one.snippet.join('\n') === two.snippet.join('\n')
}
