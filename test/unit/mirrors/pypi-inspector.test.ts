import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { MAX_METADATA_BYTES } from '../../../node/mirrors/pypi/core-metadata.ts'
import { pypiKind } from '../../../node/mirrors/pypi/index.ts'
import type { Inspection } from '../../../protocols/content.ts'
import { sourceOf } from '../../fixtures/memory-content.ts'
import { sdist, type WheelInit, wheel, wheelFileName } from '../../fixtures/python-packages.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { tarBytes } from '../../fixtures/tar-bytes.ts'
import { zipBytes } from '../../fixtures/zip-bytes.ts'

const inspect = (path: string, bytes: Uint8Array): Promise<Inspection> =>
  pypiKind.inspector.inspect(sourceOf(path, bytes))
const inspectWheel = (init: WheelInit, path = wheelFileName(init)): Promise<Inspection> => inspect(path, wheel(init))

describe('a wheel', () => {
  test('is put below the normalized name of its project, and its METADATA beside it', async () => {
    const found = await inspectWheel(
      { name: 'Foo.Bar-baz', version: '1.0', requiresPython: '>=3.8' },
      'pythonlibraries/Foo.Bar_baz-1.0-py3-none-any.whl'
    )
    expect(found.path).toBe('foo-bar-baz/foo_bar_baz-1.0-py3-none-any.whl')
    const metadata = found.attachments?.find(({ name }) => name === 'metadata')?.bytes ?? new Uint8Array()
    expect(Buffer.from(metadata).toString()).toContain('Name: Foo.Bar-baz')
    expect(found.details).toEqual({
      kind: 'wheel',
      project: 'foo-bar-baz',
      version: '1.0',
      requiresPython: '>=3.8',
      metadataBytes: metadata.length
    })
  })

  test('may have a build tag, compressed tags, and another spelling of its version inside', async () => {
    const tags = '1-cp311.cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64'
    const path = `foo-1.0.0-${tags}.whl`
    expect((await inspectWheel({ name: 'foo', version: '1.0' }, path)).path).toBe(`foo/${path}`)
    expect((await inspectWheel({ name: 'foo', version: '1.0+cu118' })).path).toBe('foo/foo-1.0+cu118-py3-none-any.whl')
  })

  test('of another spelling lands on the same path, so that the import notices', async () => {
    const one = await inspectWheel({ name: 'foo-bar', version: '1.0' }, 'Foo.bar-1.0-py3-none-any.whl')
    const other = await inspectWheel({ name: 'Foo_Bar', version: '1.0' }, 'foo_bar-1.0-py3-none-any.whl')
    expect(one.path).toBe(other.path)
  })

  test.each([
    ['says another name inside', { name: 'foo', version: '1.0', says: { name: 'bar' } }, 'PACKAGE_MISMATCH'],
    ['says another version inside', { name: 'foo', version: '1.0', says: { version: '1.1' } }, 'PACKAGE_MISMATCH'],
    [
      'has the dist-info of another',
      { name: 'foo', version: '1.0', says: { infoFolder: 'bar-1.0.dist-info' } },
      'PACKAGE_MISMATCH'
    ],
    ['has no valid name inside', { name: 'foo', version: '1.0', says: { name: 'not a name!' } }, 'PACKAGE_UNREADABLE'],
    ['has no valid version inside', { name: 'foo', version: '1.0', says: { version: 'latest' } }, 'PACKAGE_UNREADABLE'],
    ['is of a newer format', { name: 'foo', version: '1.0', says: { wheelVersion: '2.0' } }, 'PACKAGE_UNREADABLE'],
    ['has no METADATA', { name: 'foo', version: '1.0', leaveOut: 'METADATA' }, 'PACKAGE_UNREADABLE'],
    ['has no WHEEL', { name: 'foo', version: '1.0', leaveOut: 'WHEEL' }, 'PACKAGE_UNREADABLE'],
    ['has no RECORD', { name: 'foo', version: '1.0', leaveOut: 'RECORD' }, 'PACKAGE_UNREADABLE'],
    ['was tampered with', { name: 'foo', version: '1.0', tampered: 'import os' }, 'PACKAGE_MISMATCH'],
    ['lacks a file of its list', { name: 'foo', version: '1.0', leaveOut: 'module' }, 'PACKAGE_MISMATCH'],
    [
      'has two dist-info folders',
      { name: 'foo', version: '1.0', extra: [{ name: 'x-1.dist-info/METADATA', bytes: '' }] },
      'PACKAGE_UNREADABLE'
    ],
    [
      'has a name that escapes',
      { name: 'foo', version: '1.0', extra: [{ name: '../x.py', bytes: '' }] },
      'ARCHIVE_UNSAFE'
    ],
    [
      'is a bomb',
      { name: 'foo', version: '1.0', extra: [{ name: 'zeros', bytes: new Uint8Array(20 * 2 ** 20) }] },
      'ARCHIVE_UNSAFE'
    ]
  ] as [string, WheelInit, string][])('that %s is refused', async (_, init, code) => {
    expect(await refusal(() => inspectWheel(init))).toBe(code)
  })

  test('is refused by name when its file name is not one', async () => {
    for (const path of [
      'foo.whl',
      'foo-1.0.whl',
      'foo-1.0-py3-none.whl',
      'foo-x-py3-none-any.whl',
      'foo-1.0-b-py3-none-any.whl',
      '-1.0-py3-none-any.whl'
    ]) {
      expect([path, await refusal(() => inspect(path, wheel({ name: 'foo', version: '1.0' })))]).toEqual([
        path,
        'PACKAGE_UNREADABLE'
      ])
    }
  })

  test('that is cut off is refused', async () => {
    const bytes = wheel({ name: 'foo', version: '1.0' })
    expect(await refusal(() => inspect('foo-1.0-py3-none-any.whl', bytes.subarray(0, -5)))).toBe('ARCHIVE_BROKEN')
  })

  test('names itself in the message of the error', async () => {
    const attempt = inspectWheel(
      { name: 'foo', version: '1.0', says: { name: 'bar' } },
      'some/folder/foo-1.0-py3-none-any.whl'
    )
    await expect(attempt).rejects.toThrow('some/folder/foo-1.0-py3-none-any.whl: the file inside says bar 1.0')
  })

  test('with metadata at the limit is taken, one byte more is not', async () => {
    const build = (size: number): Uint8Array => {
      const head = 'Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n\n'
      const metadata =
        head + Buffer.from(Array.from({ length: size - head.length }, (_, i) => 97 + ((i * i) % 26))).toString()
      return zipBytes([
        { name: 'foo-1.0.dist-info/METADATA', bytes: metadata },
        { name: 'foo-1.0.dist-info/WHEEL', bytes: 'Wheel-Version: 1.0\n' },
        { name: 'foo-1.0.dist-info/RECORD', bytes: '' }
      ])
    }
    expect(await refusal(() => inspect('foo-1.0-py3-none-any.whl', build(MAX_METADATA_BYTES)))).toBe('not refused')
    expect(await refusal(() => inspect('foo-1.0-py3-none-any.whl', build(MAX_METADATA_BYTES + 1)))).toBe(
      'ARCHIVE_TOO_LARGE'
    )
  })
})

