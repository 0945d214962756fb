import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseDcf } from '../../../node/mirrors/cran/dcf.ts'
import { MAX_DESCRIPTION_BYTES, MAX_INDEX_BYTES } from '../../../node/mirrors/cran/description.ts'
import { cranKind, createCranMirror } from '../../../node/mirrors/cran/index.ts'
import { compareRVersions } from '../../../node/mirrors/cran/r-version.ts'
import type { Inspection, Mirror, MirrorAnswer } from '../../../protocols/content.ts'
import { MemoryContent, sourceOf } from '../../fixtures/memory-content.ts'
import { type RPackageInit, rMac, rSource, rWindows } from '../../fixtures/r-packages.ts'
import { refusal } from '../../fixtures/refusal.ts'

const inspect = (path: string, bytes: Uint8Array): Promise<Inspection> =>
  cranKind.inspector.inspect(sourceOf(path, bytes))
const foo = { name: 'foo', version: '1.0' }

describe('DESCRIPTION', () => {
  test('may have continued lines, CRLF, comments and a field twice', () => {
    const text =
      'Package: foo\r\nDepends: R (>= 3.5),\r\n\tmethods,\r\n    utils\r\n# comment: no\r\nDepends: twice\r\nTitle:\r\n  On the next line\r\n\r\nPackage: other\r\n'
    expect([...parseDcf(text)]).toEqual([
      ['Package', 'foo'],
      ['Depends', 'R (>= 3.5), methods, utils'],
      ['Title', 'On the next line']
    ])
  })

  test.each([
    ['latin1', Buffer.from('Encoding: latin1\nPackage: foo\nVersion: 1.0\nLicense: é\n', 'latin1'), 'é'],
    [
      'latin2',
      Buffer.concat([
        Buffer.from('Encoding: latin2\nPackage: foo\nVersion: 1.0\nLicense: '),
        Buffer.from([0xb3, 0x0a])
      ]),
      'ł'
    ],
    ['UTF-8', Buffer.from('Package: foo\nVersion: 1.0\nEncoding: UTF-8\nLicense: ł\n'), 'ł'],
    ['UTF-8 with a mark', Buffer.from('\ufeffPackage: foo\nVersion: 1.0\nLicense: ł\n'), 'ł'],
    ['one that is not declared', Buffer.from('Package: foo\nVersion: 1.0\nLicense: é\n', 'latin1'), 'é']
  ])('may be in %s', async (_, description, expected) => {
    const { details } = await inspect('foo_1.0.tar.gz', rSource({ ...foo, description }))
    expect(details).toMatchObject({ fields: { License: expected } })
  })

  test('at its limits is taken, one byte more is not', async () => {
    const description = (title: number, suggests: number): string => {
      const head = `Package: foo\nVersion: 1.0\nSuggests: ${'s'.repeat(suggests)}\nTitle: `
      return `${head}${'t'.repeat(title - head.length)}`
    }
    const attempt = (text: string): Promise<string> =>
      refusal(() => inspect('foo_1.0.tar.gz', rSource({ ...foo, description: text })))
    expect(await attempt(description(MAX_DESCRIPTION_BYTES, 10))).toBe('not refused')
    expect(await attempt(description(MAX_DESCRIPTION_BYTES + 1, 10))).toBe('ARCHIVE_TOO_LARGE')
    expect(await attempt(description(60_000, MAX_INDEX_BYTES))).toBe('not refused')
    expect(await attempt(description(60_000, MAX_INDEX_BYTES + 1))).toBe('PACKAGE_UNREADABLE')
  })
})

