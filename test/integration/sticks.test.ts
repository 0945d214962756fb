/** `joinery export --learner-sticks`: the folders as learners use them, with stock pip, R and a browser, and no device in reach. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wheel } from '../fixtures/python-packages.ts'
import { rMac, rWindows } from '../fixtures/r-packages.ts'
import { run, runAnyway } from '../kit/child.ts'
import { joinery, joineryAnyway, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { openBrowser, RealPip, RealR, withoutPipSettings } from '../kit/real-clients.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { makeWorkshopFolder, png, type WorkshopFolder } from '../kit/workshop-folder.ts'

let folder: TemporaryFolder
let workshop: WorkshopFolder
/** A space, as on many sticks. */
let sticks: string
const place = { data: '' }

beforeAll(async () => {
  folder = temporaryFolder()
  place.data = join(folder.path, 'data')
  sticks = join(folder.path, 'my sticks')
  workshop = await makeWorkshopFolder(join(folder.path, 'workshop'))
  const put = (path: string, bytes: string | Uint8Array): void => {
    mkdirSync(join(workshop.path, path, '..'), { recursive: true })
    writeFileSync(join(workshop.path, path), bytes)
  }
  for (const tags of ['cp312-cp312-win_amd64', 'cp312-cp312-macosx_11_0_arm64', 'cp312-cp312-manylinux_2_17_x86_64'])
    put(`pythonlibraries/fastnum-1.0-${tags}.whl`, wheel({ name: 'fastnum', version: '1.0', tags }))
  put('miniCRAN/bin/windows/contrib/4.4/light_1.0.zip', rWindows({ name: 'light', version: '1.0' }))
  put('miniCRAN/bin/macosx/big-sur-arm64/contrib/4.4/light_1.0.tgz', rMac({ name: 'light', version: '1.0' }))
  // As crawlers leave sites: a query in a name, and names that a stick cannot have.
  const lesson = 'lessons/software-carpentry/odd-names'
  const pages: Readonly<Record<string, string>> = {
    'index.html': `<!DOCTYPE html><title>Odd names</title><link rel="stylesheet" href="style.css%3Fv=3.css"><h1>Odd</h1>
<img id="one" src="fig/a%3Fb.png" alt=""><img id="two" src="/odd-names/fig/a_b.png" alt="">
<p><a id="con" href="con.html">Con</a> <a id="top" href="../garden-novice/">Garden</a> <a id="away" href="https://carpentries.org/">Away</a></p>
<pre><code>read.csv("https://swcarpentry.github.io/odd-names/data/n%20umbers.csv")</code></pre>`,
    'con.html': '<!DOCTYPE html><title>Con</title><a id="back" href="./">Back</a>',
    'style.css?v=3.css': 'h1 { color: rgb(1, 2, 3) }'
  }
  for (const [name, text] of Object.entries(pages)) put(`${lesson}/${name}`, text)
  put(`${lesson}/fig/a?b.png`, png(31, 20))
  put(`${lesson}/fig/a_b.png`, png(33, 20))
  put(`${lesson}/data/n umbers.csv`, 'n\n1\n2\n')
  await joinery(place, ['init', '--name', 'Sala 3 "B"'])
  await joinery(place, ['import', workshop.path])
  put('handouts/plan: day 1.txt', 'Nine o’clock.\n')
  await joinery(place, ['import', join(workshop.path, 'handouts'), '--as', 'handouts'])
  const { stdout } = await joinery(place, ['export', '--learner-sticks', sticks])
  expect(stdout).toMatch(/^windows: \d+ files, .*; to write: \d+ files, .* MB$/m)
  expect(stdout).toMatch(/^Free in .*my sticks: /m)
}, 300_000)
afterAll(() => folder[Symbol.dispose]())

const filesOf = (system: string): string[] =>
  readdirSync(join(sticks, system), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(sticks, system).length + 1))
    .sort()

