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
