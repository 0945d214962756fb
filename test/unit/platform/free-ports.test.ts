import { createServer, Server } from 'node:net'
import { expect, test } from 'vitest'
import { isPortFree } from '../../../node/platform/free-ports.ts'

async function listening(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ port: 0, host }, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, port: address.port }
}

/** As a computer without IPv6 has them. */
class OldServer extends Server {
  override listen(...words: unknown[]): this {
    const [{ host }] = words as [{ host: string }]
    if (host === '0.0.0.0') return Reflect.apply(super.listen, this, words) as this
    const error = Object.assign(new Error('listen EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' })
    queueMicrotask(() => this.emit('error', error))
    return this
  }
}
const withoutIpv6 = (() => new OldServer()) as typeof createServer

test.each([
  ['a computer', createServer],
  ['a computer without IPv6', withoutIpv6]
])('on %s a port is free until somebody listens there, on all addresses or on one', async (_where, create) => {
  for (const host of ['0.0.0.0', '127.0.0.1']) {
    const { server, port } = await listening(host)
    expect([host, await isPortFree(port, create)]).toEqual([host, false])
    await new Promise((resolve) => server.close(resolve))
    expect([host, await isPortFree(port, create)]).toEqual([host, true])
  }
})
