/**
 * Serving a 512 MB blob and 2,000 files of 100 KB over HTTP, by our handler and by nginx (sendfile), on this machine in one run.
 * CPU is the serving process's own, from /proc; the client (curl, wrk) is another process. Goals: 0.20 ms per small file, 0.9 CPU s per GB.
 *
 *     npx node test/bench/blobs-serve.ts
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServer, BlobStore } from '../../node/blobs/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import type { BlobRef } from '../../protocols/content.ts'

const BIG_BYTES = 512e6
const SMALL_FILES = 2000
const SMALL_BYTES = 100_000
const OURS_PORT = 18_471
const NGINX_PORT = 18_472
const BIG_ROUNDS = 3
const SMALL_SECONDS = 4

if (process.argv[2] === 'serve') await serve(process.argv[3] as string)
else await main()

async function serve(folder: string): Promise<void> {
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder, 'index')), clock: systemClock },
    { directory: join(folder, 'store'), quotaBytes: 2 ** 40 }
  )
  const refs = JSON.parse(readFileSync(join(folder, 'refs.json'), 'utf8')) as { [name: string]: BlobRef }
  const reader = {
    spans: (ref: BlobRef, start: number, end: number, _signal?: AbortSignal, buffer?: Uint8Array) =>
      store.readSpans(ref.cid, start, end, { buffer }) as AsyncGenerator<Uint8Array>
  }
  const server = new BlobServer({ store, reader, clock: systemClock, named: () => undefined })
  createServer((request, response) => {
    const ref = refs[(request.url ?? '').slice(1)]
    if (!ref) return void response.writeHead(404).end()
    server
      .serveFile(request, response, ref, { contentType: 'application/octet-stream' })
      .catch((error: Error) => response.destroy(error))
  }).listen(OURS_PORT, '127.0.0.1', () => process.send?.('ready'))
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-serve-'))
  try {
    await makeFiles(folder)
    const ours = spawn(process.execPath, [import.meta.filename, 'serve', folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    await new Promise((resolve) => ours.once('message', resolve))
    const nginx = startNginx(folder)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const rows = [
      { name: 'joinery', pid: ours.pid as number, port: OURS_PORT },
      { name: 'nginx', pid: nginx.worker(), port: NGINX_PORT }
    ].map((one) => ({ ...one, ...measure(one.pid, one.port, folder) }))
    ours.kill()
    nginx.stop()
    console.log('| server | big MB/s | CPU s/GB | small files/s | CPU ms/file | RSS MB |')
    console.log('|---|---|---|---|---|---|')
    for (const row of rows)
      console.log(
        `| ${row.name} | ${row.bigMBs.toFixed(0)} | ${row.bigCpu.toFixed(2)} | ${row.smallRate.toFixed(0)} | ${row.smallCpu.toFixed(3)} | ${row.rssMB.toFixed(0)} |`
      )
    const [a, b] = rows
    if (a && b)
      console.log(
        `ratios joinery/nginx: CPU per GB ${(a.bigCpu / b.bigCpu).toFixed(1)}, CPU per small file ${(a.smallCpu / b.smallCpu).toFixed(1)}`
      )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function makeFiles(folder: string): Promise<void> {
  const plain = join(folder, 'plain')
  mkdirSync(plain)
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder, 'index')), clock: systemClock },
    { directory: join(folder, 'store'), quotaBytes: 2 ** 40 }
  )
  const refs: { [name: string]: BlobRef } = {}
  const add = async (name: string, bytes: Buffer): Promise<void> => {
    writeFileSync(join(plain, name), bytes)
    refs[name] = await store.put(bytes)
  }
  for (let i = 0; i < SMALL_FILES; i += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, j) => add(`small-${i + j}`, randomFillSync(Buffer.allocUnsafe(SMALL_BYTES))))
    )
  await add('big', randomFillSync(Buffer.allocUnsafe(BIG_BYTES)))
  await store.close()
  writeFileSync(join(folder, 'refs.json'), JSON.stringify(refs))
  // wrk asks for every small file in turn.
  writeFileSync(
    join(folder, 'turn.lua'),
    `local i = 0\nrequest = function() i = (i + 1) % ${SMALL_FILES}; return wrk.format('GET', '/small-' .. i) end\n`
  )
}

function startNginx(folder: string): { worker: () => number; stop: () => void } {
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log /dev/null;
user root; events {} http { access_log off; sendfile on; server { listen 127.0.0.1:${NGINX_PORT}; root ${folder}/plain; } }`
  )
  const master = spawn('nginx', ['-c', config, '-e', '/dev/null'], { stdio: 'ignore' })
  return {
    worker: () => Number(readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim().split(' ')[0]),
    stop: () => master.kill()
  }
}

function measure(
  pid: number,
  port: number,
  folder: string
): { bigMBs: number; bigCpu: number; smallRate: number; smallCpu: number; rssMB: number } {
  const url = `http://127.0.0.1:${port}`
  const get = (): void => void execFileSync('curl', ['-s', '-o', '/dev/null', `${url}/big`])
  const wrk = (seconds: number): string =>
    execFileSync('wrk', ['-t1', '-c8', `-d${seconds}s`, '-s', join(folder, 'turn.lua'), url], { encoding: 'utf8' })
  get()
  const bigBefore = cpuSeconds(pid)
  const startedMs = performance.now()
  for (let i = 0; i < BIG_ROUNDS; i++) get()
  const bigSeconds = (performance.now() - startedMs) / 1000
  const bigCpu = (cpuSeconds(pid) - bigBefore) / ((BIG_ROUNDS * BIG_BYTES) / 1e9)
  wrk(1)
  const smallBefore = cpuSeconds(pid)
  const out = wrk(SMALL_SECONDS)
  const requests = Number(/(\d+) requests in/.exec(out)?.[1] ?? 0)
  const bad = /Non-2xx/.test(out)
  if (bad || requests === 0) throw new Error(out)
  return {
    bigMBs: (BIG_ROUNDS * BIG_BYTES) / 1e6 / bigSeconds,
    bigCpu,
    smallRate: requests / SMALL_SECONDS,
    smallCpu: ((cpuSeconds(pid) - smallBefore) * 1000) / requests,
    rssMB: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  }
}

/** User and system time of all threads. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
