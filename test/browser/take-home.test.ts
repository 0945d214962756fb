/** The end of a class on two real nodes: everybody takes their things home, and the room is made ready for the next class while one device is off. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run, runAnyway, until } from '../kit/child.ts'
import { joinery, joineryAnyway, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { checkLook, launchChromium } from './page-checks.ts'

let folder: TemporaryFolder
let browser: Browser
let left: NodeProcess
let right: NodeProcess
let facilitator: { name: string; code: string }
let ana: { page: Page; name: string; code: string }
let note: string

const places = (): { data: string }[] => [{ data: join(folder.path, 'left') }, { data: join(folder.path, 'right') }]

beforeAll(async () => {
  folder = temporaryFolder()
  const [first = { data: '' }, second = { data: '' }] = places()
  facilitator = (await joineryJson<{ facilitator: typeof facilitator }>(first, ['init', '--name', 'Last day']))
    .facilitator
  left = await NodeProcess.start(first)
  const lesson = join(folder.path, 'lesson')
  mkdirSync(lesson)
  writeFileSync(join(lesson, 'index.html'), '<!doctype html><title>Shell</title><h1>The shell</h1>')
  await joinery(first, ['add', 'lesson', lesson])
  const { text } = await joineryJson<{ text: string }>(first, ['invite'])
  right = await NodeProcess.start(second, ['--join', text])
  browser = await launchChromium()
  ana = await signUp('Ana María')
  note = await writeNote('Day one', 'the pelican is hungry')
  await pushTo('recipes', 'guacamole.md', 'avocado\n')
  await until('the other device has the note, the account and the repository', async () => {
    const lines = (await (await fetch(new URL('/api/notes', right.address))).json()) as unknown[]
    const page = await fetch(new URL('/ana-maria/recipes', right.address))
    return lines.length === 1 && page.status === 200 && (await page.text()).includes('guacamole.md')
  })
})
afterAll(async () => {
  await browser?.close()
  await left?.[Symbol.asyncDispose]()
  await right?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

async function signUp(shownName: string): Promise<typeof ana> {
  const page = await (await browser.newContext({ locale: 'en' })).newPage()
  await page.goto(new URL('/sign-up', left.address).href)
  await page.getByLabel('Your name', { exact: true }).fill(shownName)
  await page.getByRole('button', { name: 'Sign up' }).click()
  const [name = '', code = ''] = await page.locator('.facts dd').allTextContents()
  await page.getByRole('button', { name: 'I have written it down' }).click()
  return { page, name, code }
}

async function writeNote(title: string, text: string): Promise<string> {
  const answer = await fetch(new URL('/api/notes', left.address), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(left.address).origin },
    body: JSON.stringify({ title })
  })
  const { id } = (await answer.json()) as { id: string }
  await addText(id, text)
  return id
}

async function addText(id: string, text: string): Promise<void> {
  const client = new NoteClient(Number(new URL(left.address).port || 80), id, { token: 'token-of-ana-maria-here' })
  await client.synced()
  client.write((note) => note.insert(note.length, text))
  await client.until(() => client.saved.saved === 1)
  client.destroy()
}

async function pushTo(name: string, file: string, text: string): Promise<void> {
  await ana.page.goto(new URL('/new', left.address).href)
  await ana.page.getByLabel('Name of the repository').fill(name)
  await ana.page.getByRole('button', { name: 'Make the repository' }).click()
  await ana.page.waitForURL(/\/ana-maria\//)
  const work = join(folder.path, name)
  await run(['git', 'init', '-q', '-b', 'main', work])
  writeFileSync(join(work, file), text)
  const address = new URL(`/ana-maria/${name}.git`, left.address)
  address.username = ana.name
  address.password = ana.code
  const identity = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org']
  for (const words of [
    ['add', '.'],
    [...identity, 'commit', '-q', '-m', 'Add guacamole'],
    ['push', '-q', address.href, 'main']
  ])
    await run(['git', '-C', work, ...words])
}

async function signIn(page: Page, node: NodeProcess): Promise<number> {
  await page.goto(new URL('/sign-in?next=/take-home', node.address).href)
  await page.getByLabel('Name', { exact: true }).fill(facilitator.name)
  await page.getByLabel('Code', { exact: true }).fill(facilitator.code)
  const answered = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Sign in' }).click()
  return (await answered).status()
}

/** Clicks as a person does. @returns where it was unpacked, and what is in it */
async function download(page: Page, section: string): Promise<{ top: string; paths: string[] }> {
  await page.goto(new URL('/take-home', left.address).href)
  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: `Download ${section}` }).click()
  const file = join(folder.path, `${section}.zip`)
  await (await coming).saveAs(file)
  return await unpack(file)
}

