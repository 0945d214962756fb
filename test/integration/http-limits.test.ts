import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { BlobServer, FrontDoorInit, NoteDoor } from '../../node/http/front-door.ts'
import { cidOfDigest } from '../../protocols/cid.ts'
import type { Mirror } from '../../protocols/content.ts'
import { type StartedFrontDoor, startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { openRaw, type RawConnection, statusOf } from './http-kit.ts'

let door: StartedFrontDoor | undefined
afterEach(async () => {
  await door?.frontDoor.stop()
  door = undefined
})

/** The same rules as in a room, fifty times as fast. */
const FAST = {
  headersTimeoutMs: 300,
  requestTimeoutMs: 400,
  stallCheckIntervalMs: 50,
  stalledAnswerTimeoutMs: 500,
  stopGraceMs: 300
}

/** Answers all who ask when it is told to. */
function waitingMirror(): { mirror: Mirror; finish(): void } {
  let finish = (): void => undefined
  const told = new Promise<void>((resolve) => {
    finish = resolve
  })
  const answer: Mirror['answer'] = async () => {
    await told
    return { kind: 'bytes', bytes: Buffer.from('done'), contentType: 'text/plain' }
  }
  return { mirror: { answer }, finish: () => finish() }
}

const get = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${more}\r\n`

/** All of the three connections that an address may have here are being answered, until `finish`. */
async function fullDoor(limits: FrontDoorInit['limits'] & object): Promise<{ door: StartedFrontDoor; finish(): void }> {
  const { mirror, finish } = waitingMirror()
  const full = await startFrontDoor(sampleRoom, {
    mirrors: new Map([['pypi', mirror]]),
    init: { limits: { connectionsPerAddress: 3, ...limits } }
  })
  door = full
  await openMany(full.port, 3, get('/pypi/x'))
  await expect.poll(() => full.frontDoor.figures().requests).toBe(3)
  return { door: full, finish }
}

function noteDoor(onUpgrade: (url: string, socket: Duplex) => void = () => undefined): NoteDoor {
  const none = (): never => {
    throw new Error('not asked in this test')
  }
  return {
    syncPath: '/notes/sync/',
    handleUpgrade: (request, socket) => onUpgrade(request.url ?? '', socket),
    page: none,
    asset: none,
    list: none,
    create: none,
    rename: none,
    exportText: none
  }
}

async function openMany(port: number, count: number, text: string): Promise<RawConnection[]> {
  return await Promise.all(Array.from({ length: count }, () => openRaw(port, text)))
}

describe('one address', () => {
  it('has at most 64 connections that are quiet: the next one takes the place of one that is idle', async () => {
    door = await startFrontDoor(sampleRoom)
    const open = await openMany(door.port, 64, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await expect.poll(() => open.every((one) => statusOf(one.received()) === 200)).toBe(true)
    expect(door.frontDoor.figures()).toMatchObject({ openConnections: 64, refusedConnections: 0 })
    expect((await fetch(`${door.origin}/healthz`)).status).toBe(200)
    expect(door.frontDoor.figures()).toMatchObject({ openConnections: 64, refusedConnections: 0 })
    await open[0]?.closed
    for (const one of open) one.socket.destroy()
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBeLessThan(2)
  })

  it('waits for a place where none is idle: as many as 320, the one past them hears it at once, and a place that is free is taken', async () => {
    door = await startFrontDoor(sampleRoom)
    const busy = await openMany(door.port, 64, 'GET /healthz HTTP/1.1\r\n')
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(64)
    const request = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'
    const waiting: RawConnection[] = []
    for (let i = 0; i < 320; i++) waiting.push(await openRaw(door.port, request))
    const refused = await openRaw(door.port, request)
    await refused.closed
    expect(statusOf(refused.received())).toBe(503)
    expect(refused.received()).toContain('TOO_MANY_CONNECTIONS')
    expect(waiting.map((one) => one.received()).join('')).toBe('')
    expect(door.frontDoor.figures()).toMatchObject({ openConnections: 64, refusedConnections: 1 })
    // One place is enough for all of them, one after the other.
    busy[0]?.socket.destroy()
    await Promise.all(waiting.map((one) => one.closed))
    expect(waiting.map((one) => statusOf(one.received()))).toEqual(waiting.map(() => 200))
    for (const one of busy) one.socket.destroy()
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(0)
  })

  it('of a whole class has 320 that are being answered; the next one waits until one of them has ended, and nobody is refused', async () => {
    const { mirror, finish } = waitingMirror()
    door = await startFrontDoor(sampleRoom, { mirrors: new Map([['pypi', mirror]]) })
    const request = 'GET /pypi/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
    const inUse = await openMany(door.port, 320, request)
    await expect.poll(() => door?.frontDoor.figures().requests).toBe(320)
    const next = await openRaw(door.port, request)
    const other = await openRaw(door.port, request.replace('/pypi/x', '/healthz'), '127.0.0.2')
    await expect.poll(() => statusOf(other.received())).toBe(200)
    expect(door.frontDoor.figures()).toMatchObject({ openConnections: 321, refusedConnections: 0, requests: 321 })
    inUse[7]?.socket.destroy()
    await expect.poll(() => door?.frontDoor.figures().requests).toBe(322)
    finish()
    await expect.poll(() => statusOf(next.received())).toBe(200)
    for (const [i, one] of inUse.entries()) if (i !== 7) await expect.poll(() => statusOf(one.received())).toBe(200)
    expect(door.frontDoor.figures().refusedConnections).toBe(0)
    for (const one of [...inUse, next, other]) one.socket.destroy()
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(0)
  })

  it('keeps what became a WebSocket beside those that are quiet', async () => {
    const sockets: Duplex[] = []
    const notes = noteDoor((_url, socket) => sockets.push(socket))
    door = await startFrontDoor(sampleRoom, { notes, init: { limits: { quietConnectionsPerAddress: 2 } } })
    const upgrade = 'Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    for (let count = 1; count <= 3; count++) {
      await openRaw(door.port, `GET /notes/sync/x HTTP/1.1\r\n${upgrade}`)
      await expect.poll(() => sockets.length).toBe(count)
    }
    expect((await fetch(`${door.origin}/healthz`)).status).toBe(200)
    expect(door.frontDoor.figures()).toMatchObject({ openConnections: 4, refusedConnections: 0 })
    for (const socket of sockets) socket.destroy()
  })

  it('is refused when no place has become free in time; who leaves before makes room for another one who waits', async () => {
    door = await startFrontDoor(sampleRoom, {
      init: { limits: { quietConnectionsPerAddress: 2, heldConnectionsPerAddress: 1, heldConnectionMs: 300 } }
    })
    const busy = await openMany(door.port, 2, 'GET /healthz HTTP/1.1\r\n')
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(2)
    const waiting = await openRaw(door.port)
    await waiting.closed
    expect(statusOf(waiting.received())).toBe(503)
    for (const one of busy) one.socket.destroy()
    await door.frontDoor.stop()
    // Another one where waiting is long: how soon the place becomes free is no matter.
    door = await startFrontDoor(sampleRoom, {
      init: { limits: { quietConnectionsPerAddress: 2, heldConnectionsPerAddress: 1 } }
    })
    const others = await openMany(door.port, 2, 'GET /healthz HTTP/1.1\r\n')
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(2)
    const next = await openRaw(door.port, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
    others[0]?.socket.destroy()
    await next.closed
    expect(statusOf(next.received())).toBe(200)
    for (const one of others) one.socket.destroy()
  })

  it('that waits with half a request is sent away soon, with a whole one it stays', async () => {
    const { door: full, finish } = await fullDoor({ headersTimeoutMs: 2_000 })
    const half = await openRaw(full.port, 'GET /cran/src/contrib/PACKAGES HTTP/1.1\r\nHost: 127.0.0.1\r\n')
    const browser = await openRaw(full.port, get('/healthz'))
    await half.closed
    expect([statusOf(half.received()), browser.received()]).toEqual([503, ''])
    finish()
    await browser.closed
    expect(statusOf(browser.received())).toBe(200)
  })

  it('that waits too long is sent away, but for R, by its address or by how it calls itself', async () => {
    const { door: full, finish } = await fullDoor({ heldConnectionMs: 300 })
    const ofR = [
      await openRaw(full.port, get('/cran/src/contrib/PACKAGES')),
      await openRaw(full.port, get('/healthz', 'User-Agent: R (4.2.2 x86_64-pc-linux-gnu)\r\n')),
      await openRaw(full.port, get('/healthz', 'User-Agent: libcurl/7.88.1\r\n'))
    ]
    const browser = await openRaw(full.port, get('/healthz', 'User-Agent: Mozilla/5.0\r\n'))
    await browser.closed
    expect([browser, ...ofR].map((one) => one.received().split('\r\n')[0])).toEqual([
      'HTTP/1.1 503 Service Unavailable',
      '',
      '',
      ''
    ])
    finish()
    await Promise.all(ofR.map((one) => one.closed))
    expect(ofR.map((one) => statusOf(one.received()))).toEqual([404, 200, 200])
  })

  it('that floods with 500 connections leaves the others served', async () => {
    door = await startFrontDoor(sampleRoom)
    // Loopback has a whole network of addresses: the visitor comes from another one than the flood.
    const flood = await Promise.allSettled(
      Array.from({ length: 500 }, () => openRaw((door as StartedFrontDoor).port, 'GET / HTTP/1.1\r\nX'))
    )
    expect(door.frontDoor.figures().openConnections).toBeLessThanOrEqual(64)
    const { request } = await import('node:http')
    const port = door.port
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ port, host: '127.0.0.1', localAddress: '127.0.0.2', path: '/healthz' }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
    for (const one of flood) if (one.status === 'fulfilled') one.value.socket.destroy()
  })
})

describe('all addresses together', () => {
  it('have so many connections; the next one waits until one of them has ended, whosever it was', async () => {
    door = await startFrontDoor(sampleRoom, {
      init: { limits: { connections: 3, heldConnections: 2 } }
    })
    const { port } = door
    const open: RawConnection[] = []
    for (const i of [1, 2, 3]) open.push(await openRaw(port, 'GET /healthz HTTP/1.1\r\n', `127.0.0.${i}`))
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(3)
    const request = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'
    const waiting = [await openRaw(port, request, '127.0.0.4'), await openRaw(port, request, '127.0.0.5')]
    // Past both the system closes it, and nothing is said.
    const past = await openRaw(port, request, '127.0.0.6')
    await past.closed
    expect([past.received(), ...waiting.map((one) => one.received())]).toEqual(['', '', ''])
    open[0]?.socket.destroy()
    for (const one of waiting) await one.closed
    expect(waiting.map((one) => statusOf(one.received()))).toEqual([200, 200])
    for (const one of open) one.socket.destroy()
  })
})

describe('five hundred connections from many addresses that never end their heads', () => {
  it('are all ended by the limits as they are in a room, and a visitor is served all the while', async () => {
    door = await startFrontDoor(sampleRoom)
    const { port, origin } = door
    // 63 an address: none is refused for being one too many.
    const slow = await Promise.all(
      Array.from({ length: 500 }, (_, i) => {
        return openRaw(port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ', `127.0.0.${2 + Math.floor(i / 63)}`)
      })
    )
    let open = slow.length
    for (const one of slow) void one.closed.then(() => open--)
    await expect.poll(() => door?.frontDoor.figures()).toMatchObject({ openConnections: 500, refusedConnections: 0 })
    let served = 0
    while (open > 0) {
      for (const { socket } of slow) if (socket.writable) socket.write('x')
      const answer = await fetch(`${origin}/healthz`)
      expect(answer.status).toBe(200)
      await answer.arrayBuffer()
      served++
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    expect(served).toBeGreaterThan(1)
    expect(new Set(slow.map((one) => statusOf(one.received())))).toEqual(new Set([408]))
    expect((await fetch(`${origin}/`)).status).toBe(200)
  })
})

describe('a connection that stalls is ended', () => {
  it.each([
    ['having sent nothing', ''],
    ['in the middle of the head', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '],
    ['in the middle of a body', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx']
  ])('%s', async (_when, text) => {
    door = await startFrontDoor(sampleRoom, { init: { limits: FAST } })
    const slow = await openRaw(door.port, text)
    await slow.closed
    // The other end hears of it a moment later.
    await expect.poll(() => door?.frontDoor.figures().openConnections).toBe(0)
  })

  it('while it sends a byte now and then', async () => {
    door = await startFrontDoor(sampleRoom, { init: { limits: FAST } })
    const slow = await openRaw(door.port, 'GET / HTTP/1.1\r\nX: ')
    const drip = setInterval(() => slow.socket.writable && slow.socket.write('x'), 30)
    try {
      await slow.closed
      expect(statusOf(slow.received())).toBe(408)
    } finally {
      clearInterval(drip)
    }
  })

  it('when it does not take its answer', async () => {
    const endless: BlobServer = {
      serveBlob: async (_request, response) => {
        response.writeHead(200)
        const closed = once(response, 'close')
        for (;;) {
          if (response.write(Buffer.alloc(65_536))) continue
          await Promise.race([once(response, 'drain'), closed])
          if (response.destroyed) return
        }
      },
      serveFile: () => Promise.resolve()
    }
    door = await startFrontDoor(sampleRoom, { blobs: endless, init: { limits: FAST } })
    const slow = await openRaw(door.port)
    slow.socket.pause()
    slow.socket.write(`GET /blob/${cidOfDigest(new Uint8Array(32))} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    await expect.poll(() => door?.frontDoor.figures()).toMatchObject({ requests: 1, openConnections: 0 })
    slow.socket.destroy()
  })
})

