/** Pages of repositories in a real browser: accessible, whole without scripts, and safe whatever was pushed. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cookieOf, type PeopleNode, peopleNode } from '../unit/people/people-kit.ts'
import { sampleHost, TIP } from '../unit/web-client/repository-sample.ts'
import { type StartedFrontDoor, startFrontDoor } from './front-door-kit.ts'
import { checkLook, launchChromium } from './page-checks.ts'
import { sampleRoom } from './sample-room.ts'

let browser: Browser
let door: StartedFrontDoor
let node: PeopleNode
let host: ReturnType<typeof sampleHost>
let session: { name: string; value: string }
beforeAll(async () => {
  browser = await launchChromium()
  node = await peopleNode('a')
  const { person } = await node.people.add({ shownName: 'Alfredo Linguini', name: 'alflin' })
  await node.people.add({ shownName: 'Colette' })
  const [name = '', value = ''] = ((await node.people.openSession(person.id)).split(';')[0] ?? '').split('=')
  session = { name, value }
  host = sampleHost(person.id)
  door = await startFrontDoor(sampleRoom, {
    people: { current: () => node.people },
    repositories: { current: () => host }
  })
})
afterAll(async () => {
  await browser?.close()
  await door?.frontDoor.stop()
})

async function newPage(options: { signedIn: boolean; scripts?: boolean }): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', javaScriptEnabled: options.scripts ?? true })
  if (options.signedIn) await context.addCookies([{ ...session, url: door.origin }])
  return await context.newPage()
}

describe('each page of a repository', () => {
  it('is accessible and fits phones, light and dark', async () => {
    const page = await newPage({ signedIn: true })
    const problems: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
    for (const [name, path] of [
      ['all', '/repositories'],
      ['person', '/alflin'],
      ['new', '/new'],
      ['quick-setup', '/alflin/empty'],
      ['files', '/alflin/recipes'],
      ['folder', '/alflin/recipes/files/data?at=feature%2Fspices'],
      ['file', '/alflin/recipes/files/data/prices.csv'],
      ['markdown', '/alflin/recipes/files/guacamole.md'],
      ['commits', '/alflin/recipes/commits'],
      ['commit', `/alflin/recipes/commit/${TIP}`],
      ['settings', '/alflin/recipes/settings']
    ] as const) {
      const answer = await page.goto(door.origin + path)
      expect([path, answer?.status()]).toEqual([path, 200])
      await checkLook(page, 'repositories', name)
    }
    expect(problems.filter((text) => !/logo\.png/.test(text))).toEqual([])
    await page.context().close()
  })
})

describe('what was pushed', () => {
  it('does nothing in a page of ours, and nothing as a raw file', async () => {
    const page = await newPage({ signedIn: true })
    page.on('dialog', () => expect.unreachable('a script of a README ran'))
    await page.goto(`${door.origin}/alflin/recipes`)
    expect(await page.locator('.markdown').textContent()).toContain('<script>alert(1)</script>')
    expect(await page.locator('.markdown a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual([
      '/alflin/recipes/files/salsa.md'
    ])
    expect(await page.locator('.markdown img').getAttribute('src')).toBe('/alflin/recipes/raw/pictures/logo.png')
    const raw = await page.goto(`${door.origin}/alflin/recipes/raw/page.html`)
    expect(raw?.headers()['content-type']).toBe('text/plain; charset=utf-8')
    expect(raw?.headers()['content-security-policy']).toContain('sandbox')
    expect(await page.title()).not.toBe('ran')
    await page.context().close()
  })
})

describe('an owner, without scripts', () => {
  it('makes a repository, and lets somebody push by name', async () => {
    const page = await newPage({ signedIn: true, scripts: false })
    await page.goto(`${door.origin}/alflin`)
    await page.getByRole('link', { name: 'New repository' }).click()
    await page.getByLabel('Name of the repository').fill('planets')
    await page.getByRole('button', { name: 'Make the repository' }).click()
    await page.waitForURL(`${door.origin}/alflin/planets`)
    expect(await page.locator('.line code').first().textContent()).toMatch(/^http:\/\/[\d.:]+\/alflin\/planets\.git$/)
    await page.goto(`${door.origin}/alflin/recipes/settings`)
    await page.getByLabel('Name', { exact: true }).fill('nobody')
    await page.getByRole('button', { name: 'Add' }).click()
    expect(await page.getByLabel('Name', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Name', { exact: true }).fill('Colette')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('button', { name: 'Remove Colette' }).waitFor()
    expect(host.collaborators).toEqual([node.people.named('colette')?.id])
    await page.getByRole('button', { name: 'Remove Colette' }).click()
    await page.getByText('Only you.').waitFor()
    await page.context().close()
  })

  it('deletes a repository after typing its name', async () => {
    const page = await newPage({ signedIn: true, scripts: false })
    await page.goto(`${door.origin}/alflin/empty/settings`)
    await page.getByLabel('To confirm').fill('emty')
    await page.getByRole('button', { name: 'Delete the repository' }).click()
    expect(await page.getByLabel('To confirm').getAttribute('aria-invalid')).toBe('true')
    expect(host.removed).toEqual([])
    await page.getByLabel('To confirm').fill('empty')
    await page.getByRole('button', { name: 'Delete the repository' }).click()
    await page.waitForURL(`${door.origin}/alflin`)
    expect((await page.goto(`${door.origin}/alflin/empty`))?.status()).toBe(404)
    await page.context().close()
  })

  it('whose name somebody else had first is asked to choose another one, and keeps everything', async () => {
    const other = await peopleNode('0')
    const first = await other.people.add({ shownName: 'Early Bird' })
    await node.people.add({ shownName: 'Somebody before' })
    const later = await node.people.add({ shownName: 'Early Bird' })
    node.journal.receiveFrom(other.journal)
    expect(node.people.named('early-bird')?.id).toBe(first.person.id)
    const [name = '', value = ''] = cookieOf(await node.people.openSession(later.person.id)).split('=')
    const context = await browser.newContext({ locale: 'en' })
    await context.addCookies([{ name, value, url: door.origin }])
    const page = await context.newPage()
    await page.goto(`${door.origin}/repositories`)
    await page.getByText(/for now you are called early-bird-\d{3}/).waitFor()
    await checkLook(page, 'people', 'must-choose')
    await page.getByRole('link', { name: 'Choose a name' }).click()
    await page.getByLabel('Your name in addresses').fill('night-owl')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    expect(node.people.person(later.person.id)).toMatchObject({ name: 'night-owl', mustChoose: false })
    await context.close()
  })

  it('and nobody else', async () => {
    const page = await newPage({ signedIn: false })
    await page.goto(`${door.origin}/alflin/recipes/settings`)
    await page.waitForURL(/sign-in\?next=%2Falflin%2Frecipes%2Fsettings/)
    const headers = { origin: door.origin, 'content-type': 'application/x-www-form-urlencoded' }
    for (const [path, body, cookie, status] of [
      ['/new', 'name=x', '', 401],
      ['/alflin/recipes/settings/add-collaborator', 'name=colette', '', 401]
    ] as const) {
      const answer = await fetch(door.origin + path, { method: 'POST', body, headers: { ...headers, cookie } })
      expect([path, answer.status]).toEqual([path, status])
    }
    const colette = node.people.named('colette')?.id ?? ''
    const cookie = (await node.people.openSession(colette)).split(';')[0] ?? ''
    const post = (origin: string): Promise<number> =>
      fetch(`${door.origin}/alflin/recipes/settings/add-collaborator`, {
        method: 'POST',
        body: 'name=colette',
        headers: { ...headers, origin, cookie }
      }).then((answer) => answer.status)
    expect(await post(door.origin)).toBe(403)
    expect(await post('http://evil.example')).toBe(403)
    expect(await post('null')).toBe(403)
    expect(host.collaborators).toEqual([])
    await page.context().close()
  })
})
