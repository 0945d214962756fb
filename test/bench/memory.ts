/**
 * Memory of a real node: resident when idle, from its start to the first byte served, and the peak while it copies in and serves a class at once.
 *
 *     npm run bench -- memory [--gigabytes 2] [--clients 30]
 *
 * Goals: 110 MB idle, 200 MB under load, first byte within 2 s of the start. Ratios against nginx would say nothing here: it holds no room.
 */
import { randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { until } from '../kit/child.ts'
import { type Device, NetworkLab } from '../kit/network-lab.ts'
import { joinery, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const MB = 2 ** 20
/** A node that has nothing to do is idle after so long: discovery has backed off, the journal is written. */
const IDLE_AFTER_MS = 20_000

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

function residentMegabytes(pid: number, line: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const found = new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Number(found?.[1] ?? 0) / 1024
}

/** The launcher starts the program as its child: that is what holds the memory. */
function programOf(node: NodeProcess): number {
  const children = readFileSync(`/proc/${node.child.pid}/task/${node.child.pid}/children`, 'latin1').trim().split(' ')
  return Number(children[0]) || node.child.pid
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
  const gigabytes = option('gigabytes', 2)
  const clients = option('clients', 30)
  using folder = temporaryFolder()
  await using lab = await NetworkLab.make()
  const hall = await lab.network()
  const places = [] as { data: string; device: Device }[]
  for (const name of ['first', 'second']) {
    const device = await lab.device(name)
    await device.plug(hall)
    places.push({ data: join(folder.path, name), device })
  }
  const [first, second] = places
  if (!first || !second) throw new Error('no devices')

  await joinery(first, ['init', '--name', 'Bench'])
  const alone = await NodeProcess.start(first)
  await new Promise((resolve) => void setTimeout(resolve, IDLE_AFTER_MS))
  console.log(`idle, alone: ${residentMegabytes(programOf(alone)).toFixed(0)} MB resident (goal 110)`)

  await alone.stop()
  const started = performance.now()
  const served = await NodeProcess.start(first)
  await first.device.run(['curl', '--silent', '--fail', '--output', '/dev/null', `${served.address}/healthz`])
  console.log(`start to first byte served: ${((performance.now() - started) / 1000).toFixed(2)} s (goal 2)`)

  makeFiles(join(folder.path, 'files'), gigabytes * 1024 * MB)
  await joinery(first, ['import', join(folder.path, 'files'), '--as', 'installers'], { timeoutMs: 900_000 })
  const { text } = await joineryJson<{ text: string }>(first, ['invite', '--uses', '1'])
  // On the other device: its memory is looked at while it copies everything in and serves at the same time.
  const copying = await NodeProcess.start(second, ['--join', text])
  const pid = programOf(copying)
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
  await until(
    'everything was copied in',
    async () => {
      const { blobs } = await copying.status()
      done = blobs.missing === 0 && blobs.heldBytes >= gigabytes * 1024 * MB
      return done
    },
    { timeoutMs: 1_800_000, everyMs: 2_000 }
  )
  const seconds = (performance.now() - wall) / 1000
  learners.process.stdin?.end()
  const [, bytes = '0'] = await learners.line(/served (\d+)/)
  console.log(
    `copied ${gigabytes} GiB in while ${clients} clients took ${(Number(bytes) / 2 ** 30).toFixed(1)} GiB, in ${seconds.toFixed(0)} s: ` +
      `peak ${residentMegabytes(pid, 'VmHWM').toFixed(0)} MB, now ${residentMegabytes(pid).toFixed(0)} MB resident (goal 200)`
  )
  for (const node of [served, copying]) await node.stop()
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
