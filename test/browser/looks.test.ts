/**
 * The pages of the first hour in every look: light, dark, more contrast, a contrast theme of the system, a phone, and read from right to left. Each is
 * accessible and no wider than its screen; pictures are kept in test-output/looks.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMirrors } from '../../node/mirrors/index.ts'
import type { SearchAnswer } from '../../protocols/search.ts'
import { renderStickStart, type StickStartPage } from '../../web-client/sticks/start-page.ts'
import { MemoryContent } from '../fixtures/memory-content.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { type StartedFrontDoor, startFrontDoor } from './front-door-kit.ts'
import { checkLook, DESKTOP, launchChromium, PHONE, violationsOn } from './page-checks.ts'
import { sampleRoom } from './sample-room.ts'

const PICTURES = join(import.meta.dirname, '../../test-output/looks')
const FOUND: SearchAnswer = {
  query: 'bucles',
  pages: [
    {
      ...{ path: 'software-carpentry/shell-novice-es/05-loop.html', title: 'La terminal de Unix: Bucles' },
      section: { id: 'for', heading: 'Los bucles for' },
      snippet: ['… Los ', 'bucles', ' son una construcción de programación que permite repetir un comando …']
    }
  ],
  more: true,
  python: ['buckle'],
  r: ['bucky'],
  installers: [{ name: 'R', version: '4.4.1', path: 'R/R-4.4.1-win.exe' }],
  ...{ readPages: 12, allPages: 40 }
}

let browser: Browser
let door: StartedFrontDoor
beforeAll(async () => {
  browser = await launchChromium()
  const search = async (query: string): Promise<SearchAnswer> => ({ ...FOUND, query })
  const content = new MemoryContent()
  const program = { product: 'R', version: '4.4.1', system: 'linux', cpu: 'x86_64' }
  content.put('installers', 'R/R-4.4.1.sh', Buffer.from('x'), program)
  content.put('installers', 'R/R-4.4.1-win.exe', Buffer.from('y'), { ...program, system: 'windows' })
  content.put('lessons', 'shell-novice/index.html', Buffer.from('x'), { title: 'The Unix Shell' })
  const mirrors = createMirrors({ index: content, blobs: content })
  door = await startFrontDoor(sampleRoom, { search: { search }, mirrors })
  await mkdir(PICTURES, { recursive: true })
})
afterAll(async () => {
  await browser?.close()
  await door?.frontDoor.stop()
})

const PAGES = {
  ...{ first: '/', search: '/search?q=bucles', setup: '/setup', design: '/design' },
  ...{ programs: '/installers/', lessons: '/lessons/' }
} as const

const openDetails = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })

interface Look {
  viewport: { width: number; height: number }
  colorScheme?: 'light' | 'dark'
  contrast?: 'more'
  forcedColors?: 'active'
  rtl?: boolean
  /** With axe, which takes longer than all the rest; the other looks differ in colours that are reckoned out elsewhere. */
  isChecked?: boolean
  /** The other pages have the same parts: these looks show them too. */
  isWhole?: boolean
}
const LOOKS: Readonly<Record<string, Look>> = {
  light: { viewport: DESKTOP, isChecked: true, isWhole: true },
  dark: { viewport: DESKTOP, colorScheme: 'dark' },
  contrast: { viewport: DESKTOP, contrast: 'more' },
  'contrast-dark': { viewport: PHONE, contrast: 'more', colorScheme: 'dark', isChecked: true },
  forced: { viewport: DESKTOP, forcedColors: 'active' },
  phone: { viewport: PHONE },
  rtl: { viewport: DESKTOP, rtl: true },
  'rtl-phone': { viewport: PHONE, rtl: true, colorScheme: 'dark' }
}

