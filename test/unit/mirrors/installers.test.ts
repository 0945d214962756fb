import { beforeEach, describe, expect, test } from 'vitest'
import { createInstallersMirror, installersKind } from '../../../node/mirrors/installers/index.ts'
import { describeInstaller } from '../../../node/mirrors/installers/product.ts'
import { visitorOf } from '../../../node/mirrors/installers/visitor.ts'
import type { Mirror, MirrorAnswer } from '../../../protocols/content.ts'
import { MemoryContent, sourceOf } from '../../fixtures/memory-content.ts'
import { refusal } from '../../fixtures/refusal.ts'

const WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
const MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15'
const LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'
const PI = 'Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
const PHONE =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15'

describe('an installer is known by its name', () => {
  test.each([
    ['R/R-4.4.1-win.exe', 'R', '4.4.1', 'windows', 'x86_64'],
    ['R/R-4.4.1-arm64.pkg', 'R', '4.4.1', 'macos', 'arm64'],
    ['R/R-4.4.1-x86_64.pkg', 'R', '4.4.1', 'macos', 'x86_64'],
    ['R/R-4.6.1-arm64-sonoma.pkg', 'R', '4.6.1', 'macos', 'arm64'],
    ['R/rtools44-6104-6039.exe', 'Rtools', '44', 'windows', undefined],
    ['rstudio/RStudio-2024.04.1-748.exe', 'RStudio', '2024.04.1-748', 'windows', undefined],
    ['rstudio/RStudio-2024.04.1-748.dmg', 'RStudio', '2024.04.1-748', 'macos', undefined],
    ['rstudio/rstudio-2024.04.1-748-amd64.deb', 'RStudio', '2024.04.1-748', 'linux', 'x86_64'],
    ['python/python-3.12.4-amd64.exe', 'Python', '3.12.4', 'windows', 'x86_64'],
    ['python/python-3.12.4-arm64.exe', 'Python', '3.12.4', 'windows', 'arm64'],
    ['python/python-3.12.4.exe', 'Python', '3.12.4', 'windows', 'x86'],
    ['python/python-3.12.4-macos11.pkg', 'Python', '3.12.4', 'macos', 'universal'],
    ['Git-2.45.2-64-bit.exe', 'Git for Windows', '2.45.2', 'windows', 'x86_64'],
    ['Git-2.45.2-arm64.exe', 'Git for Windows', '2.45.2', 'windows', 'arm64'],
    ['Miniforge3-24.3.0-0-Windows-x86_64.exe', 'Miniforge', '24.3.0-0', 'windows', 'x86_64'],
    ['Miniforge3-Linux-aarch64.sh', 'Miniforge', undefined, 'linux', 'arm64'],
    ['Miniforge3-MacOSX-arm64.sh', 'Miniforge', undefined, 'macos', 'arm64'],
    ['Anaconda3-2024.06-1-MacOSX-x86_64.pkg', 'Anaconda', '2024.06-1', 'macos', 'x86_64'],
    ['Miniconda3-py312_24.5.0-0-Linux-x86_64.sh', 'Miniconda', '24.5.0-0', 'linux', 'x86_64'],
    ['openrefine-win-with-java-3.8.1.zip', 'OpenRefine', '3.8.1', 'windows', undefined],
    ['openrefine-mac-3.8.1.dmg', 'OpenRefine', '3.8.1', 'macos', undefined],
    ['openrefine-linux-3.8.1.tar.gz', 'OpenRefine', '3.8.1', 'linux', undefined],
    ['DB.Browser.for.SQLite-v3.12.2-win64.msi', 'DB Browser for SQLite', '3.12.2', 'windows', 'x86_64'],
    ['DB.Browser.for.SQLite-v3.12.2.dmg', 'DB Browser for SQLite', '3.12.2', 'macos', undefined],
    ['XQuartz-2.8.5.pkg', 'XQuartz', '2.8.5', 'macos', 'universal'],
    ['tool_1.2.3_amd64.deb', 'tool', '1.2.3', 'linux', 'x86_64'],
    ['some-editor-2.0-darwin-arm64.zip', 'some-editor', '2.0', 'macos', 'arm64'],
    ['linux/thing.tar.gz', 'thing', undefined, 'linux', undefined],
    ['notes.pdf', 'notes', undefined, undefined, undefined]
  ])('%s', (path, product, version, system, cpu) => {
    const found = describeInstaller(path)
    expect([found.product, found.version, found.system, found.cpu]).toEqual([product, version, system, cpu])
  })

  test('takes no long time, however odd the name is', () => {
    for (const odd of [
      '-'.repeat(255),
      'R-1'.repeat(85),
      `python-${'1.'.repeat(120)}`,
      `RStudio-${'1-debian'.repeat(30)}`,
      `${'-1'.repeat(120)}.exe`,
      `DB.Browser.for.SQLite-${'-v2'.repeat(70)}.x`
    ]) {
      const before = process.cpuUsage().user
      describeInstaller(odd)
      expect({ odd, isQuick: process.cpuUsage().user - before < 200_000 }).toEqual({ odd, isQuick: true })
    }
  })
})

