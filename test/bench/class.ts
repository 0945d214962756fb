/**
 * A class that installs: thirty learners fetch the same 200 packages as pip does, from a node and from nginx with a static mirror of the same files.
 *
 *     npm run bench -- class [--clients 30] [--packages 200] [--megabytes 100] [--rounds 3] [--pips 2]
 *
 * Both servers on this machine, in turns; the processor seconds are the server's own. `--pips`: so many real pips at once, as a check that the
 * made-up learners ask what pip asks. Goal: within three times nginx's processor time.
 */
import { spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type WheelInit, wheel, wheelFileName } from '../fixtures/python-packages.ts'
import { Child, until } from '../kit/child.ts'
import { joinery, NodeProcess } from '../kit/node-process.ts'
import { usageOf } from '../kit/processes.ts'
import { RealPip } from '../kit/real-clients.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import type { Half } from './class-clients.ts'
import { numberOption } from './option.ts'

const NGINX_PORT = 18_483

/** Sizes as in a real set: most are small, a tenth of the packages is three quarters of the bytes. */
function makeWheels(folder: string, count: number, bytes: number): string[] {
  mkdirSync(folder)
  const weights = Array.from({ length: count }, (_, i) => (i % 10 === 0 ? 30 : 1 + (i % 3) / 2))
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight, i) => {
    const name = `package-${i}`
    const content = randomFillSync(Buffer.allocUnsafe(Math.round((bytes * weight) / whole)))
    const init: WheelInit = {
      name,
      version: '1.0',
      requires: Array.from({ length: 20 }, (_, n) => `not-needed-${n} >= 1.0; extra == "x${n}"`),
      extra: [{ name: `package_${i}/data.bin`, bytes: content, stored: true }]
    }
    writeFileSync(join(folder, wheelFileName(init)), wheel(init))
    return name
  })
}

/** What the node serves, as files in folders: pages under `simple/`, and the files where the pages say they are. */
async function mirror(address: string, packages: readonly string[], root: string): Promise<void> {
  for (const name of packages) {
    const url = `${address}/pypi/simple/${name}/`
    const page = await fetch(url, { headers: { Accept: 'application/vnd.pypi.simple.v1+json' } })
    const text = await page.text()
    save(join(root, 'pypi/simple', name, 'index.json'), Buffer.from(text))
    for (const file of (JSON.parse(text) as { files: { url: string }[] }).files) {
      for (const suffix of ['', '.metadata']) {
        const target = new URL(file.url + suffix, url)
        const bytes = await (await fetch(target)).arrayBuffer()
        save(join(root, target.pathname), Buffer.from(bytes))
      }
    }
  }
}

function save(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

async function startNginx(folder: string, root: string): Promise<{ pid: number; stop(): void }> {
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log /dev/null; user root;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; open_file_cache max=2000; default_type application/octet-stream;
  server {
    listen 127.0.0.1:${NGINX_PORT}; root ${root};
    location /pypi/simple/ { index index.json; types { } default_type application/vnd.pypi.simple.v1+json; }
  }
}`
  )
  const master = spawn('nginx', ['-c', config, '-e', '/dev/null'], { stdio: 'ignore' })
  await until('nginx answers', async () => (await fetch(`http://127.0.0.1:${NGINX_PORT}/`)).status > 0)
  return { pid: master.pid ?? 0, stop: () => void master.kill() }
}

interface Measured extends Half {
  cpuSeconds: number
}

async function oneClass(base: string, pid: number, clients: number, packages: readonly string[]): Promise<Measured[]> {
  await using learners = new Child([
    process.execPath,
    join(import.meta.dirname, 'class-clients.ts'),
    base,
    String(clients),
    ...packages
  ])
  const halves: Measured[] = []
  for (let number = 1; number <= 2; number++) {
    const before = usageOf(pid).cpuSeconds
    learners.process.stdin?.write('go\n')
    await until('a half is over', () => learners.lines.length >= number || learners.over, {
      timeoutMs: 900_000,
      everyMs: 20
    })
    const line = learners.lines[number - 1]
    if (line === undefined) throw new Error(learners.output())
    halves.push({ ...(JSON.parse(line) as Half), cpuSeconds: usageOf(pid).cpuSeconds - before })
  }
  return halves
}

