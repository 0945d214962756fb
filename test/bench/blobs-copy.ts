/**
 * Copies 405 MB in 300 files (200 of 50 KB, 95 of 1 MB, 5 of 60 MB) from one node to one, and from one to four, against rsync's daemon and, where it is
 * installed, aria2 (BitTorrent), on this machine in one run. Our nodes are processes of their own without the mesh (`blobs-links.ts`): what the blobs
 * alone cost. `copy-netns.ts` compares whole devices, also with Syncthing.
 *
 *     npx node test/bench/blobs-copy.ts [rsync] [aria2] [1]     rsync always, aria2 unless only rsync is named; 1: only from one to one
 *
 * Goals: 1 → 1 in at most twice rsync's wall; 1 → 4 with the first node sending at most 1.3 times the data, and no piece fetched twice.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobStore, createBlobs } from '../../node/blobs/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { cidOfDigest, isCid } from '../../protocols/cid.ts'
import type { CatalogueBlob } from '../../protocols/content.ts'
import { type BenchPeer, TcpLinks } from './blobs-links.ts'

const FILES: readonly { count: number; bytes: number; copyClass: 0 | 1 | 2 }[] = [
  { count: 200, bytes: 50_000, copyClass: 0 },
  { count: 95, bytes: 1_000_000, copyClass: 1 },
  { count: 5, bytes: 60_000_000, copyClass: 2 }
]
const FIRST_PORT = 18_600

export interface CopyResult {
  tool: string
  receivers: number
  wallSeconds: number
  /** User and system time from the start of the process. */
  firstCpuSeconds: number
  receiverCpuSeconds: number
  /** Bytes that the first one sent, by the data. */
  firstSent: number | undefined
  /** Bytes that a receiver got on average, by the data: 1 = nothing twice. */
  received: number | undefined
  rssMB: number | undefined
}

if (process.argv[2] === 'node') await runNode(JSON.parse(process.argv[3] ?? '{}'))
else await main(process.argv.slice(2))

interface NodeOptions {
  folder: string
  self: BenchPeer
  peers: BenchPeer[]
}

async function runNode({ folder, self, peers }: NodeOptions): Promise<void> {
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder, `${self.id}-index`)), clock: systemClock },
    { directory: join(folder, self.id), quotaBytes: 2 ** 40 }
  )
  const links = new TcpLinks(self, peers)
  const blobs = createBlobs({ store, links, clock: systemClock }, { self: self.id })
  const server = createServer((request, response) => {
    const cid = (request.url ?? '').slice('/blob/'.length)
    if (!isCid(cid)) return void response.writeHead(404).end()
    blobs.server
      .serveBlob(request, response, cid)
      .catch(() => (response.headersSent ? response.destroy() : response.writeHead(404).end()))
  }).listen(self.httpPort, '127.0.0.1')
  process.on('message', (message) => {
    if (message === 'stop') {
      server.closeAllConnections()
      server.close()
      links.stop()
      void blobs.stop().then(() => process.disconnect())
      return
    }
    const catalogue = JSON.parse(readFileSync(join(folder, 'catalogue.json'), 'utf8')) as CatalogueBlob[]
    const members = [self, ...peers].map(({ id }) => ({
      node: id,
      capacityBytes: 2 ** 40,
      counts: true,
      keepsAll: false,
      drained: false
    }))
    const nothing = (): (() => void) => () => undefined
    let left = catalogue.filter(({ cid }) => !store.has(cid)).length
    const done = (): boolean => process.send?.({ sent: blobs.server.sentToPeersBytes }) ?? false
    if (left === 0) done()
    const wanted = new Set(catalogue.map(({ cid }) => cid))
    store.on({ added: (cid) => wanted.has(cid) && --left === 0 && done() })
    const shard = cidOfDigest(new Uint8Array(32).fill(7))
    blobs.follow(
      { shards: () => [{ shard, blobs: catalogue }], onChange: nothing },
      { members: () => members, onChange: nothing }
    )
  })
  process.send?.('ready')
}

