/** What an import remembers of a lesson's page, and what the search reads of it. */
import { describe, expect, test } from 'vitest'
import { MAX_LOADED_ADDRESSES_BYTES } from '../../../node/mirrors/lessons/limits.ts'
import { pageFacts } from '../../../node/mirrors/lessons/page-facts.ts'
import { pageText } from '../../../node/mirrors/lessons/page-text.ts'

describe('of a page the import remembers', () => {
  test('its title, its own address, and what its code reads', () => {
    const facts = pageFacts(
      Buffer.from(
        '<title> A &amp; é\n</title><link rel="canonical" href="https://a.example/x/"><code>curl https://a.example/1.csv, https://a.example/1.csv</code> https://a.example/no'
      ).toString('latin1')
    )
    expect(facts).toEqual({
      title: 'A & é',
      home: 'https://a.example/x/',
      codeAddresses: ['https://a.example/1.csv'],
      loads: []
    })
  })

  test('its title with the signs that generators write by name, and what is no name as it stands', () => {
    const titles = [
      'Basics &mdash; Git &hellip;',
      'Programaci&oacute;n &amp; &Eacute;tica',
      'a &copy; b&nbsp;c',
      '&constructor; &nosuch; &;'
    ]
    expect(titles.map((title) => pageFacts(`<title>${title}</title>`).title)).toEqual([
      'Basics \u2014 Git \u2026',
      'Programaci\u00f3n & \u00c9tica',
      'a \u00a9 b c',
      '&constructor; &nosuch; &;'
    ])
    expect(pageText('<p>a&nbsp;b caf&eacute;</p>', 9).words).toEqual(['a', 'b', 'caf\u00e9'])
  })

  test('the address in its linked data when there is no other', () => {
    expect(
      pageFacts(
        '<script type="application/ld+json">{"@id": "https://a.example/y", "url": "https://a.example/x"}</script>'
      ).home
    ).toBe('https://a.example/x')
    expect(pageFacts('<meta property="og:url" content="https://b.example/">').home).toBe('https://b.example/')
    expect(pageFacts('<link rel="canonical" href="/relative">').home).toBeUndefined()
    expect(pageFacts('<link rel="canonical" href="javascript:alert(1)">').home).toBeUndefined()
  })

  test('what it shows from the internet, as far as a browser asks for it by itself', () => {
    const { loads } = pageFacts(
      '<link rel=stylesheet href="https://a.example/a.css"><link rel=icon href="https://a.example/i.png">' +
        '<script src="//a.example/a.js"></script><img src=" https://a.example/a.png" srcset="https://a.example/b.png 2x">' +
        '<img src="local.png"><a href="https://a.example/page"><iframe src="https://a.example/video"></iframe>'
    )
    expect(loads).toEqual(['https://a.example/a.css', 'https://a.example/a.js', 'https://a.example/a.png'])
    const many = Array.from({ length: 500 }, (_, i) => `<img src="https://a.example/${i}.png">`).join('')
    const kept = pageFacts(many).loads.join('').length
    expect([kept <= MAX_LOADED_ADDRESSES_BYTES, kept > MAX_LOADED_ADDRESSES_BYTES - 30]).toEqual([true, true])
  })

  test('no more than fits into a manifest', () => {
    const many = Array.from({ length: 2000 }, (_, i) => `<code>https://a.example/${i}.csv</code>`).join('')
    const { codeAddresses } = pageFacts(many)
    expect(codeAddresses.join('').length).toBeLessThanOrEqual(8 * 1024)
    expect(codeAddresses.length).toBeGreaterThan(200)
  })
})
