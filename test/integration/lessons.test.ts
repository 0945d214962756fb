/** What a real browser makes of a mirrored lesson: pictures, styles, scripts, links, and the room's own session out of reach. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lessonSite } from '../fixtures/lesson-site.ts'
import { MemoryContent } from '../fixtures/memory-content.ts'
import { type MirrorServer, startMirrorServer } from '../fixtures/mirror-server.ts'
import { requireTool } from '../fixtures/tool.ts'
import { launchPatiently } from '../kit/patient-browser.ts'

/** Answers never: what a network without an uplink does with the internet's addresses, unless it refuses them. */
let blackHole: Server
let server: MirrorServer
let browser: Browser
let page: Page
const LESSON = '/lessons/software-carpentry/tiny-lesson/'

beforeAll(async () => {
  blackHole = createServer(() => undefined)
  await new Promise<void>((resolve) => blackHole.listen(0, '127.0.0.1', resolve))
  const { port } = blackHole.address() as AddressInfo
  const content = new MemoryContent()
  for (const [path, text] of lessonSite()) {
    await content.add(
      'lessons',
      path,
      Buffer.from(text.replaceAll('https://cdn.example.net', `http://127.0.0.1:${port}`))
    )
  }
  server = await startMirrorServer(content)
  browser = await launchPatiently({
    executablePath: requireTool('chromium', 'apt-get install chromium'),
    args: ['--no-sandbox', '--disable-background-networking']
  })
  page = await (await browser.newContext({ acceptDownloads: true })).newPage()
  await page.context().addCookies([{ name: 'session', value: 'of-the-room', url: server.address }])
  await page.goto(`${server.address}${LESSON}`, { waitUntil: 'domcontentloaded' })
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  blackHole.closeAllConnections()
  await new Promise((resolve) => blackHole.close(resolve))
})

const attribute = (name: string): Promise<string | null> => page.locator('html').getAttribute(name)
const computed = (selector: string, name: 'color' | 'display'): Promise<string> =>
  page.locator(selector).evaluate((element, key) => getComputedStyle(element)[key], name)

describe('a lesson in a browser', () => {
  test('shows its picture and its style, and is not held up by a script that never comes', async () => {
    await page.waitForFunction(
      () => (document.getElementById('picture') as HTMLImageElement | null)?.naturalWidth === 20
    )
    expect(await computed('main', 'color')).toBe('rgb(1, 2, 3)')
    expect(await attribute('data-ready')).toBe('yes')
  })

  test('keeps its own scripts working: storage, search', async () => {
    expect(await attribute('data-stored')).toBe('dark')
    await page.waitForFunction(() => document.getElementById('found')?.textContent === 'Found by search')
  })

  test("cannot reach the room's session: no cookie, no answer, no service worker", async () => {
    await page.waitForFunction(() => document.documentElement.dataset.secret !== undefined)
    expect(await attribute('data-cookie')).toBe('[]')
    expect(await attribute('data-secret')).toBe('refused')
    expect(await page.evaluate(() => 'serviceWorker' in navigator)).toBe(false)
    expect(await attribute('data-worker')).toBeNull()
    expect(await page.evaluate(() => self.origin)).toBe('null')
  })

  test('leads from page to page inside of the room', async () => {
    await page.click('#absolute')
    await page.waitForURL(`${server.address}${LESSON}02-next.html#part`, { waitUntil: 'domcontentloaded' })
    expect(await page.title()).toBe('Next')
    await page.goBack({ waitUntil: 'domcontentloaded' })
    await page.click('#sibling')
    await page.waitForURL(`${server.address}/lessons/software-carpentry/other-lesson/`, {
      waitUntil: 'domcontentloaded'
    })
    await page.goBack({ waitUntil: 'domcontentloaded' })
  })

  test('says which link needs the internet, to the eye and to a screen reader', async () => {
    const mark = page.locator('#away i')
    expect([await mark.textContent(), await mark.isVisible()]).toEqual(['↗ internet', true])
    expect(await page.getByRole('link', { name: 'Away (needs the internet)' }).count()).toBe(1)
    expect(await page.locator('#next').textContent()).toBe('Next')
  })

  test('shows addresses in code that work from here', async () => {
    const code = (await page.locator('pre').textContent()) ?? ''
    const address = /read\.csv\("([^"]+)"\)/.exec(code)?.[1] ?? ''
    expect(address).toBe(`${server.address}${LESSON}data/numbers.csv`)
    expect(await (await fetch(address)).text()).toBe('n\n1\n2\n')
    expect(code).toContain('wget https://figshare.example.org/files/123.')
  })

  test('gives its data as it lies', async () => {
    const found = await fetch(`${server.address}${LESSON}data/numbers.csv`)
    expect(found.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(found.headers.get('access-control-allow-origin')).toBe('*')
  })
})