describe('a package of R', () => {
  test('stays in the folder of a repository that it lay in', async () => {
    for (const [path, bytes, expected] of [
      ['foo_1.0.tar.gz', rSource(foo), 'src/contrib/foo_1.0.tar.gz'],
      ['miniCRAN/src/contrib/foo_1.0.tar.gz', rSource(foo), 'src/contrib/foo_1.0.tar.gz'],
      ['src/contrib/Archive/foo/foo_1.0.tar.gz', rSource(foo), 'src/contrib/foo_1.0.tar.gz'],
      ['bin/windows/contrib/4.3/foo_1.0.zip', rWindows(foo), 'bin/windows/contrib/4.3/foo_1.0.zip'],
      ['bin/macosx/sonoma-arm64/contrib/4.6/foo_1.0.tgz', rMac(foo), 'bin/macosx/sonoma-arm64/contrib/4.6/foo_1.0.tgz'],
      ['bin/macosx/contrib/4.2/foo_1.0.tgz', rMac(foo), 'bin/macosx/contrib/4.2/foo_1.0.tgz']
    ] as const) {
      expect((await inspect(path, bytes)).path).toBe(expected)
    }
  })

  test('that lies anywhere else goes where it says that it was built for', async () => {
    expect((await inspect('foo_1.0.zip', rWindows(foo))).path).toBe('bin/windows/contrib/4.4/foo_1.0.zip')
    expect((await inspect('foo_1.0.tgz', rMac(foo))).path).toBe('bin/macosx/big-sur-arm64/contrib/4.4/foo_1.0.tgz')
    const intel = rMac(foo, 'R 4.3.2; x86_64-apple-darwin20; 2024-06-20; unix')
    expect((await inspect('foo_1.0.tgz', intel)).path).toBe('bin/macosx/big-sur-x86_64/contrib/4.3/foo_1.0.tgz')
    expect(await refusal(() => inspect('foo_1.0.tgz', rMac(foo, 'R 4.4.1; ; 2024-06-20; unix')))).toBe('PLACE_UNKNOWN')
    expect(await refusal(() => inspect('src/contrib/foo_1.0.zip', rWindows(foo)))).toBe('PLACE_UNKNOWN')
  })

  test('has its record of PACKAGES in the details, and whether it has to be compiled', async () => {
    const fields = {
      Depends: 'R (>= 4.1)',
      Imports: 'rlang,\n    utils',
      LinkingTo: 'cpp11',
      OS_type: 'unix',
      URL: 'https://x.example'
    }
    expect((await inspect('foo_1.0.tar.gz', rSource({ ...foo, fields }))).details).toEqual({
      package: 'foo',
      version: '1.0',
      fields: {
        Depends: 'R (>= 4.1)',
        Imports: 'rlang, utils',
        LinkingTo: 'cpp11',
        License: 'MIT + file LICENSE',
        NeedsCompilation: 'no',
        OS_type: 'unix'
      }
    })
    const compiled = rSource({ ...foo, extra: [{ name: 'foo/src/code.c', bytes: '' }] })
    expect((await inspect('foo_1.0.tar.gz', compiled)).details).toMatchObject({ fields: { NeedsCompilation: 'yes' } })
  })

  test.each([
    ['names another package inside', { ...foo, fields: { Package: 'bar' } }, 'PACKAGE_MISMATCH'],
    ['names another version inside', { ...foo, fields: { Version: '1.1' } }, 'PACKAGE_MISMATCH'],
    ['has no DESCRIPTION', { ...foo, name: 'bar' }, 'PACKAGE_MISMATCH'],
    ['has no Package', { ...foo, description: 'Version: 1.0\n' }, 'PACKAGE_UNREADABLE'],
    ['has no Version', { ...foo, description: 'Package: foo\n' }, 'PACKAGE_UNREADABLE'],
    ['has a file for another package', { ...foo, extra: [{ name: 'bar/R/x.R', bytes: '' }] }, 'PACKAGE_MISMATCH'],
    ['has a name that escapes', { ...foo, extra: [{ name: 'foo/../../x', bytes: '' }] }, 'ARCHIVE_UNSAFE'],
    ['is a bomb', { ...foo, extra: [{ name: 'foo/z', bytes: new Uint8Array(2e7) }] }, 'ARCHIVE_UNSAFE']
  ] as [string, RPackageInit, string][])('that %s is refused', async (_, init, code) => {
    expect(await refusal(() => inspect('foo_1.0.tar.gz', rSource(init)))).toBe(code)
  })

  test('that is cut off or damaged is refused', async () => {
    expect(await refusal(() => inspect('foo_1.0.tar.gz', rSource(foo).subarray(0, -9)))).toBe('ARCHIVE_BROKEN')
    const zip = rWindows(foo)
    zip[60] = (zip[60] ?? 0) ^ 1
    expect(await refusal(() => inspect('bin/windows/contrib/4.4/foo_1.0.zip', zip))).toBe('ARCHIVE_BROKEN')
  })

  test.each(['foo.tar.gz', 'foo_1.tar.gz', 'foo-1.0.tar.gz', '_1.0.tar.gz', 'foo_1.0.txt', '1foo_1.0.zip'])(
    'is not named %s',
    async (name) => {
      expect(await refusal(() => inspect(name, rSource(foo)))).toBe('WRONG_KIND')
    }
  )

  test('comes without the indexes that lie beside it', () => {
    for (const path of [
      'src/contrib/PACKAGES',
      'src/contrib/PACKAGES.gz',
      'bin/windows/contrib/4.4/PACKAGES.rds',
      'src/contrib/Meta/archive.rds',
      'index.html'
    ]) {
      expect([path, cranKind.leftOut(path) !== undefined]).toEqual([path, true])
    }
    expect(cranKind.leftOut('src/contrib/foo_1.0.tar.gz')).toBeUndefined()
  })
})

