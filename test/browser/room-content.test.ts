/** What a facilitator adds, takes back and checks from the room's page, in a real browser on two real devices. */
import { mkdir, writeFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSample } from '../../node/demo/sample/build.ts'
import { writeZip } from '../../node/demo/sample/zip-writer.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import type { ReadyReport } from '../../protocols/ready-report.ts'
import type { InstallerOverview } from '../../protocols/room-overview.ts'
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

beforeAll(async () => {
  folder = temporaryFolder()
  const env = { JOINERY_LOG_LEVEL: 'debug' }
  const place = { data: `${folder.path}/first`, env: { ...env, JOINERY_WORKSHOP_FOLDER: `${folder.path}/workshops` } }
  const other = { data: `${folder.path}/second`, env }
  const created = await joineryJson<{ facilitator: typeof facilitator }>(place, ['init', '--name', 'Library workshop'])
  facilitator = created.facilitator
  const sample = `${folder.path}/sample`
  await mkdir(sample)
  await buildSample(nodeDisk, sample)
  await joinery(place, ['import', sample])
  // Installers stay where they are until somebody asks for one.
  await joinery(place, ['policy', 'installers', 'on-demand'])
  const { text } = await joineryJson<{ text: string }>(place, ['invite'])
  first = await NodeProcess.start(place, ['--name', 'pi-front'])
  const [address = ''] = (await first.status()).meshAddresses
  await joinery(other, ['join', text])
  second = await NodeProcess.start(other, ['--name', 'pi-window', '--static', address])
  await second.statusWhere(
    'it has copied everything',
    ({ overview, blobs }) =>
      overview.devices.length === 2 &&
      overview.devices.every(({ connected }) => connected) &&
      blobs.missing === 0 &&
      blobs.held > 0
  )
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await first?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

async function signedIn(): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'en' })).newPage()
  await page.goto(new URL('/sign-in', first.address).href)
  await page.getByLabel('Name').fill(facilitator.name)
  await page.getByLabel('Code').fill(facilitator.code)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(new URL('/', first.address).href)
  return page
}