describe('an installer is refused', () => {
  const inspect = (path: string, bytes: string | Uint8Array): Promise<string> =>
    refusal(() => installersKind.inspector.inspect(sourceOf(path, Buffer.from(bytes))))

  test.each(['R-4.4.1-win.exe', 'R-4.4.1-arm64.pkg', 'x.deb', 'x.msi', 'x.rpm', 'x.zip', 'x.tar.gz', 'x.AppImage'])(
    'when %s is a web page',
    async (path) => {
      expect(await inspect(path, '<!DOCTYPE html><title>Sign in to the Wi-Fi</title>')).toBe('INSTALLER_MISMATCH')
    }
  )

  test('when it is empty', async () => {
    expect(await inspect('x.bin', '')).toBe('INSTALLER_MISMATCH')
    expect(await inspect('x.exe', '')).toBe('INSTALLER_MISMATCH')
    expect(await inspect('x.exe', 'M')).toBe('INSTALLER_MISMATCH')
  })

  test('but not when it begins as its kind does, or is of a kind that we do not know', async () => {
    expect(await inspect('x.exe', 'MZ')).toBe('not refused')
    expect(await inspect('x.pkg', 'xar!....')).toBe('not refused')
    expect(await inspect('x.deb', '!<arch>\n')).toBe('not refused')
    expect(await inspect('x.sh', '#!/bin/sh')).toBe('not refused')
    expect(await inspect('x.constructor', 'x')).toBe('not refused')
  })
})

describe('a visitor', () => {
  test.each([
    ['on Windows', { 'user-agent': WINDOWS }, { system: 'windows' }],
    ['on a Mac, of which kind nobody says', { 'user-agent': MAC }, { system: 'macos' }],
    [
      'on a Mac that says its kind',
      { 'user-agent': MAC, 'sec-ch-ua-platform': '"macOS"', 'sec-ch-ua-arch': '"arm"' },
      { system: 'macos', cpu: 'arm64' }
    ],
    ['on Linux', { 'user-agent': LINUX }, { system: 'linux', cpu: 'x86_64' }],
    ['on a Pi', { 'user-agent': PI }, { system: 'linux', cpu: 'arm64' }],
    ['on a phone', { 'user-agent': PHONE }, {}],
    ['on another phone', { 'user-agent': IPHONE }, {}],
    ['who says nothing', {}, {}]
  ])('%s', (_, headers, expected) => {
    expect(visitorOf(headers)).toEqual(expected)
  })
})

