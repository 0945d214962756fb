import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { htmlTokens } from '../../../node/mirrors/lessons/html-tokens.ts'
import { MAX_PAGE_LINKS } from '../../../node/mirrors/lessons/limits.ts'
import { HEAD_ADDITION, needsInternetMark } from '../../../node/mirrors/lessons/page-additions.ts'
import { pageFacts } from '../../../node/mirrors/lessons/page-facts.ts'
import { rewritePage } from '../../../node/mirrors/lessons/page-rewriter.ts'
import { SiteMap } from '../../../node/mirrors/lessons/site-map.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'

const MARK = needsInternetMark('needs the internet')
const ROOM = 'http://192.168.4.1'

/** A room with these files; a page with an address of its own has it in `home`. */
function sites(files: Readonly<Record<string, string | undefined>>): SiteMap {
  const content = new MemoryContent()
  for (const [path, home] of Object.entries(files))
    content.put('lessons', path, Buffer.from(path), home === undefined ? {} : { home })
  return new SiteMap(content)
}

const SWC = sites({
  'software-carpentry/git/index.html': undefined,
  'software-carpentry/git/two.html': undefined,
  'software-carpentry/git/data/x y.csv': undefined,
  'software-carpentry/git/assets/a.js': undefined,
  'software-carpentry/git/assets/a.css': undefined,
  'software-carpentry/shell/index.html': undefined
})

/** @returns the page without what every page gets */
function rewrite(
  page: string,
  map = SWC,
  path = 'software-carpentry/git/index.html',
  room: string | null = ROOM
): string {
  const bytes = Buffer.from(page).toString('latin1')
  const rewritten = rewritePage(bytes, map, {
    path,
    mount: '/lessons/',
    ...(room === null ? {} : { roomAddress: room })
  })
  return Buffer.from(rewritten, 'latin1').toString().replace(HEAD_ADDITION, '')
}

