import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createSearchViews } from '../../../node/mirrors/index.ts'
import { type Clock, systemClock } from '../../../node/platform/clock.ts'
import { type Disk, nodeDisk } from '../../../node/platform/disk.ts'
import { Search, type SearchContent } from '../../../node/search/index.ts'
import {
  MAX_HITS,
  MAX_NAMES,
  MAX_RECORD_BYTES,
  MAX_TERMS,
  MAX_WAITING,
  PATIENCE_MS
} from '../../../node/search/limits.ts'
import type { SearchAnswer } from '../../../protocols/search.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'

const page = (title: string, body: string): Buffer =>
  Buffer.from(
    `<!DOCTYPE html><html lang="es"><head><title>${title}</title></head><body><main>${body}</main></body></html>`
  )

interface Room {
  folder: TemporaryFolder
  content: MemoryContent
  /** Paths of the pages that were read. */
  read: string[]
  problems: unknown[]
  open(disk?: Disk): Search
}

/** However busy the machine is, a search waits for the list. */
const patientClock: Clock = {
  ...systemClock,
  after: (delayMs, action) => (delayMs >= PATIENCE_MS ? () => undefined : systemClock.after(delayMs, action))
}

const open: { search: Search; folder: TemporaryFolder }[] = []
afterEach(async () => {
  for (const { search } of open) await search.stop()
  for (const { folder } of open.splice(0)) folder[Symbol.dispose]()
})

function room(pages: Readonly<Record<string, Buffer>>): Room {
  const folder = temporaryFolder()
  const content = new MemoryContent()
  for (const [path, bytes] of Object.entries(pages)) content.put('lessons', path, bytes)
  const read: string[] = []
  const problems: unknown[] = []
  const views = createSearchViews({ index: content, blobs: content })
  const watched: SearchContent = {
    ...views,
    read(file, most, signal) {
      read.push(file.path)
      return views.read(file, most, signal)
    }
  }
  return {
    ...{ folder, content, read, problems },
    open(disk = nodeDisk) {
      const onProblem = (error: unknown): void => void problems.push(error)
      const search = new Search({ disk, clock: patientClock, content: watched }, { folder: folder.path, onProblem })
      open.push({ search, folder })
      return search
    }
  }
}

const LESSON = {
  'shell/index.html': page(
    'La terminal',
    '<h1>Resumen</h1><p>El ñandú corre. Usa una tubería: <code>ls | wc</code></p>'
  ),
  'shell/02-loops.html': page(
    'Loops',
    '<h2 id="for">For loops</h2><p>Repeat a command for each file. A digital watch.</p>'
  ),
  'shell/03-git.html': page(
    'Version control',
    '<p>Say git commit, and git push. (git is a program; read.csv is not.)</p>'
  ),
  'shell/aio.html': page('All in one', '<p>ñandú loops git</p>'),
  'shell/instructor/02-loops.html': page('Loops', '<p>loops for instructors</p>')
}
const paths = ({ pages }: SearchAnswer): string[] => pages.map(({ path }) => path)

