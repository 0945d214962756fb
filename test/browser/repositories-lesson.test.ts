/** The lesson on remotes as learners do it, with a real browser, stock git and two real nodes: sign up, make, push, look, share, clone, push. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunResult, runAnyway, until } from '../kit/child.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { checkLook, launchChromium } from './page-checks.ts'

interface Learner {
  page: Page
  name: string
  code: string
}

let folder: TemporaryFolder
let browser: Browser
let left: NodeProcess
let right: NodeProcess
beforeAll(async () => {
  folder = temporaryFolder()
  const [first, second] = [join(folder.path, 'left'), join(folder.path, 'right')]
  await joinery({ data: first }, ['init', '--name', 'Git lesson'])
  left = await NodeProcess.start({ data: first })
  const { text } = await joineryJson<{ text: string }>({ data: first }, ['invite'])
  right = await NodeProcess.start({ data: second }, ['--join', text])
  await left.statusWhere(
    'both are linked',
    ({ overview }) => overview.devices.filter((one) => one.connected).length === 2
  )
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await left?.[Symbol.asyncDispose]()
  await right?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

async function signUp(node: NodeProcess, shownName: string): Promise<Learner> {
  const page = await (await browser.newContext({ locale: 'en' })).newPage()
  await page.goto(new URL('/sign-up', node.address).href)
  await page.getByLabel('Your name', { exact: true }).fill(shownName)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.waitForURL(/\/me$/)
  const [name = '', code = ''] = await page.locator('.facts dd').allTextContents()
  await page.getByRole('button', { name: 'I have written it down' }).click()
  return { page, name, code }
}

/** git as a learner has it: nothing of this machine's settings, and their name and code when it asks. */
async function git(learner: Pick<Learner, 'name' | 'code'>, directory: string, ...words: string[]): Promise<RunResult> {
  const answers = join(folder.path, `answers-${learner.name}`)
  writeFileSync(
    answers,
    `#!/bin/sh\ncase "$1" in Username*) echo ${learner.name} ;; *) echo ${learner.code} ;; esac\n`,
    { mode: 0o700 }
  )
  const identity = [
    '-c',
    `user.name=${learner.name}`,
    '-c',
    `user.email=${learner.name}@example.org`,
    '-c',
    'init.defaultBranch=main'
  ]
  return await runAnyway(['git', '-C', directory, ...identity, ...words], {
    env: {
      GIT_ASKPASS: answers,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      HOME: folder.path
    }
  })
}

function work(name: string): string {
  const directory = join(folder.path, name)
  mkdirSync(directory)
  return directory
}

it('sign up, new repository, push, see it, add a collaborator, clone on another device, push there, be rejected, pull', async () => {
  const alfredo = await signUp(left, 'Alfredo')
  const { page } = alfredo
  await page.goto(new URL('/new', left.address).href)
  await page.getByLabel('Name of the repository').fill('recipes')
  await page.getByRole('button', { name: 'Make the repository' }).click()
  await page.waitForURL(/\/alfredo\/recipes$/)
  await checkLook(page, 'lesson', 'quick-setup')
  const setup = await page.locator('.line code').allTextContents()
  const push = setup.find((lines) => lines.startsWith('git remote add origin ')) ?? ''
  expect(push).toMatch(
    /^git remote add origin http:\/\/[\d.:]+\/alfredo\/recipes\.git\ngit branch -M main\ngit push -u origin main$/
  )

  for (const [name, problem] of [
    ['recipes', 'You have a repository with this name already.'],
    ['no spaces', 'Use letters, digits, hyphens']
  ] as const) {
    await page.goto(new URL('/new', left.address).href)
    await page.getByLabel('Name of the repository').fill(name)
    await page.getByRole('button', { name: 'Make the repository' }).click()
    await page.getByText(problem).waitFor()
  }
  await page.goto(new URL('/alfredo/recipes', left.address).href)

  const mine = work('recipes')
  await git(alfredo, mine, 'init')
  writeFileSync(join(mine, 'guacamole.md'), '# Guacamole\n## Ingredients\n* avocado\n* lemon\n* salt\n')
  await git(alfredo, mine, 'add', '.')
  await git(alfredo, mine, 'commit', '-m', 'Add guacamole')
  for (const line of push.split('\n')) {
    const done = await git(alfredo, mine, ...line.split(' ').slice(1))
    expect([line, done.code, done.stderr], left.child.output()).toEqual([line, 0, expect.anything()])
  }
  await page.reload()
  await page.getByRole('link', { name: /guacamole\.md/ }).waitFor()
  await page.getByRole('link', { name: 'Commits' }).click()
  await page.getByRole('link', { name: 'Add guacamole' }).click()
  expect(await page.locator('.diff ins').allTextContents()).toContain('+* lemon\n')

  const colette = await signUp(right, 'Colette')
  const address = push.split('\n')[0]?.split(' ').at(-1) ?? ''
  const onRight = `${right.address.replace(/\/$/, '')}/alfredo/recipes.git`
  const hers = work('hers')
  await until('the repository can be cloned on the other device', async () => {
    const cloned = await git(colette, hers, 'clone', onRight, 'recipes')
    if (cloned.code !== 0) throw new Error(cloned.stderr)
    return true
  })
  const clone = join(hers, 'recipes')
  writeFileSync(join(clone, 'guacamole.md'), '# Guacamole\n## Ingredients\n* avocado\n* lime\n* salt\n')
  await git(colette, clone, 'commit', '-am', 'Modify guacamole to the traditional recipe')
  const refused = await git(colette, clone, 'push', 'origin', 'main')
  expect(refused.code).not.toBe(0)

  await until('the first device knows the other learner', async () => {
    await page.goto(new URL('/alfredo/recipes/settings', left.address).href)
    await page.getByLabel('Name', { exact: true }).fill('Colette')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('button', { name: 'Remove Colette' }).waitFor({ timeout: 10_000 })
    return true
  })
  await until('she may push', async () => {
    const pushed = await git(colette, clone, 'push', 'origin', 'main')
    if (pushed.code !== 0) throw new Error(pushed.stderr)
    return true
  })
  await page.goto(new URL('/alfredo/recipes/commits', left.address).href)
  await page.getByRole('link', { name: 'Modify guacamole to the traditional recipe' }).waitFor()

  writeFileSync(join(mine, 'salsa.md'), '# Salsa\n')
  await git(alfredo, mine, 'add', '.')
  await git(alfredo, mine, 'commit', '-m', 'Add salsa')
  const stale = await git(alfredo, mine, 'push', 'origin', 'main')
  expect(stale.code).not.toBe(0)
  expect(stale.stderr).toContain('(fetch first)')
  expect((await git(alfredo, mine, 'pull', '--no-rebase', '--no-edit', 'origin', 'main')).code).toBe(0)
  expect((await git(alfredo, mine, 'push', 'origin', 'main')).code).toBe(0)
  expect(address).toContain('/alfredo/recipes.git')
  await until('the other device shows it', async () => {
    await colette.page.goto(new URL('/alfredo/recipes', right.address).href)
    await colette.page.getByRole('link', { name: /salsa\.md/ }).waitFor({ timeout: 10_000 })
    return true
  })
  const stranger = await git({ name: 'colette', code: 'nnnn-nnnn-nnnn' }, mine, 'push', 'origin', 'main:other')
  expect(stranger.code).not.toBe(0)
  for (const one of browser.contexts()) await one.close()
})