describe('an address that is in the room', () => {
  test.each([
    [
      'a page',
      '<a href="https://swcarpentry.github.io/git/two.html#x">',
      '<a href="/lessons/software-carpentry/git/two.html#x">'
    ],
    ['a front page', "<a href='http://swcarpentry.github.io/git/'>", '<a href="/lessons/software-carpentry/git/">'],
    [
      'a front page without its slash',
      '<a href=https://swcarpentry.github.io/shell>',
      '<a href="/lessons/software-carpentry/shell/">'
    ],
    [
      'one without a protocol',
      '<a href="//swcarpentry.github.io/git/two.html">',
      '<a href="/lessons/software-carpentry/git/two.html">'
    ],
    [
      'one with a query',
      '<a href="https://swcarpentry.github.io/git/two.html?a=1&amp;b=2">',
      '<a href="/lessons/software-carpentry/git/two.html?a=1&#38;b=2">'
    ],
    [
      'one with a space',
      '<a href="https://swcarpentry.github.io/git/data/x%20y.csv">',
      '<a href="/lessons/software-carpentry/git/data/x%20y.csv">'
    ],
    [
      'one from the root of its host',
      '<a href="/git/two.html">',
      '<a href="/lessons/software-carpentry/git/two.html">'
    ],
    [
      'a file of its repository',
      '<a href="https://raw.githubusercontent.com/swcarpentry/git/main/episodes/data/x%20y.csv">',
      '<a href="/lessons/software-carpentry/git/data/x%20y.csv">'
    ],
    [
      'a script',
      '<script src="https://swcarpentry.github.io/git/assets/a.js"></script>',
      '<script src="/lessons/software-carpentry/git/assets/a.js"></script>'
    ],
    [
      'a style',
      '<link rel="stylesheet" href="https://swcarpentry.github.io/git/assets/a.css">',
      '<link rel="stylesheet" href="/lessons/software-carpentry/git/assets/a.css">'
    ],
    [
      'of several sizes',
      '<img srcset="https://swcarpentry.github.io/git/assets/a.css 1x, b.png 2x">',
      '<img srcset="/lessons/software-carpentry/git/assets/a.css 1x, b.png 2x">'
    ],
    [
      'a page that sends on',
      '<meta http-equiv="refresh" content="0; url=https://swcarpentry.github.io/git/">',
      '<meta http-equiv="refresh" content="0; url=/lessons/software-carpentry/git/">'
    ],
    [
      'in capitals',
      '<A HREF="HTTPS://SWCARPENTRY.GITHUB.IO/git/two.html">',
      '<A HREF="/lessons/software-carpentry/git/two.html">'
    ]
  ])('becomes one of the room: %s', (_, page, expected) => {
    expect(rewrite(page)).toBe(expected)
  })

  test('is one of the room in code, whole, and only there', () => {
    const address = 'https://raw.githubusercontent.com/swcarpentry/git/main/episodes/data/x%20y.csv'
    const here = `${ROOM}/lessons/software-carpentry/git/data/x%20y.csv`
    expect(rewrite(`<pre>read("${address}").</pre>${address}`)).toBe(`<pre>read("${here}").</pre>${address}`)
    expect(rewrite(`<code>x <b>${address}</b></code>`)).toBe(`<code>x <b>${here}</b></code>`)
    expect(rewrite(`<code>git clone https://github.com/swcarpentry/git.git</code>`)).toBe(
      '<code>git clone https://github.com/swcarpentry/git.git</code>'
    )
    expect(rewrite(`<code>${address}</code>`, SWC, 'software-carpentry/git/index.html', null)).toBe(
      `<code>${address}</code>`
    )
  })

  test('in code ends where its quotes end, also where these are written as references', () => {
    const address = 'https://raw.githubusercontent.com/swcarpentry/git/main/episodes/data/x%20y.csv'
    const here = `${ROOM}/lessons/software-carpentry/git/data/x%20y.csv`
    for (const [open, close] of [
      ['&quot;', '&quot;)'],
      ['&#39;', '&#39;'],
      ['&#x27;', '&#x27;'],
      ['&lt;', '&gt;'],
      ['', '.&quot;']
    ]) {
      expect(rewrite(`<pre>${open}${address}${close}</pre>`)).toBe(`<pre>${open}${here}${close}</pre>`)
      expect(pageFacts(`<pre>${open}${address}${close}</pre>`).codeAddresses).toEqual([address])
    }
    const query = 'https://swcarpentry.github.io/git/?a=1&amp;b=2'
    expect(rewrite(`<code>${query}</code>`)).toBe(`<code>${ROOM}/lessons/software-carpentry/git/</code>`)
    expect(pageFacts(`<code>${query}</code>`).codeAddresses).toEqual(['https://swcarpentry.github.io/git/?a=1&b=2'])
  })

  test('with a part to fill in is no address that a program reads', () => {
    expect(
      pageFacts('<pre>https://a.example/&lt;name&gt;.csv https://a.example/&#60;x&#62;</pre>').codeAddresses
    ).toEqual([])
  })

  test('is found by what a page says of itself', () => {
    const map = sites({
      'mine/counting/index.html': 'https://lessons.example/en/counting/',
      'mine/counting/two.html': undefined
    })
    expect(rewrite('<a href="https://lessons.example/en/counting/two.html">', map)).toBe(
      '<a href="/lessons/mine/counting/two.html">'
    )
    expect(rewrite('<a href="https://lessons.example/fr/counting/two.html">', map)).toBe(
      '<a href="https://lessons.example/fr/counting/two.html">'
    )
  })

  test('is found in a folder with the name of its host', () => {
    const map = sites({ 'figshare.com/files/123': undefined, 'x/index.html': undefined })
    expect(rewrite('<code>wget https://figshare.com/files/123</code>', map)).toBe(
      `<code>wget ${ROOM}/lessons/figshare.com/files/123</code>`
    )
    expect(rewrite('<a href="http://www.figshare.com/files/123">', map)).toBe(
      '<a href="/lessons/figshare.com/files/123">'
    )
  })

  test('may be relative to a base that the page names', () => {
    expect(rewrite('<base href="https://swcarpentry.github.io/shell/"><a href="../git/two.html">')).toBe(
      '<base href="/lessons/software-carpentry/shell/"><a href="../git/two.html">'
    )
  })
})

