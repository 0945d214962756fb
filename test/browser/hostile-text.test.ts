/**
 * Text of people in every page that shows it, in a real Chromium and without the Content-Security-Policy that would stop a script as well: nothing
 * may run, and nothing may become an element or an address that could.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderErrorPage } from '../../web-client/error-page.ts'
import { renderAccountPage } from '../../web-client/people/account-page.ts'
import { renderKeysPage } from '../../web-client/people/keys-page.ts'
import { renderPeoplePage } from '../../web-client/people/people-page.ts'
import { renderSignInPage } from '../../web-client/people/sign-pages.ts'
import { renderCommitPage } from '../../web-client/repositories/commits-page.ts'
import { renderFilePage, renderFolderPage } from '../../web-client/repositories/files-page.ts'
import { renderMarkdown } from '../../web-client/repositories/markdown.ts'
import { renderRoomPage } from '../../web-client/room/room-page.ts'
import { renderSearchPage } from '../../web-client/search/search-page.ts'
import type { Visitor } from '../../web-client/visitor.ts'
import { scriptVectors } from '../fixtures/script-vectors.ts'
import { launchChromium } from './page-checks.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const vectors = scriptVectors()

/** Each page with all vectors in all places where somebody's text stands. */
function pages(): Record<string, string> {
  const [first = ''] = vectors
  const visitorWith = (text: string): Visitor => ({
    ...{ language: 'en', system: 'other', path: '/x', accounts: true, search: text },
    person: { name: 'ana', shownName: text, mustChoose: true, helps: true }
  })
  const visitor = visitorWith(first)
  const all = vectors.join('\n')
  const head = (text: string) => ({
    ...{ owner: { name: 'ana', shownName: text }, name: 'recipes', at: text, defaultBranch: 'main', mine: true },
    ...{ branches: ['main', text], cloneAddress: 'http://192.168.1.20/ana/recipes.git' }
  })
  const markdownPlace = { files: '/ana/recipes/files', raw: '/ana/recipes/raw', query: '' }
  const readme = { html: vectors.map((text) => renderMarkdown(text, markdownPlace).html).join('') }
  const together = { html: renderMarkdown(vectors.join('\n\n'), markdownPlace).html }
  const commit = { id: 'a'.repeat(40), subject: all, authorName: all, authoredS: 0 }
  const file = (text: string) => ({
    ...{ path: text, oldPath: text, binary: false, added: 1, removed: 1 },
    lines: [`+${text}`, `-${text}`, ` ${text}`]
  })
  const device = (text: string, number: number) => ({
    ...{ id: `${number}`, name: text, role: 'node' as const, self: number === 0, connected: true, capacityBytes: 1 },
    ...{ usedBytes: 1, heldFiles: 1, wantedFiles: 1, missingBytes: 1, safeToUnplug: false, unplugReason: text },
    ...{ leaving: false, needsUpdate: false, sees: [], warnings: [text], address: `http://192.168.1.${number}/` }
  })
  return {
    sign: renderSignInPage({ name: all, next: all, problem: { field: 'code', text: all } }, visitorWith(all)),
    account: renderAccountPage(
      { name: 'ana', shownName: all, role: 'learner', sessions: 1, code: all, seesPeople: true, hasRepositories: true },
      { shownName: all, name: all, problem: { field: 'address', text: all } },
      visitor
    ),
    keys: renderKeysPage(
      {
        ...{ name: 'ana', host: '192.168.1.20', token: all, key: all, label: all, problem: { text: all } },
        keys: vectors.map((label, at) => ({ hash: `${at}`.padStart(64, '0'), use: 'ssh', label, scopes: ['push'] }))
      },
      visitor
    ),
    people: renderPeoplePage(
      {
        rows: vectors.map((shownName, at) => ({
          person: { id: `${at}`, name: `p-${at}`, shownName, role: 'learner' },
          ...{ mayResetCode: true, mayChange: true }
        })),
        ...{ mayAdd: true, hasCards: true, names: all, newCode: { name: 'x', shownName: all, code: all } }
      },
      visitor
    ),
    folder: renderFolderPage(
      head(first),
      {
        ...{ path: '', cut: false, readme: { name: all, body: readme } },
        entries: vectors.map((name) => ({ name, kind: 'file', sizeBytes: 1 }))
      },
      vectors.map((branch) => ({ branch, base: branch })),
      visitor
    ),
    readme: renderFilePage(head(all), { path: first, sizeBytes: 1, text: all, rendered: together }, visitor),
    file: renderFilePage(head(all), { path: first, sizeBytes: 1, text: all }, visitor),
    commit: renderCommitPage(
      head(first),
      { ...commit, body: all, parents: [], cut: false, files: vectors.map(file) },
      0,
      visitor
    ),
    search: renderSearchPage(
      {
        ...{ query: all, more: true, readPages: 1, allPages: 2, python: vectors, r: vectors },
        pages: vectors.map((text) => ({
          ...{ path: text, title: text, section: { id: text, heading: text }, snippet: [text, text, text] }
        })),
        installers: vectors.map((text) => ({ name: text, version: text, path: text }))
      },
      'http://192.168.1.20',
      visitor
    ),
    room: renderRoomPage(
      {
        ...{ room: { id: all, name: all }, timeMs: 0, timeIsSet: false, hours: {} },
        devices: vectors.slice(0, 60).map(device),
        collections: vectors.map((name) => ({
          ...{ name, files: 1, sizeBytes: 1, fewestCopies: 1, singleFiles: 1, held: [] }
        })),
        waiting: vectors.map((name, at) => ({ id: `w${at}`, name, code: name })),
        neighbours: vectors.map((name) => ({ roomId: name, name, devices: 1 })),
        wanted: vectors.map((name) => ({ collection: name, name, target: name, count: 1 })),
        signals: {
          ...{ green: 0, red: 1, hands: 1, learners: 1 },
          people: vectors.map((shownName) => ({ name: 'x', shownName, sticky: 'red', hand: true, ageMs: 0 }))
        },
        present: {}
      },
      visitor,
      { mayChange: true, sticks: vectors, folders: vectors, notice: all }
    ),
    error: renderErrorPage({ status: 404, code: all, text: all, next: all, language: 'en' })
  }
}