describe('logs and figures', () => {
  it('a request that is answered through another device has one id in the logs of both', async () => {
    // Added once the policy is known everywhere: only the first device has it.
    const file = `${folder.path}/setup-2.0.run`
    await writeFile(file, '#!/bin/sh\necho set up\n')
    await joinery(first.place, ['add', 'installer', file, '--system', 'linux'])
    const isIt = ({ href }: InstallerOverview): boolean => href.endsWith('setup-2.0.run')
    const { overview } = await second.statusWhere('it knows the installer', (status) =>
      status.overview.contents.installers.some(isIt)
    )
    const [installer] = overview.contents.installers.filter(isIt) as [InstallerOverview]
    const answer = await fetch(new URL(installer.href, second.address), {
      headers: { 'x-request-id': 'learner-12345678' }
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-request-id')).toBe('learner-12345678')
    expect((await answer.arrayBuffer()).byteLength).toBe(installer.sizeBytes)
    for (const [node, path] of [
      [second, '/installers/'],
      [first, '/blob/']
    ] as const)
      await expect
        .poll(() =>
          node.child
            .output()
            .split('\n')
            .find((line) => line.includes('"request":"learner-12345678"') && line.includes(path))
        )
        .toBeDefined()
  })

  it('whoever sends no id, or one that is none, gets one of ours', async () => {
    for (const id of [undefined, 'short', 'with blanks and "quotes"', 'x'.repeat(65)]) {
      const answer = await fetch(new URL('/healthz', first.address), {
        headers: id === undefined ? {} : { 'x-request-id': id }
      })
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{16}$/)
      expect(await answer.text()).toBe('ok\n')
    }
  })

  it('a monitor gets the figures of the device itself, without anybody looking at the room', async () => {
    const text = await (await fetch(new URL('/metrics', first.address))).text()
    for (const name of [
      'joinery_load_ratio',
      'joinery_memory_free_bytes',
      'joinery_disk_free_bytes',
      'joinery_stickies'
    ])
      expect(text).toMatch(new RegExp(`^${name}(?:\\{[^}]*\\})? \\d`, 'm'))
    expect(text).toMatch(/^joinery_collection_files_held\{collection="installers"\} [1-9]/m)
  })
})

describe('ready for class?', () => {
  it('tries everything through every device, prints a report, and leaves nothing behind', async () => {
    const page = await signedIn()
    await page.goto(new URL('/room/ready', first.address).href)
    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByText('Ready: everything worked through every device.').waitFor(WAIT)
    expect(await page.locator('.readiness').count()).toBe(2)
    expect(await page.locator('.readiness .good').count()).toBe(10)
    await checkLook(page, 'room', 'ready')
    const people = await joineryJson<{ name: string }[]>(first.place, ['person', 'list'])
    expect(people.map(({ name }) => name)).toEqual(['facilitator'])
    const notes = await (await fetch(new URL('/api/notes', first.address))).json()
    expect(notes).toEqual([])
    await page.context().close()
  })

  it('says on the command line what does not work, and ends with 4', async () => {
    await second.kill()
    const { stdout } = await joinery(first.place, ['ready', '--json']).catch((error: Error) => ({
      stdout: error.message
    }))
    const line = stdout.split('\n').findLast((one) => one.includes('"kind":"done"')) ?? ''
    const { result } = JSON.parse(line) as { result: ReadyReport }
    expect(result.ready).toBe(false)
    const [here, away] = result.devices
    expect(here?.steps.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    expect(away?.steps.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed'])
    second = await NodeProcess.start(second.place, ['--name', 'pi-window'])
  })
})

describe('content from the page', () => {
  it('a lesson comes as a ZIP file, and an earlier version comes back', async () => {
    const page = await signedIn()
    const zip = `${folder.path}/bird-lesson.zip`
    await writeFile(
      zip,
      writeZip([{ name: 'index.html', bytes: Buffer.from('<!doctype html><title>Birds</title><h1>Birds</h1>') }])
    )
    await page.goto(new URL('/room', first.address).href)
    await page.getByLabel('Put it into').selectOption('lessons')
    await page.getByLabel('File', { exact: true }).setInputFiles(zip)
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('Added:').waitFor(WAIT)
    expect(await page.locator('main').textContent()).toContain('lessons +1')
    await checkLook(page, 'room', 'added')
    const lesson = new URL('/lessons/bird-lesson/', second.address)
    await expect.poll(async () => (await fetch(lesson)).status, WAIT).toBe(200)
    await page.goto(new URL('/room/versions/lessons', first.address).href)
    expect(await page.locator('.versions li').count()).toBe(2)
    await checkLook(page, 'room', 'versions')
    await page.getByRole('button', { name: /^Go back to this/ }).click()
    await expect.poll(() => page.locator('.versions li').count(), WAIT).toBe(3)
    await expect.poll(async () => (await fetch(lesson)).status, WAIT).toBe(404)
    await page.context().close()
  })

  it('a folder that lies on the device comes in from there', async () => {
    const page = await signedIn()
    const lesson = `${folder.path}/workshops/spring/lessons/frogs`
    await mkdir(lesson, { recursive: true })
    await writeFile(`${lesson}/index.html`, '<!doctype html><title>Frogs</title><h1>Frogs</h1>')
    await page.goto(new URL('/room', first.address).href)
    await page.getByRole('button', { name: /^Add this folder/ }).click()
    await page.getByText('Added:').waitFor(WAIT)
    expect(await page.locator('main').textContent()).toContain('lessons +1')
    const shown = new URL('/lessons/frogs/', second.address)
    await expect.poll(async () => (await fetch(shown)).status, WAIT).toBe(200)
    await page.goto(new URL('/room', first.address).href)
    await page.locator('#content').scrollIntoViewIfNeeded()
    await checkLook(page, 'room', 'folder')
    await page.context().close()
  })

  it('a file shows how far it is where scripts run, can be stopped, and what has no room is not sent at all', async () => {
    const page = await signedIn()
    await page.goto(new URL('/room', first.address).href)
    await page.locator('.live.on').waitFor(WAIT)
    const file = page.getByLabel('File', { exact: true })
    const add = page.getByRole('button', { name: 'Add', exact: true })
    const sending = page.locator('.sending')
    let sent = 0
    await page.route('**/room/content/upload', async (route) => {
      sent++
      await route.continue()
    })
    await page.route('**/room/content/space', (route) => route.fulfill({ json: { mostBytes: 999_999 } }))
    const buffer = Buffer.alloc(1_000_000, 'MZ ')
    await page.getByLabel('Put it into').selectOption('installers')
    await file.setInputFiles({ name: 'setup-3.0.exe', mimeType: 'text/plain', buffer })
    await add.click()
    await expect.poll(() => sending.getByRole('alert').textContent(), WAIT).toContain('Nothing was sent')
    expect(sent).toBe(0)

    // Far too slow to be over before it is stopped.
    await page.unroute('**/room/content/space')
    const session = await page.context().newCDPSession(page)
    const line = { offline: false, latency: 0, downloadThroughput: -1 }
    await session.send('Network.emulateNetworkConditions', { ...line, uploadThroughput: 2_000 })
    await add.click()
    await expect.poll(() => sending.textContent(), WAIT).toMatch(/Sending setup-3\.0\.exe.* of 1.*MB/)
    expect(await sending.getByRole('progressbar', { name: 'Sending setup-3.0.exe' }).count()).toBe(1)
    // From the top: what lies under the bar at the foot is not its own size.
    await page.evaluate(() => scrollTo(0, 0))
    await checkLook(page, 'room', 'sending')
    await page.getByRole('button', { name: 'Stop sending' }).click()
    await expect.poll(() => sending.textContent()).toContain('Nothing of it stays')
    await session.send('Network.emulateNetworkConditions', { ...line, uploadThroughput: -1 })
    // The device has to see by itself that nobody sends any more: until then it says that it is busy.
    await expect
      .poll(async () => {
        if (new URL(page.url()).pathname === '/room/content') return true
        if (await add.isEnabled({ timeout: 1_000 }).catch(() => false)) await add.click({ timeout: 1_000 })
        return false
      }, WAIT)
      .toBe(true)
    await page.getByText(/Added:|It did not work:/).waitFor(WAIT)
    expect(await page.locator('main').textContent()).toContain('setup-3.0.exe')
    await page.context().close()
  })

  it('a kind of file that a room does not serve is refused, and nothing of it stays', async () => {
    const page = await signedIn()
    await page.goto(new URL('/room', first.address).href)
    await page
      .getByLabel('File', { exact: true })
      .setInputFiles({ name: 'thing.unknown', mimeType: 'text/plain', buffer: Buffer.from('x') })
    const [answer] = await Promise.all([
      page.waitForResponse(/upload/),
      page.getByRole('button', { name: 'Add', exact: true }).click()
    ])
    expect(answer.status()).toBe(415)
    await page.getByText('A room does not serve files of that kind.').waitFor()
    // The desk is free again.
    await page.goto(new URL('/room', first.address).href)
    await page
      .getByLabel('File', { exact: true })
      .setInputFiles({ name: 'setup-1.0.exe', mimeType: 'text/plain', buffer: Buffer.from('MZ not really') })
    await page.getByLabel('Put it into').selectOption('installers')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText(/Added:|It did not work:/).waitFor(WAIT)
    await page.context().close()
  })
})
