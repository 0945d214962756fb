/** Devices that are known by a name: a cloud peer behind the proxy of its host, which ends TLS for it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { tryMeshAddress } from '../../../protocols/mesh-address.ts'
import { nodeIdOfPublicKey } from '../../../protocols/node-id.ts'
import { run, until } from '../../kit/child.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'
import { TestNodes } from './mesh-kit.ts'

const openssl = (...words: string[]): Promise<unknown> => run(['openssl', ...words])

/** An authority of our own, and what it says of `localhost`. */
async function makeCertificates(folder: string): Promise<{ authority: string; key: Buffer; cert: Buffer }> {
  const [caKey, ca, key, request, cert, names] = ['ca.key', 'ca.pem', 'key', 'request', 'cert', 'names'].map((name) =>
    join(folder, name)
  ) as [string, string, string, string, string, string]
  writeFileSync(names, 'subjectAltName=DNS:localhost')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-subj', '/CN=Test authority', '-days', '2')
  await openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=localhost')
  const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', names, '-out', cert]
  await openssl('x509', '-req', '-in', request, ...signed)
  return { authority: readFileSync(ca, 'utf8'), key: readFileSync(key), cert: readFileSync(cert) }
}

class TlsProxy implements AsyncDisposable {
  readonly #server: ReturnType<typeof createServer>
  connections = 0

  constructor(certificate: { key: Buffer; cert: Buffer }, targetPort: number) {
    this.#server = createServer(certificate, (from) => {
      this.connections++
      const to = connect(targetPort, '127.0.0.1')
      for (const socket of [from, to]) socket.on('error', () => [from, to].map((one) => one.destroy()))
      from.pipe(to).pipe(from)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, resolve))
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const usual = getCACertificates('default')
afterEach(() => setDefaultCACertificates(usual))

describe('a device behind a proxy that ends TLS', () => {
  test('is reached by its name, and only with a certificate that we trust', async () => {
    using folder = temporaryFolder()
    const { authority, ...certificate } = await makeCertificates(folder.path)
    const nodes = new TestNodes()
    const cloud = await nodes.make()
    await using proxy = new TlsProxy(certificate, Number(cloud.mesh.discovery().listening[1]))
    // The nodes first: a proxy closes when its connections have.
    await using _nodes = nodes
    const address = `/dns4/localhost/tcp/${await proxy.listen()}/tls/ws/p2p/${cloud.mesh.node}`

    const wary = await nodes.make({ staticAddresses: [address] })
    await until('it was tried', () => wary.mesh.discovery().dials.other > 0)
    expect([proxy.connections, wary.mesh.links()]).toEqual([0, []])

    setDefaultCACertificates([...usual, authority])
    const room = await nodes.make({ staticAddresses: [address] })
    await room.event((event) => event.kind === 'linked' && event.node === cloud.mesh.node)
    expect(proxy.connections).toBeGreaterThan(0)
    expect(room.mesh.links()[0]?.remoteAddress).toBe('localhost')
    // Found by that name again, and by no address that others could not use.
    const [peer] = room.mesh.peers()
    expect(peer?.addresses.map((one) => tryMeshAddress(one)?.host)).toEqual(['localhost'])
  })
})

describe('a name', () => {
  test.each(['tcp', 'ws'] as const)('is dialled over %s', async (transport) => {
    await using nodes = new TestNodes()
    const cloud = await nodes.make()
    const [tcp, webSocket] = cloud.mesh.discovery().listening
    const address =
      transport === 'tcp' ? `localhost:${tcp}` : `/dns/localhost/tcp/${webSocket}/ws/p2p/${cloud.mesh.node}`
    const room = await nodes.make({ staticAddresses: [address] })
    await room.event((event) => event.kind === 'linked' && event.node === cloud.mesh.node)
  })

  const device = nodeIdOfPublicKey(new Uint8Array(32).fill(1))
  test.each([
    [['nowhere.invalid:4001']],
    [['/dns4/nowhere.invalid/tcp/443/wss']],
    [[`/dns4/nowhere.invalid/tcp/4001/p2p/${device}`, `/dns4/nowhere.invalid/tcp/443/wss/p2p/${device}`]]
  ])('that does not resolve is said so, with the name: %s', async (staticAddresses) => {
    await using nodes = new TestNodes()
    const network = { interface: 'eth0', address: '10.0.0.5', family: 4, prefix: 24 } as const
    const lost = await nodes.make({ staticAddresses, networkAddresses: () => [network] })
    const advice = (): string[] => lost.mesh.discovery().advice.map(({ code, text }) => `${code} ${text}`)
    await until('it says so', () => advice().some((one) => /^NAME_UNKNOWN .*nowhere\.invalid/.test(one)))
  })
})
