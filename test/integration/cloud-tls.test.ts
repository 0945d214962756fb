/**
 * A cloud peer as administrators run one: only port 443 is open, and there nginx ends TLS with a certificate of an authority of the school's own.
 * Rooms reach it by name over WebSockets and trust that authority (`NODE_EXTRA_CA_CERTS`).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child, run, until } from '../kit/child.ts'
import { joineryJson, operationsOf } from '../kit/node-process.ts'
import { ownPort } from '../kit/own-ports.ts'
import { findProgram } from '../kit/required-tools.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import {
  cloudsOf,
  cloudWhere,
  importFolder,
  isDone,
  link,
  linkText,
  noise,
  startCloud,
  startNode
} from './cloud-kit.ts'

const FILE_BYTES = 700_000

/** @returns the authority's certificate */
async function makeCertificates(folder: string): Promise<string> {
  const openssl = (...words: string[]) => run(['openssl', ...words], { cwd: folder })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost')
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=School', '-days', '2')
  await openssl('req', ...newKey, '-keyout', 'key.pem', '-out', 'request', '-subj', '/CN=localhost')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  await openssl('x509', '-req', '-in', 'request', ...signed, '-out', 'cert.pem')
  return join(folder, 'ca.pem')
}

/** As its manual says for WebSockets, and nothing else. */
function nginxConfig(folder: string, port: number, target: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder};`)
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log info;
events { worker_connections 64; }
http {
  ${temporary.join(' ')}
  log_format carried 'carried $upstream_bytes_sent';
  access_log ${folder}/access.log carried;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    location / {
      proxy_pass http://127.0.0.1:${target};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }
  }
}
`
}

test('a cloud peer behind nginx and TLS gets all of a room, over breaks, and gives it to a new device; without the authority nobody is fooled', async () => {
  using folder = temporaryFolder()
  const authority = await makeCertificates(folder.path)
  const [port, meshPort] = [await ownPort(), await ownPort()]
  const config = join(folder.path, 'nginx.conf')
  // The one that follows is that of WebSockets.
  writeFileSync(config, nginxConfig(folder.path, port, meshPort + 1))
  const log = (name: string): string => readFileSync(join(folder.path, `${name}.log`), 'utf8')
  const startProxy = (): Child => new Child([findProgram('nginx') ?? 'nginx', '-c', config, '-p', folder.path])

  const lessons = join(folder.path, 'source/lessons/x')
  mkdirSync(lessons, { recursive: true })
  writeFileSync(join(lessons, 'a.bin'), noise(FILE_BYTES, 1))
  const place = { data: join(folder.path, 'room') }
  const trusting = { ...place, env: { NODE_EXTRA_CA_CERTS: authority } }
  await using cloud = await startCloud({ data: join(folder.path, 'cloud') }, 'cloud', '--mesh-port', String(meshPort))
  await using first = startProxy()
  const words = ['--name', 'pi', '--new-room', 'Hall']
  await using wary = await startNode(place, words)
  await importFolder(wary, join(folder.path, 'source'))
  await link(wary, await linkText(cloud, `/dns4/localhost/tcp/${port}/tls/ws`))
  // The certificate is no good to it: it goes before it has asked for anything.
  await until('it has left twice', () => (log('error').match(/closed connection while waiting/g)?.length ?? 0) > 1)
  expect(log('access')).toBe('')
  expect(await cloudsOf(wary)).toMatchObject([{ state: 'open', heldFiles: 0 }])
  await wary.node.stop()

  await using room = await startNode(trusting, words)
  await cloudWhere(room, 'all of it is at the cloud peer', isDone(FILE_BYTES))
  // The proxy is started again, as after each renewal of a certificate.
  expect(await first.signal('SIGTERM')).toBe(0)
  await using _second = startProxy()
  writeFileSync(join(lessons, 'b.bin'), noise(FILE_BYTES, 2))
  await importFolder(room, join(folder.path, 'source'))
  await cloudWhere(room, 'the new file too', isDone(2 * FILE_BYTES))
  const { text } = await joineryJson<{ text: string }>(room.place, ['invite', '--uses', '1'])
  await room.node.stop()

  await using fresh = await startNode({ data: join(folder.path, 'fresh'), env: trusting.env }, ['--join', text])
  await until('the collection is there', async () => {
    const collections = await operationsOf(fresh.place).collections()
    return collections.some(({ name, files }) => name === 'lessons' && files === 2)
  })
  const got = await fetch(`${fresh.node.address}/lessons/x/b.bin`)
  expect(Buffer.from(await got.arrayBuffer()).equals(noise(FILE_BYTES, 2))).toBe(true)
  // It went through the proxy, which writes down a connection when that has ended; those that it was ended with it does not.
  await until('the proxy has written down that it carried the second file', () => {
    const carried = [...log('access').matchAll(/^carried (\d+)$/gm)].map(([, bytes]) => Number(bytes))
    return carried.reduce((sum, bytes) => sum + bytes, 0) >= FILE_BYTES
  })
})
