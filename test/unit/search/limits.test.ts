/** What a search may cost: at each limit and one past it. */
import { afterEach, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../node/platform/clock.ts'
import { type Disk, nodeDisk } from '../../../node/platform/disk.ts'
import { foldWord, termsOf } from '../../../node/search/fold.ts'
import { Search, type SearchContent } from '../../../node/search/index.ts'
import {
  MAX_FILE_BYTES,
  MAX_KEPT_ANSWERS,
  MAX_PAGES,
  MAX_QUERY_CHARACTERS,
  MAX_RECORD_BYTES,
  MAX_WORD_CHARACTERS,
  PATIENCE_MS
} from '../../../node/search/limits.ts'
import { FILE_BEGINNING, recordOf } from '../../../node/search/search-file.ts'
import type { ContentFile } from '../../../protocols/content.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

/** However busy the machine is, a search waits for the list. */
const patientClock: Clock = {
  ...systemClock,
  after: (delayMs, action) => (delayMs >= PATIENCE_MS ? () => undefined : systemClock.after(delayMs, action))
}

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** Pages that are whatever `read` says, without a room behind them. */
function searchOver(paths: readonly string[], read?: (path: string) => { title: string; words: string[] }) {
  const folder = temporaryFolder()
  const opened: string[] = []
  const disk: Disk = {
    ...nodeDisk,
    open(path, mode) {
      opened.push(mode)
      return nodeDisk.open(path, mode)
    }
  }
  const files = paths.map((path) => ({ path, cid: path, sizeBytes: 1 }) as unknown as ContentFile)
  const content: SearchContent = {
    revision: () => '1',
    pages: () => files,
    isHere: () => read !== undefined,
    read: async ({ path }) => ({ headings: [], ...(read?.(path) ?? { title: '', words: [] }) }),
    names: () => ({ python: [], r: [], installers: [] })
  }
  const components = { disk, clock: patientClock, content }
  const search = new Search(components, { folder: folder.path, onProblem: (error) => expect(error).toBe(undefined) })
  ends.push(async () => {
    await search.stop()
    folder[Symbol.dispose]()
  })
  return { search, opened }
}

test('a search keeps the answers to so many questions, and forgets the oldest for one more', async () => {
  const { search, opened } = searchOver(['a.html'], () => ({ title: 'A', words: ['word'] }))
  const reads = async (query: string): Promise<number> => {
    opened.length = 0
    await search.search(query)
    return opened.filter((mode) => mode === 'read').length
  }
  for (let number = 0; number < MAX_KEPT_ANSWERS; number++) await search.search(`word${number}`)
  expect(await reads('word0')).toBe(0)
  expect(await reads('one more')).toBe(1)
  expect(await reads('word1')).toBe(0)
  expect(await reads('word0')).toBe(1)
})

test.each([
  ['the list has as many pages as the limit', MAX_PAGES],
  ['the list has no page more', MAX_PAGES + 1]
])('%s', async (_rule, count) => {
  const { search } = searchOver(Array.from({ length: count }, (_, number) => `${number}.html`))
  expect((await search.search('word')).allPages).toBe(MAX_PAGES)
})

test.each([
  ['the list is as large as its limit', 0, 0],
  ['the list is not a byte larger', 1, 1]
])('%s, and is not made again for what does not fit', async (_rule, more, left) => {
  // One long word: of the folded text only its beginning stays.
  const lengthOf = (path: string, title: string): number =>
    recordOf({ path, cid: path, title, headings: [] }, ['x'.repeat(1_000)]).length - 1_000
  const names = Array.from({ length: 17 }, (_, number) => `${10 + number}.html`)
  const last = names.at(-1) ?? ''
  const restBytes = MAX_FILE_BYTES - FILE_BEGINNING.length - 16 * (MAX_RECORD_BYTES - 4_096)
  const read: string[] = []
  const { search } = searchOver(names, (path) => {
    read.push(path)
    const bytes = path === last ? restBytes + more : MAX_RECORD_BYTES - 4_096
    return { title: 't', words: ['x'.repeat(bytes - lengthOf(path, 't'))] }
  })
  expect((await search.search('xxx')).readPages).toBe(names.length - left)
  expect((await search.search('xx')).readPages).toBe(names.length - left)
  expect(read).toEqual(names)
})

test('of a question so many characters count, and of a word so many', () => {
  const at = 'x'.repeat(MAX_WORD_CHARACTERS)
  expect([foldWord(at), foldWord(`${at}y`), foldWord(`é${at}`).length]).toEqual([at, at, MAX_WORD_CHARACTERS])
  const filled = `${'a '.repeat((MAX_QUERY_CHARACTERS - 2) / 2)}bc`
  expect([termsOf(filled), termsOf(` ${filled}`)]).toEqual([
    ['a', 'bc'],
    ['a', 'b']
  ])
})