async function main(tools: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-copy-'))
  try {
    const dataBytes = await makeData(folder)
    const results: CopyResult[] = []
    for (const receivers of tools.includes('1') ? [1] : [1, 4]) {
      results.push(await copyWithRsync(folder, receivers, dataBytes))
      results.push(await copyWithJoinery(folder, receivers, dataBytes))
      if (tools.length === 0 || tools.includes('aria2'))
        results.push(...(await optional('aria2c', () => copyWithAria2(folder, receivers, dataBytes))))
    }
    print(results)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function makeData(folder: string): Promise<number> {
  const plain = join(folder, 'plain')
  mkdirSync(plain)
  const store = await BlobStore.open(
    { disk: nodeDisk, index: await openLevel(join(folder, 'n0-index')), clock: systemClock },
    { directory: join(folder, 'n0'), quotaBytes: 2 ** 40 }
  )
  const catalogue: CatalogueBlob[] = []
  let dataBytes = 0
  for (const { count, bytes, copyClass } of FILES) {
    for (let i = 0; i < count; i++) {
      const content = randomFillSync(Buffer.allocUnsafe(bytes))
      writeFileSync(join(plain, `${bytes}-${i}`), content)
      catalogue.push({ ...(await store.put(content)), policy: { kind: 'everywhere' }, copyClass })
      dataBytes += bytes
    }
  }
  await store.close()
  writeFileSync(join(folder, 'catalogue.json'), JSON.stringify(catalogue))
  return dataBytes
}

async function copyWithJoinery(folder: string, receivers: number, dataBytes: number): Promise<CopyResult> {
  const peers = Array.from({ length: receivers + 1 }, (_, i) => ({
    id: `n${i}`,
    meshPort: FIRST_PORT + 2 * i,
    httpPort: FIRST_PORT + 2 * i + 1
  }))
  for (const { id } of peers.slice(1))
    for (const name of [id, `${id}-index`]) rmSync(join(folder, name), { recursive: true, force: true })
  const nodes = peers.map((self) =>
    spawn(
      process.execPath,
      [
        ...profiling(),
        import.meta.filename,
        'node',
        JSON.stringify({ folder, self, peers: peers.filter((one) => one !== self) })
      ],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }
    )
  )
  await Promise.all(nodes.map((node) => new Promise((resolve) => node.once('message', resolve))))
  const startedMs = performance.now()
  const ends = nodes.map((node) => new Promise((resolve) => node.once('message', resolve)))
  for (const node of nodes) node.send('go')
  await Promise.all(ends)
  const wallSeconds = (performance.now() - startedMs) / 1000
  const sent = (await Promise.all(
    nodes.map((node) => {
      const answer = new Promise((resolve) => node.once('message', resolve))
      node.send('go')
      return answer
    })
  )) as { sent: number }[]
  const cpu = nodes.map((node) => cpuSeconds(node.pid as number))
  const rss = nodes.map((node) => peakRssMB(node.pid as number))
  await Promise.all(nodes.map(stopNode))
  const all = sent.reduce((sum, one) => sum + one.sent, 0)
  return {
    tool: 'joinery',
    receivers,
    wallSeconds,
    firstCpuSeconds: cpu[0] as number,
    receiverCpuSeconds: mean(cpu.slice(1)),
    firstSent: (sent[0] as { sent: number }).sent / dataBytes,
    received: all / dataBytes / receivers,
    rssMB: Math.max(...rss)
  }
}

async function stopNode(node: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => node.once('exit', resolve))
  node.send('stop')
  await gone
}

