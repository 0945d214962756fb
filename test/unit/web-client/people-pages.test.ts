import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownPath } from '../../../node/http/page-answer.ts'
import { LANGUAGES } from '../../../web-client/languages.ts'
import { renderAccountPage } from '../../../web-client/people/account-page.ts'
import { renderCardsPage } from '../../../web-client/people/cards-page.ts'
import { renderPeoplePage } from '../../../web-client/people/people-page.ts'
import { renderSignInPage, renderSignOutPage, renderSignUpPage } from '../../../web-client/people/sign-pages.ts'
import { renderCommitPage, renderCommitsPage, renderTime } from '../../../web-client/repositories/commits-page.ts'
import { renderFilePage, renderFolderPage, renderSetupPage } from '../../../web-client/repositories/files-page.ts'
import {
  renderAllRepositories,
  renderNewRepositoryPage,
  renderPersonPage
} from '../../../web-client/repositories/lists.ts'
import { renderMarkdown } from '../../../web-client/repositories/markdown.ts'
import { renderSettingsPage } from '../../../web-client/repositories/settings-page.ts'
import type { Visitor } from '../../../web-client/visitor.ts'

const NOW_MS = Date.UTC(2026, 10, 24, 9)

/** Every page, with `text` wherever people or their pushes decide what stands there. */
function pagesWith(text: string, language: Visitor['language']): string[] {
  const visitor: Visitor = {
    ...{ language, system: 'other', path: '/x', accounts: true, search: 'at=x' },
    person: { name: 'ana', shownName: text, mustChoose: true }
  }
  const owner = { name: 'ana', shownName: text }
  const problem = { field: 'name', text }
  const head = {
    ...{ owner, name: 'recipes', at: text, defaultBranch: 'main', branches: ['main', text], mine: true },
    cloneAddress: 'http://192.168.1.20/ana/recipes.git'
  }
  const commit = { id: 'a'.repeat(40), subject: text, authorName: text, authoredS: 0 }
  const account = {
    name: 'ana',
    shownName: text,
    role: 'helper' as const,
    sessions: 2,
    code: text,
    seesPeople: true,
    hasRepositories: true
  }
  const person = { id: 'x', name: 'ana', shownName: text, role: 'learner' as const }
  return [
    renderSignUpPage({ name: text, address: text, next: text, problem }, visitor),
    renderSignInPage({ name: text, next: text, problem: { text } }, visitor),
    renderSignOutPage(visitor),
    renderAccountPage(account, { shownName: text, name: text, problem }, visitor),
    renderPeoplePage(
      {
        rows: [{ person, mayResetCode: true, mayChange: true }],
        newCode: { ...owner, code: text },
        mayAdd: true,
        hasCards: true,
        names: text,
        problem
      },
      visitor
    ),
    renderCardsPage(
      {
        ...{ cards: [{ ...owner, code: text }], address: 'http://192.168.1.20', maySetWifi: true },
        ...{ wifi: { name: text, password: text }, problem: { field: 'wifi-name', text } }
      },
      visitor
    ),
    renderAllRepositories([{ owner, name: 'recipes' }], visitor),
    renderPersonPage(owner, [{ owner, name: 'recipes' }], visitor),
    renderNewRepositoryPage('ana', { name: text, problem }, visitor),
    renderSetupPage(head, visitor),
    renderFolderPage(
      head,
      {
        path: `a${text}`,
        cut: true,
        entries: (['file', 'folder', 'link', 'submodule'] as const).map((kind) => ({ name: text, kind, sizeBytes: 1 }))
      },
      [{ branch: text, base: text }],
      visitor
    ),
    renderFilePage(head, { path: `a${text}`, sizeBytes: 1, text }, visitor),
    renderCommitsPage(head, { commits: [commit], next: text }, NOW_MS, visitor),
    renderCommitPage(
      head,
      {
        ...commit,
        body: `b${text}`,
        parents: ['b'.repeat(40)],
        cut: true,
        files: [
          {
            path: text,
            oldPath: text,
            binary: false,
            added: 1,
            removed: 1,
            lines: [`+${text}`, `-${text}`, ` ${text}`]
          }
        ]
      },
      NOW_MS,
      visitor
    ),
    renderSettingsPage(head, [{ id: 'x', name: 'ana', shownName: text }], { name: text, problem }, visitor)
  ]
}

