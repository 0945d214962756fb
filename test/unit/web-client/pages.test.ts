import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { glanceOfOverview } from '../../../protocols/room-glance.ts'
import type { RoomOverview } from '../../../protocols/room-overview.ts'
import { pipLine, rLine } from '../../../web-client/client-lines.ts'
import { renderErrorPage } from '../../../web-client/error-page.ts'
import { renderFirstPage } from '../../../web-client/first-page.ts'
import { LANGUAGES } from '../../../web-client/languages.ts'
import { renderRoomPage } from '../../../web-client/room/room-page.ts'
import type { RoomAddresses, Visitor } from '../../../web-client/visitor.ts'
import { emptyRoom, sampleRoom } from '../../browser/sample-room.ts'

const addresses: RoomAddresses = { origins: ['http://192.168.1.20:8080', 'http://10.0.0.2:8080'], loopbackOnly: false }
const features = { hasNotes: true }
const renderDevicesPage = (overview: RoomOverview, who: Visitor): string =>
  renderRoomPage(glanceOfOverview(overview), who, { mayChange: false, sticks: [], folders: [] })
const visitor: Visitor = { language: 'en', system: 'macos', path: '/' }

describe('the first page', () => {
  it('shows what is here and how to use it from this address', () => {
    const page = renderFirstPage(sampleRoom, addresses, visitor, features)
    expect(page).toContain('href="/lessons/git-novice/"')
    expect(page).toContain(
      'pip install --index-url http://192.168.1.20:8080/pypi/simple/ --trusted-host 192.168.1.20 numpy'
    )
    expect(page).toContain('install.packages(&quot;dplyr&quot;, repos = &quot;http://192.168.1.20:8080/cran&quot;)')
    expect(page).toContain('aria-label="QR code for http://192.168.1.20:8080/"')
    expect(page).toContain('3 devices serve this room')
  })

  it('puts programs for the visitor’s own system first', () => {
    for (const [system, first] of [
      ['macos', 'R-4.4.1-arm64.pkg'],
      ['linux', 'amd64.deb'],
      ['windows', 'R-4.4.1-win.exe'],
      ['other', 'R-4.4.1-win.exe']
    ] as const) {
      const page = renderFirstPage(sampleRoom, addresses, { ...visitor, system }, features)
      const downloads = [...page.matchAll(/href="\/installers\/([^"]+)"/g)].map(([, path]) => path)
      expect(downloads[0]).toContain(first)
      expect(downloads).toHaveLength(6)
    }
  })

  it('leads to the shared notes where there are some, and only in a room', () => {
    expect(renderFirstPage(sampleRoom, addresses, visitor, features)).toContain('href="/notes/"')
    expect(renderFirstPage(sampleRoom, addresses, visitor, { hasNotes: false })).not.toContain('/notes/')
    const { room: _, ...outside } = emptyRoom
    expect(renderFirstPage(outside, addresses, visitor, features)).not.toContain('/notes/')
  })

  it('says on an empty one what to do', () => {
    const page = renderFirstPage(emptyRoom, addresses, visitor, features)
    expect(page).toContain('Nothing is here yet')
    expect(page).toContain('joinery import FOLDER')
    expect(page).not.toContain('pip install')
  })

  it('shows the code of a device that asks to be let in, and no advice to import', () => {
    const { room: _, ...outside } = emptyRoom
    const page = renderFirstPage({ ...outside, asking: { code: '402771' } }, addresses, visitor, features)
    expect(page).toContain('402\u00a0771')
    const several = renderFirstPage(
      { ...outside, asking: { code: '402771', others: ['918252'] } },
      addresses,
      visitor,
      features
    )
    expect(several).toMatch(/402\u00a0771[\s\S]*918\u00a0252/)
    expect(several).toContain('Each device of the room has a code of its own')
    expect(page).not.toContain('joinery import')
    expect(renderFirstPage({ ...outside, asking: {} }, addresses, visitor, features)).toContain(
      'Looking for a room nearby'
    )
  })

  it('does not put a package name into a line to paste that is not one', () => {
    const python = { count: 1, sizeBytes: 1, names: ['x; rm -rf ~'] }
    const page = renderFirstPage(
      { ...sampleRoom, contents: { ...sampleRoom.contents, python } },
      addresses,
      visitor,
      features
    )
    expect(page).toContain('--trusted-host 192.168.1.20 PACKAGE')
  })
})

