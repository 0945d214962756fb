import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, percent } from '../../../web-client/formats.ts'
import { chooseLanguage, LANGUAGES } from '../../../web-client/languages.ts'
import { systemOf } from '../../../web-client/visitor.ts'

describe('sizes', () => {
  it.each([
    [0, 'en', '0\u00a0B'],
    [999, 'en', '999\u00a0B'],
    [1_000, 'en', '1\u00a0kB'],
    [1_450, 'en', '1.5\u00a0kB'],
    [999_499, 'en', '999\u00a0kB'],
    [999_999, 'en', '1\u00a0MB'],
    [3_400_000_000, 'es', '3,4\u00a0GB'],
    [2e15, 'en', '2,000\u00a0TB']
  ] as const)('%d in %s', (bytes, language, text) => {
    expect(formatBytes(bytes, language)).toBe(text)
  })

  it('never say that all is there while something is missing', () => {
    expect(percent(999, 1_000)).toBe(99)
    expect(percent(1_000, 1_000)).toBe(100)
    expect(percent(0, 0)).toBe(100)
    fc.assert(fc.property(fc.nat(), fc.nat(), (part, whole) => percent(part, whole) < 100 || part >= whole))
  })
})

describe('the language of a visitor', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'en'],
    ['es', 'es'],
    ['pt-BR,pt;q=0.9,en;q=0.8', 'pt'],
    ['de, fr;q=0.7, es;q=0.9', 'es'],
    ['FR-ca', 'fr'],
    ['en;q=0, es;q=0.1', 'es'],
    ['es;q=2', 'en'],
    ['es;q=x', 'es'],
    ['fr;q=0.5, es;q=0.5', 'fr']
  ])('of %s is %s', (header, language) => {
    expect(chooseLanguage(header)).toBe(language)
  })

  it('is always one of ours, and cheap to find', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (header) => LANGUAGES.includes(chooseLanguage(header))))
    expect(chooseLanguage(`${'xx,'.repeat(100_000)}es`)).toBe('en')
  })
})

describe('the system of a visitor', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36', 'windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 'macos'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0)', 'linux'],
    ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)', 'linux'],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8)', 'other'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)', 'other'],
    [undefined, 'other']
  ])('%s', (agent, system) => {
    expect(systemOf(agent)).toBe(system)
  })
})
