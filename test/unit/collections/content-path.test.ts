import { resolve, sep } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  caseKey,
  comparePaths,
  isCollectionName,
  MAX_PART_BYTES,
  MAX_PATH_BYTES,
  MAX_PATH_PARTS,
  pathFault
} from '../../../protocols/content-path.ts'

describe('a path of a collection', () => {
  const good = [
    'a',
    'a/b.html',
    'fig/01-größe.png',
    '文書/図.svg',
    'style.css?v=1',
    'a b',
    '-x',
    '...',
    'a/..b/c',
    'CON'
  ]
  for (const path of good) test(`may be ${path}`, () => expect(pathFault(path)).toBeUndefined())

  const bad = [
    '',
    '/',
    '/etc/passwd',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/./b',
    'a/..',
    'a\\b',
    '..\\a',
    'a\0b'
  ]
  const worse = ['a\nb', 'a\u007f', 'a\u0085', 'gp\u202egpj.exe', 'a\u2028b', '\ufeffa', 'a\ufffd', 'e\u0301', '\ud800']
  for (const path of [...bad, ...worse])
    test(`may not be ${JSON.stringify(path)}`, () => expect(pathFault(path)).toBeTypeOf('string'))

  test('keeps its limits: at each it may be, one past it may not', () => {
    const at = (path: string): boolean => pathFault(path) === undefined
    expect([at('x'.repeat(MAX_PART_BYTES)), at('x'.repeat(MAX_PART_BYTES + 1))]).toEqual([true, false])
    // 300 bytes in 150 characters.
    expect(at('é'.repeat(150))).toBe(false)
    const long = `${'x'.repeat(200)}/`.repeat(5)
    expect([at(long.padEnd(MAX_PATH_BYTES, 'y')), at(long.padEnd(MAX_PATH_BYTES + 1, 'y'))]).toEqual([true, false])
    const parts = Array.from({ length: MAX_PATH_PARTS }, () => 'd')
    expect([at(parts.join('/')), at([...parts, 'd'].join('/'))]).toEqual([true, false])
  })

  test('never leads out of the folder that it is put into (50,000 inputs)', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '\0',
      'a',
      ' ',
      '~',
      'C:',
      '..%2f',
      '\u2024',
      '．',
      '∕',
      ''
    )
    const path = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((all) => all.join(''))
    )
    const root = resolve('/srv/collection')
    let accepted = 0
    fc.assert(
      fc.property(path, (one) => {
        if (pathFault(one) !== undefined) return
        accepted++
        const real = resolve(root, one)
        expect(real.startsWith(root + sep)).toBe(true)
        // And nothing was resolved away: one path, one place.
        expect(real).toBe(`${root}/${one}`)
      }),
      { numRuns: 50_000 }
    )
    expect(accepted).toBeGreaterThan(5_000)
  })
})

test('paths sort by the bytes of their UTF-8', () => {
  const path = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', '\uffff', '\u{10000}', '\ue000') })
  )
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 5_000 }
  )
})

test('two spellings of one name have one case key', () => {
  expect(caseKey('Fig/É.png')).toBe(caseKey('fig/e\u0301.PNG'))
  expect(caseKey('a')).not.toBe(caseKey('b'))
})

test('a collection has a name that fits into an address', () => {
  for (const name of ['lessons', 'pypi', 'a', 'my-lessons-2']) expect(isCollectionName(name)).toBe(true)
  for (const name of ['', 'A', '-a', 'a-', 'a/b', '..', 'a b', 'x'.repeat(41), 'ä'])
    expect(isCollectionName(name)).toBe(false)
})
