import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_TARGET_CHARACTERS } from '../../../node/http/limits.ts'
import { parseRequestTarget } from '../../../node/http/request-path.ts'
import { JoineryError } from '../../../protocols/errors.ts'

function codeOf(target: string): string {
  try {
    parseRequestTarget(target)
    return 'accepted'
  } catch (error) {
    return error instanceof JoineryError ? error.code : 'crashed'
  }
}

describe('the path of a request', () => {
  it.each([
    ['/', '/', ''],
    ['/pypi/simple/?format=json', '/pypi/simple/', 'format=json'],
    ['/pypi/torch/torch-2.0%2Bcpu-cp312.whl', '/pypi/torch/torch-2.0+cpu-cp312.whl', ''],
    ['/pypi/torch/torch-2.0+cpu.whl', '/pypi/torch/torch-2.0+cpu.whl', ''],
    ['/lessons/espa%C3%B1ol/', '/lessons/español/', ''],
    ['/lessons/cafe%CC%81/', '/lessons/café/', ''],
    ['/lessons/a%20b%23c%3Fd.html', '/lessons/a b#c?d.html', ''],
    ['/lessons/100%25.html', '/lessons/100%.html', ''],
    ['/a...b/..c/.well-known', '/a...b/..c/.well-known', ''],
    ['/%252e%252e/x', '/%2e%2e/x', '']
  ])('%s means %s', (target, path, search) => {
    expect(parseRequestTarget(target)).toEqual({ path, search })
  })

  it.each([
    '',
    'x',
    '*',
    'http://192.168.1.20/',
    '//evil.example/',
    '/a//b',
    '/..',
    '/a/../b',
    '/a/./b',
    '/a/.',
    '/%2e%2e/etc/passwd',
    '/%2E./x',
    '/a%2fb',
    '/a%2Fb',
    '/..%2f..%2fetc',
    '/a%5cb',
    '/a\\b',
    '/..\\..\\x',
    '/%00',
    '/a%0d%0ab',
    '/%7f',
    '/%c2%85',
    '/%e2%80%a8',
    '/%ff',
    '/%c0%ae%c0%ae/',
    '/%',
    '/%2',
    '/%zz',
    '/a#b',
    '/?a#b',
    '/%ed%a0%80'
  ])('%s is refused', (target) => {
    expect(codeOf(target)).toBe('BAD_PATH')
  })

  it('may be as long as the limit and not one longer', () => {
    expect(codeOf(`/${'a'.repeat(MAX_TARGET_CHARACTERS - 1)}`)).toBe('accepted')
    expect(codeOf(`/${'a'.repeat(MAX_TARGET_CHARACTERS)}`)).toBe('URL_TOO_LONG')
  })

  it('never leads out of a folder, whatever the encoding (50,000 inputs)', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '%2e%2e',
        '%2E%2e',
        '.%2e',
        '%252e%252e',
        '%c0%ae%c0%ae',
        '%e0%80%ae',
        '\\',
        '%5c',
        '%5C..%5C'
      ),
      fc.constantFrom(
        '%2f',
        '%2F',
        '/',
        '//',
        '%00',
        '\0',
        '%0a',
        '%u002e',
        '..;',
        '..%00',
        'CON',
        'C:',
        '~',
        '‥',
        '．．',
        '%ef%bc%8e'
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.string({ maxLength: 6 }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc
        .uint8Array({ maxLength: 4 })
        .map((bytes) => [...bytes].map((one) => `%${one.toString(16).padStart(2, '0')}`).join(''))
    )
    const target = fc
      .array(part, { maxLength: 8 })
      .chain((parts) => fc.constantFrom('/', '').map((joint) => `/${parts.join(joint)}`))
    let accepted = 0
    fc.assert(
      fc.property(target, (text) => {
        let path: string
        try {
          path = parseRequestTarget(text).path
        } catch (error) {
          expect(error).toBeInstanceOf(JoineryError)
          return
        }
        accepted++
        const joined = posix.join('/srv/content', path)
        expect(joined === '/srv/content' || joined.startsWith('/srv/content/')).toBe(true)
        expect(joined.replace(/\/$/, '')).toBe(`/srv/content${path}`.replace(/\/$/, ''))
        expect(path).not.toMatch(/\\|\0|[\r\n]/)
        expect(path).toBe(path.normalize('NFC'))
      }),
      { numRuns: 50_000 }
    )
    // A rule that refuses everything would pass the above.
    expect(accepted).toBeGreaterThan(1_000)
  })

  it('is the same after it was encoded again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        (parts) => {
          const target = `/${parts.map((part) => encodeURIComponent(part)).join('/')}`
          let first: string
          try {
            first = parseRequestTarget(target).path
          } catch {
            return
          }
          const again = first.split('/').map(encodeURIComponent).join('/')
          expect(parseRequestTarget(again).path).toBe(first)
        }
      )
    )
  })
})
