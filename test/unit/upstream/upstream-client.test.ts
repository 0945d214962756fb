/** The client of an index meets servers that mean ill: each is bounded, and says why. */
import { createHash, randomFillSync } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { Downloads } from '../../../node/upstream/downloads.ts'
import { IDLE_MS, MAX_REDIRECTS } from '../../../node/upstream/limits.ts'
import { isPublicAddress } from '../../../node/upstream/public-address.ts'
import { PythonIndex } from '../../../node/upstream/python/python-index.ts'
import { UpstreamClient } from '../../../node/upstream/upstream-client.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'

let server: Server
let answer: RequestListener
let base: URL
let folder: TemporaryFolder
const clients: UpstreamClient[] = []
const { signal } = new AbortController()

beforeEach(async () => {
  folder = temporaryFolder()
  answer = (_request, response) => response.end()
  server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`)
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  folder[Symbol.dispose]()
})

function client({ left = 1e9, clock = systemClock } = {}): UpstreamClient {
  let leftBytes = left
  const use = (bytes: number): void => {
    leftBytes -= bytes
  }
  const allowance = { leftBytes: () => leftBytes, use }
  const made = new UpstreamClient({ clock, allowance }, { indexes: [base], environment: {}, version: '0' })
  clients.push(made)
  return made
}

const page = (of = client(), maxBytes = 1e6): Promise<unknown> => of.page({ address: base, maxBytes, signal })
const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: { code?: unknown }) => error.code
  )

describe('a page', () => {
  test.each([
    ['file:///etc/passwd'],
    ['http://192.168.1.1/admin'],
    ['https://192.168.1.1/admin'],
    ['https://[::1]/'],
    ['https://localhost/'],
    ['http://example.org/'],
    ['ftp://example.org/'],
    ['http://[']
  ])('that leads to %s is not followed', async (location) => {
    answer = (_request, response) => response.writeHead(302, { location }).end()
    expect(await code(page())).toBe('UPSTREAM_REFUSED')
  })

  test('that leads on and on is given up', async () => {
    let asked = 0
    answer = (_request, response) => response.writeHead(302, { location: `/simple/${++asked}` }).end()
    expect(await code(page())).toBe('UPSTREAM_REFUSED')
    expect(asked).toBe(MAX_REDIRECTS + 1)
  })

  test('is taken at the limit, and not one byte past it, packed or not', async () => {
    for (const packed of [false, true]) {
      const head = packed ? { 'content-encoding': 'gzip' } : {}
      const body = (bytes: number): Uint8Array => (packed ? gzipSync(Buffer.alloc(bytes)) : Buffer.alloc(bytes))
      for (const bytes of [5000, 5001]) {
        answer = (_request, response) => response.writeHead(200, head).end(body(bytes))
        expect(await code(page(client(), 5000))).toBe(bytes === 5000 ? 'none' : 'WANT_TOO_LARGE')
      }
    }
  })

  test('without an end, or that is a bomb, ends at the limit', async () => {
    answer = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await code(page())).toBe('WANT_TOO_LARGE')
    answer = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50e6)))
    expect(await code(page())).toBe('WANT_TOO_LARGE')
  })

  test('that is damaged, or refused, says so; one that is not there is none', async () => {
    answer = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip')
    expect(await code(page())).toBe('UPSTREAM_BROKEN')
    answer = (_request, response) => response.writeHead(500).end()
    expect(await code(page())).toBe('UPSTREAM_BROKEN')
    answer = (_request, response) => response.writeHead(404).end()
    expect(await page()).toBeUndefined()
    answer = (request) => request.socket.destroy()
    expect(await code(page())).toBe('UPSTREAM_UNREACHABLE')
  })

  test('that does not come, or stops in the middle, is given up by the clock', async () => {
    for (const begins of [false, true]) {
      const timers: { delayMs: number; action: () => void }[] = []
      const clock = {
        ...systemClock,
        after(delayMs: number, action: () => void) {
          const timer = { delayMs, action }
          timers.push(timer)
          return () => void timers.splice(timers.indexOf(timer), 1)
        }
      }
      const stuck = new Promise<void>((resolve) => {
        answer = (_request, response) => {
          if (begins) response.write('some', () => resolve())
          else resolve()
        }
      })
      const failed = code(page(client({ clock })))
      await stuck
      // Whatever waits for this device, of the kind that is for a silent line.
      const until = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
      let outcome: unknown
      void failed.then((found) => {
        outcome = found
      })
      while (outcome === undefined) {
        for (const { action } of timers.filter(({ delayMs }) => delayMs === IDLE_MS)) action()
        await until()
      }
      expect(outcome).toBe('UPSTREAM_TOO_SLOW')
    }
  })

  test('is not asked for when the limit is used up, and ends when it is reached', async () => {
    expect(await code(page(client({ left: 0 })))).toBe('WANT_BUDGET_SPENT')
    answer = (_request, response) => response.end(Buffer.alloc(500_000))
    expect(await code(page(client({ left: 100_000 })))).toBe('WANT_BUDGET_SPENT')
  })
})

describe('a file', () => {
  const bytes = randomFillSync(Buffer.alloc(300_000))
  const hex = createHash('sha256').update(bytes).digest('hex')
  const wanted = (sha256 = hex): Parameters<Downloads['fetch']>[0] => ({
    ...{ address: new URL('/x.whl', base), path: 'x.whl', sizeBytes: bytes.length },
    digest: { kind: 'sha256', hex: sha256 }
  })
  const downloads = async (of = client()): Promise<Downloads> => {
    const made = new Downloads(
      { client: of, disk: nodeDisk, clock: systemClock, random: systemRandom },
      { folder: join(folder.path, 'f') }
    )
    await made.open()
    return made
  }

  test('that breaks off goes on where it was', async () => {
    const ranges: (string | undefined)[] = []
    let cut = (): void => undefined
    answer = (request, response) => {
      ranges.push(request.headers.range)
      const start = Number(/=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': bytes.length - start,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`
      })
      if (ranges.length > 1) response.end(bytes.subarray(start))
      else {
        response.write(bytes.subarray(0, 100_000))
        cut = () => void response.destroy()
      }
    }
    const { sizeBytes } = await (await downloads()).fetch(wanted(), signal, () => {
      // Some of it is on the disk by now.
      if (ranges.length === 1) cut()
    })
    expect(sizeBytes).toBe(bytes.length)
    expect(ranges.length).toBe(2)
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/)
  })

  test('whose kept beginning was damaged comes once more from the beginning', async () => {
    const place = join(folder.path, 'f', hex)
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'part'), Buffer.alloc(1000, 7))
    answer = (request, response) => {
      const start = Number(/=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }
      response.writeHead(start > 0 ? 206 : 200, range).end(bytes.subarray(start))
    }
    expect((await (await downloads()).fetch(wanted(), signal)).sizeBytes).toBe(bytes.length)
  })

  test('that is not what the index names is thrown away', async () => {
    answer = (_request, response) => response.end(bytes)
    const other = 'ab'.repeat(32)
    expect(await code((await downloads()).fetch(wanted(other), signal))).toBe('WANT_HASH_WRONG')
    expect(existsSync(join(folder.path, 'f', other, 'part'))).toBe(false)
    expect(existsSync(join(folder.path, 'f', other, 'internet', 'x.whl'))).toBe(false)
  })

  test('that is longer than the index says, or than may still be used, is not taken', async () => {
    answer = (_request, response) => response.end(Buffer.concat([bytes, Buffer.alloc(1)]))
    expect(await code((await downloads()).fetch(wanted(), signal))).toBe('WANT_TOO_LARGE')
    answer = (_request, response) => response.end(bytes)
    const poor = await downloads(client({ left: 299_999 }))
    expect(await code(poor.fetch(wanted(), signal))).toBe('WANT_BUDGET_SPENT')
    answer = (_request, response) => response.writeHead(404).end()
    expect(await code((await downloads()).fetch(wanted('cd'.repeat(32)), signal))).toBe('UPSTREAM_BROKEN')
  })
})