describe('an address that is not in the room', () => {
  test('is marked inside of the link, in the language of the page', () => {
    expect(rewrite('<a href="https://carpentries.org/">C</a>')).toBe(`<a href="https://carpentries.org/">C${MARK}</a>`)
    expect(rewrite('<html lang="es"><a href="https://a.example/">C</a>')).toContain('title="necesita internet"')
    expect(rewrite('<html lang="pt-BR"><a href="https://a.example/">C</a>')).toContain('title="precisa da internet"')
    expect(rewrite('<html lang="fr"><a href="https://a.example/">C</a>')).toContain('title="n&#233;cessite internet"')
    expect(rewrite('<html lang="constructor"><a href="https://a.example/">C</a>')).toContain(
      'title="needs the internet"'
    )
  })

  test('is marked before a frame or a video', () => {
    expect(rewrite('<iframe src="https://v.example/1"></iframe>')).toBe(
      `${MARK}<iframe src="https://v.example/1"></iframe>`
    )
  })

  test('is marked when only another page of the same host is here', () => {
    expect(rewrite('<a href="https://swcarpentry.github.io/python/">P</a>')).toBe(
      `<a href="https://swcarpentry.github.io/python/">P${MARK}</a>`
    )
  })

  test('is a whole one where a relative link leads to nothing here', () => {
    expect(rewrite('<a href="../python/">P</a>')).toBe(`<a href="https://swcarpentry.github.io/python/">P${MARK}</a>`)
  })

  test('does not hold up the page', () => {
    expect(rewrite('<script defer src="https://cdn.example/x.js"></script>')).toBe(
      '<script async defer src="https://cdn.example/x.js"></script>'
    )
    expect(rewrite('<link rel="stylesheet" media="screen" href="https://cdn.example/x.css">')).toBe(
      `<link media="print" onload="this.media='all'" rel="stylesheet" media="screen" href="https://cdn.example/x.css">`
    )
    expect(rewrite('<link rel="icon" href="https://cdn.example/x.png">')).toBe(
      '<link rel="icon" href="https://cdn.example/x.png">'
    )
  })
})

