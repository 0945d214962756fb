/**
 * Every route that a node serves, from the table that it serves by: no foreign page reaches one, and none changes something for somebody who may not, takes
 * more than it says or goes on for whoever is too quick. A route that is added is tested with it.
 */
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UPLOAD_PATH } from '../../node/http/content-desk-routes.ts'
import { changesBy, guardRoutes, type RouteLine } from '../../node/http/guarded-routes.ts'
import { MAX_BODY_BYTES } from '../../node/http/limits.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { may } from '../../protocols/people-rights.ts'
import { nameOf, ROLES, startWholeDoor, type WholeDoor } from './http-whole-door.ts'

let door: WholeDoor
beforeAll(async () => {
  door = await startWholeDoor()
})
afterAll(() => door?.[Symbol.asyncDispose]())

const changing = (): RouteLine[] => door.routes.filter(({ changes }) => changes)

describe('a route that changes something', () => {
  it('and does not say who may and how often is not served', () => {
    const app = fastify()
    guardRoutes(app, { clock: systemClock })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const)
      expect(() => app.route({ method, url: `/${method}`, handler: async () => '' })).toThrow('who may and how often')
    expect(() => app.route({ method: ['GET', 'POST'], url: '/both', handler: async () => '' })).toThrow()
    app.post('/said', changesBy('sign-in'), async () => '')
    app.get('/read', async () => '')
  })

  it('is every one that there is: none of them takes more than a form, apart from the upload', () => {
    expect(changing().length).toBeGreaterThan(30)
    expect(new Set(changing().map(({ method }) => method))).toEqual(new Set(['POST', 'PATCH']))
    for (const line of changing())
      if (line.path !== UPLOAD_PATH) expect([nameOf(line), line.bodyLimitBytes]).toEqual([nameOf(line), MAX_BODY_BYTES])
  })

  it('is not reached by a foreign page, with the cookie of a facilitator and with every type that a page can send', async () => {
    const cookie = door.cookies.get('facilitator')
    const types = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', undefined]
    const foreign = [
      'http://evil.example',
      'null',
      undefined,
      door.origin.replace(/\d+$/, '1'),
      door.origin.replace('http:', 'https:')
    ]
    for (const line of changing())
      for (const [at, from] of foreign.entries()) {
        const type = types[at % types.length]
        const { status, body } = await door.send(line.method, door.addressOf(line), {
          ...{ cookie, origin: from, body: 'name=x' },
          ...(type !== undefined && { type })
        })
        expect([nameOf(line), from, status, /FOREIGN_ORIGIN/.test(body)]).toEqual([nameOf(line), from, 403, true])
      }
    expect(door.done).toEqual([])
  })

  it('is answered 421 under a name that is not ours, also when the page says that it is of that name', async () => {
    for (const line of changing()) {
      const sent = { host: 'evil.example', origin: 'http://evil.example', cookie: door.cookies.get('facilitator') }
      const { status, body } = await door.send(line.method, door.addressOf(line), { ...sent, body: 'name=x' })
      expect([nameOf(line), status, /FOREIGN_HOST/.test(body)]).toEqual([nameOf(line), 421, true])
    }
  })

  it('is for whoever has the right, and tells the others before anything that they send was read', async () => {
    for (const line of changing()) {
      if (line.action === undefined) throw new Error(nameOf(line))
      for (const who of ROLES) {
        if (may(who === 'nobody' ? undefined : { role: who }, line.action)) continue
        // Not a byte of it comes: only who refuses without reading can answer.
        const { status } = await door.send(line.method, door.addressOf(line), {
          cookie: door.cookies.get(who),
          origin: door.origin,
          body: 1_000_000
        })
        expect([nameOf(line), who, status]).toEqual([nameOf(line), who, who === 'nobody' ? 401 : 403])
      }
    }
    expect(door.done).toEqual([])
  })

  it('takes as much as it says and not one byte more', async () => {
    for (const line of changing()) {
      const type = line.path.startsWith('/api/') ? 'application/json' : 'application/x-www-form-urlencoded'
      const sent = { cookie: door.cookies.get('facilitator'), origin: door.origin, type }
      const { status, body } = await door.send(line.method, door.addressOf(line), {
        ...sent,
        body: line.bodyLimitBytes + 1
      })
      expect([nameOf(line), status, /TOO_LARGE/.test(body)]).toEqual([nameOf(line), 413, true])
      if (line.bodyLimitBytes > MAX_BODY_BYTES) continue
      // Without a length, and growing while it comes.
      const chunked = { ...sent, headers: { 'transfer-encoding': 'chunked' } }
      const grown = await door.send(line.method, door.addressOf(line), {
        ...chunked,
        body: 'x'.repeat(line.bodyLimitBytes + 1)
      })
      expect([nameOf(line), grown.status]).toEqual([nameOf(line), 413])
    }
    expect(door.done).toEqual([])
  })

  it('goes on for so many in a row and not one more, for a person and for an address', async () => {
    await door.renewPeople()
    for (const [number, line] of changing().entries()) {
      const isForAnybody = line.action !== undefined && may(undefined, line.action)
      // Every route with an address of its own: what one is asked for does not use up the pace of another one.
      const from = `127.0.${1 + number}.1`
      const sent = {
        origin: door.origin,
        type: 'application/x-unknown',
        body: 'x',
        from,
        cookie: isForAnybody ? '' : door.cookies.get('facilitator')
      }
      for (let count = 0; count < (line.pace?.burst ?? 0); count++) {
        const { status } = await door.send(line.method, door.addressOf(line), sent)
        expect([nameOf(line), count, status]).toEqual([nameOf(line), count, 415])
      }
      expect([nameOf(line), (await door.send(line.method, door.addressOf(line), sent)).status]).toEqual([
        nameOf(line),
        429
      ])
      if (isForAnybody)
        expect((await door.send(line.method, door.addressOf(line), { ...sent, from: '127.0.200.1' })).status).toBe(415)
    }
    expect(door.done).toEqual([])
  })
})