describe('a code that was renewed from a card', () => {
  const room = { ...glanceOfOverview(sampleRoom), recovered: [{ person: 'Ana <b>', device: 'pi-back' }] }
  const page = (language: Visitor['language'], mayChange: boolean): string =>
    renderRoomPage(room, { ...visitor, language }, { mayChange, sticks: [], folders: [] })

  it.each([
    ['en', 'The code of Ana &lt;b&gt; was renewed from the card of pi-back.', 'was stolen'],
    ['es', 'El código de Ana &lt;b&gt; se renovó desde la tarjeta de pi-back.', 'fue robado'],
    ['fr', 'Le code de Ana &lt;b&gt; a été renouvelé depuis la carte de pi-back.', 'a été volé'],
    ['pt', 'O código de Ana &lt;b&gt; foi renovado a partir do cartão de pi-back.', 'foi roubado']
  ] as const)('is told to facilitators with what to do, and to nobody else (%s)', (language, text, next) => {
    expect(page(language, true)).toContain(text)
    expect(page(language, true)).toContain(next)
    expect(page(language, false)).not.toContain('Ana')
  })
})

describe('the page of devices', () => {
  it('says of each whether it may be unplugged, and why not', () => {
    const page = renderDevicesPage(sampleRoom, { ...visitor, path: '/room' })
    expect(page.match(/Safe to unplug</g)).toHaveLength(2)
    expect(page.match(/Do not unplug yet</g)).toHaveLength(2)
    expect(page).toContain('12 files are only on this device.')
    expect(page).toContain('3.4\u00a0GB still to copy')
    expect(page).toContain('joinery approve hEzzzzzz 402771')
    expect(page).toContain('Room 2, statistics')
    expect(page.indexOf('<h3>pi-front')).toBeLessThan(page.indexOf('<h3>pi-window'))
    expect(page.indexOf('<h3>pi-window')).toBeLessThan(page.indexOf('<h3>pi-back'))
  })
})

describe('the page of devices, while this one copies', () => {
  it.each([
    ['en', 'about 13\u00a0minutes left'],
    ['es', 'tiempo restante: cerca de 13\u00a0minutos'],
    ['fr', 'temps restant : environ 13\u00a0minutes'],
    ['pt', 'tempo restante: cerca de 13\u00a0minutos']
  ] as const)('says in %s how long that still takes', (language, words) => {
    const devices = sampleRoom.devices.map((device) =>
      device.self ? { ...device, missingBytes: 2e9, remainingMs: 12.2 * 60_000 } : device
    )
    const page = renderDevicesPage({ ...sampleRoom, devices }, { ...visitor, language, path: '/room' })
    expect(page.replaceAll(/\s/g, ' ')).toContain(words.replaceAll(/\s/g, ' '))
    expect(renderDevicesPage(sampleRoom, { ...visitor, language, path: '/room' })).not.toContain(words.split(' ')[0])
  })
})

describe('the page of devices, for those who help', () => {
  it('leads to the people, and for nobody else', () => {
    const person = { name: 'kim', shownName: 'Kim', mustChoose: false }
    const page = (helps: boolean): string =>
      renderDevicesPage(sampleRoom, { ...visitor, path: '/room', accounts: true, person: { ...person, helps } })
    expect(page(true)).toContain('href="/people"')
    expect(page(false)).not.toContain('href="/people"')
  })
})