test('there are more than two hundred ways, and each of them runs where it is taken for HTML', async () => {
  expect(vectors.length).toBeGreaterThan(200)
  expect(new Set(vectors).size).toBe(vectors.length)
  // The test itself can fail: a page that does not escape is found out.
  const page = await browser.newPage()
  const ran: string[] = []
  page.on('dialog', (dialog) => {
    ran.push(dialog.message())
    dialog.dismiss().catch(() => undefined)
  })
  await page.setContent(`<!doctype html><title>x</title>${vectors.slice(0, 8).join('\n')}`)
  await expect.poll(() => ran.length).toBeGreaterThan(2)
  await page.close()
})

test.each(Object.entries(pages()))('%s: nothing runs, and nothing is made that could', async (_name, html) => {
  const page = await browser.newPage()
  const ran: string[] = []
  page.on('dialog', (dialog) => {
    ran.push(dialog.message())
    dialog.dismiss().catch(() => undefined)
  })
  // Pictures and our own script are not there; what is asked for elsewhere is a find as well.
  const foreign: string[] = []
  await page.route('**/*', async (route) => {
    const { host } = new URL(route.request().url())
    if (host === 'room.test')
      return await route.fulfill({
        status: 200,
        contentType: 'text/html',
        body: host === 'room.test' && route.request().isNavigationRequest() ? html : ''
      })
    foreign.push(route.request().url())
    await route.abort()
  })
  await page.goto('http://room.test/x')
  // A person who uses the keyboard passes every link and field.
  for (let at = 0; at < 40; at++) await page.keyboard.press('Tab')
  const made = await page.evaluate(() => {
    const found: string[] = []
    for (const element of Array.from(document.querySelectorAll('*'))) {
      const name = element.localName
      if (/^(?:iframe|object|embed|base|marquee|math|template|video|audio|animate)$/.test(name)) found.push(name)
      if (name === 'script' && !element.getAttribute('src')?.startsWith('/')) found.push('script')
      for (const { name: attribute, value } of Array.from(element.attributes)) {
        if (attribute.startsWith('on') || attribute === 'style' || attribute === 'srcdoc')
          found.push(`${name} ${attribute}`)
        if (
          /^(?:href|src|action|formaction|data|xlink:href)$/.test(attribute) &&
          /^(?:java|vb)script:|^data:(?!image\/)/i.test(value.replace(/[^!-~]+/g, ''))
        )
          found.push(`${name} ${attribute}=${value.slice(0, 40)}`)
      }
    }
    return found
  })
  expect(made).toEqual([])
  expect(ran).toEqual([])
  expect(foreign).toEqual([])
  await page.close()
})
