/**
 * The list of texts: made when somebody searches first, kept on the disk, and renewed when the lessons change. Pages that are the same are taken over from the
 * old list.
 */
import { join } from 'node:path'
import type { ContentFile } from '../../protocols/content.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import type { Disk, DiskFile } from '../platform/disk.ts'
import { MAX_FILE_BYTES, MAX_PAGE_WORDS, MAX_PAGES, PATIENCE_MS } from './limits.ts'
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

export interface List {
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

const emptyList = (revision: string, allPages: number): List => ({
  ...{ revision, bytes: FILE_BEGINNING.length, pages: 0, unreadable: 0 },
  ...{ allPages, done: false, full: false }
})

export class PageList {
  readonly #components: SearchComponents
  readonly #init: SearchInit
  readonly #inTurn: <Result>(action: () => Promise<Result>) => Promise<Result>
  readonly #ending = new AbortController()
  #list: List = emptyList('', 0)
  #making: Promise<void> | undefined

  /** @param inTurn nobody reads a list while such an action runs */
  constructor(
    components: SearchComponents,
    init: SearchInit,
    inTurn: <Result>(action: () => Promise<Result>) => Promise<Result>
  ) {
    this.#components = components
    this.#init = init
    this.#inTurn = inTurn
  }

  /** What is found just now. */
  get now(): List {
    return this.#list
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#making
  }

  open(list: List): Promise<DiskFile> {
    return this.#components.disk.open(list.done ? this.#path : this.#newPath, 'read')
  }

  /** It is damaged. */
  async forget(): Promise<void> {
    await this.#components.disk.remove(this.#path)
    this.#list = emptyList('', 0)
  }

  /** Begins to make the list where there is none for what the room has now, and waits a little for it. */
  async freshen(): Promise<void> {
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
    const list = emptyList(revision, files.length)
    const old = await this.#openOld()
    try {
      const known = old ? await this.#recordsOf(old) : new Map<string, Place>()
      if (isSame(known, files)) {
        // After a restart: what is on the disk is good.
        this.#list = listOf(known, list)
        return
      }
      await this.#inTurn(async () => {
        await disk.remove(this.#newPath)
        // What was there before goes on being found until the new list is whole; without one, what is ready is found.
        if (known.size === 0) this.#list = list
        else if (!this.#list.done) this.#list = listOf(known, emptyList('', files.length))
      })
      await this.#write(list, files, (file) => {
        const place = known.get(file.path)
        return old && place?.cid === file.cid ? readSpan(old, place.at, place.length) : undefined
      })
      await this.#inTurn(async () => {
        await disk.rename(this.#newPath, this.#path)
        list.done = true
        this.#list = list
        await disk.syncDirectory(this.#init.folder)
      })
    } catch (error) {
      // The disk may be full.
      if (!this.#ending.signal.aborted) await this.#inTurn(() => this.#endHalf(list))
      throw error
    } finally {
      await old?.close()
    }
  }

  /** What was written of a list that failed is kept where there is no other one, and the next try takes it over; or else it gives its room back. */
  async #endHalf(list: List): Promise<void> {
    const { disk } = this.#components
    if (this.#list !== list || list.done || list.pages === 0) return await disk.remove(this.#newPath)
    const file = await disk.open(this.#newPath, 'update')
    try {
      await file.truncate(list.bytes)
    } finally {
      await file.close()
    }
    await disk.rename(this.#newPath, this.#path)
    this.#list = { ...list, revision: '', done: true }
  }

  async #write(
    list: List,
    files: readonly ContentFile[],
    known: (file: ContentFile) => Promise<Buffer> | undefined
  ): Promise<void> {
    const { clock, disk } = this.#components
    const { signal } = this.#ending
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

  get #path(): string {
    return join(this.#init.folder, 'pages')
  }

  get #newPath(): string {
    return join(this.#init.folder, 'pages.new')
  }
}

/** The list on the disk, where these records are. */
function listOf(known: ReadonlyMap<string, Place>, empty: List): List {
  const list = { ...empty, pages: known.size, done: true }
  for (const { length } of known.values()) list.bytes += length
  return list
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