test('each system gets its own packages and installers, the rest goes to all', () => {
  const [windows, macos, linux] = ['windows', 'macos', 'linux'].map(filesOf)
  const python = (files: string[] | undefined): string[] =>
    (files ?? []).filter((path) => path.startsWith('python/packages/fastnum')).map((path) => path.slice(16))
  expect(python(windows)).toEqual(['fastnum-1.0-cp312-cp312-win_amd64.whl'])
  expect(python(macos)).toEqual(['fastnum-1.0-cp312-cp312-macosx_11_0_arm64.whl'])
  expect(python(linux)).toEqual(['fastnum-1.0-cp312-cp312-manylinux_2_17_x86_64.whl'])
  const installers = (files: string[] | undefined): unknown => files?.filter((path) => path.startsWith('installers/'))
  expect(installers(windows)).toContain(`installers/${workshop.installer.path}`)
  expect(installers(macos)).toEqual([])
  expect(windows).toContain('r/bin/windows/contrib/4.4/light_1.0.zip')
  expect(macos).toContain('r/bin/macosx/big-sur-arm64/contrib/4.4/light_1.0.tgz')
  expect(linux?.filter((path) => path.startsWith('r/bin/'))).toEqual([])
  for (const files of [windows, macos, linux]) {
    expect(files).toContain('r/src/contrib/sunlight_1.2.0.tar.gz')
    expect(files).toContain('START-pt.html')
    expect(files).toContain('files/handouts/plan_ day 1.txt')
    for (const path of files ?? []) expect(path).not.toMatch(/[<>:"\\|?*]|(?:^|\/)con\./i)
  }
})

test('the list checks with the tool that every system has', async () => {
  for (const system of ['windows', 'macos', 'linux'])
    await run(['sha256sum', '--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: join(sticks, system) })
})

describe('opened from the folder', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await openBrowser(join(folder.path, 'browser'))
    page = await (await browser.newContext()).newPage()
  })
  afterAll(() => browser?.close())
  const open = (name: string): Promise<unknown> => page.goto(pathToFileURL(join(sticks, 'linux', name)).href)
  const widths = (): Promise<number[]> =>
    page.locator('img').evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth))

  test.each([
    ['START.html', 'en', 'Lessons'],
    ['START-es.html', 'es', 'Lecciones'],
    ['START-fr.html', 'fr', 'Leçons'],
    ['START-pt.html', 'pt', 'Lições']
  ])('%s is in %s and names the room', async (name, language, heading) => {
    await open(name)
    expect(await page.locator('html').getAttribute('lang')).toBe(language)
    expect(await page.locator('h1').textContent()).toBe('Sala 3 "B"')
    expect(await page.locator('h2').first().textContent()).toBe(heading)
  })

  test('a lesson opens with its pictures, its links lead on, and data has an address that a program can read', async () => {
    await open('START.html')
    await page.getByRole('link', { name: workshop.lesson.title }).click()
    await expect.poll(() => widths()).toEqual([64, 65])
    await page.getByRole('link', { name: 'Soil' }).click()
    expect(await page.title()).toBe('Soil')
    await open('START.html')
    await page.getByRole('link', { name: 'Odd names' }).click()
    await expect.poll(() => widths()).toEqual([31, 33])
    await expect
      .poll(() => page.locator('h1').evaluate((element) => getComputedStyle(element).color))
      .toBe('rgb(1, 2, 3)')
    expect(await page.locator('#away').textContent()).toContain('internet')
    await page.click('#con')
    await page.click('#back')
    expect(await page.title()).toBe('Odd names')
    await page.click('#top')
    expect(await page.title()).toBe(workshop.lesson.title)
    await page.goBack()
    const code = (await page.locator('pre').textContent()) ?? ''
    const address = /read\.csv\("([^"]+)"\)/.exec(code)?.[1] ?? ''
    expect(address).toBe(`file://${join(sticks, 'linux/lessons/software-carpentry/odd-names/data/n umbers.csv')}`)
    const r = new RealR(join(folder.path, 'r-empty'))
    expect(await r.code(`cat(sum(read.csv("${address}")$n))`)).toBe('3')
  })

  test('the lines on the page, pasted as they are, install with stock pip and stock R', async () => {
    await open('START.html')
    const [pipLine = '', rLine = ''] = await page.locator('.line code').allTextContents()
    expect(pipLine).toMatch(/^pip install --index-url "file:\/\/\/.*my%20sticks\/linux\/python\/simple" fastnum$/)
    const index = /--index-url "([^"]+)"/.exec(pipLine)?.[1] ?? ''
    const pip = await RealPip.make(join(folder.path, 'venv'))
    const install = async (target: string, ...words: string[]): Promise<string> => {
      const options = ['--no-cache-dir', '--no-deps', '--target', join(folder.path, target)]
      const { stdout, stderr } = await runAnyway([pip.program, 'install', ...options, ...words], {
        env: { ...withoutPipSettings(), PIP_CONFIG_FILE: '/dev/null', PIP_DISABLE_PIP_VERSION_CHECK: '1' }
      })
      return stdout + stderr
    }
    expect(await install('one', '--index-url', index, 'wheel')).toContain('Successfully installed wheel')
    expect(existsSync(join(folder.path, 'one/wheel/__init__.py'))).toBe(true)
    const packages = join(sticks, 'linux/python/packages')
    expect(await install('two', '--no-index', '--find-links', pathToFileURL(packages).href, 'wheel')).toContain(
      'Successfully installed wheel'
    )
    // A file that was changed on the stick is not installed: the index has its hash.
    const name = readdirSync(packages).find((one) => one.startsWith('setuptools')) ?? ''
    renameSync(join(packages, name), join(folder.path, name))
    copyFileSync(
      join(packages, readdirSync(packages).find((one) => one.startsWith('wheel')) ?? ''),
      join(packages, name)
    )
    expect(await install('three', '--index-url', index, 'setuptools')).toContain('DO NOT MATCH THE HASHES')
    renameSync(join(folder.path, name), join(packages, name))

    expect(rLine).toContain(`repos = "file://${join(sticks, 'linux/r')}"`)
    const r = new RealR(join(folder.path, 'r'))
    await r.install(['seedling'], /repos = "([^"]+)"/.exec(rLine)?.[1] ?? '')
    expect(await r.code('cat(seedling::grow())')).toBe('grown in 8 hours')
  })

  test('R sees the binaries of the other systems, with PACKAGES that name what lies beside it', async () => {
    const r = new RealR(join(folder.path, 'r-empty'))
    const found = (system: string, type: string): Promise<string> =>
      r.code(
        `a <- available.packages(contrib.url("file://${join(sticks, system, 'r')}", "${type}") |> sub(pattern = "4\\\\.[0-9]+$", replacement = "4.4"), filters = list()); d <- download.packages("light", tempdir(), available = a, contriburl = a[1, "Repository"], type = "${type}", quiet = TRUE); cat(basename(d[, 2]))`
      )
    expect(await found('windows', 'win.binary')).toBe('light_1.0.zip')
    expect(await found('macos', 'mac.binary.big-sur-arm64')).toBe('light_1.0.tgz')
  })
})

