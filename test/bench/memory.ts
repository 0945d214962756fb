/**
 * Memory of a real node: resident when idle, from its start to the first byte served, and the peak while it copies in and serves a class at once.
 *
 *     npm run build && npm run bench -- memory [--gigabytes 2] [--clients 30] [--under "as-a-pi pi4"]
 *
 * Goals: 110 MB idle, 200 MB under load, first byte within 2 s of the start. Ratios against nginx would say nothing here: it holds no room.
 * With `--under` each of the two nodes runs under that program, which may take processor and memory away from it; it must pass on what it runs.
 */
import { randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { until } from '../kit/child.ts'
import { type Device, NetworkLab } from '../kit/network-lab.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { numberOption } from './option.ts'

const MB = 2 ** 20
/** A node that has nothing to do is idle after so long: discovery has backed off, the journal is written. */
const IDLE_AFTER_MS = 20_000

/** All that runs of a node: the launcher where it has to stay, the program, and what that starts. */
function processesOf(node: NodeProcess): number[] {
  const found: number[] = []
  const look = (pid: number): void => {
    if (/\/node$/.test(readlinkSync(`/proc/${pid}/exe`))) found.push(pid)
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    for (const child of children === '' ? [] : children.split(' ')) look(Number(child))
  }
  look(node.child.pid)
  return found
}

function residentMegabytes(node: NodeProcess, line: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  let kilobytes = 0
  for (const pid of processesOf(node))
    kilobytes += Number(
      new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0
    )
  return kilobytes / 1024
}

/** Processor time so far, in seconds; Linux counts in hundredths. */
function processorSeconds(node: NodeProcess): number {
  let ticks = 0
  for (const pid of processesOf(node)) {
    const [, , , , , , , , , , , user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '0 ')
      .split(' ')
      .map(Number)
    ticks += user + system
  }
  return ticks / 100
}

/** Also when another program stands between us and it. */
async function stop(node: NodeProcess): Promise<void> {
  for (const pid of processesOf(node).slice(0, 1)) process.kill(pid, 'SIGTERM')
  await node.child.ended
}

/** Fifty files and a few big ones, so that both ways of copying are used. */
function makeFiles(folder: string, bytes: number): void {
  mkdirSync(folder)
  const buffer = Buffer.allocUnsafe(MB)
  for (let number = 0, left = bytes; left > 0; number++) {
    const size = Math.min(left, number % 10 === 0 ? 200 * MB : 8 * MB)
    const file = openSync(join(folder, `file-${number}.bin`), 'w')
    for (let at = 0; at < size; at += MB) writeSync(file, randomFillSync(buffer), 0, Math.min(MB, size - at))
    closeSync(file)
    left -= size
  }
}

/** Reads and throws away, one file after the other, until it is told to stop. */
async function beLearner(
  address: string,
  paths: readonly string[],
  first: number,
  stopped: () => boolean
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  let bytes = 0
  for (let number = first; !stopped(); number++) {
    const path = paths[number % paths.length] ?? ''
    await new Promise<void>((resolve, reject) => {
      get(`${address}${path}`, { agent }, (response) => {
        response.on('data', (data: Buffer) => {
          bytes += data.length
          if (stopped()) response.destroy()
        })
        response.on('close', resolve)
      }).on('error', (error) => (stopped() ? resolve() : reject(error)))
    })
  }
  agent.destroy()
  return bytes
}

async function main(): Promise<void> {
  const gigabytes = numberOption('gigabytes', 2)
  const clients = numberOption('clients', 30)
  const at = process.argv.indexOf('--under')
  const under = at < 0 ? [] : (process.argv[at + 1] ?? '').split(' ')
  using folder = temporaryFolder()
  await using lab = await NetworkLab.make()
  const hall = await lab.network()
  const places = [] as { data: string; device: Device; under: readonly string[] }[]
  for (const name of ['first', 'second']) {
    const device = await lab.device(name)
    await device.plug(hall)
    places.push({ data: join(folder.path, name), device, under })
  }
  const [first, second] = places
  if (!first || !second) throw new Error('no devices')

  await joinery(first, ['init', '--name', 'Bench'])
  const alone = await NodeProcess.start(first)
  await new Promise((resolve) => void setTimeout(resolve, IDLE_AFTER_MS))
  console.log(`idle, alone: ${residentMegabytes(alone).toFixed(0)} MB resident (goal 110)`)

  await stop(alone)
  const started = performance.now()
  const served = await NodeProcess.start(first)
  await first.device.run(['curl', '--silent', '--fail', '--output', '/dev/null', `${served.address}/healthz`])
  console.log(
    `start to first byte served: ${((performance.now() - started) / 1000).toFixed(2)} s (goal 2), ` +
      `${processorSeconds(served).toFixed(2)} CPU s`
  )

  makeFiles(join(folder.path, 'files'), gigabytes * 1024 * MB)
  const importing = performance.now()
  const before = processorSeconds(served)
  await joinery(first, ['import', join(folder.path, 'files'), '--as', 'installers'], { timeoutMs: 1_800_000 })
  console.log(
    `imported ${gigabytes} GiB in ${((performance.now() - importing) / 1000).toFixed(0)} s, ` +
      `${(processorSeconds(served) - before).toFixed(1)} CPU s: peak ${residentMegabytes(served, 'VmHWM').toFixed(0)} MB`
  )
  const { text } = await joineryJson<{ text: string }>(first, ['invite', '--uses', '1'])
  // On the other device: its memory is looked at while it copies everything in and serves at the same time.
  const copying = await NodeProcess.start(second, ['--join', text])
  const { stdout } = await joinery(first, ['ls', 'installers', '--json'])
  const lines = stdout.trim().split('\n')
  const paths = lines.map((line) => `/installers/${(JSON.parse(line) as { path: string }).path}`)
  let done = false
  const learners = second.device.start([
    process.execPath,
    import.meta.filename,
    '--learners',
    String(clients),
    copying.address,
    ...paths
  ])
  const wall = performance.now()
  const pages = new Pages(copying)
  await until(
    'everything was copied in',
    async () => {
      const { blobs } = await copying.status()
      await pages.look()
      done = blobs.missing === 0 && blobs.heldBytes >= gigabytes * 1024 * MB
      return done
    },
    { timeoutMs: 1_800_000, everyMs: 2_000 }
  )
  const seconds = (performance.now() - wall) / 1000
  learners.process.stdin?.end()
  const [, bytes = '0'] = await learners.line(/served (\d+)/)
  console.log(
    `copied ${gigabytes} GiB in while ${clients} clients took ${(Number(bytes) / 2 ** 30).toFixed(1)} GiB, in ${seconds.toFixed(0)} s and ` +
      `${processorSeconds(copying).toFixed(0)} CPU s: peak ${residentMegabytes(copying, 'VmHWM').toFixed(0)} MB, ` +
      `now ${residentMegabytes(copying).toFixed(0)} MB resident (goal 200); the first page took ${pages.text()} meanwhile`
  )
  await new Promise((resolve) => void setTimeout(resolve, IDLE_AFTER_MS))
  console.log(
    `${IDLE_AFTER_MS / 1000} s later: ${residentMegabytes(copying).toFixed(0)} MB; the one it copied from: ${residentMegabytes(served).toFixed(0)} MB, peak ${residentMegabytes(served, 'VmHWM').toFixed(0)} MB`
  )
  for (const node of [served, copying]) await stop(node)
  // Whoever it ran under may have something to say about it.
  for (const node of under.length > 0 ? [served, copying] : [])
    console.log(node.child.output().trim().split('\n').at(-1))
}

/** How long the first page takes while all others download. */
class Pages {
  readonly #node: NodeProcess
  readonly #tookMs: number[] = []

  constructor(node: NodeProcess) {
    this.#node = node
  }

  async look(): Promise<void> {
    const startedMs = performance.now()
    await this.#node.place.device?.run(
      ['curl', '--silent', '--fail', '--output', '/dev/null', `${this.#node.address}/`],
      {
        timeoutMs: 60_000
      }
    )
    this.#tookMs.push(performance.now() - startedMs)
  }

  text(): string {
    const sorted = this.#tookMs.toSorted((a, b) => a - b)
    const seconds = (ms = 0): string => (ms / 1000).toFixed(2)
    return `${seconds(sorted[sorted.length >> 1])} s (the middle one of ${sorted.length}), ${seconds(sorted.at(-1))} s at worst`
  }
}

async function serveLearners(): Promise<void> {
  const [count = '0', address = '', ...paths] = process.argv.slice(process.argv.indexOf('--learners') + 1)
  let stopped = false
  process.stdin.on('end', () => {
    stopped = true
  })
  process.stdin.resume()
  const all = await Promise.all(
    Array.from({ length: Number(count) }, (_, i) => beLearner(address, paths, i, () => stopped))
  )
  console.log(`served ${all.reduce((sum, bytes) => sum + bytes, 0)}`)
}

if (process.argv.includes('--learners')) await serveLearners()
else await main()
