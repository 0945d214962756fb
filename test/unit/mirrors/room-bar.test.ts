/** The way from a lesson to the learner's sticky: at the end of each whole page, and nowhere else. */
import { describe, expect, test } from 'vitest'
import { rewritePage } from '../../../node/mirrors/lessons/page-rewriter.ts'
import { roomBar } from '../../../node/mirrors/lessons/room-bar.ts'
import { SiteMap } from '../../../node/mirrors/lessons/site-map.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'

const ROOM = 'http://192.168.4.1'
const END = '<!--END-->'

function endingOf(page: string): string {
  const sites = new SiteMap(new MemoryContent())
  const init = {
    path: 'a/index.html',
    mount: '/lessons/',
    ending: (lang: string | undefined) => `${END}${lang ?? ''}|`
  }
  return rewritePage(page, sites, init)
}

describe('the end of a page', () => {
  test.each([
    [
      'stands before the end of the body',
      '<html lang="fr"><body><p>x</p></body></html>',
      `<p>x</p>${END}fr|</body></html>`
    ],
    ['and of the last one', '<body></body><p>more</p></body>', `<p>more</p>${END}|</body>`],
    ['or at the end of a page that leaves it out', '<!doctype html><html><p>x', `<p>x${END}|`]
  ])('%s', (_, page, end) => {
    const out = endingOf(page)
    expect(out.endsWith(end)).toBe(true)
    expect(out.split(END)).toHaveLength(2)
  })

  test.each([
    ['in a script', '<html><body><script>document.write("</body>")</script><p>x</p></body></html>'],
    ['in a comment', '<html><body><p>x</p></body><!-- </body> --></html>'],
    ['in an attribute', '<html><body title="</body>"><p>x</p></body></html>'],
    ['in a text field', '<html><body><textarea></body></textarea><p>x</p></body></html>']
  ])('is not taken for one %s', (_, page) => {
    expect(endingOf(page)).toContain(`<p>x</p>${END}|</body>`)
  })

  test('is none for a part that a page loads', () => {
    for (const part of ['<li>x</li>', '', '<script>1</script>', 'plain', '<head><title>x</title></head>'])
      expect(endingOf(part)).not.toContain(END)
  })
})

describe('the bar', () => {
  test.each([
    ['en', 'Sticky or hand'],
    ['es-MX', 'Nota o mano'],
    ['FR', 'Papillon ou main'],
    ['pt-BR', 'Nota ou m&#227;o'],
    ['de', 'Sticky or hand'],
    ['__proto__', 'Sticky or hand'],
    [undefined, 'Sticky or hand']
  ])('speaks the language of the page: %s', (language, text) => {
    const bar = roomBar(ROOM, language)
    expect(bar).toContain(text)
    // It fits every encoding that contains ASCII.
    expect(bar).toMatch(/^[\n -~]*$/)
  })

  test('leads to the room that the visitor uses, with and without shadow trees, and needs no script', () => {
    const bar = roomBar(ROOM, 'en')
    expect(bar.match(/href="http:\/\/192\.168\.4\.1\/signals" target="_blank" rel="noopener"/g)).toHaveLength(2)
    expect(bar).toContain(`href="${ROOM}/"`)
    expect(bar).not.toMatch(/<script|\son[a-z]+=|javascript:/i)
    expect(bar).toContain('@media print')
    // A page asks for it each time: it must stay small.
    expect(bar.length).toBeLessThan(2_048)
  })
})