describe('the list of installers', () => {
  let content: MemoryContent
  let mirror: Mirror
  const get = (path: string, headers: { [name: string]: string } = {}): Promise<MirrorAnswer> =>
    mirror.answer({ path, query: new URLSearchParams(), headers })
  const rows = async (headers: { [name: string]: string }): Promise<{ [key: string]: unknown }[]> => {
    const answer = await get('', { accept: 'application/json', ...headers })
    return answer.kind === 'bytes' ? JSON.parse(Buffer.from(answer.bytes).toString()).installers : []
  }

  beforeEach(async () => {
    content = new MemoryContent()
    mirror = createInstallersMirror({ index: content })
    for (const path of ['R/R-4.4.1-win.exe', 'R/R-4.10.0-win.exe', 'python/python-3.12.4-amd64.exe'])
      await content.add('installers', path, Buffer.from(`MZ${path}`))
    for (const path of ['R/R-4.4.1-arm64.pkg', 'R/R-4.4.1-x86_64.pkg', 'XQuartz-2.8.5.pkg'])
      await content.add('installers', path, Buffer.from(`xar!${path}`))
    await content.add('installers', 'Miniforge3-Linux-aarch64.sh', Buffer.from('#!'))
  })

  test("begins with the visitor's system, the newest version first", async () => {
    expect((await rows({ 'user-agent': WINDOWS })).map(({ path, fits }) => [path, fits])).toEqual([
      ['python/python-3.12.4-amd64.exe', true],
      ['R/R-4.10.0-win.exe', true],
      ['R/R-4.4.1-win.exe', true],
      ['Miniforge3-Linux-aarch64.sh', false],
      ['R/R-4.4.1-arm64.pkg', false],
      ['R/R-4.4.1-x86_64.pkg', false],
      ['XQuartz-2.8.5.pkg', false]
    ])
  })

  test('keeps the CPU in mind where it is known', async () => {
    const arm = await rows({ 'user-agent': MAC, 'sec-ch-ua-arch': '"arm"' })
    expect(arm.filter(({ fits }) => fits).map(({ path }) => path)).toEqual(['R/R-4.4.1-arm64.pkg', 'XQuartz-2.8.5.pkg'])
    const any = await rows({ 'user-agent': MAC })
    expect(any.filter(({ fits }) => fits).map(({ path }) => path)).toEqual([
      'R/R-4.4.1-arm64.pkg',
      'R/R-4.4.1-x86_64.pkg',
      'XQuartz-2.8.5.pkg'
    ])
  })

  test('says version, system, CPU, size and hash', async () => {
    const [first] = await rows({ 'user-agent': WINDOWS })
    const bytes = Buffer.from('MZpython/python-3.12.4-amd64.exe')
    const sha256 = (await import('node:crypto')).createHash('sha256').update(bytes).digest('hex')
    expect(first).toEqual({
      path: 'python/python-3.12.4-amd64.exe',
      product: 'Python',
      version: '3.12.4',
      system: 'windows',
      cpu: 'x86_64',
      sizeBytes: bytes.length,
      sha256,
      fits: true
    })
  })

  test('is a page for people, whatever is in the names', async () => {
    content.put('installers', 'x/<img src=x>.bin', Buffer.from('x'), { product: '<script>', version: '"1"' })
    const answer = await get('', { 'user-agent': WINDOWS, accept: 'text/html' })
    const html = answer.kind === 'bytes' ? Buffer.from(answer.bytes).toString() : ''
    expect(html).toMatch(
      /Programs to install <span class="tag">your computer<[\s\S]*<strong>Python<[\s\S]*For other systems</
    )
    expect(html).not.toMatch(/<script>|<img/)
    expect(html).toContain('href="./x/%3Cimg%20src%3Dx%3E.bin"')
    const spanish = await get('', { 'user-agent': MAC, accept: 'text/html', 'accept-language': 'es' })
    expect(spanish.kind === 'bytes' && Buffer.from(spanish.bytes).toString()).toContain('Para otros sistemas')
  })

  test('has links that are downloads', async () => {
    expect(await get('R/R-4.4.1-win.exe')).toMatchObject({
      kind: 'file',
      contentType: 'application/octet-stream',
      headers: {
        'content-disposition': `attachment; filename="R-4.4.1-win.exe"; filename*=UTF-8''R-4.4.1-win.exe`,
        'x-content-type-options': 'nosniff'
      }
    })
    content.put('installers', 'é "x"\\%.exe', Buffer.from('MZ'))
    const answer = await get('é "x"\\%.exe')
    const disposition = answer.kind === 'file' ? answer.headers?.['content-disposition'] : ''
    expect(disposition).toBe(`attachment; filename="_ _x___.exe"; filename*=UTF-8''%C3%A9%20%22x%22%5C%25.exe`)
    expect(await get('R/none.exe')).toEqual({ kind: 'missing' })
    expect(await get('R/')).toEqual({ kind: 'missing' })
  })
})
