import { describe, expect, it } from 'vitest'
import { accepts, matches } from '../../../node/http/content-bytes.ts'
import { preferredForm } from '../../../node/http/error-answer.ts'

describe('the form of an error', () => {
  it.each([
    ['/api/room', 'text/html', 'json'],
    ['/pypi/simple/x/', 'text/html,application/xhtml+xml', 'page'],
    ['/pypi/simple/x/', 'application/vnd.pypi.simple.v1+json, text/html;q=0.1', 'page'],
    ['/pypi/simple/x/', 'application/vnd.pypi.simple.v1+json', 'json'],
    ['/x', 'application/json', 'json'],
    ['/x', '*/*', 'text'],
    ['/x', undefined, 'text']
  ])('of %s for %s is %s', (url, accept, form) => {
    expect(preferredForm(url, accept)).toBe(form)
  })
})

describe('If-None-Match', () => {
  it.each([
    ['"a"', true],
    ['W/"a"', true],
    ['"b", "a"', true],
    ['*', true],
    ['"b"', false],
    ['a', false],
    [undefined, false]
  ])('%s', (header, expected) => {
    expect(matches(header, '"a"')).toBe(expected)
  })
})

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['gzip, deflate', true],
    ['br;q=1.0, gzip;q=0.8', true],
    ['GZIP', true],
    ['gzip;q=0', false],
    ['gzip; q = 0.000', false],
    ['identity', false],
    ['*', false],
    ['x-gzip', false],
    [undefined, false]
  ])('%s', (header, expected) => {
    expect(accepts(header, 'gzip')).toBe(expected)
  })
})
