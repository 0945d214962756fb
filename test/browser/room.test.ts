/** Stickies, the dashboard and the clock in a real browser, on two real devices of one room. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../kit/child.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { checkLook, launchChromium } from './page-checks.ts'

const WAIT = { timeout: PATIENCE_MS }

let browser: Browser
let folder: TemporaryFolder
let first: NodeProcess
let second: NodeProcess
let facilitator: { name: string; code: string }
let learner: { name: string; code: string }
let helper: { name: string; code: string }

beforeAll(async () => {
  folder = temporaryFolder()
  const place = { data: `${folder.path}/first` }
  const other = { data: `${folder.path}/second` }
  const created = await joineryJson<{ facilitator: typeof facilitator }>(place, ['init', '--name', 'Library workshop'])
  facilitator = created.facilitator
  const { text } = await joineryJson<{ text: string }>(place, ['invite'])
  first = await NodeProcess.start(place, ['--name', 'pi-front'])
  const [address = ''] = (await first.status()).meshAddresses
  await joinery(other, ['join', text])
  second = await NodeProcess.start(other, ['--name', 'pi-window', '--static', address])
  await second.statusWhere(
    'both devices are connected',
    ({ overview }) => overview.devices.length === 2 && overview.devices.every(({ connected }) => connected)
  )
  const add = async (...words: string[]): Promise<typeof learner> => {
    const { person, code } = await joineryJson<{ person: { name: string }; code: string }>(place, [
      'person',
      'add',
      ...words
    ])
    return { name: person.name, code }
  }
  learner = await add('Ana María')
  helper = await add('Kim', '--role', 'helper')
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await first?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

async function signedIn(
  who: { name: string; code: string },
  node: NodeProcess,
  options: Parameters<Browser['newContext']>[0] = {}
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options })
  const page = await context.newPage()
  await page.goto(new URL('/sign-in', node.address).href)
  await page.getByLabel('Name').fill(who.name)
  await page.getByLabel('Code').fill(who.code)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(new URL('/', node.address).href)
  return page
}

const sticky = (page: Page, name: string) => page.locator('.signals').getByRole('button', { name })

describe('a sticky and a raised hand', () => {
  it('go up and down without scripts, and show on the other device', async () => {
    const page = await signedIn(learner, first, { javaScriptEnabled: false })
    await sticky(page, 'Help').click()
    expect(await sticky(page, 'Help').getAttribute('aria-pressed')).toBe('true')
    await sticky(page, 'Raise hand').click()
    expect(await sticky(page, 'Help').getAttribute('aria-pressed')).toBe('true')
    const there = await page.context().newPage()
    await expect
      .poll(async () => {
        await there.goto(new URL('/', second.address).href)
        // A page that came before the account has no stickies, and without scripts it gets none by waiting.
        return (
          (await sticky(there, 'Raise hand').count()) > 0 &&
          (await sticky(there, 'Raise hand').getAttribute('aria-pressed'))
        )
      }, WAIT)
      .toBe('true')
    await sticky(there, 'Help').click()
    expect(await sticky(there, 'Help').getAttribute('aria-pressed')).toBe('false')
    await page.context().close()
  })

  it('are seen live with names by a helper at another device, and a facilitator takes all down', async () => {
    const page = await signedIn(learner, first)
    const watching = await signedIn(helper, second)
    await watching.goto(new URL('/room', second.address).href)
    await watching.locator('.live.on').waitFor(WAIT)
    await sticky(page, 'Done').click()
    await expect.poll(() => sticky(page, 'Done').getAttribute('aria-pressed')).toBe('true')
    await expect.poll(() => watching.locator('#signals').textContent(), WAIT).toContain('Ana María done hand up')
    expect(await watching.locator('.counts').textContent()).toContain('1 done')
    expect(await watching.getByRole('button', { name: 'All down' }).count()).toBe(0)
    await checkLook(watching, 'room', 'helper')

    const leading = await signedIn(facilitator, second)
    await leading.goto(new URL('/room', second.address).href)
    await leading.getByRole('button', { name: 'All down' }).click()
    await leading.waitForURL(/room#signals/)
    await expect.poll(() => sticky(page, 'Done').getAttribute('aria-pressed'), WAIT).toBe('false')
    await expect.poll(() => watching.locator('.counts').textContent(), WAIT).toContain('0 done')
    for (const one of [page, watching, leading]) await one.context().close()
  })

  it('are in sight with the notes too', async () => {
    const page = await signedIn(learner, first)
    await page.goto(new URL('/notes/', first.address).href)
    await sticky(page, 'Help').click()
    await expect.poll(() => sticky(page, 'Help').getAttribute('aria-pressed')).toBe('true')
    await sticky(page, 'Help').click()
    await expect.poll(() => sticky(page, 'Help').getAttribute('aria-pressed')).toBe('false')
    await page.context().close()
  })
})

describe('the dashboard', () => {
  it('shows both devices with their figures, without scripts', async () => {
    const page = await signedIn(facilitator, first, { javaScriptEnabled: false })
    await expect
      .poll(async () => {
        await page.goto(new URL('/room', first.address).href)
        return await page.locator('.device .figures').count()
      }, WAIT)
      .toBe(2)
    expect(await page.locator('.device h3').allTextContents()).toEqual(['pi-front this device', 'pi-window'])
    expect(await page.locator('.map .spot').count()).toBe(2)
    await page.context().close()
  })

  it('a device gets another name, and everybody sees it', async () => {
    const page = await signedIn(facilitator, first)
    const watching = await signedIn(helper, second)
    await watching.goto(new URL('/room', second.address).href)
    await watching.locator('.live.on').waitFor(WAIT)
    await page.goto(new URL('/room', first.address).href)
    await page
      .locator('.map .link')
      .first()
      .waitFor({ ...WAIT, state: 'attached' })
    await checkLook(page, 'room', 'facilitator')
    const card = page.locator('.device').filter({ has: page.locator('h3', { hasText: 'pi-window' }) })
    await card.getByText('Change this device').click()
    await card.getByLabel('Name', { exact: true }).fill('pi-shelf')
    await card.getByRole('button', { name: 'Rename' }).click()
    await page.waitForURL(/done/)
    expect(await page.locator('.notice').textContent()).toContain('Done.')
    await expect.poll(() => watching.locator('.devices').textContent(), WAIT).toContain('pi-shelf')
    const other = page.locator('.device').filter({ has: page.locator('h3', { hasText: 'pi-shelf' }) })
    await other.getByText('Change this device').click()
    await other.getByLabel('Type pi-shelf to confirm').first().fill('pi-front')
    await other.getByRole('button', { name: 'Remove from the room' }).click()
    await page.waitForURL(/problem/)
    expect(await page.locator('.notice').textContent()).toContain('nothing was changed')
    for (const one of [page, watching]) await one.context().close()
  })

  it('sets the clock of the room in one click, forwards only, and the other device shows it', async () => {
    const page = await signedIn(facilitator, first)
    // A computer that is some days ahead of these devices.
    const now = Date.now() + 5 * 86_400_000
    await page.clock.setFixedTime(now)
    await page.goto(new URL('/room', first.address).href)
    await page.getByRole('button', { name: 'Set it to the time of this computer' }).click()
    await page.waitForURL(/done/)
    await page.clock.setFixedTime(now - 86_400_000)
    await page.getByRole('button', { name: 'Set it to the time of this computer' }).click()
    await page.waitForURL(/problem/)
    expect(await page.locator('.notice').textContent()).toContain('later already')
    const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' }).format(now)
    const watching = await signedIn(helper, second)
    await watching.goto(new URL('/room', second.address).href)
    await expect.poll(() => watching.locator('#clock').textContent(), WAIT).toContain(date)
    for (const one of [page, watching]) await one.context().close()
  })
})