describe('a search', () => {
  test('finds words without their accents and capitals, each page once, and shows the words around', async () => {
    const { open: start } = room(LESSON)
    const search = start()
    for (const query of ['ñandú', 'NANDU', 'tuberia', '  Ñandú '])
      expect(paths(await search.search(query))).toEqual(['shell/index.html'])
    const { pages, readPages, allPages } = await search.search('for loops')
    expect([readPages, allPages]).toEqual([3, 3])
    expect(pages[0]).toEqual({
      ...{ path: 'shell/02-loops.html', title: 'Loops', section: { id: 'for', heading: 'For loops' } },
      snippet: ['', 'For', ' ', 'loops', ' Repeat a command ', 'for', ' each file. A digital watch. ']
    })
  })

  test('finds words by their beginnings, and not inside of others', async () => {
    const search = room(LESSON).open()
    expect(paths(await search.search('git'))).toEqual(['shell/03-git.html'])
    expect(paths(await search.search('comm')).sort()).toEqual(['shell/02-loops.html', 'shell/03-git.html'])
    expect(paths(await search.search('csv'))).toEqual(['shell/03-git.html'])
    expect(paths(await search.search('|'))).toEqual(['shell/index.html'])
  })

  test('lists pages with all the words first of all, and with some when none has all', async () => {
    const search = room(LESSON).open()
    expect(paths(await search.search('git push'))).toEqual(['shell/03-git.html'])
    expect(paths(await search.search('loops ñandú'))).toEqual(['shell/02-loops.html', 'shell/index.html'])
    expect(paths(await search.search('zebra'))).toEqual([])
  })

  test('a title counts more than a word somewhere, and words that stand together more than apart', async () => {
    const search = room({
      'a.html': page('A', '<p>tidy here and data there, data data data tidy tidy tidy</p>'),
      'b.html': page('B', '<p>tidy data</p>'),
      'c.html': page('Tidy data', '<p>tidy and also data</p>')
    }).open()
    expect(paths(await search.search('tidy data'))).toEqual(['c.html', 'b.html', 'a.html'])
  })

  test('a page that is larger than a place in the list is found by its beginning, and hides no other', async () => {
    const hashes = `${'0123456789'.repeat(5)} `.repeat(MAX_RECORD_BYTES / 64)
    const { open: start, problems } = room({
      'data.html': page('Data', `<p>ñandú first</p><p>${hashes}</p><p>last</p>`),
      'plain.html': page('Plain', '<p>ñandú too</p>')
    })
    const search = start()
    expect(paths(await search.search('ñandú'))).toEqual(['data.html', 'plain.html'])
    expect(problems).toEqual([])
    expect(await start().search('first')).toMatchObject({ pages: [{ path: 'data.html' }], readPages: 2, allPages: 2 })
  })

  test('shows a page that a crawler left at several addresses once, and pages of one title that say something else', async () => {
    const search = room({
      'git.html': page('Git', '<p>branch and merge</p>'),
      'git/index.html': page('Git', '<p>branch and merge</p>'),
      'git/other.html': page('Git', '<p>branch and rebase</p>')
    }).open()
    expect(await search.search('branch')).toMatchObject({
      pages: [{ path: 'git.html' }, { path: 'git/other.html' }],
      more: false
    })
  })

  test('finds packages as pip and R name them, and programs', async () => {
    const { content, open: start } = room({})
    for (const name of ['scikit-learn', 'learn', 'numpy'])
      content.put('pypi', `${name}/${name.replace('-', '_')}-1.0.tar.gz`, Buffer.from('x'))
    content.put('cran', 'src/contrib/dplyr_1.0.tar.gz', Buffer.from('x'), { package: 'dplyr' })
    content.put('installers', 'R/R-4.4.1-win.exe', Buffer.from('x'), { product: 'R', version: '4.4.1' })
    const search = start()
    expect((await search.search('Learn')).python).toEqual(['learn', 'scikit-learn'])
    expect((await search.search('scikit_learn')).python).toEqual(['scikit-learn'])
    expect((await search.search('dply')).r).toEqual(['dplyr'])
    expect((await search.search('r')).installers).toEqual([{ name: 'R', version: '4.4.1', path: 'R/R-4.4.1-win.exe' }])
    for (let i = 0; i <= MAX_NAMES; i++)
      content.put('cran', `src/contrib/many${i}_1.0.tar.gz`, Buffer.from('x'), { package: `many${i}` })
    expect((await search.search('many')).r).toHaveLength(MAX_NAMES)
  })

  test('asks for nothing where nothing is asked, and for so many words at most', async () => {
    const { open: start, read } = room(LESSON)
    const search = start()
    for (const query of ['', '   ', '" "']) expect(await search.search(query)).toMatchObject({ pages: [], python: [] })
    expect(read).toEqual([])
    const many = Array.from({ length: MAX_TERMS }, (_, i) => `nothing${i}`)
    expect(paths(await search.search([...many, 'loops'].join(' ')))).toEqual([])
    expect(paths(await search.search([...many.slice(1), 'loops'].join(' ')))).toEqual(['shell/02-loops.html'])
  })

  test('lists so many pages, the best ones, and says that there are more', async () => {
    const pages = Object.fromEntries(
      Array.from({ length: MAX_HITS + 5 }, (_, i) => [
        `p${String(i).padStart(3, '0')}.html`,
        page(`Page ${i}`, `<p>${'leaf '.repeat(1 + (i % 7))}`)
      ])
    )
    const { pages: found, more } = await room(pages).open().search('leaf')
    expect([found.length, more]).toEqual([MAX_HITS, true])
    expect(found[0]?.path).toBe('p006.html')
    const exactly = Object.fromEntries(Object.entries(pages).slice(0, MAX_HITS))
    expect(await room(exactly).open().search('leaf')).toMatchObject({ more: false })
  })
})