describe('a page', () => {
  test.each([
    '<a href="#part">',
    '<a href="two.html">',
    '<a href="./">',
    '<a href="../shell/">',
    '<a href="mailto:x@y.example">',
    '<a href="javascript:void(0)">',
    '<a href="">',
    '<a href>',
    '<a name="x">',
    '<img src="data:image/png;base64,AA==">',
    '<a href="http://[bad">',
    '<p title="https://swcarpentry.github.io/git/">',
    '<!-- <a href="https://swcarpentry.github.io/git/"> -->',
    '<script>var a = \'<a href="https://swcarpentry.github.io/git/">\'</script>',
    '<textarea><a href="https://swcarpentry.github.io/git/"></textarea>',
    '<style>a{background:url(https://swcarpentry.github.io/git/)}</style>',
    'a < b and c > d',
    '<a href="https://swcarpentry.github.io/git/',
    '<',
    '</',
    '<a',
    '<!',
    '&amp;<br/>',
    ''
  ])('keeps %j as it is', (page) => {
    expect(rewrite(page)).toBe(page)
  })

  test('gets its additions where a browser looks for them, once', () => {
    const add = (page: string): string => rewritePage(page, SWC, { path: 'a.html', mount: '/lessons/' })
    expect(add('<!DOCTYPE html><html><head><script src="a.js">')).toBe(
      `<!DOCTYPE html><html><head>${HEAD_ADDITION}<script src="a.js">`
    )
    expect(add('<!DOCTYPE html><title>x</title><head>')).toBe(`<!DOCTYPE html>${HEAD_ADDITION}<title>x</title><head>`)
    expect(add('just text')).toBe('just text')
  })

  test('in another encoding keeps its bytes', () => {
    const latin1 = Buffer.from('<p>caf\xe9 <a href="https://a.example/">\xe9</a>', 'latin1')
    const out = Buffer.from(
      rewritePage(latin1.toString('latin1'), SWC, { path: 'a.html', mount: '/lessons/' }),
      'latin1'
    )
    expect(out.toString('latin1')).toContain('caf\xe9')
    expect([...out].filter((byte) => byte > 127)).toEqual([0xe9, 0xe9])
  })

  test('may have links with letters of any language', () => {
    const map = sites({ 'software-carpentry/git/añadir.html': undefined })
    expect(rewrite('<a href="https://swcarpentry.github.io/git/añadir.html">', map)).toBe(
      '<a href="/lessons/software-carpentry/git/a%C3%B1adir.html">'
    )
    for (const reference of ['&ntilde;', '&#241;', '&#xF1;', '&#Xf1;']) {
      expect(rewrite(`<a href="https://swcarpentry.github.io/git/a${reference}adir.html">`, map)).toBe(
        '<a href="/lessons/software-carpentry/git/a%C3%B1adir.html">'
      )
    }
    expect(rewrite('<a href="https://swcarpentry.github.io/git/a&Ntilde;adir.html">x', map)).toContain('a&Ntilde;adir')
  })

  test('has its first links rewritten up to the limit, the rest as they are', () => {
    const link = '<a href="https://swcarpentry.github.io/git/two.html">'
    const out = rewrite(link.repeat(MAX_PAGE_LINKS + 1))
    expect(out.split('/lessons/software-carpentry/git/two.html').length - 1).toBe(MAX_PAGE_LINKS)
    expect(out.endsWith(link)).toBe(true)
  })

  test('of odd shape takes no long time', () => {
    const size = 2 * 2 ** 20
    const odd = [
      '<',
      '<a ',
      '<a href=',
      '<!--',
      '<script>',
      '</script',
      '<a b=" ',
      '& ',
      '<a href="https://a.example/x">',
      '<code>http://...',
      'x=y ',
      '<a\n',
      '<iframe>',
      '&#',
      '<p>'
    ].map((text) => text.repeat(size / text.length))
    odd.push(
      `<a ${Array.from({ length: 200_000 }, (_, i) => `a${i}`).join(' ')}>`,
      `<code>http://${'.'.repeat(size)}x</code>`,
      `<a href="https://${'a/'.repeat(size / 2)}">`,
      `<img srcset="${', '.repeat(size / 2)}">`
    )
    for (const page of odd) {
      const before = process.cpuUsage().user
      rewritePage(page, SWC, { path: 'a.html', mount: '/lessons/', roomAddress: ROOM })
      pageFacts(page)
      const usedMs = (process.cpuUsage().user - before) / 1000
      expect({ page: page.slice(0, 30), isQuick: usedMs < 3000 }).toEqual({ page: page.slice(0, 30), isQuick: true })
    }
  })

  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '"',
    "'",
    '=',
    ' ',
    'a',
    'href',
    'src',
    '<a ',
    '<a href="',
    '<script',
    '<img src=',
    '</a>',
    '<!--',
    '-->',
    '<pre>',
    '&amp;',
    'https://swcarpentry.github.io/git/',
    'https://a.example/',
    '\n',
    '\u0000',
    '\xff',
    'é',
    '<head>',
    '<base href="',
    '<meta http-equiv=refresh content="'
  )
  const page = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))

  test('of any shape is rewritten without an error, and tokens cover what is in order', () => {
    fc.assert(
      fc.property(page, (text) => {
        const bytes = Buffer.from(text).toString('latin1')
        const out = rewritePage(bytes, SWC, {
          path: 'software-carpentry/git/index.html',
          mount: '/lessons/',
          roomAddress: ROOM
        })
        expect(out.length).toBeGreaterThanOrEqual(0)
        pageFacts(bytes)
        let end = 0
        for (const token of htmlTokens(bytes)) {
          expect(token.start).toBeGreaterThanOrEqual(end)
          expect(token.end).toBeGreaterThanOrEqual(token.start)
          end = token.end
        }
      }),
      { numRuns: 100_000 }
    )
  })

  test('without links and code keeps every byte', () => {
    const plain = fc.array(
      fc.constantFrom('<p>', '</p>', 'text', ' ', '<b class="x">', '<!-- c -->', '<br>', '&lt;', 'é', '<', '"'),
      { maxLength: 40 }
    )
    fc.assert(
      fc.property(plain, (pieces) => {
        expect(rewrite(pieces.join(''))).toBe(pieces.join(''))
      }),
      { numRuns: 10_000 }
    )
  })
})
