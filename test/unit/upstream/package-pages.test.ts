/** What an index says, read by what nobody can trust: sound pages give their files, anything else gives nothing or a clear error, at a bounded cost. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_FILES_OF_PROJECT, MAX_R_PACKAGES } from '../../../node/upstream/limits.ts'
import { parseMarker } from '../../../node/upstream/python/marker.ts'
import { buildRequirements, requirementsOf } from '../../../node/upstream/python/package-metadata.ts'
import { parseRequirement } from '../../../node/upstream/python/requirement.ts'
import { parseSimpleHtml, parseSimpleJson } from '../../../node/upstream/python/simple-index.ts'
import { parseRIndex } from '../../../node/upstream/r/r-index.ts'
import { wantTarget } from '../../../node/upstream/want-target.ts'
import { JoineryError } from '../../../protocols/errors.ts'

const PAGE = new URL('https://index.example/simple/alpha/')
const HASH = 'ab'.repeat(32)
const INPUTS = { numRuns: 100_000 }

const page = (files: unknown): string => JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'alpha', files })
const json = (files: unknown): unknown[] =>
  parseSimpleJson(page(files), PAGE, 'alpha').map(({ fileName, version, kind, address }) => [
    fileName,
    version.text,
    kind,
    address.href
  ])

describe('a page of a project', () => {
  const wheel = {
    filename: 'alpha-1.0-py3-none-any.whl',
    url: '../../f/alpha-1.0-py3-none-any.whl',
    hashes: { sha256: HASH }
  }

  test('as JSON and as HTML says the same', () => {
    const said = { ...wheel, 'requires-python': '>=3.9', yanked: 'broken', 'core-metadata': { sha256: HASH } }
    const html = `<!DOCTYPE html><a href="../../f/alpha-1.0-py3-none-any.whl#sha256=${HASH}" data-requires-python="&gt;=3.9" data-yanked="broken" data-core-metadata="sha256=${HASH}">x</a>`
    const found = parseSimpleJson(page([said]), PAGE, 'alpha')
    expect(found).toEqual(parseSimpleHtml(html, PAGE, 'alpha'))
    expect(found).toMatchObject([{ requiresPython: '>=3.9', yanked: 'broken', metadataSha256: HASH, sha256: HASH }])
    expect(found[0]?.address.href).toBe('https://index.example/f/alpha-1.0-py3-none-any.whl')
  })

  test('gives nothing for what has no hash, another name, or a name that leads elsewhere', () => {
    expect(json([wheel])).toHaveLength(1)
    for (const bad of [
      { ...wheel, hashes: { md5: HASH } },
      { ...wheel, hashes: { sha256: 'xy' } },
      { ...wheel, filename: 'beta-1.0-py3-none-any.whl' },
      { ...wheel, filename: '../alpha-1.0-py3-none-any.whl' },
      { ...wheel, filename: 'alpha-1.0-py3-none-any.exe' },
      { ...wheel, filename: `alpha-1.0-${'py3.'.repeat(50)}py3-none-any.whl` },
      { ...wheel, url: `https://x/${'y'.repeat(2000)}` },
      { ...wheel, url: 7 },
      null,
      'x'
    ])
      expect(json([bad])).toEqual([])
  })

  test('of another package, or that is none, is refused; so is one with far too many files', () => {
    for (const text of [
      '',
      '[]',
      '{"meta":{"api-version":"2.0"},"name":"alpha","files":[]}',
      '{"meta":{"api-version":"1.0"},"name":"beta","files":[]}'
    ])
      expect(() => parseSimpleJson(text, PAGE, 'alpha')).toThrow(JoineryError)
    const many = (count: number): unknown[] => Array.from({ length: count }, () => 0)
    expect(json(many(MAX_FILES_OF_PROJECT))).toEqual([])
    expect(() => json(many(MAX_FILES_OF_PROJECT + 1))).toThrow('more files than any package has')
  })

  test(`is read or refused, whatever it says (100,000 pages)`, () => {
    const part = fc.constantFrom(
      '<a ',
      'href="',
      'alpha-1.0.tar.gz',
      `#sha256=${HASH}`,
      '">',
      '<base ',
      '"',
      '<!--',
      'data-yanked',
      'https://',
      '[::',
      '\n',
      '%'
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 8 })), { maxLength: 20 }), (parts) => {
        for (const { project, sha256 } of parseSimpleHtml(parts.join(''), PAGE, 'alpha'))
          expect([project, sha256]).toEqual(['alpha', HASH])
      }),
      INPUTS
    )
    const value = fc.oneof(
      fc.constantFrom('alpha', 'alpha-1.0.tar.gz', HASH, '1.0', true, null, {}, [], 3),
      fc.string({ maxLength: 10 })
    )
    const file = fc.record({
      filename: value,
      url: value,
      hashes: fc.record({ sha256: value }),
      size: value,
      yanked: value,
      'core-metadata': value
    })
    fc.assert(
      fc.property(fc.array(file, { maxLength: 3 }), (files) => {
        for (const one of parseSimpleJson(page(files), PAGE, 'alpha')) expect(one.sha256).toBe(HASH)
      }),
      { numRuns: 20_000 }
    )
  })
})

test('requirements and conditions are read or left alone, whatever they say (100,000 texts)', () => {
  const part = fc.constantFrom(
    'alpha',
    '[',
    ']',
    ',',
    '>=',
    '1.0',
    '.*',
    ';',
    ' and ',
    ' or ',
    'extra',
    '==',
    '"',
    "'",
    '(',
    ')',
    'python_version',
    ' not in ',
    '@',
    ' '
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ arbitrary: part, weight: 5 }, fc.string({ maxLength: 4 })), { maxLength: 16 }),
      (parts) => {
        const text = parts.join('')
        const found = parseRequirement(text)
        if (found) expect(found.project).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/)
        parseMarker(text)
      }
    ),
    INPUTS
  )
  expect(parseMarker(`${'('.repeat(30)}extra == "a"${')'.repeat(30)}`)).toBeUndefined()
  expect(parseRequirement(`alpha${' '.repeat(5000)}`)).toBeUndefined()
})

test('what a package needs stands in its header, and what builds it in its project file', () => {
  const text = 'Name: a\r\nRequires-Dist: beta>=1;\r\n  extra == "x"\r\nRequires-Dist: ???\r\n\r\nRequires-Dist: no\r\n'
  expect(requirementsOf(Buffer.from(text)).map(({ project, marker }) => [project, marker !== undefined])).toEqual([
    ['beta', true]
  ])
  const names = (toml: string | undefined): string[] =>
    buildRequirements(toml === undefined ? undefined : Buffer.from(toml)).map(({ project }) => project)
  expect(names('[build-system]\nrequires = ["tiny_build", 3]')).toEqual(['tiny-build'])
  expect(names('[build-system]\nrequires = ["tiny_build>1"]')).toEqual(['tiny-build'])
  expect(names(undefined)).toEqual(['setuptools', 'wheel'])
  expect(names('no toml [')).toEqual(['setuptools', 'wheel'])
})

describe('a list of R packages', () => {
  test('gives names, versions and needs, and leaves out what is none', () => {
    const text = `Package: dplyr\nVersion: 1.1.4\nDepends: R (>= 3.5.0)\nImports: cli (>= 3.4.0), methods,\n        R6\nMD5sum: ${'0a'.repeat(16)}\n\nPackage: ../x\nVersion: 1.0\n\nPackage: y\n\nPackage: MASS\nVersion: 7.3-60\nPath: 4.4.0/Recommended\n\nPackage: up\nVersion: 1.0\nPath: ../../x\n`
    expect([...parseRIndex(text).values()].flat()).toEqual([
      {
        ...{ packageName: 'dplyr', version: '1.1.4', leastR: '3.5.0', md5: '0a'.repeat(16) },
        needs: [{ packageName: 'cli', least: '3.4.0' }, { packageName: 'R6' }]
      },
      { packageName: 'MASS', version: '7.3-60', needs: [], leastR: '0.0', folder: '4.4.0/Recommended' }
    ])
  })

  test('is read up to its limit, and not past it', () => {
    const list = (count: number): string => 'Package: aa\n\n'.repeat(count)
    expect(parseRIndex(list(MAX_R_PACKAGES)).size).toBe(0)
    expect(() => parseRIndex(list(MAX_R_PACKAGES + 1))).toThrow('far too long')
    expect(() => parseRIndex(`Package: aa\nX: ${'y'.repeat(70_000)}`)).toThrow('far too long')
  })

  test('is read or refused, whatever it says (100,000 lists)', () => {
    const part = fc.constantFrom(
      'Package: ',
      'aa',
      '\n',
      '\r\n',
      'Version: ',
      '1.0',
      'Imports: ',
      'b (>= ',
      ')',
      ',',
      'Path: ',
      '..',
      '/',
      ' '
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ arbitrary: part, weight: 5 }, fc.string({ maxLength: 4 })), { maxLength: 24 }),
        (parts) => {
          for (const record of [...parseRIndex(parts.join('')).values()].flat()) {
            expect(record.packageName).toMatch(/^[A-Za-z][A-Za-z0-9.]*$/)
            expect(record.folder ?? '').not.toContain('..')
          }
        }
      ),
      INPUTS
    )
  })
})

test('what a want is about is read from what a stranger sent', () => {
  const want = { count: 1, learners: 1, who: [] }
  expect(
    wantTarget({
      ...want,
      collection: 'pypi',
      name: 'Foo_Bar',
      runs: 'Python',
      version: '3.11',
      system: 'Linux',
      cpu: 'x86_64',
      target: 'Python 3.11, Linux x86_64 (glibc 2.36)'
    })
  ).toEqual({
    ...{ kind: 'python', project: 'foo-bar' },
    target: { version: [3, 11], system: 'Linux', cpu: 'x86_64', libc: { kind: 'glibc', major: 2, minor: 36 } }
  })
  const r = (more: object): unknown => wantTarget({ ...want, collection: 'cran', name: 'dplyr', runs: 'R', ...more })
  expect(r({})).toMatchObject({ folder: 'src/contrib' })
  expect(r({ version: '4.4', system: 'Windows' })).toMatchObject({ folder: 'bin/windows/contrib/4.4', rVersion: '4.4' })
  expect(r({ version: '4.4', system: 'macOS', target: 'R 4.4, macOS (big-sur-arm64)' })).toMatchObject({
    folder: 'bin/macosx/big-sur-arm64/contrib/4.4'
  })
  expect(r({ version: '4.4', system: 'macOS', target: 'R 4.4, macOS (../x)' })).toMatchObject({
    folder: 'bin/macosx/contrib/4.4'
  })
  expect(r({ version: '4/../x', system: 'Windows' })).toMatchObject({ folder: 'src/contrib' })
  for (const [collection, name] of [
    ['pypi', '../x'],
    ['pypi', ''],
    ['cran', 'a/b'],
    ['cran', 'R'],
    ['lessons', 'x']
  ] as const)
    expect(() => wantTarget({ ...want, collection, name })).toThrow(JoineryError)
})
