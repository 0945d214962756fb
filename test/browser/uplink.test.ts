/** The page about the room's copy on the internet, in a real browser, on a real device with a real cloud peer behind a slow line. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { importFolder, link, linkText, noise, type Started, startCloud, startNode } from '../integration/cloud-kit.ts'
import { PATIENCE_MS } from '../kit/child.ts'
import { joineryJson } from '../kit/node-process.ts'
import { TcpProxy } from '../kit/tcp-proxy.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { checkLook, launchChromium } from './page-checks.ts'

const WAIT = { timeout: PATIENCE_MS }
const FILE_BYTES = 3_000_000

let browser: Browser
let folder: TemporaryFolder
let room: Started
let cloud: Started
let line: TcpProxy
let page: Page

beforeAll(async () => {
  folder = temporaryFolder()
  const place = { data: join(folder.path, 'room') }
  const created = await joineryJson<{ facilitator: { name: string; code: string } }>(place, ['init', '--name', 'Hall'])
  ;[cloud, room] = await Promise.all([startCloud({ data: join(folder.path, 'cloud') }), startNode(place, [])])
  line = await TcpProxy.listen({ host: '127.0.0.1', port: cloud.meshPort })
  const lessons = join(folder.path, 'source/lessons/x')
  mkdirSync(lessons, { recursive: true })
  for (const name of ['a', 'b']) writeFileSync(join(lessons, `${name}.bin`), noise(FILE_BYTES, name.charCodeAt(0)))
  await importFolder(room, join(folder.path, 'source'))
  browser = await launchChromium()
  page = await browser.newPage({ locale: 'en' })
  await page.goto(new URL('/sign-in', room.node.address).href)
  await page.getByLabel('Name').fill(created.facilitator.name)
  await page.getByLabel('Code').fill(created.facilitator.code)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(new URL('/', room.node.address).href)
})

afterAll(async () => {
  await browser?.close()
  await line?.[Symbol.asyncDispose]()
  for (const one of [room, cloud]) await one?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

const shown = async (): Promise<string> => {
  await page.reload()
  return (await page.locator('main').textContent()) ?? ''
}

it('is found from the dashboard, and says how a room gets one', async () => {
  await page.goto(new URL('/room', room.node.address).href)
  await page.getByRole('link', { name: 'Copy on the internet' }).click()
  await page.waitForURL(/\/room\/internet$/)
  expect(await shown()).toContain('joinery cloud link TEXT')
  await checkLook(page, 'uplink', 'none')
})

it('says what is done and what is left, also when the connection breaks, and when all is there', async () => {
  line.bytesPerSecond = 300_000
  await link(room, await linkText(cloud, `127.0.0.1:${line.port}`), '--bytes', '2 GB')
  // Files are on their way, at a pace, with a limit.
  await expect.poll(shown, WAIT).toMatch(/Files\s*\d of \d, [\d.]+\s[kM]?B of 6\sMB, .* a second/)
  await checkLook(page, 'uplink', 'under-way')
  await cloud.node.kill()
  await expect.poll(shown, WAIT).toContain('The connection broke just now')
  // What had arrived is not forgotten.
  expect(await shown()).toMatch(/\d of \d, [\d.]+\s[kM]?B of 6\sMB/)
  await checkLook(page, 'uplink', 'broken')
  line.bytesPerSecond = undefined
  cloud = await startCloud(cloud.place, 'cloud', '--mesh-port', String(cloud.meshPort))
  await expect.poll(shown, WAIT).toContain('All of the room is there')
  expect(await shown()).toMatch(/of files by this device, at most 2\sGB/)
  await checkLook(page, 'uplink', 'done')
})

it('is for those who help only', async () => {
  const stranger = await browser.newPage()
  const answer = await stranger.goto(new URL('/room/internet', room.node.address).href)
  expect(answer?.status()).toBe(401)
  expect(await stranger.content()).not.toContain('cloud')
})