describe('every page', () => {
  const pages = (room: RoomOverview, language: Visitor['language']): string[] => [
    renderFirstPage(room, addresses, { ...visitor, language }, features),
    renderFirstPage({ ...room, asking: { code: '123456' } }, addresses, { ...visitor, language }, features),
    renderDevicesPage(room, { ...visitor, language, path: '/room' }),
    renderErrorPage({ status: 404, code: 'X', text: room.room?.name ?? '', next: 'b', language })
  ]

  it.each(LANGUAGES)('is whole in %s, without gaps, doubled ids or texts of another language', (language) => {
    for (const page of pages(sampleRoom, language)) {
      expect(page).toContain(`<html lang="${language}" dir="ltr">`)
      expect(page).not.toMatch(/undefined|\[object|NaN|\bnull\b/)
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(page.match(/<h1>/g)).toHaveLength(1)
      expect(page).not.toMatch(/ style="| on[a-z]+="|<script>/)
      if (language !== 'en') expect(page).not.toMatch(/Devices<|>Copy|Safe to unplug|Lessons</)
    }
  })

  it('lets no name or title out of its text', () => {
    const evil = fc.oneof(
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "' onclick='alert(1)",
        '</title><svg onload=alert(1)>',
        '&lt;b&gt;'
      ),
      fc.string({ unit: 'binary', minLength: 1 })
    )
    fc.assert(
      fc.property(evil, (text) => {
        const device = sampleRoom.devices[1] as (typeof sampleRoom.devices)[number]
        const room: RoomOverview = {
          ...sampleRoom,
          room: { id: text, name: text },
          devices: [{ ...device, name: text, unplugReason: text }],
          neighbours: [{ roomId: text, name: text, devices: 1 }],
          waiting: [{ id: text, name: text, code: text }],
          contents: {
            lessons: [
              {
                name: text,
                title: text,
                href: `/lessons/${encodeURIComponent(text.toWellFormed())}/`,
                sizeBytes: 1,
                language: text
              }
            ],
            python: { count: 1, sizeBytes: 1, names: [text] },
            r: { count: 1, sizeBytes: 1, names: [text] },
            installers: [
              { name: text, version: text, architecture: text, system: 'linux', href: '/installers/x', sizeBytes: 1 }
            ]
          }
        }
        // Elements and their attributes, without the values: what a browser would make of it.
        const clean = (page: string): string[] =>
          [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, ''))
        const [good, bad] = [sampleRoomAlike(), room].map((one) => pages(one, 'en').map(clean))
        expect(bad).toEqual(good)
      }),
      { numRuns: 500 }
    )
  })

  /** As many of everything as the hostile one, with harmless names: the same elements must come out. */
  function sampleRoomAlike(): RoomOverview {
    const device = sampleRoom.devices[1] as (typeof sampleRoom.devices)[number]
    return {
      ...sampleRoom,
      room: { id: 'x', name: 'x' },
      devices: [{ ...device, name: 'x', unplugReason: 'x' }],
      neighbours: [{ roomId: 'x', name: 'x', devices: 1 }],
      waiting: [{ id: 'x', name: 'x', code: 'x' }],
      contents: {
        lessons: [{ name: 'x', title: 'x', href: '/lessons/x/', sizeBytes: 1, language: 'xx' }],
        python: { count: 1, sizeBytes: 1, names: ['x'] },
        r: { count: 1, sizeBytes: 1, names: ['x'] },
        installers: [
          { name: 'x', version: 'x', architecture: 'x', system: 'linux', href: '/installers/x', sizeBytes: 1 }
        ]
      }
    }
  }
})

describe('lines to paste', () => {
  it('trust a host by name except on this computer', () => {
    expect(pipLine('http://127.0.0.1:8080', 'x')).toBe('pip install --index-url http://127.0.0.1:8080/pypi/simple/ x')
    expect(pipLine('http://localhost', 'x')).not.toContain('trusted')
    expect(pipLine('http://[fd00::1]:8080', 'x')).toContain('--trusted-host fd00::1 x')
    expect(rLine('http://10.0.0.1', 'x')).toBe(
      'options(timeout = 1200); install.packages("x", repos = "http://10.0.0.1/cran")'
    )
  })
})