/** Elements and their attributes, without the values: what a browser would make of it. */
const elementsOf = (page: string): string[] =>
  [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, ''))

describe('every page about people and repositories', () => {
  it('keeps its elements whatever people write or push', () => {
    const expected = pagesWith('x', 'en').map(elementsOf)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
          fc.constantFrom(
            '"><script>alert(1)</script>',
            "' onmouseover='x",
            '</code></pre><h1>',
            '<!--',
            ']]>',
            '&lt;',
            '\u202e'
          )
        ),
        // A slash makes more crumbs of a path, which is right.
        (text) => {
          expect(pagesWith(text.replaceAll('/', '∕').toWellFormed(), 'en').map(elementsOf)).toEqual(expected)
        }
      ),
      { numRuns: 150 }
    )
  })

  it.each(LANGUAGES)('is there in %s, with nothing left undefined', (language) => {
    for (const page of pagesWith('x', language)) {
      expect(page).toContain(`<html lang="${language}" dir="ltr">`)
      expect(page).not.toMatch(/undefined|\[object|NaN|\$\{/)
      expect(page).not.toMatch(/<script(?! src=)|style=|\son[a-z]+=/)
    }
  })
})

describe('a README', () => {
  const place = { files: '/ana/recipes/files/docs', raw: '/ana/recipes/raw/docs', query: '?at=x' }

  it('cannot bring elements or addresses that do something', () => {
    const pieces = [
      '<script>x</script>',
      '<img src=x onerror=x>',
      '[a](javascript:x)',
      '[a](JaVaScRiPt:x)',
      '![a](data:text/html,x)',
      '<a href="javascript:x">',
      '[a]: javascript:x\n\n[a]',
      '`',
      '**',
      '\n\n',
      '|a|b|\n|-|-|\n',
      '[x](<y "> onclick="z">)',
      '![x](y "\' onerror=z")',
      '&#106;avascript:x'
    ]
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 10 })), { maxLength: 12 }),
        (parts) => {
          const { html } = renderMarkdown(parts.join(''), place)
          for (const [tag] of html.matchAll(/<[^>]*>/g)) {
            expect(tag).not.toMatch(/^<\/?(?:script|style|iframe|object|form|input|base|meta|link|svg)/i)
            expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/\son/i)
            expect(tag).not.toMatch(/(?:href|src)="\s*(?:javascript|data|vbscript)/i)
          }
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it.each([
    ['[a](b.md)', 'href="/ana/recipes/files/docs/b.md?at=x"'],
    ['[a](../c.md#top)', 'href="/ana/recipes/files/c.md?at=x#top"'],
    ['[a](/d.md)', 'href="/ana/recipes/files/docs/d.md?at=x"'],
    ['[a](#part)', 'href="#part"'],
    ['[a](https://example.org/)', 'href="https://example.org/"'],
    ['![a](p.png)', 'src="/ana/recipes/raw/docs/p.png?at=x"'],
    ['# Title', '<h3>Title</h3>'],
    ['##### Deep', '<h6>Deep</h6>']
  ])('%s becomes %s', (text, expected) => {
    expect(renderMarkdown(text, place).html).toContain(expected)
  })
})

describe('the time of a commit', () => {
  it.each([
    [NOW_MS / 1000 - 3 * 3600, '>3 hours ago<'],
    [NOW_MS / 1000 - 30, '>now<'],
    [NOW_MS / 1000 - 86_400, '>yesterday<'],
    [NOW_MS / 1000 + 7200, '>2026-11-24 11:00 UTC<']
  ])('of %d is shown as %s', (authoredS, expected) => {
    const { html } = renderTime(authoredS, NOW_MS, 'en')
    expect(html).toContain(expected)
    expect(html).toContain('datetime="2026-11-2')
  })

  it('that no calendar has is not shown', () => {
    expect(renderTime(1e18, NOW_MS, 'en').html).toBe('')
  })
})

describe('where to go after signing in', () => {
  it('is only ever a path of ours', () => {
    for (const good of ['/', '/me', '/ana/recipes/settings?at=x%20y']) expect(ownPath(good)).toBe(good)
    for (const bad of [
      null,
      '',
      'me',
      '//evil.example',
      '/\\evil.example',
      '/a\\b',
      'http://evil.example',
      '/a\nb',
      '/é',
      `/${'x'.repeat(500)}`
    ])
      expect(ownPath(bad)).toBeUndefined()
  })
})
