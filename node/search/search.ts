/**
 * Searching the room: the text of the lessons' pages, and the names of packages and programs. The list of texts is made when somebody searches first, kept on
 * the disk, and renewed when the lessons change: pages that are the same are taken over from the old list.
 */
import { join } from 'node:path'
import type { ContentFile } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { SearchAnswer } from '../../protocols/search.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { foldWord, termsOf } from './fold.ts'
import {
  MAX_FILE_BYTES,
  MAX_HITS,
  MAX_KEPT_ANSWERS,
  MAX_NAMES,
  MAX_PAGE_WORDS,
  MAX_PAGES,
  MAX_QUERY_CHARACTERS,
  MAX_WAITING,
  PATIENCE_MS
} from './limits.ts'
import { headerScore, hitOf, type Match, matchOf } from './match.ts'
import { FILE_BEGINNING, type RecordHeader, readRecords, recordOf } from './search-file.ts'

/** What is searched, and how a page is read; `node/mirrors` and the store know. */
export interface SearchContent {
  /** Of the lessons; another one means that something changed. */
  revision(): string
  /** The pages that are worth finding, in the order of their paths. */
  pages(): Iterable<ContentFile>
  /** Whether it can be read without asking another device. */
  isHere(file: ContentFile): boolean
  read(
    file: ContentFile,
    maxWords: number,
    signal: AbortSignal
  ): Promise<{ title: string; words: string[]; headings: { at: number; id?: string; text: string }[] }>
  names(): {
    python: readonly string[]
    r: readonly string[]
    installers: readonly { name: string; version?: string; path: string }[]
  }
}

export interface SearchComponents {
  disk: Disk
  clock: Clock
  content: SearchContent
}

export interface SearchInit {
  folder: string
  /** A list that could not be made; searching goes on with what there is. */
  onProblem(error: unknown): void
}

interface List {
  revision: string
  /** Whole records end here. */
  bytes: number
  pages: number
  /** Pages that nothing could be made of; they are not tried again for this revision. */
  unreadable: number
  allPages: number
  /** Has its name on the disk. */
  done: boolean
  /** No further page fits. */
  full: boolean
}

/** Where a record stands in the old list. */
interface Place {
  cid: string
  at: number
  length: number
}

type FoundPages = Pick<SearchAnswer, 'pages' | 'more'>

interface Candidate {
  match: Match
  hit: SearchAnswer['pages'][number]
}

const emptyList = (revision: string, allPages: number): List => ({
  ...{ revision, bytes: FILE_BEGINNING.length, pages: 0, unreadable: 0 },
  ...{ allPages, done: false, full: false }
})

