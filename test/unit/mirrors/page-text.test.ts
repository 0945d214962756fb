import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pageText } from '../../../node/mirrors/lessons/page-text.ts'

const read = (html: string, most = 1000) => pageText(Buffer.from(html).toString('latin1'), most)

describe('the words of a page', () => {
  test('are those that a reader sees: no menu, no script, no style, no head', () => {
    const { title, words } =
      read(`<!DOCTYPE html><html><head><title>Caf\u00e9 &amp; more</title><style>p{}</style></head><body>
<header>Top <b>menu</b></header><nav><ul><li>Other pages</ul></nav><p>One <em>two</em>, three.<script>var hidden</script>
<!-- nor this --><pre><code><span class="kw">ls</span> <span>-l</span></code></pre><footer>Licence</footer></body></html>`)
    expect(title).toBe('Café & more')
    expect(words).toEqual(['One', 'two,', 'three.', 'ls', '-l'])
  })

  test('are those of its main part, where it says which that is', () => {
    expect(read('<div>Menu</div><main id="m"><p>Text</p></main><div>More</div>').words).toEqual(['Text'])
  })

  test('end at tags that break lines, and go on over those that do not', () => {
    expect(read('<p>play<b>ground</b></p><ul><li>a<li>b</ul>x<br>y').words).toEqual(['playground', 'a', 'b', 'x', 'y'])
  })

  test('stand below headings that have an address, their own or that of the section they begin', () => {
    const { headings } = read(
      '<h1>Top</h1>a b<h2 id="own">Own <a>it</a></h2>c<section id="part"><h3>Part</h3>d</section>'
    )
    expect(headings).toEqual([
      { at: 0, text: 'Top' },
      { at: 3, id: 'own', text: 'Own it' },
      { at: 6, id: 'part', text: 'Part' }
    ])
  })

  test('are at most so many', () => {
    expect(read('<p>a b c d', 4).words).toHaveLength(4)
    expect(read('<p>a b c d e', 4).words).toEqual(['a', 'b', 'c', 'd'])
  })

  test('come out of any bytes without an error, and hold no space', () => {
    const part = fc.oneof(
      fc.constantFrom('<main>', '</main>', '<nav', '>', '</nav>', '<h2 id="', '"', '<!--', '&#x;', '<p>', '<title>'),
      fc.string({ unit: 'binary', maxLength: 6 })
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        for (const word of read(parts.join('')).words) expect(word).toMatch(/^\S+$/u)
      }),
      { numRuns: 5000 }
    )
  })
})
