/** Our pages in a real browser: accessible, whole without scripts, and quiet about the world outside. Needs Chromium; its absence is a failure. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LANGUAGES } from '../../web-client/languages.ts'
import { launchPatiently } from '../kit/patient-browser.ts'
import { type StartedFrontDoor, startFrontDoor } from './front-door-kit.ts'
import { emptyRoom, sampleRoom } from './sample-room.ts'

const CHROMIUM = '/usr/bin/chromium'
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const PHONE = { width: 360, height: 780 }
const DESKTOP = { width: 1280, height: 900 }
/** WCAG 2.2 AA and what axe calls best practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let browser: Browser
let full: StartedFrontDoor
let empty: StartedFrontDoor
let room = sampleRoom
beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`)
  browser = await launchPatiently({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update']
  })
  full = await startFrontDoor(() => Promise.resolve(room))
  empty = await startFrontDoor({ ...emptyRoom, asking: { code: '402771' } })
})
afterAll(async () => {
  await browser?.close()
  await full?.frontDoor.stop()
  await empty?.frontDoor.stop()
})

async function violationsOn(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE })
  return await page.evaluate(async (values) => {
    const axe = (
      globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
      }
    ).axe
    const { violations } = await axe.run({ runOnly: { type: 'tag', values } })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
  }, RULES)
}

describe.each(['light', 'dark'] as const)('in the %s scheme', (colorScheme) => {
  it.each([
    ['/', PHONE],
    ['/', DESKTOP],
    ['/room', PHONE],
    ['/room', DESKTOP],
    ['/nothing', PHONE]
  ])('%s is accessible and fits the width (%o)', async (path, viewport) => {
    for (const { origin } of [full, empty]) {
      const page = await browser.newPage({ viewport, colorScheme, bypassCSP: true })
      await page.goto(origin + path)
      for (const details of await page.locator('details').all())
        await details.evaluate((one) => one.setAttribute('open', ''))
      expect(await violationsOn(page)).toEqual([])
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(width).toBeLessThanOrEqual(viewport.width)
      await page.close()
    }
  })
})

describe('without scripts', () => {
  it('everything is there, in every language', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: PHONE })
    const page = await context.newPage()
    for (const language of LANGUAGES) {
      await page.goto(`${full.origin}/?lang=${language}`)
      expect(await page.locator('.lessons a').count()).toBe(5)
      expect(await page.locator('.line code').first().textContent()).toContain('pip install')
      await page.goto(`${full.origin}/room?lang=${language}`)
      expect(await page.locator('.device').count()).toBe(4)
      expect(await page.locator('button').count()).toBe(0)
    }
    await context.close()
  })
})

describe('in the browser of a learner', () => {
  it('a page loads without an error, asks nobody else, and keeps nothing', async () => {
    const page = await browser.newPage({ viewport: DESKTOP })
    const problems: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
    page.on('pageerror', (error) => void problems.push(error.message))
    page.on('request', (request) => void (request.url().startsWith(full.origin) || problems.push(request.url())))
    for (const path of ['/', '/room']) await page.goto(full.origin + path, { waitUntil: 'networkidle' })
    expect(problems).toEqual([])
    expect(await page.context().cookies()).toEqual([])
    await page.close()
  })

  it('a line is copied by its button, without HTTPS', async () => {
    const page = await browser.newPage({ viewport: DESKTOP })
    await page.goto(`${full.origin}/`)
    await page.evaluate(() => {
      document.addEventListener('copy', () => {
        document.body.dataset.got = String(getSelection())
      })
    })
    await page.locator('#python button').click()
    expect(await page.locator('#python button').textContent()).toBe('Copied')
    expect(await page.locator('body').getAttribute('data-got')).toMatch(/^pip install --index-url http/)
    await page.close()
  })

  it('the keyboard reaches everything, the way past the header first', async () => {
    const page = await browser.newPage({ viewport: DESKTOP })
    await page.goto(`${full.origin}/`)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => location.hash)).toBe('#main')
    const reached = new Set<string>()
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 80) ?? ''))
    }
    const links = await page.locator('main a').evaluateAll((all) => all.map((one) => one.outerHTML.slice(0, 80)))
    for (const link of links) expect(reached).toContain(link)
    await page.close()
  })

  it('figures on /room follow the room by themselves, and not while somebody is in them', async () => {
    const page = await browser.newPage({ viewport: DESKTOP })
    await page.clock.install()
    await page.goto(`${full.origin}/room`)
    const [self, ...others] = sampleRoom.devices
    if (!self) throw new Error('the sample has devices')
    room = { ...sampleRoom, devices: [{ ...self, name: 'pi-renamed' }, ...others] }
    try {
      await page.locator('.device a').first().focus()
      const asked: string[] = []
      page.on('request', (request) => void asked.push(request.url()))
      await page.clock.fastForward(6_000)
      expect(asked).toEqual([])
      await page.evaluate(() => (document.activeElement as HTMLElement).blur())
      await expect
        .poll(async () => {
          await page.clock.fastForward(6_000)
          return await page.locator('.device h3').first().textContent()
        })
        .toContain('pi-renamed')
      expect(await page.locator('.line button').count()).toBe(1)
    } finally {
      room = sampleRoom
      await page.close()
    }
  })

  it('a mirrored page runs its own scripts and cannot reach ours', async () => {
    const lesson = `<!doctype html><p id="out"></p><script>
      const out = []
      try { document.cookie = 'a=b'; out.push('cookie') } catch { out.push('no cookie') }
      try { localStorage.a = 1; out.push('storage') } catch { out.push('no storage') }
      fetch('/api/room').then((r) => r.text(), () => 'refused').then((text) => { document.getElementById('out').textContent = [...out, text.slice(0, 7)].join(', ') })
    </script>`
    const mirror = {
      answer: () =>
        Promise.resolve({ kind: 'bytes' as const, bytes: Buffer.from(lesson), contentType: 'text/html; charset=utf-8' })
    }
    const door = await startFrontDoor(sampleRoom, { mirrors: new Map([['lessons', mirror]]) })
    const page = await browser.newPage()
    try {
      await page.goto(`${door.origin}/lessons/x/`)
      await expect.poll(() => page.locator('#out').textContent()).toBe('no cookie, no storage, refused')
    } finally {
      await page.close()
      await door.frontDoor.stop()
    }
  })
})