export class Search {
  readonly #components: SearchComponents
  readonly #init: SearchInit
  readonly #ending = new AbortController()
  readonly #answers = new Map<string, FoundPages>()
  #list: List = emptyList('', 0)
  #making: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(components: SearchComponents, init: SearchInit) {
    this.#components = components
    this.#init = init
  }

  /** @throws JoineryError `BUSY` when too many ask at once */
  async search(query: string): Promise<SearchAnswer> {
    const terms = termsOf(query)
    const asked = query.slice(0, MAX_QUERY_CHARACTERS).trim()
    const names = this.#namesWith(terms)
    if (terms.length === 0) return { query: asked, ...names, pages: [], more: false, readPages: 0, allPages: 0 }
    await this.#freshList()
    let list = this.#list
    const key = JSON.stringify([list.revision, list.bytes, terms])
    let found = this.#answers.get(key) ?? (await this.#inTurn(() => this.#pagesWith(terms, list)))
    if (!found) {
      // What was on the disk was damaged; it is made again at once.
      await this.#freshList()
      list = this.#list
      found = await this.#inTurn(() => this.#pagesWith(terms, list))
    }
    if (found) this.#keep(key, found)
    return {
      ...{ query: asked, ...names, ...(found ?? { pages: [], more: false }) },
      ...{ readPages: list.pages, allPages: list.allPages }
    }
  }

  #keep(key: string, found: FoundPages): void {
    this.#answers.delete(key)
    this.#answers.set(key, found)
    const oldest = this.#answers.size > MAX_KEPT_ANSWERS ? this.#answers.keys().next().value : undefined
    if (oldest !== undefined) this.#answers.delete(oldest)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#making
    await this.#turn.catch(() => undefined)
  }

  /** Begins to make the list where there is none for what the room has now, and waits a little for it. */
  async #freshList(): Promise<void> {
    const { clock, content } = this.#components
    const list = this.#list
    const isFresh = list.revision === content.revision() && list.done
    if (isFresh && (list.full || list.pages + list.unreadable === list.allPages)) return
    if (!this.#making && (!isFresh || this.#hasMoreHere(list))) {
      this.#making = this.#make(content.revision())
        .catch((error: unknown) => {
          if (!this.#ending.signal.aborted) this.#init.onProblem(error)
        })
        .finally(() => {
          this.#making = undefined
        })
    }
    if (!this.#making) return
    const patience = new AbortController()
    await Promise.race([this.#making, sleep(clock, PATIENCE_MS, patience.signal).catch(() => undefined)])
    patience.abort()
  }

  /** Pages of another device that have come meanwhile. */
  #hasMoreHere({ pages, unreadable }: List): boolean {
    const { content } = this.#components
    let here = 0
    for (const file of content.pages()) if (content.isHere(file)) here++
    return here > pages + unreadable
  }

  async #make(revision: string): Promise<void> {
    const { disk, content } = this.#components
    await disk.makeDirectory(this.#init.folder)
    const files = [...content.pages()].slice(0, MAX_PAGES)
    const old = await this.#openOld()
    try {
      const known = old ? await this.#recordsOf(old) : new Map<string, Place>()
      const list = emptyList(revision, files.length)
      if (isSame(known, files)) {
        // After a restart: what is on the disk is good.
        list.pages = known.size
        for (const { length } of known.values()) list.bytes += length
        list.done = true
        this.#list = list
        return
      }
      // What was there before goes on being found until the new list is whole; without one, what is ready is found.
      if (known.size === 0) this.#list = list
      await this.#write(list, files, (file) => {
        const place = known.get(file.path)
        return old && place?.cid === file.cid ? readSpan(old, place.at, place.length) : undefined
      })
      await this.#queue(async () => {
        await disk.rename(this.#newPath, this.#path)
        await disk.syncDirectory(this.#init.folder)
        list.done = true
        this.#list = list
      })
    } finally {
      await old?.close()
    }
  }

  async #write(
    list: List,
    files: readonly ContentFile[],
    known: (file: ContentFile) => Promise<Buffer> | undefined
  ): Promise<void> {
    const { clock, disk } = this.#components
    const { signal } = this.#ending
    await disk.remove(this.#newPath)
    const out = await disk.open(this.#newPath, 'exclusive')
    try {
      await out.write(FILE_BEGINNING, 0)
      for (const file of files) {
        signal.throwIfAborted()
        const record = (await known(file)) ?? (await this.#recordOf(file, list))
        if (!record) continue
        if (list.bytes + record.length > MAX_FILE_BYTES) {
          list.full = true
          break
        }
        await out.write(record, list.bytes)
        list.bytes += record.length
        list.pages++
        // Others get a turn: a page takes milliseconds.
        await sleep(clock, 0, signal)
      }
      await out.sync()
    } finally {
      await out.close()
    }
  }

  /** @returns undefined for what is on another device only, or cannot be read */
  async #recordOf(file: ContentFile, list: List): Promise<Buffer | undefined> {
    const { content } = this.#components
    if (!content.isHere(file)) return undefined
    try {
      const { title, words, headings } = await content.read(file, MAX_PAGE_WORDS, this.#ending.signal)
      const header: RecordHeader = {
        ...{ path: file.path, cid: file.cid, title },
        headings: headings.map(({ at, id, text }) => [at, id ?? '', text])
      }
      return recordOf(header, words)
    } catch (error) {
      this.#ending.signal.throwIfAborted()
      this.#init.onProblem(error)
      list.unreadable++
      return undefined
    }
  }

  /** The list of an earlier start or revision, whose pages may still be good. */
  async #openOld(): Promise<DiskFile | undefined> {
    const { disk } = this.#components
    const found = await disk.stat(this.#path)
    if (!found || found.sizeBytes > MAX_FILE_BYTES) return undefined
    return await disk.open(this.#path, 'read')
  }

  async #recordsOf(file: DiskFile): Promise<Map<string, Place>> {
    const found = new Map<string, Place>()
    let at = FILE_BEGINNING.length
    try {
      const first = await readSpan(file, 0, FILE_BEGINNING.length)
      if (!first.equals(FILE_BEGINNING)) return found
      for await (const record of readRecords(file, await file.sizeBytes(), this.#ending.signal)) {
        const { path, cid } = record.header()
        found.set(path, { cid, at, length: record.bytes.length })
        at += record.bytes.length
      }
    } catch (error) {
      // A damaged list is as good as none: each page is read again.
      this.#init.onProblem(error)
      found.clear()
    }
    return found
  }

  /** @returns undefined when the list on the disk turned out to be damaged; it is forgotten then */
  async #pagesWith(terms: readonly string[], list: List): Promise<FoundPages | undefined> {
    if (list.pages === 0) return { pages: [], more: false }
    const { disk } = this.#components
    const bytes = terms.map((term) => Buffer.from(term))
    const phrase = terms.length > 1 ? Buffer.from(terms.join(' ')) : undefined
    const best: Candidate[] = []
    let count = 0
    let mostTerms = 1
    const file = await disk.open(list.done ? this.#path : this.#newPath, 'read')
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
        await disk.remove(this.#path)
        this.#list = emptyList('', 0)
        return undefined
      }
      throw error
    } finally {
      await file.close()
    }
    return { pages: best.map(({ hit }) => hit), more: count > best.length }
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

  get #path(): string {
    return join(this.#init.folder, 'pages')
  }

  get #newPath(): string {
    return join(this.#init.folder, 'pages.new')
  }
}

function isSamePage(one: Candidate['hit'], two: Candidate['hit']): boolean {
  return one.title === two.title && one.snippet.join('\n') === two.snippet.join('\n')
}

function isSame(known: ReadonlyMap<string, Place>, files: readonly ContentFile[]): boolean {
  return files.length > 0 && known.size === files.length && files.every(({ path, cid }) => known.get(path)?.cid === cid)
}

async function readSpan(file: DiskFile, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const read = await file.read(bytes.subarray(done), at + done)
    if (read === 0) break
    done += read
  }
  return bytes.subarray(0, done)
}
