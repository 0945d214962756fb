import { beforeEach, describe, expect, test } from 'vitest'
import { createLessonsMirror, lessonsKind } from '../../../node/mirrors/lessons/index.ts'
import { MAX_NOTICES, MAX_REWRITE_BYTES } from '../../../node/mirrors/lessons/limits.ts'
import type { Mirror, MirrorAnswer } from '../../../protocols/content.ts'
import { lessonSite } from '../../fixtures/lesson-site.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'

let content: MemoryContent
let mirror: Mirror

const get = (path: string, search = '', host = '10.0.0.1'): Promise<MirrorAnswer> =>
  mirror.answer({ path, query: new URLSearchParams(search), headers: { host } })
const text = (answer: MirrorAnswer): string => {
  if (answer.kind !== 'bytes') throw new Error(`a ${answer.kind}`)
  return Buffer.from(answer.bytes).toString()
}
const add = async (...paths: string[]): Promise<void> => {
  for (const path of paths) await content.add('lessons', path, Buffer.from(`<title>${path}</title>`))
}

beforeEach(() => {
  content = new MemoryContent()
  mirror = createLessonsMirror({ index: content, blobs: content })
})

describe('a lesson', () => {
  test('is found by its folder, which has one address', async () => {
    await add('a/index.html', 'a/b/index.html', 'a/b/page.html')
    expect(text(await get('a/b/'))).toContain('a/b/index.html')
    expect(text(await get('/a/b/'))).toContain('a/b/index.html')
    expect(text(await get('a/b/page.html'))).toContain('a/b/page.html')
    expect(await get('a/b')).toEqual({ kind: 'redirect', location: './b/', permanent: false })
    expect(await get('a')).toEqual({ kind: 'redirect', location: './a/', permanent: false })
    expect(await get('a/c/')).toEqual({ kind: 'missing' })
  })

  test('that a crawler saved without the last slash is found by all of its addresses', async () => {
    await add('x/git-novice.html', 'x/git-novice/aio.html')
    for (const [path, location] of [
      ['x/git-novice', './git-novice.html'],
      ['x/git-novice/', '../git-novice.html']
    ] as const) {
      expect([path, await get(path)]).toEqual([path, { kind: 'redirect', location, permanent: false }])
    }
    expect(text(await get('x/git-novice.html'))).toContain('x/git-novice.html')
  })

  test('may have names with signs that addresses use', async () => {
    await add('a/what? 100%: yes#1/index.html')
    expect(await get('a/what? 100%: yes#1')).toEqual({
      kind: 'redirect',
      location: './what%3F%20100%25%3A%20yes%231/',
      permanent: false
    })
  })

  test('may have files that a crawler named with their query', async () => {
    content.put('lessons', 'a/style.css?v=3', Buffer.from('x'))
    content.put('lessons', 'a/script.js', Buffer.from('x'))
    expect(await get('a/style.css', 'v=3')).toMatchObject({ kind: 'file', file: { path: 'a/style.css?v=3' } })
    expect(await get('a/script.js', 'v=3')).toMatchObject({ kind: 'file', file: { path: 'a/script.js' } })
    expect(await get('a/style.css', 'v=4')).toEqual({ kind: 'missing' })
  })

  test('never has the origin of the room', async () => {
    await add('a/index.html')
    content.put('lessons', 'a/picture.svg', Buffer.from('<svg/>'))
    content.put('lessons', 'a/unknown.xyz', Buffer.from('<script>'))
    for (const path of ['', 'a/', 'a/picture.svg', 'a/unknown.xyz']) {
      const answer = await get(path)
      const headers = answer.kind === 'bytes' || answer.kind === 'file' ? answer.headers : {}
      expect([path, headers]).toMatchObject([
        path,
        {
          'content-security-policy': expect.stringMatching(/^sandbox (?!.*same-origin)/),
          'x-content-type-options': 'nosniff'
        }
      ])
    }
    expect(await get('a/unknown.xyz')).toMatchObject({ contentType: 'application/octet-stream' })
  })

  test.each([
    ['a.png', 'image/png'],
    ['a.SVG', 'image/svg+xml'],
    ['a.css', 'text/css; charset=utf-8'],
    ['a.mjs', 'text/javascript; charset=utf-8'],
    ['a.csv', 'text/csv; charset=utf-8'],
    ['a.woff2', 'font/woff2'],
    ['a.json', 'application/json'],
    ['a.R', 'text/plain; charset=utf-8'],
    ['a.zip', 'application/zip'],
    ['README', 'application/octet-stream'],
    ['.png', 'image/png'],
    ['a.constructor', 'application/octet-stream']
  ])('serves %s as %s', async (name, contentType) => {
    content.put('lessons', `x/${name}`, Buffer.from('x'))
    expect(await get(`x/${name}`)).toMatchObject({ kind: 'file', contentType })
  })

  test('is told from another by the address that the visitor uses, and made once for all who ask at once', async () => {
    for (const [path, bytes] of lessonSite()) await content.add('lessons', path, Buffer.from(bytes))
    let reads = 0
    const bytes: MemoryContent['bytes'] = (ref, maxBytes) => {
      reads++
      return content.bytes(ref, maxBytes)
    }
    mirror = createLessonsMirror({ index: content, blobs: { bytes } })
    const path = 'software-carpentry/tiny-lesson/'
    const answers = await Promise.all(Array.from({ length: 30 }, () => get(path)))
    expect(reads).toBe(1)
    expect(new Set(answers.map(text)).size).toBe(1)
    expect(text(answers[0] as MirrorAnswer)).toContain(
      '"http://10.0.0.1/lessons/software-carpentry/tiny-lesson/data/numbers.csv"'
    )
    expect(text(await get(path, '', '[fe80::1]:8080'))).toContain('http://[fe80::1]:8080/lessons/')
    expect(text(await get(path, '', '"><script>'))).toContain('https://raw.githubusercontent.com')
    expect(reads).toBe(3)
    await get(path)
    expect(reads).toBe(3)
  })

  test('shows what was added to the room since', async () => {
    await content.add(
      'lessons',
      'software-carpentry/a/index.html',
      Buffer.from('<a href="https://swcarpentry.github.io/b/">b</a>')
    )
    expect(text(await get('software-carpentry/a/'))).toContain('needs the internet')
    await add('software-carpentry/b/index.html')
    expect(text(await get('software-carpentry/a/'))).toContain('href="/lessons/software-carpentry/b/"')
  })

  test('with a page over the limit has it as it is, at the limit with the links of the room', async () => {
    await add('software-carpentry/b/index.html')
    const page = (size: number): Buffer => Buffer.from('<a href="https://swcarpentry.github.io/b/">'.padEnd(size, ' '))
    await content.add('lessons', 'software-carpentry/a/over.html', page(MAX_REWRITE_BYTES + 1))
    await content.add('lessons', 'software-carpentry/a/at.html', page(MAX_REWRITE_BYTES))
    expect(await get('software-carpentry/a/over.html')).toMatchObject({ kind: 'file', contentType: 'text/html' })
    expect(text(await get('software-carpentry/a/at.html'))).toContain('/lessons/software-carpentry/b/')
  })

  test('in UTF-16 is served as it is', async () => {
    const page = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<a href="https://x.example/">', 'utf16le')])
    await content.add('lessons', 'a/index.html', page)
    const answer = await get('a/')
    expect(answer.kind === 'bytes' ? Buffer.from(answer.bytes) : undefined).toEqual(page)
  })

  test('does not answer for what is outside', async () => {
    await add('a/index.html')
    for (const path of ['..', '../x', 'a/../a/', 'a//', '//', 'a/index.html/', '__proto__', 'a/__proto__/']) {
      expect([path, (await get(path)).kind]).toEqual([path, 'missing'])
    }
  })
})

