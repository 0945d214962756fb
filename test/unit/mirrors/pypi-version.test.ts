import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareVersions, parseVersion, type Version } from '../../../node/mirrors/pypi/version.ts'

/** In order; from the tests of `packaging` (tests/test_version.py, VERSIONS), which are those of PEP 440. */
const IN_ORDER = [
  '1.0.dev456',
  '1.0a1',
  '1.0a2.dev456',
  '1.0a12.dev456',
  '1.0a12',
  '1.0b1.dev456',
  '1.0b2',
  '1.0b2.post345.dev456',
  '1.0b2.post345',
  '1.0b2-346',
  '1.0c1.dev456',
  '1.0c1',
  '1.0rc2',
  '1.0c3',
  '1.0',
  '1.0.post456.dev34',
  '1.0.post456',
  '1.1.dev1',
  '1.2+123abc',
  '1.2+123abc456',
  '1.2+abc',
  '1.2+abc123',
  '1.2+abc123def',
  '1.2+1234.abc',
  '1.2+123456',
  '1.2.r32+123456',
  '1.2.rev33+123456',
  '1!1.0.dev456',
  '1!1.0a1',
  '1!1.0',
  '1!1.0.post456',
  '1!1.2.rev33+123456'
]

const NORMALIZED: readonly [string, string][] = [
  ['1.0.DEV', '1.0.dev0'],
  ['1.0dev6', '1.0.dev6'],
  ['1.0-a', '1.0a0'],
  ['1.0.alpha.1', '1.0a1'],
  ['1.0-beta', '1.0b0'],
  ['1.0c', '1.0rc0'],
  ['1.0-preview1', '1.0rc1'],
  ['1.0-post', '1.0.post0'],
  ['1.0-1', '1.0.post1'],
  ['1.0r5', '1.0.post5'],
  ['v1.0', '1.0'],
  [' 1.0\t', '1.0'],
  ['01.002', '1.2'],
  ['0!1.0', '1.0'],
  ['1!2.0', '1!2.0'],
  ['1.0+Ubuntu-1', '1.0+ubuntu.1'],
  ['1.0+001', '1.0+1'],
  ['20240101123456789012345.1', '20240101123456789012345.1']
]

const version = (text: string): Version => {
  const found = parseVersion(text)
  if (!found) throw new Error(`${text} is no version`)
  return found
}

describe('versions of Python packages', () => {
  test('are ordered as PEP 440 orders them', () => {
    const parsed = IN_ORDER.map(version)
    for (let i = 0; i < parsed.length; i++) {
      for (let j = 0; j < parsed.length; j++) {
        const [a, b] = [parsed[i] as Version, parsed[j] as Version]
        expect([a.text, b.text, Math.sign(compareVersions(a, b))]).toEqual([a.text, b.text, Math.sign(i - j)])
      }
    }
  })

  test.each(NORMALIZED)('%j is written %s', (text, normalized) => {
    expect(parseVersion(text)?.text).toBe(normalized)
  })

  test.each([
    ['1.0', '1'],
    ['1.0', '1.0.0.0'],
    ['1.0rc1', '1.0c1'],
    ['1.0.post1', '1.0-1'],
    ['1!0', '1!0.0']
  ])('%s and %s are the same', (a, b) => {
    expect(compareVersions(version(a), version(b))).toBe(0)
  })

  test.each([
    '',
    'french toast',
    '1.0+a+',
    '1.0++',
    '1.0+_foobar',
    '1..0',
    '1.0-1-1',
    '1.0!',
    'a1',
    '1.0.',
    '1'.repeat(257)
  ])('%j is no version', (text) => {
    expect(parseVersion(text)).toBeUndefined()
  })

  test('of 256 characters are at the limit', () => {
    expect(parseVersion('1'.repeat(256))?.text).toBe('1'.repeat(256))
  })

  const part = fc.nat(30)
  const arbitraryVersion = fc
    .record({
      epoch: fc.option(part),
      release: fc.array(part, { minLength: 1, maxLength: 4 }),
      pre: fc.option(fc.tuple(fc.constantFrom('a', 'b', 'rc'), part)),
      post: fc.option(part),
      dev: fc.option(part),
      local: fc.option(fc.array(fc.constantFrom('abc', '12', '7', 'x1'), { minLength: 1, maxLength: 3 }))
    })
    .map(({ epoch, release, pre, post, dev, local }) =>
      [
        epoch === null ? '' : `${epoch}!`,
        release.join('.'),
        pre === null ? '' : pre.join(''),
        post === null ? '' : `.post${post}`,
        dev === null ? '' : `.dev${dev}`,
        local === null ? '' : `+${local.join('.')}`
      ].join('')
    )

  test('are parsed to what they normalize to, and ordered consistently', () => {
    fc.assert(
      fc.property(arbitraryVersion, arbitraryVersion, arbitraryVersion, (x, y, z) => {
        const [a, b, c] = [version(x), version(y), version(z)]
        expect(version(a.text)).toEqual(a)
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0)
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 5000 }
    )
  })

  test('take no long time however odd the text is', () => {
    for (const odd of [
      '1'.repeat(255),
      '1.'.repeat(128),
      `1${'.0'.repeat(120)}x`,
      `1+${'a.'.repeat(120)}`,
      `1${'-'.repeat(250)}`,
      ' '.repeat(256)
    ]) {
      const before = process.cpuUsage().user
      parseVersion(odd)
      expect(process.cpuUsage().user - before).toBeLessThan(100_000)
    }
  })
})