test('a page of another project, or of no index, is refused', async () => {
  const index = (): PythonIndex => new PythonIndex({ client: client() }, { base })
  const type = 'application/vnd.pypi.simple.v1+json'
  const of = (name: string): string => JSON.stringify({ meta: { 'api-version': '1.0' }, name, files: [] })
  answer = (_request, response) => response.writeHead(200, { 'content-type': type }).end(of('evil'))
  expect(await code(index().files('alpha', signal))).toBe('UPSTREAM_BROKEN')
  answer = (_request, response) => response.writeHead(200, { 'content-type': type }).end(of('Alpha'))
  expect(await index().files('alpha', signal)).toEqual([])
  answer = (_request, response) => response.writeHead(200, { 'content-type': 'image/png' }).end('x')
  expect(await code(index().files('alpha', signal))).toBe('UPSTREAM_BROKEN')
})

test('what is an address of the internet', () => {
  for (const address of ['8.8.8.8', '151.101.0.223', '2a04:4e42::223'])
    expect([address, isPublicAddress(address)]).toEqual([address, true])
  const others =
    '127.0.0.1 10.0.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 ::ffff:8.8.8.8 2002:7f00:1:: 64:ff9b::7f00:1 2001:db8::1 x'
  for (const address of others.split(' ')) expect([address, isPublicAddress(address)]).toEqual([address, false])
})
