import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SearchAnswer } from '../../../protocols/search.ts'
import { renderDesignPage } from '../../../web-client/design/design-page.ts'
import { LANGUAGES, type Language } from '../../../web-client/languages.ts'
import { renderSearchPage } from '../../../web-client/search/search-page.ts'
import { renderStickStart, type StickStartPage, startPageName } from '../../../web-client/sticks/start-page.ts'
import type { Visitor } from '../../../web-client/visitor.ts'

const ORIGIN = 'http://192.168.1.20:8080'
const visitor = (language: Language): Visitor => ({ language, system: 'linux', path: '/search', search: 'q=x' })

function answerWith(text: string): SearchAnswer {
  return {
    query: text,
    pages: [
      {
        path: `a/${text}.html`,
        title: text,
        section: { id: text, heading: text },
        snippet: ['', text, ' and ', text, '']
      }
    ],
    more: true,
    python: [text],
    r: [text],
    installers: [{ name: text, version: text, path: `b/${text}` }],
    ...{ readPages: 1, allPages: 2 }
  }
}

function startWith(text: string): StickStartPage {
  return {
    system: 'windows',
    room: text,
    lessons: [
      { title: text, href: 'lessons/a/index.html', data: [{ name: text, href: 'lessons/a/d.csv', sizeBytes: 7 }] }
    ],
    installers: [{ name: text, version: text, cpu: text, href: 'installers/x.exe', sizeBytes: 1e6, sha256: 'ab' }],
    python: [text],
    r: [text],
    others: [{ name: text, href: 'files/x/', files: 2 }]
  }
}

const pagesWith = (text: string, language: Language): string[] => [
  renderSearchPage(answerWith(text), ORIGIN, visitor(language)),
  renderSearchPage({ ...answerWith(text), pages: [], python: [], r: [], installers: [] }, ORIGIN, visitor(language)),
  renderSearchPage(undefined, ORIGIN, visitor(language)),
  renderStickStart(startWith(text), language, 'p { color: red }')
]

describe('the pages of the search and of sticks', () => {
  it.each(LANGUAGES)('are whole in %s, without gaps, doubled ids or texts of another language', (language) => {
    for (const page of pagesWith('numpy', language)) {
      expect(page).toContain(`<html lang="${language}" dir="ltr">`)
      expect(page).not.toMatch(/undefined|\[object|NaN|\bnull\b/)
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(page.match(/<h1>/g)).toHaveLength(1)
      if (language !== 'en')
        expect(page).not.toMatch(/>Search|What are you|In the lessons|Programs to install|Paste this|Everything for/)
    }
  })

  it('let no text of strangers out of its place', () => {
    const evil = fc.oneof(
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "';alert(1)//",
        '</style><b>',
        '&lt;',
        '%3Cb%3E',
        'javascript:x'
      ),
      fc.string({ maxLength: 20 })
    )
    const tags = (page: string): string =>
      (page.match(/<[a-z!/][^>]*>/gi) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""')).join('')
    const expected = pagesWith('numpy', 'en').map(tags)
    fc.assert(
      fc.property(evil, (text) => {
        // Three spellings change what there is: an empty one, one that equals its heading, and a blank one.
        if (text.trim() === '') return
        const pages = pagesWith(text, 'en')
        for (const [at, page] of pages.entries()) expect(tags(page)).toBe(expected[at])
      }),
      { numRuns: 300 }
    )
  })

  it('name the address of the visitor in the lines to paste', () => {
    const page = renderSearchPage(answerWith('numpy'), ORIGIN, visitor('en'))
    expect(page).toContain(
      'pip install --index-url http://192.168.1.20:8080/pypi/simple/ --trusted-host 192.168.1.20 numpy'
    )
    expect(page).toContain('href="/lessons/a/numpy.html#numpy"')
  })

  it('of a stick stand beside each other under names that say their language', () => {
    expect(LANGUAGES.map(startPageName)).toEqual(['START.html', 'START-es.html', 'START-fr.html', 'START-pt.html'])
  })
})

it('the page of the design shows every token of the sheet', () => {
  const page = renderDesignPage(
    ':root { --ink: #123456; --space-1: 1px; --size-text: 1rem; --motion: 1ms; }',
    visitor('en')
  )
  for (const name of ['ink', 'space-1', 'size-text', 'motion']) expect(page).toContain(`--${name}`)
})
