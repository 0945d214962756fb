/** Downloads that break off, over a connection that is cut in the middle, and what uv asks: on a real device, with every pip of this machine. */
import { createHash, randomFillSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Pip, pipsAtHand } from '../fixtures/pips.ts'
import { type WheelInit, wheel, wheelFileName } from '../fixtures/python-packages.ts'
import { Child, until } from '../kit/child.ts'
import { joinery, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { TcpProxy } from '../kit/tcp-proxy.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

const BIG: WheelInit = {
  name: 'bigone',
  version: '1.0',
  requires: ['nothing-else; extra == "x"'],
  extra: [{ name: 'bigone_data.bin', bytes: randomFillSync(Buffer.allocUnsafe(3e6)), stored: true }]
}
/** uv asks so for an index page. */
const UV = {
  'User-Agent': 'uv/0.9.5 {"installer":{"name":"uv","version":"0.9.5"}}',
  Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01'
}

interface Page {
  files: { url: string; size: number; hashes: { sha256: string }; 'core-metadata': { sha256: string } }[]
}

let folder: TemporaryFolder
let node: NodeProcess
let port: number
let proxy: TcpProxy
let pips: Pip[]
let fileUrl: string
const bytes = wheel(BIG)

beforeAll(async () => {
  folder = temporaryFolder()
  pips = await pipsAtHand(folder.path)
  const place: NodePlace = { data: join(folder.path, 'node') }
  await joinery(place, ['init', '--name', 'Greenhouse'])
  const path = join(folder.path, wheelFileName(BIG))
  writeFileSync(path, bytes)
  node = await NodeProcess.start(place)
  await joinery(place, ['add', 'pypi', path])
  port = Number(new URL(node.address).port)
  proxy = await TcpProxy.listen({ host: '127.0.0.1', port })
  const index = `http://127.0.0.1:${port}/pypi/simple/bigone/`
  const page = (await (await fetch(index, { headers: UV })).json()) as Page
  fileUrl = new URL(page.files[0]?.url ?? '', index).href
})
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]()
  await node?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

/** Cuts what is under way once, when a third of the file has passed. */
async function cutOnce(): Promise<void> {
  const before = proxy.carriedBytes
  proxy.bytesPerSecond = 4e6
  await until('a third of the file has passed', () => proxy.carriedBytes - before > 1e6, { everyMs: 10 })
  proxy.cut()
  proxy.bytesPerSecond = undefined
}

describe('a download that breaks off', () => {
  test('goes on where it was, asked for as pip asks', async () => {
    const client = join(import.meta.dirname, '../fixtures/resuming-download.py')
    const target = join(folder.path, 'resumed.whl')
    const through = fileUrl.replace(`:${port}/`, `:${proxy.port}/`)
    await using download = new Child(['/usr/bin/python3', client, through, target])
    await cutOnce()
    const [, from = '0'] = await download.line(/resumed (\d+)/)
    expect(Number(from)).toBeGreaterThan(0)
    await download.line(/done/)
    expect(readFileSync(target).equals(bytes)).toBe(true)
  })

  test('is resumed by the pips that can, and does no harm to the others, which only try again', async () => {
    const index = ['--no-cache-dir', '--index-url', `http://127.0.0.1:${proxy.port}/pypi/simple/`]
    for (const pip of pips) {
      // 25.1 has the option, but gives up when the connection is reset.
      const resumes = isAtLeast(pip, 25, 2)
      const install = async (): Promise<boolean> => {
        const target = join(folder.path, 'target')
        rmSync(target, { recursive: true, force: true })
        mkdirSync(target)
        const { code } = await pip.run(['install', '--target', target, ...index, 'bigone'], folder.path)
        const installed = join(target, 'bigone_data.bin')
        if (code !== 0) return false
        expect(readFileSync(installed).length).toBe(3e6)
        return existsSync(installed)
      }
      const first = install()
      await cutOnce()
      expect([pip.label, await first, await install()]).toEqual([pip.label, resumes, true])
    }
    expect(pips.length).toBeGreaterThan(0)
  })

  test('begins anew when the file has changed meanwhile: If-Range with another tag', async () => {
    const headers = { Range: 'bytes=1000-', 'If-Range': '"another"' }
    const answer = await fetch(fileUrl, { headers })
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, bytes.length])
  })
})

function isAtLeast({ version: [major = 0, minor = 0] }: Pip, wantedMajor: number, wantedMinor: number): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

describe('uv', () => {
  test('gets JSON, compressed, with hashes that hold for metadata and file', async () => {
    const index = `http://127.0.0.1:${port}/pypi/simple/bigone/`
    const answer = await fetch(index, { headers: { ...UV, 'Accept-Encoding': 'br, gzip, zstd' } })
    expect(answer.headers.get('content-type')).toBe('application/vnd.pypi.simple.v1+json')
    const [file] = ((await answer.json()) as Page).files
    const metadata = Buffer.from(await (await fetch(`${fileUrl}.metadata`, { headers: UV })).arrayBuffer())
    expect(sha256(metadata)).toBe(file?.['core-metadata'].sha256)
    expect([file?.size, file?.hashes.sha256]).toEqual([bytes.length, sha256(bytes)])
    // Kept with its tag, and asked for again.
    const etag = answer.headers.get('etag') ?? ''
    expect((await fetch(index, { headers: { ...UV, 'If-None-Match': etag } })).status).toBe(304)
  })

  test('reads the metadata inside a wheel by ranges: HEAD, the end of the file, then the entry', async () => {
    const identity = { ...UV, 'Accept-Encoding': 'identity' }
    const head = await fetch(fileUrl, { method: 'HEAD', headers: identity })
    const length = Number(head.headers.get('content-length'))
    expect([head.status, head.headers.get('accept-ranges'), length]).toEqual([200, 'bytes', bytes.length])
    const part = async (start: number, end: number): Promise<Buffer> => {
      const answer = await fetch(fileUrl, { headers: { ...identity, Range: `bytes=${start}-${end - 1}` } })
      expect([answer.status, answer.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/${length}`])
      return Buffer.from(await answer.arrayBuffer())
    }
    const tail = await part(length - 16_384, length)
    const name = Buffer.from('bigone-1.0.dist-info/METADATA')
    const entry = tail.lastIndexOf(name) - 46
    const [packed, at] = [tail.readUInt32LE(entry + 20), tail.readUInt32LE(entry + 42)]
    const local = await part(at, at + 30 + name.length + packed)
    const metadata = inflateRawSync(local.subarray(30 + name.length))
    const announced = await (await fetch(`${fileUrl}.metadata`)).arrayBuffer()
    expect(metadata.equals(Buffer.from(announced))).toBe(true)
  })
})

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