describe('a source distribution', () => {
  test('is known by its PKG-INFO, however its name is spelled', async () => {
    for (const path of ['Foo.Bar-1.0.tar.gz', 'foo-bar-1.0.tar.gz', 'foo_bar-1.0.tar.gz']) {
      const found = await inspect(path, sdist({ name: 'Foo.Bar', version: '1.0', requiresPython: '>=3' }))
      expect(found).toEqual({
        path: 'foo-bar/foo_bar-1.0.tar.gz',
        details: { kind: 'sdist', project: 'foo-bar', version: '1.0', requiresPython: '>=3' }
      })
    }
  })

  test('may be a ZIP', async () => {
    const bytes = zipBytes([{ name: 'foo-1.0/PKG-INFO', bytes: 'Metadata-Version: 1.0\nName: foo\nVersion: 1.0\n' }])
    expect((await inspect('foo-1.0.zip', bytes)).path).toBe('foo/foo-1.0.zip')
  })

  test('whose name and PKG-INFO disagree is refused', async () => {
    expect(await refusal(() => inspect('foo-1.0.tar.gz', sdist({ name: 'bar', version: '1.0' })))).toBe(
      'PACKAGE_MISMATCH'
    )
    expect(
      await refusal(() => inspect('foo-1.0.tar.gz', sdist({ name: 'foo', version: '1.0', says: { version: '2' } })))
    ).toBe('PACKAGE_MISMATCH')
  })

  test('without PKG-INFO, or with two, is refused', async () => {
    expect(
      await refusal(() => inspect('foo-1.0.tar.gz', sdist({ name: 'foo', version: '1.0', leaveOut: 'PKG-INFO' })))
    ).toBe('PACKAGE_UNREADABLE')
    const two = sdist({ name: 'foo', version: '1.0', extra: [{ name: 'bar-1.0/PKG-INFO', bytes: 'Name: bar' }] })
    expect(await refusal(() => inspect('foo-1.0.tar.gz', two))).toBe('PACKAGE_UNREADABLE')
  })

  test('that escapes, is cut off, or is a bomb is refused', async () => {
    const escapes = sdist({ name: 'foo', version: '1.0', extra: [{ name: '../../etc/passwd', bytes: 'x' }] })
    expect(await refusal(() => inspect('foo-1.0.tar.gz', escapes))).toBe('ARCHIVE_UNSAFE')
    const whole = sdist({ name: 'foo', version: '1.0' })
    expect(await refusal(() => inspect('foo-1.0.tar.gz', whole.subarray(0, -1)))).toBe('ARCHIVE_BROKEN')
    const bomb = gzipSync(
      tarBytes([
        { name: 'foo-1.0/PKG-INFO', bytes: 'Name: foo\nVersion: 1.0\n' },
        { name: 'foo-1.0/z', bytes: new Uint8Array(2e7) }
      ])
    )
    expect(await refusal(() => inspect('foo-1.0.tar.gz', bomb))).toBe('ARCHIVE_UNSAFE')
  })

  test('of an R package is not one of Python', async () => {
    expect(
      await refusal(() =>
        inspect('R6_2.5.1.tar.gz', gzipSync(tarBytes([{ name: 'R6/DESCRIPTION', bytes: 'Package: R6' }])))
      )
    ).toBe('PACKAGE_UNREADABLE')
  })
})