async function realPips(folder: string, base: string, count: number, packages: readonly string[]): Promise<number> {
  const pips = await Promise.all(
    Array.from({ length: count }, (_, i) => RealPip.make(join(folder, `venv-${i}-${base.replace(/\D/g, '')}`)))
  )
  const began = performance.now()
  await Promise.all(pips.map((pip) => pip.install(['--quiet', '--index-url', `${base}/pypi/simple/`, ...packages])))
  return (performance.now() - began) / 1000
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const clients = numberOption('clients', 30)
const rounds = numberOption('rounds', 3)
const pips = numberOption('pips', 2)

using folder = temporaryFolder()
const packages = makeWheels(
  join(folder.path, 'wheels'),
  numberOption('packages', 200),
  numberOption('megabytes', 100) * 1e6
)
const place = { data: join(folder.path, 'node') }
await joinery(place, ['init', '--name', 'Bench'])
const node = await NodeProcess.start(place, ['--port', '0'])
const port = new URL(node.address).port
const ours = `http://127.0.0.1:${port}`
await joinery(place, ['import', join(folder.path, 'wheels'), '--as', 'pypi'], { timeoutMs: 600_000 })
await mirror(ours, packages, join(folder.path, 'static'))
const nginx = await startNginx(folder.path, join(folder.path, 'static'))
const servers = [
  { name: 'nginx', base: `http://127.0.0.1:${NGINX_PORT}`, pid: nginx.pid },
  { name: 'joinery', base: ours, pid: node.child.pid }
]
try {
  const measured = new Map<string, Measured[][]>(servers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const { name, base, pid } of servers) measured.get(name)?.push(await oneClass(base, pid, clients, packages))
  for (const [number, what] of ['index pages and metadata', 'files'].entries()) {
    console.log(`\n${what}: ${clients} clients, ${packages.length} packages, the middle of ${rounds} rounds`)
    console.log('| server | requests/s | MB/s | CPU s | CPU ms/request | p50 ms | p95 ms |')
    console.log('|---|---|---|---|---|---|---|')
    const of = (name: string, pick: (half: Measured) => number): number =>
      middle((measured.get(name) ?? []).map((halves) => pick(halves[number] as Measured)))
    for (const { name } of servers) {
      const figures = [
        of(name, ({ requests, seconds }) => requests / seconds).toFixed(0),
        of(name, ({ bytes, seconds }) => bytes / seconds / 1e6).toFixed(1),
        of(name, (half) => half.cpuSeconds).toFixed(2),
        of(name, (half) => (half.cpuSeconds * 1000) / half.requests).toFixed(3),
        of(name, ({ p50Ms }) => p50Ms).toFixed(1),
        of(name, ({ p95Ms }) => p95Ms).toFixed(1)
      ]
      console.log(`| ${name} | ${figures.join(' | ')} |`)
    }
    const ratio = (pick: (half: Measured) => number): string => (of('joinery', pick) / of('nginx', pick)).toFixed(2)
    console.log(
      `joinery/nginx: requests/s ${ratio(({ requests, seconds }) => requests / seconds)}, CPU ${ratio((half) => half.cpuSeconds)}, p95 ${ratio(({ p95Ms }) => p95Ms)}`
    )
  }
  if (pips > 0) {
    console.log(`\n${pips} real pips at once, ${packages.length} packages each`)
    for (const { name, base, pid } of servers) {
      const before = usageOf(pid).cpuSeconds
      const seconds = await realPips(folder.path, base, pips, packages)
      console.log(
        `  ${name.padEnd(8)} ${seconds.toFixed(1)} s, server ${(usageOf(pid).cpuSeconds - before).toFixed(2)} CPU s`
      )
    }
  }
} finally {
  nginx.stop()
  await node.stop()
}