async function unpack(file: string): Promise<{ top: string; paths: string[] }> {
  const top = `${file}-unpacked`
  await run(['python3', '-m', 'zipfile', '-t', file])
  await run(['python3', '-m', 'zipfile', '-e', file, top])
  const { stdout } = await run(['find', top, '-type', 'f', '-printf', '%P\n'])
  return { top, paths: stdout.trim().split('\n').sort() }
}

test('whoever reaches the room takes lessons and notes home, and a learner their repositories as git takes them', async () => {
  const visitor = await (await browser.newContext({ locale: 'en', acceptDownloads: true })).newPage()
  const common = await download(visitor, 'Lessons and shared notes')
  expect(common.paths).toEqual(['lessons/lesson/index.html', 'notes/Day one.md'])
  expect(readFileSync(join(common.top, 'notes/Day one.md'), 'utf8')).toBe('the pelican is hungry')
  await visitor.getByRole('link', { name: 'Sign in to take your repositories home.' }).waitFor()
  expect((await fetch(new URL('/take-home/mine.zip', left.address))).status).toBe(401)
  await checkLook(visitor, 'take-home', 'visitor')

  const mine = await download(ana.page, 'Your repositories')
  expect(mine.paths).toEqual([
    'account.json',
    ...['READ-ME.txt', 'files.zip', 'recipes.bundle'].map((name) => `repositories/recipes/${name}`)
  ])
  const clone = join(folder.path, 'at-home')
  await run(['git', 'clone', '-q', join(mine.top, 'repositories/recipes/recipes.bundle'), clone])
  expect(readFileSync(join(clone, 'guacamole.md'), 'utf8')).toBe('avocado\n')
  const files = await unpack(join(mine.top, 'repositories/recipes/files.zip'))
  expect(files.paths).toEqual(['guacamole.md'])
  expect((await ana.page.request.get(new URL('/take-home/class.zip', left.address).href)).status()).toBe(403)
})

test('a new class: nothing goes while somebody works, then everything that was archived goes, also from a device that was off', async () => {
  const page = await (await browser.newContext({ locale: 'en', acceptDownloads: true })).newPage()
  expect(await signIn(page, left)).toBe(303)
  await page.getByText('First download the whole class above').waitFor()
  const whole = await download(page, 'The whole class')
  expect(whole.paths).toEqual([
    'notes/Day one.md',
    'people.csv',
    ...['READ-ME.txt', 'files.zip', 'recipes.bundle'].map((name) => `repositories/ana-maria/recipes/${name}`)
  ])
  await page.reload()
  await checkLook(page, 'take-home', 'facilitator')
  const begin = async (words: string): Promise<void> => {
    await page.getByLabel('To confirm, type: new class').fill(words)
    await page.getByRole('button', { name: 'Begin a new class' }).click()
  }
  await begin('new clas')
  await page.getByText('The words are not the same').waitFor()
  await addText(note, ' still')
  await begin('New class')
  await page.getByText('Somebody worked after the download').waitFor()
  expect(((await (await fetch(new URL('/api/notes', left.address))).json()) as unknown[]).length).toBe(1)

  const rightPlace = right.place
  await right.kill()
  const archive = join(folder.path, 'class.zip')
  const [place = { data: '' }] = places()
  await joinery(place, ['new-class', archive, '--yes'])
  expect((await joineryAnyway(place, ['new-class', archive, '--yes'])).stderr).toContain('FILE_EXISTS')
  const kept = await unpack(archive)
  expect(readFileSync(join(kept.top, 'notes/Day one.md'), 'utf8')).toBe('the pelican is hungry still')

  right = await NodeProcess.start(rightPlace)
  for (const node of [left, right]) {
    await until(`notes, accounts and repositories are gone`, async () => {
      const notes = (await (await fetch(new URL('/api/notes', node.address))).json()) as unknown[]
      const repository = await fetch(new URL('/ana-maria/recipes', node.address))
      await repository.arrayBuffer()
      const clone = await runAnyway(['git', 'ls-remote', new URL('/ana-maria/recipes.git', node.address).href], {
        env: { GIT_TERMINAL_PROMPT: '0' }
      })
      return notes.length === 0 && repository.status === 404 && clone.code !== 0
    })
    const people = await joineryJson<{ name: string }[]>(node.place, ['person', 'list'])
    expect(people.map(({ name }) => name)).toEqual([facilitator.name])
    const lesson = await fetch(new URL('/lessons/lesson/', node.address))
    expect(await lesson.text()).toContain('The shell')
    const guest = await (await browser.newContext({ locale: 'en' })).newPage()
    expect(await signIn(guest, node)).toBe(303)
  }
})
