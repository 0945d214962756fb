/** Signing up, in and out in a real browser on a real node, without scripts as well as with them. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joineryJson, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { checkLook, launchChromium } from './page-checks.ts'

let browser: Browser
let folder: TemporaryFolder
let node: NodeProcess
let facilitator: { name: string; code: string }
beforeAll(async () => {
  folder = temporaryFolder()
  const data = folder.path
  const created = await joineryJson<{ facilitator: { name: string; code: string } }>({ data }, [
    'init',
    '--name',
    'Library workshop'
  ])
  facilitator = created.facilitator
  node = await NodeProcess.start({ data })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await node?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

async function newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ locale: 'en', ...options })
  return await context.newPage()
}

const at = (path: string): string => new URL(path, node.address).href

async function signUp(page: Page, name: string): Promise<{ name: string; code: string }> {
  await page.goto(at('/sign-up'))
  await page.getByLabel('Your name', { exact: true }).fill(name)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.waitForURL(at('/me'))
  const [shown = '', code = ''] = await page.locator('.facts dd').allTextContents()
  return { name: shown, code }
}

describe('a learner, without scripts', () => {
  it('signs up with a name, gets a code, comes back with it, and leaves', async () => {
    const page = await newPage({ javaScriptEnabled: false })
    await page.goto(at('/'))
    await page.getByRole('link', { name: 'Sign up' }).click()
    const ana = await signUp(page, 'Ana María')
    expect(ana.name).toBe('ana-maria')
    expect(ana.code).toMatch(/^[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}$/)
    await page.getByRole('button', { name: 'I have written it down' }).click()
    await page.goto(at('/me'))
    expect(await page.content()).not.toContain(ana.code)
    await page.getByRole('link', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(at('/'))
    expect(await page.context().cookies()).toEqual([])
    await page.goto(at('/me'))
    await page.waitForURL(/sign-in/)
    await page.getByLabel('Name').fill('Ana María')
    await page.getByLabel('Code').fill(ana.code.toUpperCase().replaceAll('-', ' '))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(at('/me'))
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    await page.context().close()
  })

  it('is told at the field what is wrong, and what would be right', async () => {
    const page = await newPage({ javaScriptEnabled: false })
    await signUp(page, 'Kim')
    await page.context().clearCookies()
    await page.goto(at('/sign-up'))
    await page.getByLabel('Your name', { exact: true }).fill('KIM')
    await page.getByRole('button', { name: 'Sign up' }).click()
    const address = page.getByLabel('Your name in addresses')
    expect(await address.getAttribute('aria-invalid')).toBe('true')
    expect(await address.inputValue()).toBe('kim-2')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.waitForURL(at('/me'))
    expect(await page.locator('.facts dd').first().textContent()).toBe('kim-2')
    await page.context().close()
  })
})

describe('the language', () => {
  it('that somebody clicked stays on every page, and signing up works in it', async () => {
    const page = await newPage({ javaScriptEnabled: false })
    await page.goto(at('/'))
    await page.getByRole('link', { name: 'Español' }).click()
    await page.getByRole('link', { name: 'Registrarse' }).click()
    await page.getByLabel('Tu nombre', { exact: true }).fill('Íñigo')
    await page.getByRole('button', { name: 'Registrarse' }).click()
    await page.getByRole('heading', { name: 'Anota esto' }).waitFor()
    await page.goto(at('/nowhere-at-all'))
    expect(await page.locator('html').getAttribute('lang')).toBe('es')
    await page.context().close()
  })
})

describe('each page about people', () => {
  it('is accessible and fits phones, light and dark', async () => {
    const page = await newPage()
    const problems: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
    const look = (name: string): Promise<void> => checkLook(page, 'people', name)
    await page.goto(at('/'))
    await look('first-page')
    await page.goto(at('/sign-up'))
    await look('sign-up')
    await page.getByLabel('Your name', { exact: true }).fill('ノート')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.getByText('Addresses need').waitFor()
    await look('sign-up-problem')
    await page.goto(at('/sign-in'))
    await page.getByLabel('Name').fill(facilitator.name)
    await page.getByLabel('Code').fill('nnnn-nnnn-nnnn')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('do not belong together').waitFor()
    await look('sign-in-problem')
    await signUp(page, 'Grace M. Hopper')
    await look('me-new-code')
    await page.getByLabel('To confirm').fill('somebody')
    await page.getByRole('button', { name: 'Delete my account' }).click()
    await page.getByText('Nothing was deleted').waitFor()
    await page.getByRole('link', { name: 'Sign out' }).click()
    await look('sign-out')
    await page.context().clearCookies()
    await page.goto(at('/sign-in?next=/people'))
    await page.getByLabel('Name').fill(facilitator.name)
    await page.getByLabel('Code').fill(facilitator.code)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(at('/people'))
    await page.getByRole('button', { name: /New code.*Grace/ }).click()
    await page.getByText('Hand this to Grace M. Hopper').waitFor()
    await look('people')
    await page.getByRole('button', { name: 'I have written it down' }).click()
    await page.getByLabel('Names').fill('Amina\nBo\nfacilitator\nCeline D’Arc\n日本')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText(/were not added.*facilitator, 日本/).waitFor()
    await look('people-problem')
    await page.getByRole('link', { name: 'Cards' }).click()
    expect(await page.locator('.cards h2').allTextContents()).toEqual(['Amina', 'Bo', 'Celine D’Arc'])
    await page.getByLabel('Name of the network').fill('Class')
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('A password has 8 to 63 characters').waitFor()
    await page.getByLabel('Password').fill('pelican-nine')
    await page.getByRole('button', { name: 'Save' }).click()
    await look('cards')
    await page.goto(at('/people'))
    await page.getByLabel('Names').fill('5')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('pelican-nine').first().waitFor()
    expect(await page.locator('.cards h2').count()).toBe(8)
    // Eight cards, each with the Wi-Fi and the address as codes, are one sheet of paper.
    const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page[^s]/g)
    expect(sheets).toHaveLength(1)
    await page.goto(at('/me/keys'))
    await page.getByLabel('Public key').fill('ssh-ed25519 AAAA')
    await page.getByRole('button', { name: 'Add the key' }).click()
    await page.getByText('This is no public key').waitFor()
    await page.getByLabel('What it is for').fill('editor')
    await page.getByRole('button', { name: 'Make a token' }).click()
    const token = await page.getByText(/^joinery_/).textContent()
    await look('keys')
    const tell = await fetch(at('/api/me'), { headers: { authorization: `Bearer ${token}` } })
    // It was made for git only.
    expect(tell.status).toBe(401)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    expect(await page.content()).not.toContain(token)
    await page.getByLabel('What it is for').fill('notebooks')
    await page.getByLabel('git: push').uncheck()
    await page.getByLabel('tell who I am').check()
    await page.getByRole('button', { name: 'Make a token' }).click()
    const other = await page.getByText(/^joinery_/).textContent()
    const told = await fetch(at('/api/me'), { headers: { authorization: `Bearer ${other}` } })
    expect(await told.json()).toMatchObject({ name: facilitator.name, role: 'facilitator' })
    await page.getByRole('button', { name: 'Remove' }).nth(1).click()
    expect((await fetch(at('/api/me'), { headers: { authorization: `Bearer ${other}` } })).status).toBe(401)
    await page.goto(at('/people/cards'))
    await page.getByRole('button', { name: 'Done: forget the codes' }).click()
    await page.goto(at('/people/cards'))
    expect(await page.locator('.cards li').count()).toBe(0)
    expect(problems.filter((text) => !/status of 4\d\d/.test(text))).toEqual([])
    await page.context().close()
  })
})
