/** Lessons that are larger than any: a page of 50 MB, and a site of 100,000 files. Nothing is read whole that is not needed, and all of it is served. */
import { describe, expect, test } from 'vitest'
import { ContentsSummary } from '../../../node/daemon/contents-overview.ts'
import { createMirrors, createOfflineViews, createSearchViews } from '../../../node/mirrors/index.ts'
import { lessonsKind } from '../../../node/mirrors/lessons/index.ts'
import { StickNames } from '../../../node/sticks/stick-names.ts'
import type { BlobReader, ContentFile, ContentIndex } from '../../../protocols/content.ts'
import { cidOf } from '../../fixtures/memory-content.ts'

const FILES = 100_000
const HUGE_BYTES = 50e6

/** Files of one collection, in byte order. */
class SortedIndex implements ContentIndex {
  readonly #files: readonly ContentFile[]
  readonly #byPath: ReadonlyMap<string, ContentFile>

  constructor(files: readonly ContentFile[]) {
    this.#files = files
    this.#byPath = new Map(files.map((file) => [file.path, file]))
  }

  collections(): string[] {
    return ['lessons']
  }

  get(collection: string, path: string): ContentFile | undefined {
    return collection === 'lessons' ? this.#byPath.get(path) : undefined
  }

  *list(collection: string, prefix = ''): Iterable<ContentFile> {
    if (collection === 'lessons') for (const file of this.#files) if (file.path.startsWith(prefix)) yield file
  }

  revision(): string {
    return 'one'
  }

  onChange(): () => void {
    return () => undefined
  }
}

const PAGE = Buffer.from(
  '<!DOCTYPE html><title>Many</title><main><a href="https://swcarpentry.github.io/many/p/09999.html">Far</a> <a href="p/99999.html">None</a></main>'
)
const lesson = (path: string, sizeBytes = PAGE.length): ContentFile => ({
  ...{ collection: 'lessons', path: `software-carpentry/many/${path}`, sizeBytes },
  ...{ cid: cidOf(Buffer.from(path)), details: { title: path } }
})

describe('a page of 50 MB', () => {
  const file = lesson('index.html', HUGE_BYTES)
  const index = new SortedIndex([file])
  const blobs: BlobReader = {
    hasLocally: () => true,
    bytes: () => Promise.reject(new Error('nobody holds 50 MB in memory')),
    // biome-ignore lint/correctness/useYield: it must not be asked for a byte
    async *stream() {
      throw new Error('the front door reads it span by span')
    }
  }

  test('is imported without being read', async () => {
    const source = { path: file.path, sizeBytes: HUGE_BYTES, read: () => Promise.reject(new Error('not to be read')) }
    expect(await lessonsKind.inspector.inspect(source)).toEqual({ details: {} })
  })

  test('is served as it is, is no hit of a search, and goes onto a stick as it is', async () => {
    const mirror = createMirrors({ index, blobs }).get('lessons')
    const request = { path: file.path, query: new URLSearchParams(), headers: {} }
    expect(await mirror?.answer(request)).toMatchObject({
      kind: 'file',
      file: { cid: file.cid },
      contentType: 'text/html'
    })
    expect([...createSearchViews({ index, blobs }).pages()]).toEqual([])
    expect(createOfflineViews({ index, blobs }).isPage(file)).toBe(false)
  })
})

describe('a lesson of 100,000 files', () => {
  const number = (i: number): string => String(i).padStart(5, '0')
  const files = [
    lesson('index.html'),
    ...Array.from({ length: FILES / 10 - 1 }, (_, i) => lesson(`p/${number(i + 1)}.html`)),
    ...Array.from({ length: FILES - FILES / 10 }, (_, i) => lesson(`x/${number(i)}.png`, 1))
  ]
  const index = new SortedIndex(files)
  let reads = 0
  const blobs: BlobReader = {
    hasLocally: () => true,
    async bytes() {
      reads++
      return PAGE
    },
    async *stream() {
      yield PAGE
    }
  }

  test('is one lesson on the first page, and one of its pages is made by reading that page only', async () => {
    expect(new ContentsSummary(index).overview().lessons).toMatchObject([{ name: 'many', title: 'index.html' }])
    const mirror = createMirrors({ index, blobs }).get('lessons')
    const request = { path: 'software-carpentry/many/', query: new URLSearchParams(), headers: {} }
    const answer = await mirror?.answer(request)
    const page = answer?.kind === 'bytes' ? Buffer.from(answer.bytes).toString() : ''
    expect(page).toContain('href="/lessons/software-carpentry/many/p/09999.html"')
    expect(page).toContain('href="https://swcarpentry.github.io/many/p/99999.html"')
    expect(reads).toBe(1)
  })

  test('is searched page by page, and keeps its names on a stick', () => {
    expect([...createSearchViews({ index, blobs }).pages()]).toHaveLength(FILES / 10)
    const names = new StickNames(files.map(({ path }) => path))
    expect(names.changedCount).toBe(0)
  })
})