describe('beside the packages', () => {
  test('indexes, signatures and leftovers are left out', () => {
    for (const path of [
      'index.html',
      'numpy/index.html',
      'numpy/numpy-1.0-py3-none-any.whl.metadata',
      'x/.DS_Store',
      'robots.txt',
      'a-1.tar.gz.asc'
    ]) {
      expect([path, pypiKind.leftOut(path) !== undefined]).toEqual([path, true])
    }
    for (const path of ['numpy/numpy-1.0-py3-none-any.whl', 'a-1.tar.gz'])
      expect(pypiKind.leftOut(path)).toBeUndefined()
  })

  test('the reason of a yanked file is kept', async () => {
    expect(await inspect('Foo-1.0-py3-none-any.whl.yanked', Buffer.from('deletes files\n'))).toEqual({
      path: 'foo/foo-1.0-py3-none-any.whl.yanked',
      details: { kind: 'yanked', reason: 'deletes files' }
    })
    expect(await refusal(() => inspect('foo-1.0-py3-none-any.whl.yanked', new Uint8Array(1025)))).toBe(
      'ARCHIVE_TOO_LARGE'
    )
  })

  test('another file is refused by its kind', async () => {
    expect(await refusal(() => inspect('README.txt', Buffer.from('hello')))).toBe('WRONG_KIND')
  })
})