describe('stopping', () => {
  it('lets an answer under way finish, refuses new ones, and is over then', async () => {
    let finish: () => void = () => undefined
    const slow: Mirror = {
      answer: () =>
        new Promise((resolve) => {
          finish = () => resolve({ kind: 'bytes', bytes: Buffer.from('done'), contentType: 'text/plain' })
        })
    }
    door = await startFrontDoor(sampleRoom, { mirrors: new Map([['pypi', slow]]) })
    const answer = fetch(`${door.origin}/pypi/x`)
    await expect.poll(() => door?.frontDoor.figures().requests).toBe(1)
    const stopped = door.frontDoor.stop()
    await expect(fetch(`${door.origin}/healthz`)).rejects.toThrow()
    finish()
    expect(await (await answer).text()).toBe('done')
    await stopped
  })

  it('ends what does not finish in time', async () => {
    const never: Mirror = { answer: () => new Promise(() => undefined) }
    door = await startFrontDoor(sampleRoom, { mirrors: new Map([['pypi', never]]), init: { limits: FAST } })
    const answer = fetch(`${door.origin}/pypi/x`)
    const failed = expect(answer).rejects.toThrow()
    await expect.poll(() => door?.frontDoor.figures().requests).toBe(1)
    await door.frontDoor.stop()
    await failed
  })

  it('may happen twice, and before anything was started', async () => {
    door = await startFrontDoor(sampleRoom)
    await door.frontDoor.stop()
    await door.frontDoor.stop()
  })
})

describe('a request to change the protocol', () => {
  const h2c = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n'

  it('is answered as any other where there is nothing to change to', async () => {
    door = await startFrontDoor(sampleRoom, { notes: noteDoor() })
    const connection = await openRaw(door.port, h2c)
    await expect.poll(() => statusOf(connection.received())).toBe(200)
    connection.socket.destroy()
  })

  it('to the notes is theirs, and does not hold up stopping', async () => {
    const upgraded: string[] = []
    door = await startFrontDoor(sampleRoom, { notes: noteDoor((url) => upgraded.push(url)), init: { limits: FAST } })
    const socket = await openRaw(door.port, h2c.replace('/healthz', '/notes/sync/x').replace('h2c', 'websocket'))
    await expect.poll(() => upgraded).toEqual(['/notes/sync/x'])
    await door.frontDoor.stop()
    await socket.closed
  })
})
