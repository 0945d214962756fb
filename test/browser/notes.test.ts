import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { PeerLinks } from '../../protocols/message-stream.ts'
import { buildOldPages } from '../kit/built-pages.ts'
import { launchPatiently } from '../kit/patient-browser.ts'
import { MemoryJournal } from '../unit/notes/memory-journal.ts'
import { type Cable, makeCable } from '../unit/notes/memory-links.ts'
import { type NoteServer, startNoteServer } from '../unit/notes/note-server.ts'

const root = new URL('../../', import.meta.url).pathname
const shots = join(root, 'test-output', 'notes')
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

let browser: Browser
let directory: string
let left: { journal: MemoryJournal; server: NoteServer }
let right: { journal: MemoryJournal; server: NoteServer }
let cable: Cable
let complaints: string[]

beforeAll(async () => {
  await buildOldPages()
  await mkdir(shots, { recursive: true })
  browser = await launchPatiently({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
})

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'joinery-notes-'))
  complaints = []
  const origins: string[] = []
  const [one, two] = [new MemoryJournal('aa'), new MemoryJournal('bb')]
  one.link(two)
  cable = makeCable()
  cable.plug()
  const start = async (journal: MemoryJournal, host: string, links: PeerLinks) => {
    const server = await startNoteServer(
      journal,
      { directory: join(directory, host), host, origins: () => origins },
      { links }
    )
    origins.push(server.origin)
    return { journal, server }
  }
  left = await start(one, '127.0.0.1', cable.left)
  right = await start(two, '127.0.0.2', cable.right)
})

afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  await left.server.stop()
  await right.server.stop()
  await rm(directory, { recursive: true, force: true })
})

/** A person of their own: another browser profile. */
async function person(name: string, more: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, locale: 'en', ...more })
  await context.addInitScript((called) => {
    if (localStorage.getItem('joinery-me')) return
    const token = `token-of-${called.replaceAll(/[^a-z]/gi, '-')}-in-a-test`
    localStorage.setItem('joinery-me', JSON.stringify({ token, name: called, look: called.length % 8 }))
  }, name)
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(`${name}: ${error.message}`))
  page.on('console', (message) => {
    // A policy that blocks something of ours is an error of ours.
    if (message.type() === 'error' && /Content Security Policy|Refused/.test(message.text()))
      complaints.push(`${name}: ${message.text()}`)
  })
  return page
}

const editor = '.cm-content'
const text = (page: Page): Promise<string> =>
  page.locator(editor).evaluate((content) => {
    const lines = [...content.querySelectorAll('.cm-line')].map((line) => {
      const copy = line.cloneNode(true) as HTMLElement
      for (const extra of copy.querySelectorAll('.cm-caret, .cm-placeholder')) extra.remove()
      return copy.textContent
    })
    return lines.join('\n')
  })
/** What stands before somebody else's cursor in its line. */
const beforeCaret = (page: Page): Promise<string> =>
  page.locator('.cm-caret').evaluate((caret) => {
    const range = document.createRange()
    range.setStart(caret.closest('.cm-line') as Element, 0)
    range.setEndBefore(caret)
    return range.toString()
  })
const waitForText = (page: Page, wanted: string): Promise<void> =>
  expect.poll(() => text(page), { interval: 50 }).toContain(wanted)
const status = (page: Page, wanted: RegExp): Promise<void> =>
  expect.poll(() => page.getByRole('status').textContent(), { interval: 50 }).toMatch(wanted)

