import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mirror } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { type StartedFrontDoor, startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { openRaw, rawRequest, statusOf } from './http-kit.ts'

const page: Mirror = {
  answer: ({ path }) => {
    if (path === 'fails') throw new JoineryError('TIMED_OUT', 'reading /secret/place failed')
    if (path === 'crashes') throw new Error('ENOENT /secret/place')
    if (path === 'away')
      return Promise.resolve({ kind: 'redirect', location: 'http://evil.example/', permanent: false })
    if (path === 'aside') return Promise.resolve({ kind: 'redirect', location: '//evil.example/', permanent: false })
    if (path === 'near/here') return Promise.resolve({ kind: 'redirect', location: '../there/?x=1', permanent: true })
    if (path === 'none') return Promise.resolve({ kind: 'missing', want: { collection: 'pypi', name: 'none' } })
    return Promise.resolve({
      kind: 'bytes',
      bytes: Buffer.from(`path ${path}`),
      contentType: 'text/html; charset=utf-8',
      etag: 'r1'
    })
  }
}

/** One of each kind of route; fastify's are read from the table below, content is a family. */
const ROUTES = [
  '/',
  '/room',
  '/healthz',
  '/metrics',
  '/api/room',
  '/api/openapi.json',
  '/assets/style.css',
  '/assets/page.js',
  '/pypi/simple/',
  '/blob/x',
  '/nothing'
]

let door: StartedFrontDoor
let missing = 0
beforeAll(async () => {
  door = await startFrontDoor(sampleRoom, { mirrors: new Map([['pypi', page]]), onMissing: () => missing++ })
})
afterAll(async () => await door.frontDoor.stop())

describe('every route', () => {
  it.each(ROUTES)('%s is answered 421 under a name that is not ours, and says nothing', async (path) => {
    const answer = await rawRequest(door.port, `GET ${path} HTTP/1.1\r\nHost: evil.example`)
    expect(statusOf(answer)).toBe(421)
    expect(answer).toContain('FOREIGN_HOST')
    expect(answer).not.toContain('Library workshop')
  })

  it.each(ROUTES)('%s takes no change from a foreign page', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      for (const origin of [
        '',
        'Origin: null\r\n',
        'Origin: http://evil.example\r\n',
        `Origin: http://127.0.0.1:${door.port + 1}\r\n`
      ]) {
        const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\n${origin}Content-Type: text/plain\r\nContent-Length: 1`
        const connection = await openRaw(door.port, `${head}\r\nConnection: close\r\n\r\nx`)
        await connection.closed
        expect(statusOf(connection.received())).toBe(403)
      }
  })

  it.each(ROUTES)('%s takes no change from a page of ours either, for there is none to make', async (path) => {
    const origin = `http://127.0.0.1:${door.port}`
    const answer = await fetch(door.origin + path, { method: 'POST', headers: { origin }, body: 'x' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, HEAD')
  })

  it.each(ROUTES)('%s carries the headers that keep a browser from guessing and telling', async (path) => {
    const answer = await fetch(door.origin + path)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('referrer-policy')).toMatch(/^(?:no-referrer|same-origin)$/)
    await answer.arrayBuffer()
  })

  it.each(ROUTES)('%s answers HEAD as GET without a body', async (path) => {
    const [head, get] = await Promise.all([fetch(door.origin + path, { method: 'HEAD' }), fetch(door.origin + path)])
    expect(head.status).toBe(get.status)
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
    expect((await head.arrayBuffer()).byteLength).toBe(0)
    await get.arrayBuffer()
  })
})

describe('our own pages', () => {
  it.each(['/', '/room', '/nothing'])('%s run no foreign script and fit in no frame', async (path) => {
    const answer = await fetch(door.origin + path, { headers: { accept: 'text/html' } })
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it('are not sent again while nothing has changed', async () => {
    for (const path of ['/', '/room', '/assets/style.css']) {
      const first = await fetch(door.origin + path)
      await first.arrayBuffer()
      const etag = first.headers.get('etag') ?? ''
      const again = await fetch(door.origin + path, { headers: { 'if-none-match': etag } })
      expect(again.status).toBe(304)
    }
  })

  it('speak the language of the browser, or the one that was chosen', async () => {
    const spanish = await (await fetch(`${door.origin}/`, { headers: { 'accept-language': 'es-AR,en;q=0.5' } })).text()
    expect(spanish).toContain('<html lang="es"')
    const chosen = await (await fetch(`${door.origin}/?lang=fr`, { headers: { 'accept-language': 'es' } })).text()
    expect(chosen).toContain('<html lang="fr"')
  })
})

describe('content', () => {
  it('runs in an origin of its own and may load its own fonts', async () => {
    const answer = await fetch(`${door.origin}/pypi/x.html`)
    expect(await answer.text()).toBe('path x.html')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^sandbox allow-scripts /)
    expect(policy).not.toContain('allow-same-origin')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('etag')).toBe('"r1"')
  })

  it('is not sent again to who has it', async () => {
    const answer = await fetch(`${door.origin}/pypi/x.html`, { headers: { 'if-none-match': 'W/"r1"' } })
    expect(answer.status).toBe(304)
  })

  it('is reached by a decoded path', async () => {
    expect(await (await fetch(`${door.origin}/pypi/simple/a%2Bb/`)).text()).toBe('path simple/a+b/')
    const bare = await fetch(`${door.origin}/pypi`, { redirect: 'manual' })
    expect([bare.status, bare.headers.get('location')]).toEqual([301, '/pypi/'])
  })

  it('redirects within the room and never out of it', async () => {
    const near = await fetch(`${door.origin}/pypi/near/here`, { redirect: 'manual' })
    expect([near.status, near.headers.get('location')]).toEqual([301, '/pypi/there/?x=1'])
    for (const path of ['away', 'aside']) {
      const answer = await fetch(`${door.origin}/pypi/${path}`, { redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([500, null])
    }
  })

  it('that is missing is counted', async () => {
    const before = missing
    expect((await fetch(`${door.origin}/pypi/none`)).status).toBe(404)
    expect(missing).toBe(before + 1)
  })

  it('that fails says so without a word about this device', async () => {
    for (const [path, status, code] of [
      ['fails', 504, 'TIMED_OUT'],
      ['crashes', 500, 'INTERNAL']
    ] as const)
      for (const accept of ['text/html', 'application/json', '*/*']) {
        const answer = await fetch(`${door.origin}/pypi/${path}`, { headers: { accept } })
        const text = await answer.text()
        expect(answer.status).toBe(status)
        expect(text).toContain(code)
        expect(text).not.toContain('secret')
        expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      }
  })
})

describe('requests that are no good', () => {
  it.each([
    ['GET /../etc/passwd HTTP/1.1', 400],
    ['GET /pypi/%2e%2e/%2e%2e/etc/passwd HTTP/1.1', 400],
    ['GET http://evil.example/ HTTP/1.1', 400],
    [`GET /${'a'.repeat(4096)} HTTP/1.1`, 414],
    ['BREW / HTTP/1.1', 400],
    ['GET / HTTP/1.1\r\nHost: evil.example', 421],
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1', 421],
    ['TRACE / HTTP/1.1', 403],
    ['OPTIONS * HTTP/1.1', 400],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3', 400]
  ])('%s', async (head, status) => {
    expect(statusOf(await rawRequest(door.port, `${head}\r\nHost: 127.0.0.1`))).toBe(status)
  })

  it('with too much of a head are refused', async () => {
    const answer = await rawRequest(door.port, `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(17 * 1024)}`)
    expect(statusOf(answer)).toBe(431)
  })

  it('leave the door open for others', async () => {
    const garbage = await openRaw(door.port, '\u0016\u0003\u0001\u0002\0\u0001\0\r\n\r\n')
    await garbage.closed
    expect((await fetch(`${door.origin}/healthz`)).status).toBe(200)
  })
})

describe('the API', () => {
  it('gives the room as its schema says, and nothing beside it', async () => {
    const { startFrontDoor: start } = await import('../browser/front-door-kit.ts')
    const more = {
      ...sampleRoom,
      secret: 'x',
      devices: sampleRoom.devices.map((one) => ({ ...one, path: '/var/lib/joinery' }))
    }
    const other = await start(more)
    try {
      expect(await (await fetch(`${other.origin}/api/room`)).json()).toEqual(sampleRoom)
    } finally {
      await other.frontDoor.stop()
    }
  })

  it('describes itself', async () => {
    const document = (await (await fetch(`${door.origin}/api/openapi.json`)).json()) as {
      openapi: string
      paths: object
    }
    expect(document.openapi).toBe('3.1.0')
    for (const path of Object.keys(document.paths)) expect((await fetch(door.origin + path)).status).toBe(200)
  })

  it('answers an error as JSON with a code and what to do next', async () => {
    const answer = await fetch(`${door.origin}/api/none`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toEqual({
      code: 'NOT_IN_ROOM',
      text: 'This is not in the room',
      next: expect.stringContaining('first page')
    })
  })

  it('counts for Prometheus', async () => {
    const text = await (await fetch(`${door.origin}/metrics`)).text()
    expect(text).toMatch(/^joinery_devices 4$/m)
    expect(text).toMatch(/^joinery_http_requests_total \d+$/m)
  })
})
