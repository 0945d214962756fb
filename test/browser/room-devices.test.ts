/** A device's whole life from the room's page, in a real browser: invited, let in by its code, moved off, removed, and stolen. Each step is looked at on both devices. */
import { writeFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AskProgress, PolicyRule } from '../../node/control/operations.ts'
import { buildSample } from '../../node/demo/sample/build.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { joinery, joineryAnyway, joineryJson, type NodePlace, NodeProcess, operationsOf } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { checkLook, launchChromium } from './page-checks.ts'

const WAIT = { timeout: 45_000 }

let browser: Browser
let folder: TemporaryFolder
let first: NodeProcess
let second: NodeProcess
let spare: NodeProcess | undefined
let facilitator: { name: string; code: string }
let helper: { name: string; code: string }
let meshAddress: string

const place = (name: string): NodePlace => ({ data: `${folder.path}/${name}`, env: { JOINERY_LOG_LEVEL: 'debug' } })

beforeAll(async () => {
  folder = temporaryFolder()
  const created = await joineryJson<{ facilitator: typeof facilitator }>(place('first'), ['init', '--name', 'Library'])
  facilitator = created.facilitator
  const sample = `${folder.path}/sample`
  await nodeDisk.makeDirectory(sample)
  await buildSample(nodeDisk, sample)
  await joinery(place('first'), ['import', sample])
  const { person, code } = await joineryJson<{ person: { name: string }; code: string }>(place('first'), [
    ...['person', 'add', 'Kim', '--role', 'helper']
  ])
  helper = { name: person.name, code }
  first = await NodeProcess.start(place('first'), ['--name', 'pi-front'])
  const [address = ''] = (await first.status()).meshAddresses
  meshAddress = address
  browser = await launchChromium()
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await first?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
  await spare?.[Symbol.asyncDispose]()
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

/** The dashboard of that device, live. */
async function room(who: { name: string; code: string }, node: NodeProcess): Promise<Page> {
  const page = await signedIn(who, node)
  await page.goto(new URL('/room', node.address).href)
  await page.locator('.live.on').waitFor(WAIT)
  return page
}

const names = (page: Page) => page.locator('.device h3').allTextContents()
const cardOf = (page: Page, name: string) =>
  page.locator('.device').filter({ has: page.locator('h3', { hasText: name }) })

const warnings = (page: Page) => page.locator('.warnings')

describe('an invitation', () => {
  it('is made on the page, lets a device in, is counted, and lets nobody in once it was taken back', async () => {
    const page = await signedIn(facilitator, first, { javaScriptEnabled: false })
    await page.goto(new URL('/room', first.address).href)
    expect(await warnings(page).textContent()).toContain('Everything is on one device only.')
    await page.getByRole('link', { name: 'Invite devices' }).click()
    await page.getByLabel('How many devices it lets in').fill('2')
    await page.getByRole('button', { name: 'Make it' }).click()
    const text = (await page.locator('.notice .line code').last().textContent()) ?? ''
    expect(text).toMatch(/^JOINERY:/)
    expect(page.url()).toBe(new URL('/room/invitations', first.address).href)
    expect(await page.locator('.notice svg.qr').count()).toBe(1)

    await joinery(place('second'), ['join', text])
    second = await NodeProcess.start(place('second'), ['--name', 'pi-window', '--static', meshAddress])
    await second.statusWhere('both devices are connected and everything is copied', ({ overview, blobs }) => {
      const { devices } = overview
      return (
        devices.length === 2 && devices.every(({ connected }) => connected) && blobs.missing === 0 && blobs.held > 0
      )
    })
    const open = page.locator('section', { has: page.getByRole('heading', { name: 'Open invitations' }) })
    await expect
      .poll(async () => {
        await page.reload()
        return await open.textContent()
      }, WAIT)
      .toMatch(/lets in 1 more device.*made on pi-front.*came in with it: pi-window/s)
    await page.getByRole('button', { name: /^Take it back/ }).click()
    await open.getByText('There is none.').waitFor(WAIT)

    await joineryAnyway(place('late'), ['join', text])
    await using late = await NodeProcess.start(place('late'), ['--name', 'pi-late', '--static', meshAddress])
    await late.statusWhere('it was told that its invitation counts no more', ({ problems }) =>
      problems.some(({ code }) => code === 'INVITATION_USED_UP')
    )
    expect((await first.status()).overview.devices.map(({ name }) => name).sort()).toEqual(['pi-front', 'pi-window'])
    // The secret stands in no log of a device that speaks of everything.
    for (const node of [first, second]) expect(node.child.output()).not.toContain(text.slice('JOINERY:'.length))
    await page.context().close()
  })

  it('can be copied and hidden where scripts run, and helpers do not get the page', async () => {
    const page = await signedIn(facilitator, first)
    await page.goto(new URL('/room/invitations', first.address).href)
    await page.getByLabel('What they are').selectOption('laptop')
    await page.getByRole('button', { name: 'Make it' }).click()
    const lines = page.locator('.notice .line')
    expect(await lines.first().textContent()).toContain('--role laptop')
    expect(await lines.getByRole('button', { name: 'Copy' }).count()).toBe(await lines.count())
    await checkLook(page, 'room', 'invitations')
    await page.getByRole('button', { name: 'I have it: hide it' }).click()
    await expect.poll(() => lines.count()).toBe(0)
    const helping = await signedIn(helper, first)
    const answer = await helping.goto(new URL('/room/invitations', first.address).href)
    expect(answer?.status()).toBe(403)
    for (const one of [page, helping]) await one.context().close()
  })
})

describe('how many copies', () => {
  it('is set on the page of one device without scripts, with what it takes, and counts on the other', async () => {
    const page = await signedIn(facilitator, second, { javaScriptEnabled: false })
    await page.goto(new URL('/room/copies', second.address).href)
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'installers', exact: true }) })
    expect(await card.getByLabel('As the room needs it').isChecked()).toBe(true)
    expect(await card.textContent()).toMatch(/in all, about .* on each device/)
    await card.getByLabel('A number of copies').check()
    await card.getByLabel('Copies', { exact: true }).fill('1')
    await card.getByRole('button', { name: 'Keep it so' }).click()
    await expect.poll(() => card.getByLabel('A number of copies').isChecked()).toBe(true)
    await page.getByLabel('Collection and path').fill('lessons/No such')
    await page.locator('section').last().getByLabel('Only when somebody asks').check()
    await page.getByRole('button', { name: 'Add the rule' }).click()
    await page.getByRole('heading', { name: 'lessons/No such' }).waitFor()
    await expect
      .poll(async () => {
        const rules = await joineryJson<PolicyRule[]>(first.place, ['policy'])
        return rules.filter(({ standard }) => !standard)
      }, WAIT)
      .toEqual([
        { target: 'installers', policy: { kind: 'copies', copies: 1 }, standard: false },
        { target: 'lessons/No such', policy: { kind: 'on-demand' }, standard: false }
      ])
    await page.getByRole('link', { name: /Back to the room/ }).click()
    await page.context().close()
    const looking = await signedIn(facilitator, first)
    await looking.goto(new URL('/room/copies', first.address).href)
    await checkLook(looking, 'room', 'copies')
    await looking.context().close()
  })
})