test('a note is made on the list, and two people on two devices see each other’s keys, names and what is saved', async () => {
  const ada = await person('Ada Lovelace')
  await ada.goto(`${left.server.origin}/notes/`)
  await ada.getByText('There are no notes yet').waitFor()
  await ada.screenshot({ path: join(shots, 'list-empty.png') })
  await ada.getByLabel('Title').fill('Day 1: Python')
  await ada.getByRole('button', { name: 'Make it' }).click()
  await ada.waitForURL(/\/notes\/day-1-python-/)
  await ada.locator(editor).click()
  await ada.keyboard.type('# Welcome\n\nWrite **here** what you learned.\n\n- variables\nlists\n')
  await status(ada, /Saved on 2 devices/)
  const grace = await person('Grace M. Hopper')
  await grace.goto(right.server.origin + new URL(ada.url()).pathname)
  await waitForText(grace, '- variables')
  await grace.locator(editor).click()
  await grace.keyboard.press('Control+End')
  await grace.keyboard.type('Grace was here.')
  await waitForText(ada, 'Grace was here.')
  await ada.getByRole('complementary').getByText('Grace M. Hopper').waitFor()
  await ada.locator('.cm-flag', { hasText: 'Grace M. Hopper' }).waitFor()
  // Her cursor follows her, with a selection and without one.
  await expect.poll(() => beforeCaret(ada)).toMatch(/Grace was here\.$/)
  await grace.keyboard.press('Shift+Home')
  await ada.locator('.cm-person', { hasText: 'Grace was here.' }).waitFor()
  await grace.keyboard.press('Control+Home')
  await expect.poll(() => ada.locator('.cm-person').count()).toBe(0)
  expect(await beforeCaret(ada)).toBe('')
  await grace.keyboard.press('Control+End')
  await status(grace, /Saved on 2 devices/)
  await ada.screenshot({ path: join(shots, 'two-people.png') })
  const phone = await person('Kim', { viewport: { width: 390, height: 780 } })
  await phone.goto(ada.url())
  await waitForText(phone, 'Grace was here.')
  await phone.screenshot({ path: join(shots, 'phone.png') })
  const dark = await person('Night', { colorScheme: 'dark' })
  await dark.goto(ada.url())
  await waitForText(dark, 'Grace was here.')
  await dark.screenshot({ path: join(shots, 'dark.png') })
  const list = await person('Reader')
  await list.goto(`${right.server.origin}/notes/`)
  await list.getByRole('link', { name: /Day 1: Python/ }).waitFor()
  await list.screenshot({ path: join(shots, 'list.png') })
  expect(complaints).toEqual([])
})

test('the device of a page dies: the page keeps its text, opens its socket to another device, and goes on', async () => {
  const ada = await person('Ada')
  await ada.goto(`${left.server.origin}/notes/kept`)
  await ada.locator(editor).click()
  await ada.keyboard.type('before. ')
  await status(ada, /Saved on 2 devices/)
  await left.server.kill()
  await ada.keyboard.type('without a device. ')
  await ada.getByText(/Connected to another device \(127\.0\.0\.2\)/).waitFor()
  await ada.screenshot({ path: join(shots, 'other-device.png') })
  await status(ada, /Saved/)
  const grace = await person('Grace')
  await grace.goto(`${right.server.origin}/notes/kept`)
  await waitForText(grace, 'before. without a device. ')
  expect(complaints).toEqual([])
})

test('what is typed without any connection is in the browser, survives closing the page, and is sent later, once', async () => {
  const context = await browser.newContext({ locale: 'en' })
  let page = await context.newPage()
  await page.goto(`${left.server.origin}/notes/offline`)
  await page.locator(editor).click()
  await page.keyboard.type('first. ')
  await status(page, /Saved on 2 devices/)
  await left.server.kill()
  await right.server.kill()
  await page.keyboard.type('alone. ')
  await status(page, /kept in this browser/)
  await page.screenshot({ path: join(shots, 'offline.png') })
  await page.close()
  const { port } = new URL(left.server.origin)
  const again = await startNoteServer(left.journal, {
    directory: join(directory, 'again'),
    host: '127.0.0.1',
    port: Number(port),
    origins: () => [left.server.origin]
  })
  try {
    page = await context.newPage()
    await page.goto(`${left.server.origin}/notes/offline`)
    await waitForText(page, 'first. alone. ')
    await status(page, /Saved/)
    await expect.poll(async () => (await again.notes.exportText('offline')).text).toBe('first. alone. ')
  } finally {
    await again.stop()
  }
})
