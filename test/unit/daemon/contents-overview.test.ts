import { expect, test } from 'vitest'
import { ContentsSummary } from '../../../node/daemon/contents-overview.ts'
import type { CborValue } from '../../../protocols/cbor.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'

function contentOf(collection: string, files: Record<string, { [key: string]: CborValue }>): MemoryContent {
  const content = new MemoryContent()
  for (const [path, details] of Object.entries(files)) content.put(collection, path, Buffer.from(path), details)
  return content
}

const lessonsIn = (...paths: string[]): string[] =>
  new ContentsSummary(contentOf('lessons', Object.fromEntries(paths.map((path) => [path, {}]))))
    .overview()
    .lessons.map(({ href }) => href)

test.each<[string, string[], string[]]>([
  ['a lesson in a folder of its own', ['git-novice/index.html', 'git-novice/01-basics.html'], ['/lessons/git-novice/']],
  [
    'lessons in folders of their programs',
    ['dc/r-intro/index.html', 'swc/git-novice/index.html'],
    ['/lessons/dc/r-intro/', '/lessons/swc/git-novice/']
  ],
  [
    'a list of lessons beside them, which is none',
    ['index.html', 'swc/index.html', 'swc/git-novice/index.html'],
    ['/lessons/swc/git-novice/']
  ],
  [
    'folders of the theme, which belong to their lesson',
    ['git/aio/index.html', 'git/index.html', 'git/instructor/index.html', 'git/zz-own/index.html'],
    ['/lessons/git/']
  ],
  [
    'folders of its sources, which are none',
    ['git/_extras/index.html', 'git/data/index.html', 'git/index.html'],
    ['/lessons/git/']
  ],
  ['deeper pages, which are none', ['swc/git/ep/index.html', 'swc/git/index.html'], ['/lessons/swc/git/']],
  ['a name that has to be encoded', ['café au lait/index.html'], ['/lessons/caf%C3%A9%20au%20lait/']],
  ['a folder without an index page, which is none', ['pictures/one.png'], []]
])('lessons: %s', (_what, paths, expected) => {
  expect(lessonsIn(...paths)).toEqual(expected)
})

test('a lesson has the title of its page, its language, and the size of all its files', () => {
  const content = contentOf('lessons', { 'swc/git/index.html': { title: 'Git for novices', language: 'en' } })
  content.put('lessons', 'swc/git/fig/one.png', Buffer.alloc(1000))
  content.put('lessons', 'swc/r/index.html', Buffer.alloc(10))
  const [git, r] = new ContentsSummary(content).overview().lessons
  expect(git).toMatchObject({ name: 'git', title: 'Git for novices', language: 'en', sizeBytes: 1018 })
  expect(r).toEqual({ name: 'r', title: 'r', href: '/lessons/swc/r/', sizeBytes: 10 })
})

test('packages are counted by their names, not by their files', () => {
  const content = contentOf('pypi', { 'six/six-1.whl': {}, 'six/six-2.whl': {}, 'six/six-1.whl.yanked': {} })
  content.put('cran', 'src/contrib/R6_2.5.1.tar.gz', Buffer.alloc(5))
  content.put('cran', 'bin/windows/contrib/4.4/R6_2.5.1.zip', Buffer.alloc(7))
  content.put('cran', 'src/contrib/PACKAGES', Buffer.alloc(9))
  const { python, r } = new ContentsSummary(content).overview()
  expect(python).toMatchObject({ count: 1, names: ['six'] })
  expect(r).toEqual({ count: 1, names: ['R6'], sizeBytes: 12 })
})

test('an installer is told with its product, and by its file when nothing is known of it', () => {
  const content = contentOf('installers', {
    'R/R-4.4.exe': { product: 'R', version: '4.4', system: 'windows', cpu: 'x86_64' },
    'other/tool #1.bin': { system: 'beos' }
  })
  expect(new ContentsSummary(content).overview().installers).toMatchObject([
    { name: 'R', version: '4.4', system: 'windows', architecture: 'x86_64', href: '/installers/R/R-4.4.exe' },
    { name: 'tool #1.bin', system: 'other', href: '/installers/other/tool%20%231.bin' }
  ])
})

test('is made anew when its collection changes, and only then', () => {
  const content = contentOf('lessons', { 'git/index.html': {} })
  const summary = new ContentsSummary(content)
  const before = summary.overview()
  expect(summary.overview().lessons).toBe(before.lessons)
  content.put('lessons', 'r/index.html', Buffer.alloc(1))
  expect(summary.overview().lessons).toHaveLength(2)
})
