import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_NAME_UNITS, MAX_PATH_UNITS } from '../../../node/sticks/limits.ts'
import { StickNames } from '../../../node/sticks/stick-names.ts'

/** Microsoft's rules and those of FAT's long names, written down a second time. */
function isFit(path: string): boolean {
  if (path.length > MAX_PATH_UNITS) return false
  return path.split('/').every((part) => {
    const stem = (part.split('.')[0] ?? '').toUpperCase()
    const reserved = ['CON', 'PRN', 'AUX', 'NUL', ...[...'123456789'].flatMap((n) => [`COM${n}`, `LPT${n}`])]
    return (
      part !== '' &&
      part.length <= MAX_NAME_UNITS &&
      ![...part].some((character) => '<>:"\\|?*\x7f'.includes(character) || character < ' ') &&
      !part.endsWith('.') &&
      !part.endsWith(' ') &&
      !reserved.includes(stem)
    )
  })
}

describe('names on a stick', () => {
  test.each([
    ['fig/plan.png', 'fig/plan.png'],
    ['assets/style.css?v=3', 'assets/style.css_v=3'],
    ['con.html', '_con.html'],
    ['aux/Lpt1.tar.gz', '_aux/_Lpt1.tar.gz'],
    ['notes. ', 'notes__'],
    ['a:b|c*.txt', 'a_b_c_.txt'],
    ['console.html', 'console.html']
  ])('%s is %s', (path, name) => {
    expect(new StickNames([path]).of(path)).toBe(name)
  })

  test('two that differ in case only, or in how an accent is written, get two names; the first keeps its own', () => {
    const paths = ['Data.csv', 'data.csv', 'caf\u00e9.html', 'CAFE\u0301.html', 'x?.png', 'x_.png']
    const names = new StickNames(paths)
    expect(names.of('Data.csv')).toBe('Data.csv')
    expect(names.of('data.csv')).toMatch(/^data-[0-9a-f]{16}\.csv$/)
    expect(names.of('x?.png')).toBe('x_.png')
    expect(new Set(paths.map((path) => names.of(path).normalize('NFC').toLowerCase())).size).toBe(paths.length)
  })

  test('a file never has the name of a folder', () => {
    const names = new StickNames(['Fig', 'fig/one.png'])
    expect(names.of('fig/one.png')).toBe('fig/one.png')
    expect(names.of('Fig')).not.toBe('Fig')
  })

  test('at most so long, and one longer is cut and still its own', () => {
    const fits = `${'a'.repeat(MAX_PATH_UNITS - 4)}.png`
    const one = `${'a'.repeat(MAX_PATH_UNITS - 3)}.png`
    const two = `${'a'.repeat(MAX_PATH_UNITS - 3)}b.png`
    const names = new StickNames([fits, one, two])
    expect(names.of(fits)).toBe(fits)
    expect(names.of(one)).toMatch(/^long-names\/[0-9a-f]{16}\.png$/)
    expect(names.of(two)).not.toBe(names.of(one))
    const part = `${'ü'.repeat(MAX_NAME_UNITS + 1)}.png`
    expect(isFit(new StickNames([part]).of(part))).toBe(true)
  })

  test('any set of paths of any system: every name fits, no two meet, and asking again says the same', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
      fc.constantFrom('CON', 'nul.txt', 'A', 'a', 'ä', 'a\u0308', 'x.', 'x ', 'lpt9', 'index.html?v=1')
    )
    const clean = part.map((text) => text.replaceAll('/', '') || 'x').filter((text) => text !== '.' && text !== '..')
    const path = fc.array(clean, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 40 }), (paths) => {
        const names = new StickNames(paths)
        const all = paths.map((one) => names.of(one))
        for (const name of all) expect(isFit(name), JSON.stringify(name)).toBe(true)
        expect(new Set(all.map((name) => name.normalize('NFC').toLowerCase())).size).toBe(paths.length)
        const again = new StickNames(paths)
        expect(paths.map((one) => again.of(one))).toEqual(all)
      }),
      { numRuns: 1000 }
    )
  })
})
