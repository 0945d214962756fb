/** What the first page costs a learner's browser over the air, and that its files are kept. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StartedFrontDoor, startFrontDoor } from './front-door-kit.ts'
import { DESKTOP, launchChromium } from './page-checks.ts'
import { sampleRoom } from './sample-room.ts'

const MOST_BYTES = 60_000

let browser: Browser
let door: StartedFrontDoor
beforeAll(async () => {
  browser = await launchChromium()
  door = await startFrontDoor(sampleRoom)
})
afterAll(async () => {
  await browser?.close()
  await door?.frontDoor.stop()
})

it('the first page and all its files are at most 60 KB, and the files may be kept for ever', async () => {
  const page = await browser.newPage({ viewport: DESKTOP })
  const sizes = new Map<string, number>()
  page.on('response', async (response) => {
    const size = response.fromServiceWorker() ? 0 : (await response.body().catch(() => Buffer.alloc(0))).length
    sizes.set(response.url(), size)
  })
  await page.goto(`${door.origin}/`, { waitUntil: 'networkidle' })
  const files = [...sizes.keys()].filter((url) => url.includes('/assets/'))
  expect(files.length).toBeGreaterThanOrEqual(2)
  for (const url of files) {
    expect(url).toMatch(/\/assets\/[a-z]+\.[\w-]{10}\.(?:css|js|svg)$/)
    const answer = await fetch(url)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    await answer.arrayBuffer()
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  expect(total).toBeGreaterThan(10_000)
  expect(total).toBeLessThanOrEqual(MOST_BYTES)
  await page.close()
})

it('over the air all of it is at most 20 KB, compressed for whoever can read that', async () => {
  const get = async (path: string): Promise<number> => {
    const answer = await fetch(door.origin + path, { headers: { 'accept-encoding': 'gzip' } })
    expect([path, answer.headers.get('content-encoding')]).toEqual([path, 'gzip'])
    return Number(answer.headers.get('content-length'))
  }
  const page = await (await fetch(`${door.origin}/`)).text()
  const files = [
    ...new Set([...page.matchAll(/(?:href|src)="(\/assets\/[^"]+\.(?:css|js))"/g)].map(([, path]) => path ?? ''))
  ]
  expect(files.length).toBeGreaterThanOrEqual(2)
  let total = await get('/')
  for (const file of files) total += await get(file)
  expect(total).toBeGreaterThan(5_000)
  expect(total).toBeLessThanOrEqual(20_000)
  const plain = await fetch(`${door.origin}/`, { headers: { 'accept-encoding': 'identity' } })
  expect(plain.headers.get('content-encoding')).toBeNull()
})
