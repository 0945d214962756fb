/** The dashboard of a campus on a slow phone. What is counted in bytes is asserted here; what is counted in time is measured by `npm run bench -- dashboard`. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkLook, launchChromium } from './page-checks.ts'
import { type BigRoom, firstView, startBigRoom } from './sixty-devices.ts'

const MAX_FIRST_VIEW_BYTES = 80 * 1024

let browser: Browser
let room: BigRoom
beforeAll(async () => {
  room = await startBigRoom(60)
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await room?.door.frontDoor.stop()
})

it('the first view of sixty devices is below 80 KB, and every card follows the room', async () => {
  const { bytes, page } = await firstView(browser, room, 0)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThan(MAX_FIRST_VIEW_BYTES)
  expect(await page.locator('.device').count()).toBe(60)
  expect(await page.locator('.map .spot').count()).toBe(60)
  const stylesheets = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.css'))
      .map(({ name }) => name)
  )
  expect(stylesheets, 'the page does not wait for a second file').toEqual([])
  expect(await page.evaluate(() => document.styleSheets[0]?.cssRules.length), 'its own style counts').toBeGreaterThan(9)
  const names = await page.locator('.device a').allTextContents()
  expect(names.slice(0, 4), 'those with something to do come first').toEqual(
    [0, 20, 40, 1].map((at) => `pi-classroom-${at}`)
  )
  expect(await page.locator('.device').first().textContent()).toContain('too little power')
  const last = page.locator('.device').last()
  const before = await last.textContent()
  await expect.poll(() => last.textContent()).not.toBe(before)
  await page.close()
})

it('a page whose stream was refused asks again by itself', async () => {
  const context = await browser.newContext({ locale: 'en' })
  await context.addCookies([room.cookie])
  const page = await context.newPage()
  await page.clock.install()
  let asked = 0
  await page.route('**/room/live', (route) => (asked++ === 0 ? route.fulfill({ status: 503 }) : route.continue()))
  await page.goto(`${room.door.origin}/room`)
  await expect
    .poll(
      async () => {
        await page.clock.runFor(10_000)
        return await page.locator('.live.on').count()
      },
      { timeout: 45_000 }
    )
    .toBe(1)
  expect(asked).toBe(2)
  await context.close()
})

it('looks as it should', async () => {
  const context = await browser.newContext({ locale: 'en' })
  await context.addCookies([room.cookie])
  const page = await context.newPage()
  await page.goto(`${room.door.origin}/room`)
  await page.locator('.live.on').waitFor()
  await checkLook(page, 'room', 'sixty')
  await context.close()
})