describe('the list of texts', () => {
  test('is kept over a restart, and renewed by what changed only', async () => {
    const { content, open: start, read, folder } = room(LESSON)
    await start().search('loops')
    expect(read.splice(0)).toHaveLength(3)
    const written = statSync(join(folder.path, 'pages')).mtimeMs
    const again = start()
    expect(paths(await again.search('loops'))).toEqual(['shell/02-loops.html'])
    expect(read).toEqual([])
    expect(statSync(join(folder.path, 'pages')).mtimeMs).toBe(written)
    content.put('lessons', 'shell/04-new.html', page('New', '<p>loops again</p>'))
    content.put('lessons', 'shell/03-git.html', page('Version control', '<p>Nothing about it</p>'))
    content.remove('lessons', 'shell/index.html')
    expect(paths(await again.search('loops')).sort()).toEqual(['shell/02-loops.html', 'shell/04-new.html'])
    expect(read.sort()).toEqual(['shell/03-git.html', 'shell/04-new.html'])
    expect(paths(await again.search('git commit'))).toEqual([])
    expect(paths(await again.search('ñandú'))).toEqual([])
  })

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9)],
    ['rotten', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 300), Buffer.from([0xff]), bytes.subarray(301)])],
    ['another file', () => Buffer.from('something else')],
    [
      'a length that lies',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 17), Buffer.alloc(16, 0xff), bytes.subarray(33)])
    ],
    ['empty', () => Buffer.alloc(0)]
  ])('that is damaged on the disk (%s) is made again', async (_, damage) => {
    const { open: start, folder, read } = room(LESSON)
    await start().search('loops')
    const path = join(folder.path, 'pages')
    writeFileSync(path, damage(readFileSync(path)))
    read.length = 0
    expect(paths(await start().search('git'))).toEqual(['shell/03-git.html'])
    expect(read.length).toBeGreaterThan(0)
  })

  test('that rots while the device runs is noticed by the next search, which makes it again', async () => {
    const { open: start, folder, problems } = room(LESSON)
    const search = start()
    await search.search('loops')
    const path = join(folder.path, 'pages')
    const bytes = readFileSync(path)
    bytes[400] = (bytes[400] ?? 0) ^ 0xff
    writeFileSync(path, bytes)
    expect(paths(await search.search('git'))).toEqual(['shell/03-git.html'])
    expect(problems).toMatchObject([{ code: 'SEARCH_LIST_BROKEN' }])
  })

  test('has the pages that are here; those of other devices come when they are', async () => {
    const { content, open: start } = room(LESSON)
    const away = content.get('lessons', 'shell/03-git.html')
    if (!away) throw new Error('the lesson has that page')
    content.takeAway(away.cid)
    const search = start()
    expect(await search.search('git')).toMatchObject({ pages: [], readPages: 2, allPages: 3 })
    content.bringBack(away.cid)
    expect(await search.search('git')).toMatchObject({ pages: [{ path: 'shell/03-git.html' }], readPages: 3 })
  })

  test('leaves out a page that cannot be read, once, and goes on', async () => {
    const { content, open: start, problems } = room(LESSON)
    const bytes = content.bytes.bind(content)
    content.bytes = async (ref, most) => {
      if (ref.cid === content.get('lessons', 'shell/03-git.html')?.cid) throw new Error('rot')
      return await bytes(ref, most)
    }
    const search = start()
    expect(paths(await search.search('loops'))).toEqual(['shell/02-loops.html'])
    await search.search('git')
    expect(problems).toHaveLength(1)
  })

  describe('on a disk that is full', () => {
    const taken = { bytes: 0, of: Number.POSITIVE_INFINITY }
    /** Writes fail once so much was written. */
    const fullDisk: Disk = {
      ...nodeDisk,
      async open(path, mode) {
        const file = await nodeDisk.open(path, mode)
        const write = file.write.bind(file)
        file.write = async (bytes, position) => {
          taken.bytes += bytes.length
          if (taken.bytes > taken.of) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
          await write(bytes, position)
        }
        return file
      }
    }

    test('the old list goes on being found, also after a restart, and what was begun gives its room back', async () => {
      const { content, open: start, folder, problems } = room(LESSON)
      Object.assign(taken, { bytes: 0, of: Number.POSITIVE_INFINITY })
      const before = start(fullDisk)
      await before.search('loops')
      content.put('lessons', 'shell/04-new.html', page('New', '<p>loops again</p>'))
      taken.of = taken.bytes + 200
      for (const search of [before, start(fullDisk)]) {
        expect(await search.search('loops')).toMatchObject({ pages: [{ path: 'shell/02-loops.html' }], readPages: 3 })
        expect(problems.splice(0)).toMatchObject([{ code: 'ENOSPC' }])
        expect(readdirSync(folder.path)).toEqual(['pages'])
      }
      taken.of = Number.POSITIVE_INFINITY
      expect((await before.search('loops')).readPages).toBe(4)
    })

    test('without an old list what was written is found by everybody who waits, and taken over by the next try', async () => {
      const { open: start, read, folder } = room(LESSON)
      Object.assign(taken, { bytes: 0, of: 500 })
      const search = start(fullDisk)
      const answers: Promise<SearchAnswer>[] = []
      for (const word of ['command', 'loops', 'digital', 'watch', 'repeat', 'file', 'each', 'for']) {
        answers.push(search.search(word))
        await setImmediate()
      }
      expect((await Promise.all(answers)).map(paths)).toEqual(answers.map(() => ['shell/02-loops.html']))
      expect(readdirSync(folder.path)).toEqual(['pages'])
      read.length = 0
      taken.of = Number.POSITIVE_INFINITY
      expect((await search.search('loops')).readPages).toBe(3)
      expect(read).not.toContain('shell/02-loops.html')
    })
  })

  test('is read by one search after the other; so many wait, and one more is asked to come again', async () => {
    const search = room(LESSON).open()
    await search.search('loops')
    const many = Array.from({ length: MAX_WAITING + 1 }, (_, i) => search.search(`word${i}`))
    const results = await Promise.allSettled(many)
    expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { code: 'BUSY' } }])
  })
})