describe('the list of lessons', () => {
  test('has each front page once, with its title', async () => {
    await add(
      'source/one/index.html',
      'source/one/instructor/index.html',
      'source/one/two.html',
      'source/three.html',
      'source/three/aio.html',
      'own/index.html',
      'own/part/index.html'
    )
    const list = text(await get(''))
    expect([...list.matchAll(/href="(\.\/[^"]+)"/g)].map((found) => found[1])).toEqual([
      './own/',
      './source/one/',
      './source/three.html'
    ])
    expect(list).toContain('<strong>source/one/index.html</strong></a>')
    expect(text(await get('index.html'))).toBe(list)
  })

  test('shows titles as text', async () => {
    await content.add('lessons', 'x/index.html', Buffer.from('<title>A &lt;b&gt; "x"</title>'))
    expect(text(await get(''))).toContain('A &lt;b&gt; &quot;x&quot;')
  })

  test('says when there is none', async () => {
    expect(text(await get(''))).toContain('There are no lessons in this room yet.')
    expect(text(await get('', 'lang=fr'))).toContain('pas encore de leçons')
  })
})

describe('an import of lessons', () => {
  test('leaves out what crawlers leave behind', () => {
    for (const path of [
      'a/index.html.orig',
      'a/robots.txt',
      'robots.txt',
      'a/page.html.1',
      'index.html',
      'a/.DS_Store',
      'a/Thumbs.db'
    ]) {
      expect([path, lessonsKind.leftOut(path) !== undefined]).toEqual([path, true])
    }
    for (const path of ['a/index.html', 'a/data/original.csv', 'a/v1.1', 'a/page.html'])
      expect([path, lessonsKind.leftOut(path)]).toEqual([path, undefined])
  })

  const all = (): boolean => true

  test('tells which addresses that programs read, and which pictures, styles and scripts that pages show, are not here', async () => {
    for (const [path, bytes] of lessonSite()) await content.add('lessons', path, Buffer.from(bytes))
    const path = 'software-carpentry/tiny-lesson/index.html'
    expect(lessonsKind.notices?.(content, all)).toEqual([
      { path, what: 'reads https://figshare.example.org/files/123, which is not in this room' },
      {
        path: 'software-carpentry/other-lesson/index.html',
        what: 'shows https://cdn.example.net/mathjax.js, which is not in this room (2 more pages do)'
      }
    ])
    expect(lessonsKind.notices?.(content, () => false)).toEqual([])
    content.put('lessons', 'figshare.example.org/files/123', Buffer.from('x'))
    content.put('lessons', 'cdn.example.net/mathjax.js', Buffer.from('x'))
    expect(lessonsKind.notices?.(content, all)).toEqual([])
  })

  test('tells of what many pages show once, and not of what only counts readers', async () => {
    const page = (more: string): Buffer => Buffer.from(`<img src="//a.example/one.png"><p>${more}`)
    for (const i of [1, 2, 3]) await content.add('lessons', `a/${i}.html`, page(`${i}`))
    await content.add(
      'lessons',
      'a/4.html',
      page('<script src="https://matomo.a.example/m.js"></script><link rel="icon" href="https://a.example/icon.png">')
    )
    expect(lessonsKind.notices?.(content, all)).toEqual([
      { path: 'a/1.html', what: 'shows https://a.example/one.png, which is not in this room (3 more pages do)' }
    ])
  })

  test('tells of no more than people read, and not of repositories', async () => {
    const code = (address: string): Buffer => Buffer.from(`<code>${address}</code>`)
    await content.add(
      'lessons',
      'a/git.html',
      code('git clone https://github.com/x/y.git https://github.com/x/y http://localhost:8888/lab')
    )
    expect(lessonsKind.notices?.(content, all)).toEqual([])
    const pages = Array.from({ length: 4 }, (_, page) =>
      Array.from({ length: 200 }, (_, i) => `https://a.example/${page}/${i}.csv`).join(' ')
    )
    for (const [i, page] of pages.entries()) await content.add('lessons', `a/${i}.html`, code(page))
    expect(lessonsKind.notices?.(content, all)).toHaveLength(MAX_NOTICES)
  })
})