describe.each(Object.entries(LOOKS))('%s', (look, { viewport, rtl, isChecked, isWhole, ...media }) => {
  const pages = Object.entries(PAGES).filter(([name]) => name === 'first' || name === 'search' || isWhole)
  test.each(pages)('%s', async (name, path) => {
    const page = await browser.newPage({ viewport, bypassCSP: true })
    await page.emulateMedia(media)
    await page.goto(door.origin + path)
    if (rtl) await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'))
    await openDetails(page)
    if (isChecked) expect(await violationsOn(page)).toEqual([])
    const { width, left } = await page.evaluate(() => {
      const { scrollWidth } = document.documentElement
      const boxes = [...document.querySelectorAll('main *')].map((one) => one.getBoundingClientRect())
      return { width: scrollWidth, left: Math.min(...boxes.filter((box) => box.width > 1).map((box) => box.left)) }
    })
    expect(width).toBeLessThanOrEqual(viewport.width)
    // What sticks out on the left of a page that is read from the right cannot be scrolled to.
    expect(left).toBeGreaterThanOrEqual(0)
    await page.screenshot({ path: join(PICTURES, `${name}-${look}.png`), fullPage: true })
    await page.close()
  })
})

test('read from right to left the page is turned round, and code is not', async () => {
  const page = await browser.newPage({ viewport: DESKTOP })
  await page.goto(`${door.origin}/`)
  const places = (): Promise<{ brand: number; address: number; code: string }> =>
    page.evaluate(() => ({
      brand: document.querySelector('.brand')?.getBoundingClientRect().left ?? 0,
      address: document.querySelector('.address')?.getBoundingClientRect().left ?? 0,
      code: getComputedStyle(document.querySelector('.line code') as Element).direction
    }))
  const before = await places()
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'))
  const after = await places()
  expect([before.brand < 640, before.address > 640]).toEqual([true, true])
  expect([after.brand > 640, after.address < 640]).toEqual([true, true])
  expect([before.code, after.code]).toEqual(['ltr', 'ltr'])
  await page.close()
})

test('more contrast changes the colours, and less motion stops them from fading', async () => {
  const page: Page = await browser.newPage({ viewport: DESKTOP })
  await page.goto(`${door.origin}/`)
  const look = (): Promise<string[]> =>
    page.evaluate(() => [
      getComputedStyle(document.body).color,
      getComputedStyle(document.querySelector('.button') as Element).transitionDuration
    ])
  expect(await look()).toEqual(['rgb(23, 33, 31)', '0.12s, 0.12s'])
  await page.emulateMedia({ contrast: 'more', reducedMotion: 'reduce' })
  expect(await look()).toEqual(['rgb(0, 0, 0)', '0s, 0s'])
  await page.close()
})

test('who pasted the line of the setup is reminded on the first page of how to undo it, and others can ask', async () => {
  const page = await browser.newPage({ viewport: DESKTOP, userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' })
  await page.goto(`${door.origin}/`)
  expect(await page.locator('#leave details').count()).toBe(1)
  // A browser that looks at the script has not run it.
  await page.request.get(`${door.origin}/setup/pip.sh`, {
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' }
  })
  await page.reload()
  expect(await page.locator('#leave details').count()).toBe(1)
  await fetch(`${door.origin}/setup/pip.sh`, { headers: { 'user-agent': 'curl/7.88.1' } })
  await page.reload()
  expect(await page.locator('#leave details').count()).toBe(0)
  expect(await page.locator('#leave code').allTextContents()).toEqual(['sh ~/.joinery/undo-pip.sh'])
  expect(await page.locator('#leave h2').textContent()).toBe('Before you leave')
  await page.close()
})

test('the first page of a stick is accessible, and fits a desktop and a phone', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'START.html')
  const style = readFileSync(join(import.meta.dirname, '../../web-client/assets/style.css'), 'utf8')
  const start: StickStartPage = {
    ...{ system: 'windows', room: 'Library workshop', python: ['numpy', 'pandas'], r: ['dplyr'] },
    lessons: [
      {
        ...{ title: 'The Unix Shell', href: 'lessons/shell-novice/index.html' },
        data: [
          { name: 'shell-lesson-data.zip', href: 'lessons/shell-novice/data/shell-lesson-data.zip', sizeBytes: 460_000 }
        ]
      }
    ],
    installers: [
      { name: 'R', version: '4.4.1', cpu: 'x86_64', href: 'installers/R-4.4.1-win.exe', sizeBytes: 86e6, sha256: 'ab' }
    ],
    others: [{ name: 'handouts', href: 'files/handouts/', files: 3 }]
  }
  writeFileSync(path, renderStickStart(start, 'en', style))
  const page = await browser.newPage()
  await page.goto(pathToFileURL(path).href)
  await openDetails(page)
  await checkLook(page, 'looks', 'stick')
  await page.close()
})
