import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PLAIN_HTML, pickSimpleType, SIMPLE_HTML, SIMPLE_JSON } from '../../../node/mirrors/pypi/accept.ts'

const PIP = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01'
const CHROMIUM = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8'

describe('the content type of an index', () => {
  test.each([
    ['pip since 22.3', PIP, SIMPLE_JSON],
    ['older pip', 'text/html', PLAIN_HTML],
    ['a browser', CHROMIUM, PLAIN_HTML],
    ['curl', '*/*', PLAIN_HTML],
    ['who sends nothing', undefined, PLAIN_HTML],
    ['who asks for the latest JSON', 'application/vnd.pypi.simple.latest+json', SIMPLE_JSON],
    ['who asks for the latest HTML', 'application/vnd.pypi.simple.latest+html', SIMPLE_HTML],
    ['who prefers the newer HTML', `${SIMPLE_HTML};q=0.9, text/html;q=0.8`, SIMPLE_HTML],
    ['who prefers HTML to JSON by q', `${SIMPLE_JSON};q=0.2, text/html;q=0.3`, PLAIN_HTML],
    ['who rules HTML out', 'text/html;q=0, */*', SIMPLE_JSON],
    ['who takes any application', 'application/*', SIMPLE_JSON],
    ['who writes in capitals', SIMPLE_JSON.toUpperCase(), SIMPLE_JSON],
    ['who writes spaces', ` ${SIMPLE_JSON} ; q = 1 , text/html ; q=0.5`, SIMPLE_JSON],
    ['who takes nothing that we have', 'image/png', PLAIN_HTML],
    ['who sends an impossible q', `${SIMPLE_JSON};q=7, text/html;q=0.1`, PLAIN_HTML],
    ['who sends no number as q', `${SIMPLE_JSON};q=x, text/html;q=0.1`, PLAIN_HTML],
    ['who sends an empty header', '', PLAIN_HTML]
  ])('for %s', (_, accept, expected) => {
    expect(pickSimpleType(accept, null)).toBe(expected)
  })

  test('can be asked for in the address', () => {
    expect(pickSimpleType('text/html', SIMPLE_JSON)).toBe(SIMPLE_JSON)
    expect(pickSimpleType(PIP, 'text/html')).toBe(PLAIN_HTML)
    expect(pickSimpleType('text/html', 'application/vnd.pypi.simple.latest+json')).toBe(SIMPLE_JSON)
    expect(pickSimpleType(PIP, 'constructor')).toBe(SIMPLE_JSON)
  })

  test('is one of the three for every header', () => {
    const piece = fc.constantFrom(
      SIMPLE_JSON,
      SIMPLE_HTML,
      'text/html',
      '*/*',
      'text/*',
      ';q=',
      ',',
      ';',
      '0.5',
      '=',
      ' ',
      'q',
      '\u0000'
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join(''))
        ),
        (accept) => {
          expect([PLAIN_HTML, SIMPLE_HTML, SIMPLE_JSON]).toContain(pickSimpleType(accept, null))
        }
      ),
      { numRuns: 20_000 }
    )
  })
})