describe('a device that is switched off', () => {
  it('is warned of, as is what is then on one device only, until it is back and has it too', async () => {
    const page = await room(facilitator, first)
    await second[Symbol.asyncDispose]()
    await warnings(page).getByText('No device can reach pi-window.').waitFor(WAIT)
    const lesson = `${folder.path}/more/lessons/more`
    await nodeDisk.makeDirectory(lesson)
    await writeFile(`${lesson}/index.html`, '<!doctype html><title>More</title><h1>More</h1>')
    await joinery(place('first'), ['import', `${folder.path}/more`])
    const alone = warnings(page).getByText(/of lessons are on one device only/)
    await alone.waitFor(WAIT)
    second = await NodeProcess.start(place('second'), ['--name', 'pi-window', '--static', meshAddress])
    await alone.waitFor({ ...WAIT, state: 'detached' })
    await warnings(page)
      .getByText('No device can reach')
      .waitFor({ ...WAIT, state: 'detached' })
    await page.context().close()
  })
})

describe('a device that asks to be let in', () => {
  it('is let in by the code that both show, is moved off and removed, on both devices', async () => {
    const page = await room(facilitator, first)
    const watching = await room(helper, second)
    // Other rooms may be near: it asks this one.
    spare = await NodeProcess.start(place('spare'), ['--name', 'pi-spare', '--without-room', '--static', meshAddress])
    const { overview, device } = await first.status()
    const asking = operationsOf(spare.place)
      .askToJoin({ roomId: overview.room?.id ?? '' })
      [Symbol.asyncIterator]()
    const next = async (holds: (step: AskProgress) => boolean): Promise<AskProgress> => {
      for (;;) {
        const { value, done } = await asking.next()
        if (done) throw new Error('it asks no more')
        if (holds(value)) return value
      }
    }
    // Each device that it asks has a code of its own.
    const asked = await next((step) => step.kind === 'code' && device.id.endsWith(step.device))
    const waiting = page.locator('[data-part="waiting"]')
    await expect
      .poll(async () => (await waiting.locator('.code').textContent())?.replace(/\D/g, ''), WAIT)
      .toBe(asked.kind === 'code' && asked.code)
    expect(await waiting.locator('h3').textContent()).toBe('pi-spare')
    await checkLook(page, 'room', 'waiting')
    await waiting.getByRole('button', { name: 'The codes are the same: let it in' }).click()
    await page.waitForURL(/done/)
    await next(({ kind }) => kind === 'joined')
    for (const one of [page, watching]) await expect.poll(() => names(one), WAIT).toContain('pi-spare')

    const card = cardOf(page, 'pi-spare')
    await card.getByText('Change this device').click()
    await card.getByRole('button', { name: 'Move its files off' }).click()
    await page.waitForURL(/done/)
    for (const one of [page, watching]) {
      const states = cardOf(one, 'pi-spare').locator('.states')
      await expect.poll(() => states.textContent(), WAIT).toContain('Moving its files off')
      await expect.poll(() => states.textContent(), WAIT).toContain('Safe to unplug')
    }

    await card.getByText('Change this device').click()
    await card.getByLabel('Type pi-spare to confirm').first().fill('pi-spare')
    await card.getByRole('button', { name: 'Remove from the room' }).click()
    await page.waitForURL(/done/)
    for (const one of [page, watching]) await expect.poll(() => names(one), WAIT).not.toContain('pi-spare')
    for (const one of [page, watching]) await one.context().close()
  })

  it('that was stolen is blocked, its invitations are taken back, and what is left to do is told', async () => {
    const page = await signedIn(facilitator, first)
    await page.goto(new URL('/room/invitations', first.address).href)
    const open = page.locator('section', { has: page.getByRole('heading', { name: 'Open invitations' }) })
    const known = await open.locator('strong').allTextContents()
    expect(known.length).toBe(1)
    await page.goto(new URL('/room', first.address).href)
    const card = cardOf(page, 'pi-window')
    await card.getByText('Change this device').click()
    await card.getByLabel('Type pi-window to confirm').last().fill('pi-window')
    await card.getByRole('button', { name: 'It was stolen' }).click()
    await page.getByRole('heading', { name: 'pi-window is blocked' }).waitFor(WAIT)
    await checkLook(page, 'room', 'stolen')
    await second.statusWhere('it was told that it is out', ({ problems }) =>
      problems.some(({ code }) => code === 'REMOVED_FROM_ROOM')
    )
    await page.goto(new URL('/room', first.address).href)
    expect(await names(page)).toEqual([expect.stringContaining('pi-front')])
    await page.context().close()
  })
})