test('the second time nothing is written; from a running device it is the same stick; what is missing, broken or old is put right', async () => {
  type Result = { system: string; writtenFiles: number; removedFiles: number }[]
  const words = ['export', '--learner-sticks', sticks, '--system', 'linux']
  expect(await joineryJson<Result>(place, words)).toMatchObject([{ system: 'linux', writtenFiles: 0, removedFiles: 0 }])
  const list = join(sticks, 'linux/SHA256SUMS')
  const before = readFileSync(list, 'utf8')
  await using node = await NodeProcess.start(place)
  expect(await joineryJson<Result>(place, words)).toMatchObject([{ writtenFiles: 0 }])
  rmSync(join(sticks, 'linux/lessons'), { recursive: true })
  const dry = await joinery(place, [...words, '--dry-run'])
  expect(dry.stdout).toMatch(/would be written/)
  expect(existsSync(join(sticks, 'linux/lessons'))).toBe(false)
  await joinery(place, words)
  expect(readFileSync(list, 'utf8')).toBe(before)
  await run(['sha256sum', '--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: join(sticks, 'linux') })
  // A new version: what is gone from the room goes from the stick, and what somebody put there stays.
  await joinery(place, ['remove', 'handouts/', '--yes'])
  writeFileSync(join(sticks, 'linux/my notes.txt'), 'mine')
  expect(await joineryJson<Result>(place, words)).toMatchObject([{ removedFiles: 1 }])
  expect(existsSync(join(sticks, 'linux/files/handouts/plan_ day 1.txt'))).toBe(false)
  expect(readFileSync(join(sticks, 'linux/my notes.txt'), 'utf8')).toBe('mine')
  expect(node.address).toMatch(/^http/)
})

test('a folder that is too small is said so before a byte is written', async () => {
  const small = join(folder.path, 'small')
  mkdirSync(small)
  await run(['mount', '-t', 'tmpfs', '-o', 'size=20m', 'none', small])
  try {
    const tried = await joineryAnyway(place, ['export', '--learner-sticks', small])
    expect(tried).toMatchObject({ code: 1, stderr: expect.stringContaining('STICK_TOO_SMALL') })
    expect(readdirSync(small)).toEqual([])
  } finally {
    await run(['umount', small])
  }
})
