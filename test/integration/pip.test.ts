/** What stock pip does with the mirror: every pip of this machine, over HTTP. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { compareVersions, parseVersion, type Version } from '../../node/mirrors/pypi/version.ts'
import { MemoryContent } from '../fixtures/memory-content.ts'
import { type MirrorServer, startMirrorServer } from '../fixtures/mirror-server.ts'
import { type Pip, pipsAtHand, realWheels } from '../fixtures/pips.ts'
import { BUILDER, sdist, type WheelInit, wheel, wheelFileName } from '../fixtures/python-packages.ts'
import { run, type ToolResult } from '../fixtures/tool.ts'

const folder = mkdtempSync(join(tmpdir(), 'joinery-pip-'))
const pips: Pip[] = []
let pip: Pip
let server: MirrorServer
let content: MemoryContent
let target = ''
let targets = 0

const PACKAGES: readonly WheelInit[] = [
  BUILDER,
  { name: 'alpha', version: '1.0', requires: ['beta>=1', 'gamma; extra == "plot"'], extras: ['plot'] },
  { name: 'beta', version: '1.0' },
  { name: 'beta', version: '1.5' },
  { name: 'beta', version: '2.0rc1' },
  { name: 'gamma', version: '3.0' },
  { name: 'Dotted.Name', version: '1.0' },
  { name: 'yanked', version: '1.0' },
  { name: 'yanked', version: '2.0' },
  { name: 'future', version: '1.0' },
  { name: 'future', version: '2.0', requiresPython: '>=4.0' },
  { name: 'binary', version: '1.0', tags: 'cp311-cp311-win_amd64' },
  { name: 'binary', version: '1.0', tags: 'cp311-cp311-macosx_11_0_arm64' },
  { name: 'binary', version: '1.0', tags: 'cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64' }
]

beforeAll(async () => {
  pips.push(...(await pipsAtHand(folder)))
  pip = pips[0] as Pip
  content = new MemoryContent()
  for (const init of PACKAGES) await content.add('pypi', wheelFileName(init), wheel(init))
  await content.add('pypi', 'yanked-2.0-py3-none-any.whl.yanked', Buffer.from('eats homework'))
  await content.add('pypi', 'old-style-1.0.tar.gz', sdist({ name: 'old-style', version: '1.0' }))
  for (const path of await realWheels(folder)) await content.add('pypi', basename(path), readFileSync(path))
  server = await startMirrorServer(content)
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  target = join(folder, `target-${++targets}`)
  server.requests.length = 0
  server.wants.length = 0
})

const install = (args: readonly string[], which = pip): Promise<ToolResult> =>
  which.run(
    ['install', '--no-cache-dir', '--index-url', `${server.address}/pypi/simple/`, '--target', target, ...args],
    folder
  )

function installed(): string[] {
  const names = existsSync(target) ? readdirSync(target) : []
  return names
    .filter((name) => name.endsWith('.dist-info'))
    .map((name) => name.slice(0, -'.dist-info'.length))
    .sort()
}

const expectSuccess = (result: ToolResult): void =>
  expect([result.code, result.code === 0 ? '' : result.stderr + result.stdout]).toEqual([0, ''])

describe('pip installs', () => {
  test('a package with what it needs, whichever pip it is', async () => {
    for (const one of pips) {
      rmSync(target, { recursive: true, force: true })
      const result = await install(['alpha'], one)
      expect([one.label, result.code, result.code === 0 ? '' : result.stderr]).toEqual([one.label, 0, ''])
      expect([one.label, installed()]).toEqual([one.label, ['alpha-1.0', 'beta-1.5']])
    }
    expect(pips.length).toBeGreaterThan(0)
  })

  test('extras', async () => {
    expectSuccess(await install(['alpha[plot]']))
    expect(installed()).toEqual(['alpha-1.0', 'beta-1.5', 'gamma-3.0'])
  })

  test('under constraints, from a list of requirements', async () => {
    writeFileSync(join(folder, 'requirements.txt'), 'alpha\nDotted_Name==1.0\n')
    writeFileSync(join(folder, 'constraints.txt'), 'beta<1.5\n')
    expectSuccess(await install(['-r', 'requirements.txt', '-c', 'constraints.txt']))
    expect(installed()).toEqual(['Dotted.Name-1.0', 'alpha-1.0', 'beta-1.0'])
  })

  test('a pre-release only when it is asked for', async () => {
    expectSuccess(await install(['--pre', 'beta']))
    expect(installed()).toEqual(['beta-2.0rc1'])
  })

  test('around a yanked version, and the yanked one when it is asked for by number', async () => {
    expectSuccess(await install(['yanked']))
    expect(installed()).toEqual(['yanked-1.0'])
    rmSync(target, { recursive: true })
    const pinned = await install(['yanked==2.0'])
    expectSuccess(pinned)
    expect(pinned.stderr + pinned.stdout).toContain('eats homework')
  })

  test('the version that its Python can use', async () => {
    expectSuccess(await install(['future']))
    expect(installed()).toEqual(['future-1.0'])
  })

  test('with hashes, and nothing that has another one', async () => {
    const bytes = wheel({ name: 'beta', version: '1.0' })
    const hash = (await import('node:crypto')).createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(folder, 'locked.txt'), `beta==1.0 --hash=sha256:${hash}\n`)
    expectSuccess(await install(['--require-hashes', '-r', 'locked.txt']))
    writeFileSync(join(folder, 'locked.txt'), `beta==1.0 --hash=sha256:${'0'.repeat(64)}\n`)
    rmSync(target, { recursive: true })
    const wrong = await install(['--require-hashes', '-r', 'locked.txt'])
    expect(wrong.code).not.toBe(0)
    expect(wrong.stderr).toMatch(/DO NOT MATCH THE HASHES/)
  })

  test('a source distribution, with what builds it from the room too', async () => {
    expectSuccess(await install(['old-style']))
    expect(installed()).toEqual(['old_style-1.0'])
    expect(server.requests.some(({ path }) => path.startsWith('/pypi/simple/tinybuild/'))).toBe(true)
  })

  test('into a fresh venv, and itself from the room', async () => {
    const venv = join(folder, 'venv')
    expectSuccess(await run(pip.python, ['-m', 'venv', '--without-pip', venv], {}, folder))
    const python = join(venv, 'bin', 'python')
    const args = ['--python', python, 'install', '--no-cache-dir', '--index-url', `${server.address}/pypi/simple/`]
    expectSuccess(await pip.run([...args, 'pip', 'alpha'], folder))
    expect((await run(python, ['-m', 'pip', '--version'], {}, folder)).stdout).toMatch(/^pip [0-9.]+ from .*venv/)
    expect((await run(python, ['-c', 'import alpha; print(alpha.VERSION)'], {}, folder)).stdout.trim()).toBe('1.0')
  })

  test('from the address that older mirrors had', async () => {
    expectSuccess(
      await pip.run(
        ['install', '--no-cache-dir', '--index-url', `${server.address}/pypi`, '--target', target, 'alpha'],
        folder
      )
    )
    expect(installed()).toEqual(['alpha-1.0', 'beta-1.5'])
  })

  test('without metadata where this device does not hold it', async () => {
    const file = content.get('pypi', 'gamma/gamma-3.0-py3-none-any.whl')
    content.takeAway(String(file?.details.metadata) as never)
    for (const one of pips) {
      rmSync(target, { recursive: true, force: true })
      expect([one.label, (await install(['gamma'], one)).code]).toEqual([one.label, 0])
    }
    expect(server.requests.filter(({ path }) => path.endsWith('.metadata'))).toEqual([])
  })
})

describe('pip downloads', () => {
  test('a file of its own system', async () => {
    const args = ['download', '--no-cache-dir', '--index-url', `${server.address}/pypi/simple/`, '-d', target, 'alpha']
    expectSuccess(await pip.run(args, folder))
    expect(readdirSync(target).sort()).toEqual(['alpha-1.0-py3-none-any.whl', 'beta-1.5-py3-none-any.whl'])
  })

  test.each([
    ['win_amd64', 'binary-1.0-cp311-cp311-win_amd64.whl'],
    ['macosx_11_0_arm64', 'binary-1.0-cp311-cp311-macosx_11_0_arm64.whl'],
    ['manylinux2014_aarch64', 'binary-1.0-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl']
  ])('a file for %s', async (platform, name) => {
    const args = ['--platform', platform, '--python-version', '3.11', '--only-binary', ':all:', '-d', target, 'binary']
    expectSuccess(
      await pip.run(['download', '--no-cache-dir', '--index-url', `${server.address}/pypi/simple/`, ...args], folder)
    )
    expect(readdirSync(target)).toEqual([name])
  })
})

describe('pip asks', () => {
  test('for JSON and for metadata, and gets both', async () => {
    const newest = [...pips].sort(
      (a, b) => (b.version[0] ?? 0) - (a.version[0] ?? 0) || (b.version[1] ?? 0) - (a.version[1] ?? 0)
    )[0] as Pip
    const isNew = (newest.version[0] ?? 0) > 23 || ((newest.version[0] ?? 0) === 23 && (newest.version[1] ?? 0) >= 2)
    expectSuccess(await install(['alpha'], newest))
    const metadata = server.requests.filter(({ path }) => path.endsWith('.metadata'))
    expect(metadata.map(({ status }) => status)).toEqual(isNew ? [200, 200] : [])
    expect(server.requests.filter(({ status }) => status >= 400)).toEqual([])
  })

  test('again later with the ETag, and is told that nothing changed', async () => {
    const cache = join(folder, 'cache')
    mkdirSync(cache)
    // Over plain HTTP pip keeps only what comes from a trusted host.
    const args = [
      'download',
      '--trusted-host',
      '127.0.0.1',
      '--cache-dir',
      cache,
      '--index-url',
      `${server.address}/pypi/simple/`,
      '-d',
      target,
      'beta'
    ]
    expectSuccess(await pip.run(args, folder))
    rmSync(target, { recursive: true })
    server.requests.length = 0
    expectSuccess(await pip.run(args, folder))
    expect(server.requests).toEqual([{ method: 'GET', path: '/pypi/simple/beta/', status: 304 }])
  })

  test('for what is not here, and the room remembers for which machine', async () => {
    const result = await install(['numpy'])
    expect(result.stderr).toContain('No matching distribution found for numpy')
    expect(server.wants).toEqual([
      {
        collection: 'pypi',
        name: 'numpy',
        target: expect.stringMatching(/^Python 3\.[0-9]+, Linux \w+ \((?:glibc|musl) [0-9.]+\)$/),
        client: {
          runs: 'Python',
          version: expect.stringMatching(/^3\.[0-9]+$/),
          system: 'Linux',
          cpu: expect.any(String)
        }
      }
    ])
  })
})

test('versions are ordered as pip orders them', async () => {
  const texts: string[] = []
  // A walk over all shapes, the same each time.
  const pick = <Item>(items: readonly Item[], i: number): Item => items[i % items.length] as Item
  for (let i = 0; i < 3000; i++) {
    const release = pick(['0', '1', '1.0', '1.0.0', '1.2', '1.10', '2024.1.1', '10', '1.2.3.4'], i)
    const pre = pick(['', '', 'a1', 'b2', 'rc1', '-alpha', '.beta.3', 'c4', 'pre'], Math.floor(i / 9))
    const post = pick(['', '', '.post1', '-2', 'r3', '-rev4', '.post'], Math.floor(i / 81))
    const dev = pick(['', '', '.dev1', 'dev', '-dev2'], Math.floor(i / 567))
    texts.push(
      `${pick(['', '', '', '1!', '2!'], i * 7 + 1)}${release}${pre}${post}${dev}${pick(['', '', '', '+a', '+1', '+1.a', '+ubuntu-1'], i * 5 + 2)}`
    )
  }
  const code = `
import json, sys
from pip._vendor.packaging.version import Version
texts = json.load(open("versions.json"))
order = sorted(range(len(texts)), key=lambda i: (Version(texts[i]), i))
json.dump([[i, str(Version(texts[i]))] for i in order], sys.stdout)`
  writeFileSync(join(folder, 'versions.json'), JSON.stringify(texts))
  const said = JSON.parse(
    (await run(pip.python, ['-c', code], pip.unpacked ? { PYTHONPATH: pip.unpacked } : {}, folder)).stdout
  ) as [number, string][]
  const parsed = texts.map((text) => parseVersion(text) as Version)
  const ours = texts
    .map((_, i) => i)
    .sort((a, b) => compareVersions(parsed[a] as Version, parsed[b] as Version) || a - b)
  expect(ours.map((i) => [i, parsed[i]?.text])).toEqual(said)
})