describe('versions of R packages', () => {
  test('are ordered as R orders them', () => {
    const inOrder = ['0.9', '1.0', '1.0-1', '1.0.2', '1.0-10', '1.2', '1.10', '2.0', '2.0.0', '2024.1.1']
    for (let i = 0; i < inOrder.length; i++) {
      for (let j = 0; j < inOrder.length; j++) {
        const [a = '', b = ''] = [inOrder[i], inOrder[j]]
        expect([a, b, Math.sign(compareRVersions(a, b))]).toEqual([a, b, Math.sign(i - j)])
      }
    }
    expect(compareRVersions('1.0-1', '1.0.1')).toBe(0)
  })
})

describe('the mirror of CRAN', () => {
  let content: MemoryContent
  let mirror: Mirror
  const get = (path: string): Promise<MirrorAnswer> =>
    mirror.answer({ path, query: new URLSearchParams(), headers: {} })
  const bytesOf = (answer: MirrorAnswer): Buffer => {
    if (answer.kind !== 'bytes') throw new Error(`a ${answer.kind}`)
    return Buffer.from(answer.bytes)
  }
  const add = (init: RPackageInit): Promise<unknown> =>
    content.add('cran', `src/contrib/${init.name}_${init.version}.tar.gz`, rSource(init))

  beforeEach(() => {
    content = new MemoryContent()
    mirror = createCranMirror({ index: content })
  })

  test('lists the newest version of each package', async () => {
    for (const version of ['1.9', '1.10', '1.2-3']) await add({ name: 'foo', version })
    await add({ name: 'bar', version: '0.1', fields: { Depends: 'R (>= 3.0), foo' } })
    expect(bytesOf(await get('src/contrib/PACKAGES')).toString()).toBe(
      'Package: bar\nVersion: 0.1\nDepends: R (>= 3.0), foo\nLicense: MIT + file LICENSE\nNeedsCompilation: no\n\nPackage: foo\nVersion: 1.10\nLicense: MIT + file LICENSE\nNeedsCompilation: no\n\n'
    )
  })

  test('lists an older version too where only that one runs on an older R', async () => {
    await add({ name: 'foo', version: '1.0' })
    await add({ name: 'foo', version: '1.1', fields: { Depends: 'R (>= 3.6)' } })
    await add({ name: 'foo', version: '1.2', fields: { Depends: 'R (>= 3.6)' } })
    await add({ name: 'foo', version: '2.0', fields: { Depends: 'R (>= 4.3)' } })
    const listed = bytesOf(await get('src/contrib/PACKAGES'))
      .toString()
      .match(/^Version: .*/gm)
    expect(listed).toEqual(['Version: 2.0', 'Version: 1.2', 'Version: 1.0'])
  })

  test('gives the same index packed, the same bytes each time', async () => {
    await add(foo)
    const packed = await get('src/contrib/PACKAGES.gz')
    expect(gunzipSync(bytesOf(packed))).toEqual(bytesOf(await get('src/contrib/PACKAGES')))
    expect(packed).toMatchObject({ contentType: 'application/gzip', etag: expect.any(String) })
    const again = createCranMirror({ index: content })
    expect(await again.answer({ path: 'src/contrib/PACKAGES.gz', query: new URLSearchParams(), headers: {} })).toEqual(
      packed
    )
  })

  test('follows what is added and removed', async () => {
    await add(foo)
    const first = await get('src/contrib/PACKAGES')
    await add({ name: 'foo', version: '2.0' })
    expect(bytesOf(await get('src/contrib/PACKAGES')).toString()).toContain('Version: 2.0')
    content.remove('cran', 'src/contrib/foo_2.0.tar.gz')
    expect(await get('src/contrib/PACKAGES')).toEqual(first)
  })

  test('gives every version, also as one of the archive', async () => {
    for (const version of ['1.0', '2.0']) await add({ name: 'foo', version })
    for (const path of [
      'src/contrib/foo_1.0.tar.gz',
      'src/contrib/foo_2.0.tar.gz',
      'src/contrib/Archive/foo/foo_1.0.tar.gz'
    ]) {
      expect(await get(path)).toMatchObject({ kind: 'file', contentType: 'application/gzip' })
    }
  })

  test('has a folder for each build', async () => {
    await content.add('cran', 'bin/windows/contrib/4.4/foo_1.0.zip', rWindows(foo))
    await content.add('cran', 'bin/macosx/sonoma-arm64/contrib/4.6/foo_1.0.tgz', rMac(foo))
    for (const folder of ['bin/windows/contrib/4.4', 'bin/macosx/sonoma-arm64/contrib/4.6']) {
      expect(bytesOf(await get(`${folder}/PACKAGES`)).toString()).toMatch(
        /^Package: foo\nVersion: 1.0\n(?:.+\n)*Built: R 4.4.1;/
      )
    }
    expect(bytesOf(await get('')).toString()).toContain('bin/macosx/sonoma-arm64/contrib/4.6')
  })

  test('does without PACKAGES.rds', async () => {
    await add(foo)
    expect(await get('src/contrib/PACKAGES.rds')).toEqual({ kind: 'missing' })
  })

  test('remembers what the room lacks, with the R that asked', async () => {
    expect(await get('src/contrib/bar_1.0.tar.gz')).toEqual({
      kind: 'missing',
      want: { collection: 'cran', name: 'bar', target: 'R, source', client: { runs: 'R' } }
    })
    expect(await get('bin/windows/contrib/4.4/bar_1.0.zip')).toMatchObject({
      want: { name: 'bar', target: 'R 4.4, Windows', client: { runs: 'R', version: '4.4', system: 'Windows' } }
    })
    expect(await get('bin/macosx/big-sur-arm64/contrib/4.5/PACKAGES')).toMatchObject({
      want: { target: 'R 4.5, macOS (big-sur-arm64)', client: { version: '4.5', system: 'macOS', cpu: 'arm64' } }
    })
    expect(await get('bin/macosx/big-sur-arm64/contrib/4.5/PACKAGES.gz')).toEqual({ kind: 'missing' })
  })

  test('gives nothing at other addresses', async () => {
    await add(foo)
    for (const path of [
      'src',
      'src/contrib',
      'src/contrib/',
      'x/src/contrib/PACKAGES',
      'src/contrib/../contrib/PACKAGES',
      'src/contrib/x/foo_1.0.tar.gz',
      'bin/windows/contrib/4/PACKAGES',
      '__proto__'
    ]) {
      expect([path, await get(path)]).toMatchObject([path, { kind: 'missing' }])
    }
  })

  test('leaves out what another device wrote down wrongly', async () => {
    content.put('cran', 'src/contrib/foo_1.0.tar.gz', Buffer.from('x'), { fields: 'no map' })
    content.put('cran', 'src/contrib/notes.txt', Buffer.from('x'))
    content.put('cran', 'src/contrib/bar_1.0.tar.gz', Buffer.from('x'), {
      fields: { Depends: 7, Imports: 'a\nPackage: evil', Evil: 'x' }
    })
    expect(bytesOf(await get('src/contrib/PACKAGES')).toString()).toBe(
      'Package: bar\nVersion: 1.0\nImports: a Package: evil\n\n'
    )
  })
})