async function copyWithRsync(folder: string, receivers: number, dataBytes: number): Promise<CopyResult> {
  const port = FIRST_PORT - 1
  writeFileSync(
    join(folder, 'rsyncd.conf'),
    `port = ${port}\naddress = 127.0.0.1\nuse chroot = no\nuid = root\ngid = root\n[data]\npath = ${folder}/plain\nread only = yes\n`
  )
  const daemon = spawn('rsync', ['--daemon', '--no-detach', `--config=${folder}/rsyncd.conf`], { stdio: 'ignore' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  const startedMs = performance.now()
  const cpu = await Promise.all(
    Array.from({ length: receivers }, async (_, i) => {
      const to = join(folder, `rsync-${i}`)
      return timed(['rsync', '-a', `rsync://127.0.0.1:${port}/data/`, to])
    })
  )
  const wallSeconds = (performance.now() - startedMs) / 1000
  const firstCpuSeconds = cpuSeconds(daemon.pid as number) + childrenCpuSeconds(daemon.pid as number)
  daemon.kill()
  for (let i = 0; i < receivers; i++) rmSync(join(folder, `rsync-${i}`), { recursive: true, force: true })
  return {
    tool: 'rsync daemon',
    receivers,
    wallSeconds,
    firstCpuSeconds,
    receiverCpuSeconds: mean(cpu),
    firstSent: receivers * (dataBytes / dataBytes),
    received: 1,
    rssMB: undefined
  }
}

/** BitTorrent with its own tracker: the first seeds, the others download and seed on until all have it. */
async function copyWithAria2(folder: string, receivers: number, dataBytes: number): Promise<CopyResult> {
  const { makeTorrent, startTracker } = await import('./blobs-torrent.ts')
  const tracker = await startTracker()
  const torrent = join(folder, 'data.torrent')
  writeFileSync(torrent, makeTorrent(join(folder, 'plain'), `http://127.0.0.1:${tracker.port}/announce`))
  const common = [
    '--enable-dht=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--file-allocation=none',
    '--summary-interval=0',
    '--console-log-level=warn',
    '--bt-tracker-interval=1',
    '--seed-ratio=0.0',
    '--enable-rpc=true'
  ]
  const start = (port: number, directory: string, more: string[]): ChildProcess =>
    spawn(
      'aria2c',
      [...common, `--rpc-listen-port=${port + 50}`, `--listen-port=${port}`, `--dir=${directory}`, ...more, torrent],
      { stdio: 'ignore' }
    )
  const first = start(FIRST_PORT + 100, folder, [
    '--check-integrity=true',
    '--bt-hash-check-seed=true',
    '--seed-time=60'
  ])
  await until(() => tracker.seeders() === 1)
  const startedMs = performance.now()
  const others = Array.from({ length: receivers }, (_, i) => {
    mkdirSync(join(folder, `aria-${i}`))
    return start(FIRST_PORT + 101 + i, join(folder, `aria-${i}`), ['--seed-time=60'])
  })
  await until(() => tracker.seeders() === receivers + 1)
  const wallSeconds = (performance.now() - startedMs) / 1000
  const uploaded = await Promise.all([first, ...others].map((_, i) => uploadedBytes(FIRST_PORT + 150 + i)))
  const cpu = [first, ...others].map((one) => cpuSeconds(one.pid as number))
  for (const one of [first, ...others]) one.kill('SIGKILL')
  tracker.stop()
  for (let i = 0; i < receivers; i++) rmSync(join(folder, `aria-${i}`), { recursive: true, force: true })
  return {
    tool: 'aria2 (BitTorrent)',
    receivers,
    wallSeconds,
    firstCpuSeconds: cpu[0] as number,
    receiverCpuSeconds: mean(cpu.slice(1)),
    firstSent: (uploaded[0] as number) / dataBytes,
    received: uploaded.reduce((sum, bytes) => sum + bytes, 0) / dataBytes / receivers,
    rssMB: undefined
  }
}

async function uploadedBytes(rpcPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${rpcPort}/jsonrpc`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'aria2.tellActive', params: [['uploadLength']] })
  })
  const { result } = (await answer.json()) as { result: { uploadLength: string }[] }
  return Number(result[0]?.uploadLength ?? 0)
}

async function until(what: () => boolean): Promise<void> {
  const endMs = performance.now() + 120_000
  while (!what()) {
    if (performance.now() > endMs) throw new Error('did not end in 2 minutes')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function optional(program: string, run: () => Promise<CopyResult>): Promise<CopyResult[]> {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
  } catch {
    console.log(`${program} is not installed: left out`)
    return []
  }
  return [await run()]
}

/** Runs a command and gives its CPU seconds, children included. */
async function timed(command: string[]): Promise<number> {
  const child = spawn('bash', ['-c', `TIMEFORMAT='%U %S'; time ${command.join(' ')} >/dev/null`], {
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let out = ''
  child.stderr.on('data', (part) => {
    out += part
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`${command.join(' ')}: ${out}`)
  const [user = 0, system = 0] = out.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  return user + system
}

function cpuSeconds(pid: number): number {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Of children that have ended. */
function childrenCpuSeconds(pid: number): number {
  const fields = statOf(pid)
  return (Number(fields[13]) + Number(fields[14])) / 100
}

function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
}

function peakRssMB(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

function mean(of: number[]): number {
  return of.reduce((sum, one) => sum + one, 0) / of.length
}

function print(results: readonly CopyResult[]): void {
  console.log(
    '| tool | 1 → n | wall s | ÷ rsync | first CPU s | receiver CPU s | first sent × data | received × data | peak MB |'
  )
  console.log('|---|---|---|---|---|---|---|---|---|')
  for (const one of results) {
    const rsync = results.find(({ tool, receivers }) => tool === 'rsync daemon' && receivers === one.receivers)
    console.log(
      `| ${[
        one.tool,
        one.receivers,
        one.wallSeconds.toFixed(2),
        (one.wallSeconds / (rsync?.wallSeconds ?? 1)).toFixed(2),
        one.firstCpuSeconds.toFixed(2),
        one.receiverCpuSeconds.toFixed(2),
        one.firstSent?.toFixed(2) ?? '',
        one.received?.toFixed(3) ?? '',
        one.rssMB?.toFixed(0) ?? ''
      ].join(' | ')} |`
    )
  }
}

/** With JOINERY_PROFILE=FOLDER each node writes a CPU profile there. */
function profiling(): string[] {
  const folder = process.env.JOINERY_PROFILE
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}
