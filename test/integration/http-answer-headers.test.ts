/** Every answer of a node, whatever it is about and however it went, carries the headers that keep a browser safe; from the table of routes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { may } from '../../protocols/people-rights.ts'
import { type Answer, nameOf, ROLES, type Sent, STUCK, startWholeDoor, type WholeDoor } from './http-whole-door.ts'

let door: WholeDoor
beforeAll(async () => {
  door = await startWholeDoor()
})
afterAll(() => door?.[Symbol.asyncDispose]())

describe('every answer', () => {
  const everywhere = (): [string, string, Sent][] => {
    const cookie = door.cookies.get('facilitator')
    const more: [string, string, Sent][] = [
      ['GET', '/nothing', {}],
      ['GET', '/nothing', { headers: { accept: 'text/html' } }],
      ['GET', '/api/nothing', {}],
      ['GET', '/pypi', {}],
      ['GET', '/pypi/x', {}],
      ['GET', '/pypi/x', { headers: { 'if-none-match': '"r1"' } }],
      ['GET', '/%2e%2e/x', {}],
      ['GET', '/blob/x', {}],
      ['GET', '/a/b.git/info/refs?service=git-upload-pack', {}],
      ['POST', '/a/b.git/git-upload-pack', {}],
      ['DELETE', '/', { origin: door.origin }],
      ['GET', `/${'x'.repeat(5_000)}`, {}]
    ]
    const read = door.routes.filter(({ method }) => method === 'GET')
    for (const line of read) {
      more.push(
        ['GET', door.addressOf(line), { cookie }],
        ['HEAD', door.addressOf(line), { cookie }],
        ['GET', door.addressOf(line), {}]
      )
      more.push(['GET', door.addressOf(line), { host: 'evil.example' }], ['POST', door.addressOf(line), {}])
    }
    return more
  }

  it('says what may run, that nothing is guessed, where it may be framed and what is told of the way', async () => {
    const statuses = new Set<number>()
    const check = (asked: string, { status, headers }: Answer): void => {
      statuses.add(status)
      const policy = String(headers['content-security-policy'])
      expect([asked, status, headers['x-content-type-options']]).toEqual([asked, status, 'nosniff'])
      expect([asked, status, headers['referrer-policy']]).toEqual([
        asked,
        status,
        expect.stringMatching(/^(?:no-referrer|same-origin)$/)
      ])
      // Content may be framed by content: what it runs in has no origin.
      if (policy.startsWith('sandbox'))
        expect([asked, policy]).toEqual([asked, expect.not.stringContaining('allow-same-origin')])
      else {
        expect([asked, status, policy]).toEqual([asked, status, expect.stringContaining("default-src 'none'")])
        expect([asked, policy]).toEqual([asked, expect.stringMatching(/frame-ancestors 'none'|; sandbox$/)])
        expect([asked, policy]).toEqual([asked, expect.not.stringMatching(/script-src[^;]*(?:unsafe|\*|https?:)/)])
      }
    }
    for (const [method, path, sent] of everywhere()) {
      const asked = `${method} ${path.slice(0, 60)} ${JSON.stringify(sent).slice(0, 60)}`
      const answer = await door.send(method, path, sent)
      check(asked, answer)
      const { etag } = answer.headers
      if (method !== 'GET' || typeof etag !== 'string' || sent.headers) continue
      const again = await door.send(method, path, { ...sent, headers: { 'if-none-match': etag } })
      expect([asked, again.status]).toEqual([asked, 304])
      check(`${asked} again`, again)
      // Browsers put what comes with "not modified" in the place of what they have.
      for (const name of ['content-security-policy', 'cache-control', 'referrer-policy'])
        expect([asked, name, again.headers[name]]).toEqual([asked, name, answer.headers[name]])
    }
    expect([...statuses].sort()).toEqual(
      expect.arrayContaining([200, 301, 303, 304, 400, 401, 403, 404, 405, 414, 421])
    )
  })

  it('that only refuses leaves no line in the log, however many there are: they would fill the card', async () => {
    for (let count = 0; count < 50; count++)
      for (const [method, path, sent, status] of [
        ['GET', '/search?q=x', {}, 503],
        ['GET', '/nothing', {}, 404],
        ['GET', '/nothing', { host: 'evil.example' }, 421],
        ['POST', '/me/name', {}, 403],
        ['POST', '/sign-in', { origin: door.origin, body: 999_999 }, 415]
      ] as const)
        expect((await door.send(method, path, sent)).status).toBe(status)
    expect(door.logged).toEqual([])
    expect((await door.send('GET', '/search?q=fails')).status).toBe(500)
    expect(door.logged).toHaveLength(1)
    expect(JSON.parse(door.logged[0] ?? '')).toMatchObject({ level: 40, url: '/search?q=fails' })
  })

  it('that shows who somebody is stays out of every memory, and what takes a right is for nobody else', async () => {
    for (const line of door.routes) {
      if (line.method !== 'GET' || line.path.endsWith('/live')) continue
      for (const who of ROLES) {
        const { status, headers, body } = await door.send('GET', door.addressOf(line), {
          cookie: door.cookies.get(who)
        })
        const caching = String(headers['cache-control'])
        const has = line.action === undefined || may(who === 'nobody' ? undefined : { role: who }, line.action)
        if (!has) expect([nameOf(line), who, [303, 401, 403].includes(status)]).toEqual([nameOf(line), who, true])
        if (line.action !== undefined) expect([nameOf(line), who, caching]).toEqual([nameOf(line), who, 'no-store'])
        // A shared laptop: what was shown to one person is not what the next one goes back to.
        if (/A (?:learner|helper|facilitator) \d/.test(body))
          expect([nameOf(line), caching]).toEqual([
            nameOf(line),
            expect.stringMatching(/^(?:no-store|private, no-cache)$/)
          ])
        if (body.includes(STUCK.shownName))
          expect([nameOf(line), who, caching]).toEqual([
            nameOf(line),
            expect.stringMatching(/helper|facilitator/),
            'no-store'
          ])
        if (headers['set-cookie'] !== undefined) expect(caching).toBe('no-store')
      }
    }
  })
})
