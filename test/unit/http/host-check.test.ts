import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOwnOrigin, visitedHost } from '../../../node/http/host-check.ts'

const OWN = new Set(['pi-front', 'pi-front.local', 'class.lan'])

describe('the host that a visitor asked for', () => {
  it.each([
    ['192.168.1.20', '192.168.1.20', false],
    ['192.168.1.20:8080', '192.168.1.20', false],
    ['127.0.0.1:8080', '127.0.0.1', true],
    ['localhost:8080', 'localhost', true],
    ['demo.localhost', 'demo.localhost', true],
    ['[::1]:8080', '::1', true],
    ['[fd00::1]', 'fd00::1', false],
    ['PI-Front.local:8080', 'pi-front.local', false],
    ['class.lan.', 'class.lan', false]
  ])('%s is ours', (header, name, loopback) => {
    expect(visitedHost(header, OWN)).toEqual({ host: header.toLowerCase(), name, loopback })
  })

  it.each([
    'evil.example',
    'evil.example:8080',
    '192.168.1.20.evil.example',
    '192.168.1.20.nip.io',
    'localhost.evil.example',
    'xlocalhost',
    '127.1',
    '0x7f.1',
    '2130706433',
    '[192.168.1.20]',
    'fd00::1',
    '[::1',
    '',
    ' ',
    'a b',
    'user@127.0.0.1',
    '127.0.0.1:99999',
    '127.0.0.1:',
    'pi-front/evil'
  ])('%j is not', (header) => {
    expect(visitedHost(header, OWN)).toBeUndefined()
  })

  it('is never a name that nobody gave us', () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(visitedHost(name, OWN)).toBeUndefined()
      }),
      { numRuns: 10_000 }
    )
  })

  it('makes an origin ours only when scheme, name and port are the same', () => {
    const visited = visitedHost('192.168.1.20:8080', OWN)
    if (!visited) throw new Error('not ours')
    expect(isOwnOrigin('http://192.168.1.20:8080', visited)).toBe(true)
    for (const origin of [
      undefined,
      'null',
      'http://192.168.1.20',
      'http://192.168.1.20:8081',
      'https://192.168.1.20:8080',
      'http://evil.example'
    ])
      expect(isOwnOrigin(origin, visited)).toBe(false)
  })
})
